//! The sources that rules may speak of. Names of sources, attributes and
//! constants are those of SkyWalking's `core.source` classes.

mod attributes;
pub(crate) mod constants;

use attributes as a;
use skytrail_lang::oal::{AttributeDef, DecoratorDef, Schema, SourceDef};
use skytrail_model::scope::Scope;

use super::event::{access, call};

pub(crate) use attributes::Attribute;

/// Everything that names in rules are checked against.
pub static SCHEMA: Schema = Schema {
    sources: &SOURCES,
    enums: &constants::ENUMS,
    decorators: &[
        DecoratorDef { name: "ServiceDecorator", sources: &["Service"] },
        DecoratorDef { name: "EndpointDecorator", sources: &["Endpoint"] },
    ],
};

/// A source, by its place in [`SCHEMA`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Source {
    Service,
    ServiceInstance,
    Endpoint,
    ServiceRelation,
    ServiceInstanceRelation,
    EndpointRelation,
    DatabaseAccess,
    CacheAccess,
    MqAccess,
    MqEndpointAccess,
    JvmCpu,
    JvmMemory,
    JvmMemoryPool,
    JvmGc,
    JvmThread,
    JvmClass,
}

/// Number of sources.
pub(crate) const SOURCE_COUNT: usize = 16;

impl Source {
    pub(crate) const ALL: [Self; SOURCE_COUNT] = [
        Self::Service,
        Self::ServiceInstance,
        Self::Endpoint,
        Self::ServiceRelation,
        Self::ServiceInstanceRelation,
        Self::EndpointRelation,
        Self::DatabaseAccess,
        Self::CacheAccess,
        Self::MqAccess,
        Self::MqEndpointAccess,
        Self::JvmCpu,
        Self::JvmMemory,
        Self::JvmMemoryPool,
        Self::JvmGc,
        Self::JvmThread,
        Self::JvmClass,
    ];

    /// What its entities are.
    pub(crate) fn scope(self) -> Scope {
        match self {
            Self::Service | Self::DatabaseAccess | Self::CacheAccess | Self::MqAccess => {
                Scope::Service
            }
            Self::Endpoint | Self::MqEndpointAccess => Scope::Endpoint,
            Self::ServiceRelation => Scope::ServiceRelation,
            Self::ServiceInstanceRelation => Scope::ServiceInstanceRelation,
            Self::EndpointRelation => Scope::EndpointRelation,
            Self::ServiceInstance
            | Self::JvmCpu
            | Self::JvmMemory
            | Self::JvmMemoryPool
            | Self::JvmGc
            | Self::JvmThread
            | Self::JvmClass => Scope::ServiceInstance,
        }
    }

    /// The sources that are made from one event together share a family: 0 is
    /// that of calls.
    pub(crate) fn family(self) -> usize {
        (self as usize).saturating_sub(Self::EndpointRelation as usize)
    }

    /// The number that its percentiles and averages are made of.
    pub(crate) fn tallied(self) -> u8 {
        match self {
            Self::MqAccess | Self::MqEndpointAccess => access::TRANSMISSION,
            // The latency stands first in calls and accesses alike.
            _ => call::LATENCY,
        }
    }

    /// Where its attributes stand in an event, in the order of the schema.
    pub(crate) fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::Service => &a::SERVICE,
            Self::ServiceInstance => &a::SERVICE_INSTANCE,
            Self::Endpoint => &a::ENDPOINT,
            Self::ServiceRelation => &a::SERVICE_RELATION,
            Self::ServiceInstanceRelation => &a::SERVICE_INSTANCE_RELATION,
            Self::EndpointRelation => &a::ENDPOINT_RELATION,
            Self::DatabaseAccess => &a::DATABASE_ACCESS,
            Self::CacheAccess => &a::CACHE_ACCESS,
            Self::MqAccess => &a::MQ_ACCESS,
            Self::MqEndpointAccess => &a::MQ_ENDPOINT_ACCESS,
            Self::JvmCpu => &a::JVM_CPU,
            Self::JvmMemory => &a::JVM_MEMORY,
            Self::JvmMemoryPool => &a::JVM_MEMORY_POOL,
            Self::JvmGc => &a::JVM_GC,
            Self::JvmThread => &a::JVM_THREAD,
            Self::JvmClass => &a::JVM_CLASS,
        }
    }
}

/// Number of families.
pub(crate) const FAMILY_COUNT: usize = SOURCE_COUNT - 5;

const fn source(
    name: &'static str,
    scope: &'static str,
    attributes: &'static [AttributeDef],
) -> SourceDef {
    SourceDef { name, scope, attributes }
}

const SERVICE: &str = "SERVICE";
const INSTANCE: &str = "SERVICE_INSTANCE";
const ENDPOINT: &str = "ENDPOINT";

