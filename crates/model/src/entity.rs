//! What metrics and records are about: services, instances, endpoints and the
//! relations between them.

use xxhash_rust::xxh3::Xxh3;

use crate::layer::LayerSet;
use crate::scope::Scope;
use crate::time::Minute;

/// A service by name. Two services of one name, a real and a conjectured one,
/// are two services.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceRef {
    /// Name.
    pub name: String,
    /// Whether it reports itself; a property of its layer.
    pub normal: bool,
}

/// An instance or endpoint by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildRef {
    /// The service it belongs to.
    pub service: ServiceRef,
    /// Name.
    pub name: String,
}

/// An instance by name.
pub type InstanceRef = ChildRef;
/// An endpoint by name.
pub type EndpointRef = ChildRef;

/// Anything that can have metrics.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    /// A service.
    Service(ServiceRef),
    /// An instance.
    Instance(InstanceRef),
    /// An endpoint.
    Endpoint(EndpointRef),
    /// A service calling a service.
    ServiceRelation {
        /// The caller.
        source: ServiceRef,
        /// The callee.
        dest: ServiceRef,
    },
    /// An instance calling an instance.
    InstanceRelation {
        /// The caller.
        source: InstanceRef,
        /// The callee.
        dest: InstanceRef,
    },
    /// An endpoint calling an endpoint.
    EndpointRelation {
        /// The caller.
        source: EndpointRef,
        /// The callee.
        dest: EndpointRef,
    },
}

/// The key of an entity: 128 bits made from its scope and names, the same on
/// every node and at any time, so that nobody needs to own a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EntityId(pub u128);

impl Entity {
    /// The scope it belongs to.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Service(_) => Scope::Service,
            Self::Instance(_) => Scope::ServiceInstance,
            Self::Endpoint(_) => Scope::Endpoint,
            Self::ServiceRelation { .. } => Scope::ServiceRelation,
            Self::InstanceRelation { .. } => Scope::ServiceInstanceRelation,
            Self::EndpointRelation { .. } => Scope::EndpointRelation,
        }
    }

    /// Its key.
    pub fn id(&self) -> EntityId {
        let mut hash = Xxh3::new();
        hash.update(&[self.scope() as u8]);
        match self {
            Self::Service(service) => hash_service(&mut hash, service),
            Self::Instance(child) | Self::Endpoint(child) => hash_child(&mut hash, child),
            Self::ServiceRelation { source, dest } => {
                hash_service(&mut hash, source);
                hash_service(&mut hash, dest);
            }
            Self::InstanceRelation { source, dest } | Self::EndpointRelation { source, dest } => {
                hash_child(&mut hash, source);
                hash_child(&mut hash, dest);
            }
        }
        EntityId(hash.digest128())
    }

    /// The service that owns it; the callee's for relations.
    pub fn service(&self) -> &ServiceRef {
        match self {
            Self::Service(service) => service,
            Self::Instance(child) | Self::Endpoint(child) => &child.service,
            Self::ServiceRelation { dest, .. } => dest,
            Self::InstanceRelation { dest, .. } | Self::EndpointRelation { dest, .. } => {
                &dest.service
            }
        }
    }

    /// The two ends of a relation.
    pub fn ends(&self) -> Option<(Self, Self)> {
        match self {
            Self::ServiceRelation { source, dest } => {
                Some((Self::Service(source.clone()), Self::Service(dest.clone())))
            }
            Self::InstanceRelation { source, dest } => {
                Some((Self::Instance(source.clone()), Self::Instance(dest.clone())))
            }
            Self::EndpointRelation { source, dest } => {
                Some((Self::Endpoint(source.clone()), Self::Endpoint(dest.clone())))
            }
            _ => None,
        }
    }
}

impl ServiceRef {
    /// The key of the service.
    pub fn id(&self) -> EntityId {
        Entity::Service(self.clone()).id()
    }
}

fn hash_service(hash: &mut Xxh3, service: &ServiceRef) {
    hash_text(hash, &service.name);
    hash.update(&[u8::from(service.normal)]);
}

fn hash_child(hash: &mut Xxh3, child: &ChildRef) {
    hash_service(hash, &child.service);
    hash_text(hash, &child.name);
}

// The length first, so that ("ab", "c") and ("a", "bc") differ.
fn hash_text(hash: &mut Xxh3, text: &str) {
    hash.update(&(text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

/// What is known about an entity. Records of one id merge: layers unite, the
/// first sighting is the earliest, the last one the latest, and newer
/// properties replace older ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityRecord {
    /// What it is.
    pub entity: Entity,
    /// Layers it was seen in.
    pub layers: LayerSet,
    /// First minute it was seen in.
    pub first_seen: Minute,
    /// Last minute it was seen in (an instance: its last ping).
    pub last_seen: Minute,
    /// What an instance reported about itself; empty when it reported nothing.
    pub properties: Vec<(String, String)>,
}

impl EntityRecord {
    /// Takes over what another record of the same entity knows.
    pub fn merge(&mut self, newer: Self) {
        self.layers = self.layers.union(newer.layers);
        self.first_seen = self.first_seen.min(newer.first_seen);
        self.last_seen = self.last_seen.max(newer.last_seen);
        if !newer.properties.is_empty() {
            self.properties = newer.properties;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ChildRef, Entity, ServiceRef};

    #[test]
    fn keys_differ_by_scope_names_and_kind_of_service() {
        let service = |name: &str, normal| ServiceRef { name: name.to_owned(), normal };
        let child = |s: &str, n: &str| ChildRef { service: service(s, true), name: n.to_owned() };
        let keys = [
            Entity::Service(service("a", true)),
            Entity::Service(service("a", false)),
            Entity::Instance(child("ab", "c")),
            Entity::Instance(child("a", "bc")),
            Entity::Endpoint(child("ab", "c")),
        ]
        .map(|entity| entity.id());
        for (i, a) in keys.iter().enumerate() {
            assert!(keys[i + 1..].iter().all(|b| a != b), "{i}");
        }
    }
}
