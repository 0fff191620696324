//! One entity as a shard keeps it.

use std::sync::Arc;

use skytrail_model::entity::{ChildRef, Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use crate::naming::is_collective;

/// No entity.
pub(crate) const NO_NODE: u32 = u32::MAX;

/// Relations are told to the store again after so many minutes, others every minute.
const RELATION_REFRESH: i64 = 10;

/// A service; the text is shared by everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceName {
    pub(crate) name: Arc<str>,
    pub(crate) normal: bool,
}

impl ServiceName {
    pub(crate) fn to_ref(&self) -> ServiceRef {
        ServiceRef { name: self.name.to_string(), normal: self.normal }
    }
}

/// The names of an entity.
#[derive(Debug, Clone)]
pub(super) enum Names {
    Service(ServiceName),
    Child(ServiceName, Arc<str>),
    Relation(ServiceName, ServiceName),
    ChildRelation(Box<[(ServiceName, Arc<str>); 2]>),
}

impl Names {
    pub(super) fn entity(&self, scope: Scope) -> Entity {
        let child = |(service, name): &(ServiceName, Arc<str>)| ChildRef {
            service: service.to_ref(),
            name: name.to_string(),
        };
        match self {
            Self::Service(service) => Entity::Service(service.to_ref()),
            Self::Child(service, name) => {
                let child = ChildRef { service: service.to_ref(), name: name.to_string() };
                match scope {
                    Scope::Endpoint => Entity::Endpoint(child),
                    _ => Entity::Instance(child),
                }
            }
            Self::Relation(source, dest) => {
                Entity::ServiceRelation { source: source.to_ref(), dest: dest.to_ref() }
            }
            Self::ChildRelation(ends) => {
                let [source, dest] = &**ends;
                let (source, dest) = (child(source), child(dest));
                match scope {
                    Scope::EndpointRelation => Entity::EndpointRelation { source, dest },
                    _ => Entity::InstanceRelation { source, dest },
                }
            }
        }
    }
}

impl std::fmt::Display for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service(service) => f.write_str(&service.name),
            Self::Child(service, name) => write!(f, "{} of {}", name, service.name),
            Self::Relation(source, dest) => write!(f, "{} to {}", source.name, dest.name),
            Self::ChildRelation(ends) => {
                let [(source, from), (dest, to)] = &**ends;
                write!(f, "{from} of {} to {to} of {}", source.name, dest.name)
            }
        }
    }
}

/// One entity.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) id: EntityId,
    pub(super) names: Names,
    /// The number of the service of an instance or endpoint.
    pub(super) owner: u32,
    /// Endpoints of a service.
    pub(super) children: u32,
    /// Whether a service is known by others only.
    pub(super) is_conjectured: bool,
    /// Keys of a relation's ends and of their services.
    pub(super) ends: Option<Box<[EntityId; 4]>>,
    /// Layers it was told to the store with; empty as long as it is not listed.
    pub(super) layers: LayerSet,
    is_listed: bool,
    first_seen: Minute,
    last_told: Minute,
    /// When it was used last, in log time.
    pub(super) touched: i64,
}

impl Node {
    pub(super) fn new(id: EntityId, names: Names, owner: u32, now: i64) -> Self {
        Self {
            id,
            names,
            owner,
            children: 0,
            is_conjectured: false,
            ends: None,
            layers: LayerSet::default(),
            is_listed: false,
            first_seen: Minute(i64::MAX),
            last_told: Minute(i64::MIN),
            touched: now,
        }
    }

    /// Bytes that it holds besides itself; names are shared by their first owner.
    pub(super) fn heap(&self) -> usize {
        // An `Arc` counts in front of its text.
        let text = |text: &str| text.len() + 2 * size_of::<usize>();
        let names = match &self.names {
            Names::Service(service) => text(&service.name),
            Names::Child(_, name) => text(name),
            Names::Relation(..) => 0,
            Names::ChildRelation(ends) => size_of_val(&**ends),
        };
        names + self.ends.as_deref().map_or(0, size_of_val)
    }

    /// Notes a sighting; gives a record when the store should hear of it: the
    /// first time, in a new layer, and once in a while.
    pub(super) fn see(
        &mut self,
        scope: Scope,
        minute: Minute,
        layer: Option<Layer>,
    ) -> Option<EntityRecord> {
        let layers = layer.map(LayerSet::of).unwrap_or_default();
        let refresh = if scope.is_relation() { RELATION_REFRESH } else { 1 };
        let is_news = !self.is_listed
            || self.layers.union(layers) != self.layers
            || minute < self.first_seen
            || minute.0 >= self.last_told.0.saturating_add(refresh);
        self.is_listed = true;
        self.layers = self.layers.union(layers);
        self.first_seen = self.first_seen.min(minute);
        if !is_news {
            return None;
        }
        self.last_told = self.last_told.max(minute);
        Some(self.record(scope))
    }

    pub(super) fn record(&self, scope: Scope) -> EntityRecord {
        EntityRecord {
            entity: self.names.entity(scope),
            layers: self.layers,
            first_seen: self.first_seen,
            last_seen: self.last_told,
            properties: Vec::new(),
        }
    }

    /// Whether it takes up one of its service's endpoints.
    pub(super) fn counts_as_endpoint(&self, scope: Scope) -> bool {
        match &self.names {
            Names::Child(_, name) => scope == Scope::Endpoint && !is_collective(name),
            _ => false,
        }
    }
}