/// In the order of [`Source`].
static SOURCES: [SourceDef; SOURCE_COUNT] = [
    source("Service", SERVICE, &defs::SERVICE),
    source("ServiceInstance", INSTANCE, &defs::SERVICE_INSTANCE),
    source("Endpoint", ENDPOINT, &defs::ENDPOINT),
    source("ServiceRelation", "SERVICE_RELATION", &defs::SERVICE_RELATION),
    source(
        "ServiceInstanceRelation",
        "SERVICE_INSTANCE_RELATION",
        &defs::SERVICE_INSTANCE_RELATION,
    ),
    source("EndpointRelation", "ENDPOINT_RELATION", &defs::ENDPOINT_RELATION),
    source("DatabaseAccess", SERVICE, &defs::DATABASE_ACCESS),
    source("CacheAccess", SERVICE, &defs::CACHE_ACCESS),
    source("MQAccess", SERVICE, &defs::MQ_ACCESS),
    source("MQEndpointAccess", ENDPOINT, &defs::MQ_ENDPOINT_ACCESS),
    source("ServiceInstanceJVMCPU", INSTANCE, &defs::JVM_CPU),
    source("ServiceInstanceJVMMemory", INSTANCE, &defs::JVM_MEMORY),
    source("ServiceInstanceJVMMemoryPool", INSTANCE, &defs::JVM_MEMORY_POOL),
    source("ServiceInstanceJVMGC", INSTANCE, &defs::JVM_GC),
    source("ServiceInstanceJVMThread", INSTANCE, &defs::JVM_THREAD),
    source("ServiceInstanceJVMClass", INSTANCE, &defs::JVM_CLASS),
];

/// The attributes without their places, as the schema wants them.
mod defs {
    use skytrail_lang::oal::AttributeDef;

    use super::attributes as a;

    const fn names<const N: usize>(attributes: &[a::Attribute; N]) -> [AttributeDef; N] {
        let mut defs = [attributes[0].def; N];
        let mut place = 0;
        while place < N {
            defs[place] = attributes[place].def;
            place += 1;
        }
        defs
    }

    pub(super) static SERVICE: [AttributeDef; a::SERVICE.len()] = names(&a::SERVICE);
    pub(super) static SERVICE_INSTANCE: [AttributeDef; a::SERVICE_INSTANCE.len()] =
        names(&a::SERVICE_INSTANCE);
    pub(super) static ENDPOINT: [AttributeDef; a::ENDPOINT.len()] = names(&a::ENDPOINT);
    pub(super) static SERVICE_RELATION: [AttributeDef; a::SERVICE_RELATION.len()] =
        names(&a::SERVICE_RELATION);
    pub(super) static SERVICE_INSTANCE_RELATION: [AttributeDef;
        a::SERVICE_INSTANCE_RELATION.len()] = names(&a::SERVICE_INSTANCE_RELATION);
    pub(super) static ENDPOINT_RELATION: [AttributeDef; a::ENDPOINT_RELATION.len()] =
        names(&a::ENDPOINT_RELATION);
    pub(super) static DATABASE_ACCESS: [AttributeDef; a::DATABASE_ACCESS.len()] =
        names(&a::DATABASE_ACCESS);
    pub(super) static CACHE_ACCESS: [AttributeDef; a::CACHE_ACCESS.len()] = names(&a::CACHE_ACCESS);
    pub(super) static MQ_ACCESS: [AttributeDef; a::MQ_ACCESS.len()] = names(&a::MQ_ACCESS);
    pub(super) static MQ_ENDPOINT_ACCESS: [AttributeDef; a::MQ_ENDPOINT_ACCESS.len()] =
        names(&a::MQ_ENDPOINT_ACCESS);
    pub(super) static JVM_CPU: [AttributeDef; a::JVM_CPU.len()] = names(&a::JVM_CPU);
    pub(super) static JVM_MEMORY: [AttributeDef; a::JVM_MEMORY.len()] = names(&a::JVM_MEMORY);
    pub(super) static JVM_MEMORY_POOL: [AttributeDef; a::JVM_MEMORY_POOL.len()] =
        names(&a::JVM_MEMORY_POOL);
    pub(super) static JVM_GC: [AttributeDef; a::JVM_GC.len()] = names(&a::JVM_GC);
    pub(super) static JVM_THREAD: [AttributeDef; a::JVM_THREAD.len()] = names(&a::JVM_THREAD);
    pub(super) static JVM_CLASS: [AttributeDef; a::JVM_CLASS.len()] = names(&a::JVM_CLASS);
}

#[cfg(test)]
mod tests {
    use skytrail_model::layer::Layer;

    use super::{SCHEMA, Source};

    #[test]
    fn sources_stand_where_the_schema_has_them() {
        for (place, source) in Source::ALL.into_iter().enumerate() {
            assert_eq!(source as usize, place);
            let def = &SCHEMA.sources[place];
            assert_eq!(def.scope, source.scope().catalogue_name(), "{}", def.name);
            assert_eq!(def.attributes.len(), source.attributes().len(), "{}", def.name);
        }
        assert_eq!(Source::ServiceRelation.family(), 0);
        assert_eq!(Source::DatabaseAccess.family(), 1);
    }

    #[test]
    fn layer_constants_are_the_layers() {
        let (_, layers) = SCHEMA.enumeration("Layer").unwrap();
        let names: Vec<_> = Layer::all().map(Layer::name).collect();
        assert_eq!(layers.constants, names);
    }
}
