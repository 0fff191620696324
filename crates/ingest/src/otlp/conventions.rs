//! The semantic conventions: which attributes say what a span is about, under
//! their names of today and those before.

use skytrail_model::component;
use skytrail_model::span::{SpanKind, SpanLayer, Value};

/// What an attribute is asked for. The order has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Role {
    Service,
    Namespace,
    Instance,
    Pod,
    Host,
    Pid,
    HttpMethod,
    HttpRoute,
    Url,
    Address,
    Port,
    NetworkAddress,
    NetworkPort,
    PeerService,
    DbSystem,
    DbName,
    RpcSystem,
    RpcService,
    RpcMethod,
    MessagingSystem,
    Destination,
    DestinationTemplate,
    MessagingOperation,
    FaasTrigger,
    GenAi,
    /// Asked for nothing, but its value may be long.
    Long,
}

const ROLES: usize = Role::Long as usize + 1;

/// Whether a name is the one of today. Where a span has both, that one holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Now,
    Before,
}

use Since::{Before, Now};

static NAMES: &[(&str, Role, Since)] = &[
    ("service.name", Role::Service, Now),
    ("service.namespace", Role::Namespace, Now),
    ("service.instance.id", Role::Instance, Now),
    ("k8s.pod.name", Role::Pod, Now),
    ("host.name", Role::Host, Now),
    ("process.pid", Role::Pid, Now),
    ("http.request.method", Role::HttpMethod, Now),
    ("http.method", Role::HttpMethod, Before),
    ("http.route", Role::HttpRoute, Now),
    ("url.full", Role::Url, Now),
    ("http.url", Role::Url, Before),
    ("server.address", Role::Address, Now),
    ("net.peer.name", Role::Address, Before),
    ("server.port", Role::Port, Now),
    ("net.peer.port", Role::Port, Before),
    ("network.peer.address", Role::NetworkAddress, Now),
    ("net.sock.peer.addr", Role::NetworkAddress, Before),
    ("net.peer.ip", Role::NetworkAddress, Before),
    ("network.peer.port", Role::NetworkPort, Now),
    ("net.sock.peer.port", Role::NetworkPort, Before),
    ("service.peer.name", Role::PeerService, Now),
    ("peer.service", Role::PeerService, Before),
    ("db.system.name", Role::DbSystem, Now),
    ("db.system", Role::DbSystem, Before),
    ("db.namespace", Role::DbName, Now),
    ("db.name", Role::DbName, Before),
    ("rpc.system.name", Role::RpcSystem, Now),
    ("rpc.system", Role::RpcSystem, Before),
    ("rpc.service", Role::RpcService, Now),
    ("rpc.method", Role::RpcMethod, Now),
    ("messaging.system", Role::MessagingSystem, Now),
    ("messaging.destination.name", Role::Destination, Now),
    ("messaging.destination", Role::Destination, Before),
    ("messaging.destination.template", Role::DestinationTemplate, Now),
    ("messaging.operation.type", Role::MessagingOperation, Now),
    ("messaging.operation", Role::MessagingOperation, Before),
    ("faas.trigger", Role::FaasTrigger, Now),
    ("gen_ai.provider.name", Role::GenAi, Now),
    ("gen_ai.system", Role::GenAi, Before),
    ("db.query.text", Role::Long, Now),
    ("db.statement", Role::Long, Before),
    ("exception.stacktrace", Role::Long, Now),
];

/// What a key is, as it is remembered for its symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning(u8);

const BEFORE: u8 = 0x80;

impl Meaning {
    /// Nobody has looked yet.
    pub(super) const UNKNOWN: Self = Self(u8::MAX);
    /// Nothing asks for it.
    pub(super) const NONE: Self = Self(u8::MAX - 1);

    /// Looks a key up.
    pub(super) fn of(key: &[u8]) -> Self {
        let found = NAMES.iter().find(|(name, ..)| name.as_bytes() == key);
        found.map_or(Self::NONE, |(_, role, since)| {
            Self(*role as u8 | if *since == Before { BEFORE } else { 0 })
        })
    }

    /// Whether values may be long.
    pub(super) fn is_long(self) -> bool {
        self.0 & !BEFORE == Role::Long as u8
    }
}

/// The attributes of one span or resource that are asked for. Reused.
#[derive(Debug)]
pub(super) struct Asked {
    present: u32,
    values: [Value; ROLES],
}

impl Default for Asked {
    fn default() -> Self {
        Self { present: 0, values: [Value::Bool(false); ROLES] }
    }
}

impl Asked {
    pub(super) fn clear(&mut self) {
        self.present = 0;
    }

    /// Keeps a value if it is asked for.
    #[inline]
    pub(super) fn put(&mut self, meaning: Meaning, value: Value) {
        if meaning == Meaning::NONE {
            return;
        }
        let (role, is_before) = (meaning.0 & !BEFORE, meaning.0 & BEFORE != 0);
        if is_before && self.present & 1 << role != 0 {
            return;
        }
        if let Some(place) = self.values.get_mut(usize::from(role)) {
            *place = value;
            self.present |= 1 << role;
        }
    }

    pub(super) fn get(&self, role: Role) -> Option<Value> {
        let is_there = self.present & 1 << role as u8 != 0;
        is_there.then(|| self.values.get(role as usize).copied()).flatten()
    }

    fn has(&self, role: Role) -> bool {
        self.present & 1 << role as u8 != 0
    }

    /// Technology. `system` is the name of the database, where there is one.
    pub(super) fn layer(&self, kind: SpanKind, system: &[u8]) -> SpanLayer {
        if self.has(Role::DbSystem) {
            return if is_cache(system) { SpanLayer::Cache } else { SpanLayer::Database };
        }
        if self.has(Role::MessagingSystem) || self.has(Role::MessagingOperation) {
            SpanLayer::Mq
        } else if self.has(Role::RpcSystem) {
            SpanLayer::RpcFramework
        } else if self.has(Role::FaasTrigger) && kind == SpanKind::Server {
            SpanLayer::Faas
        } else if self.has(Role::GenAi) {
            SpanLayer::GenAi
        } else if self.has(Role::HttpMethod) || self.has(Role::HttpRoute) || self.has(Role::Url) {
            SpanLayer::Http
        } else {
            SpanLayer::Unknown
        }
    }
}

fn is_cache(system: &[u8]) -> bool {
    matches!(system, b"redis" | b"valkey" | b"memcached" | b"hazelcast" | b"geode" | b"aerospike")
}

/// The side of a message that an operation stands for, which tells more than
/// the kind that the span was given; none where it says nothing.
pub(super) fn side_of_message(operation: &[u8]) -> Option<SpanKind> {
    match operation {
        b"send" | b"publish" | b"create" => Some(SpanKind::Producer),
        b"receive" | b"process" | b"deliver" => Some(SpanKind::Consumer),
        _ => None,
    }
}

/// Systems as the conventions name them, and the components that they are.
static SYSTEMS: &[(&str, &str)] = &[
    ("activemq", "ActiveMQ"),
    ("apache_dubbo", "Dubbo"),
    ("cassandra", "Cassandra"),
    ("dubbo", "Dubbo"),
    ("elasticsearch", "Elasticsearch"),
    ("grpc", "GRPC"),
    ("h2", "H2"),
    ("h2database", "H2"),
    ("kafka", "Kafka"),
    ("mariadb", "mariadb-jdbc"),
    ("memcached", "Memcached"),
    ("microsoft.sql_server", "mssql-jdbc-driver"),
    ("mongodb", "MongoDB"),
    ("mssql", "mssql-jdbc-driver"),
    ("mysql", "Mysql"),
    ("oracle", "ORACLE"),
    ("oracle.db", "ORACLE"),
    ("postgresql", "PostgreSQL"),
    ("pulsar", "Pulsar"),
    ("rabbitmq", "RabbitMQ"),
    ("redis", "Redis"),
    ("rocketmq", "RocketMQ"),
    ("sqlite", "SQLite"),
];

/// The component of a system, or else of a layer; 0 where neither says it.
pub(super) fn component_of(layer: SpanLayer, system: &[u8]) -> i32 {
    let named = SYSTEMS.binary_search_by_key(&system, |(name, _)| name.as_bytes()).ok();
    let name = named.and_then(|place| SYSTEMS.get(place)).map(|(_, name)| *name);
    let name = name.or(match layer {
        SpanLayer::Http => Some("http"),
        SpanLayer::RpcFramework => Some("rpc"),
        _ => None,
    });
    name.and_then(component::number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use skytrail_model::component;
    use skytrail_model::span::{SpanKind, SpanLayer, Value};

    use super::{Asked, Meaning, NAMES, Role, SYSTEMS, component_of};

    fn asked(keys: &[&str]) -> Asked {
        let mut asked = Asked::default();
        for (place, key) in keys.iter().enumerate() {
            asked.put(Meaning::of(key.as_bytes()), Value::Int((place as i64).into()));
        }
        asked
    }

    #[test]
    fn every_system_is_a_component_and_can_be_found() {
        assert!(SYSTEMS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (system, name) in SYSTEMS {
            assert!(component::number(name).is_some(), "{system}: {name}");
            assert_ne!(component_of(SpanLayer::Database, system.as_bytes()), 0);
        }
    }

    #[test]
    fn the_name_of_today_holds_wherever_it_stands() {
        for keys in [["server.address", "net.peer.name"], ["net.peer.name", "server.address"]] {
            let asked = asked(&keys);
            let place = keys.iter().position(|key| *key == "server.address").unwrap();
            assert_eq!(asked.get(Role::Address), Some(Value::Int((place as i64).into())));
        }
        assert_eq!(Meaning::of(b"x"), Meaning::NONE);
        let distinct: BTreeSet<_> = NAMES.iter().map(|(name, ..)| name).collect();
        assert_eq!(distinct.len(), NAMES.len());
    }

    #[test]
    fn layers_follow_the_most_telling_attribute() {
        let layer = |keys: &[&str]| asked(keys).layer(SpanKind::Client, b"");
        assert_eq!(layer(&["db.system", "http.method"]), SpanLayer::Database);
        assert_eq!(asked(&["db.system.name"]).layer(SpanKind::Client, b"redis"), SpanLayer::Cache);
        assert_eq!(layer(&["rpc.system", "http.request.method"]), SpanLayer::RpcFramework);
        assert_eq!(layer(&["messaging.operation"]), SpanLayer::Mq);
        assert_eq!(layer(&["url.full"]), SpanLayer::Http);
        assert_eq!(layer(&["gen_ai.system", "http.method"]), SpanLayer::GenAi);
        assert_eq!(layer(&["faas.trigger"]), SpanLayer::Unknown);
        assert_eq!(layer(&[]), SpanLayer::Unknown);
    }
}
