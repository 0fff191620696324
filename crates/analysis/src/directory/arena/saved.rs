//! What a directory keeps over a restart: everything that counts against the limits.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skytrail_model::entity::Entity;
use skytrail_model::scope::Scope;

use super::{Directory, child_id};
use crate::directory::node::{Names, Node, ServiceName};
use crate::directory::overflow::Known;

/// An entity in the state of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Saved {
    scope: u8,
    service: String,
    normal: bool,
    /// The own name of an instance or endpoint.
    name: Option<String>,
    #[serde(default)]
    is_conjectured: bool,
    touched: i64,
}

impl Saved {
    /// None for relations: they are made anew from their ends.
    fn of(node: &Node, scope: Scope) -> Option<Self> {
        let (service, name) = match &node.names {
            Names::Service(service) => (service, None),
            Names::Child(service, name) => (service, Some(name.to_string())),
            Names::Relation(..) | Names::ChildRelation(_) => return None,
        };
        Some(Self {
            scope: scope as u8,
            service: service.name.to_string(),
            normal: service.normal,
            name,
            is_conjectured: node.is_conjectured,
            touched: node.touched,
        })
    }

    fn owner(&self) -> ServiceName {
        ServiceName { name: Arc::from(&*self.service), normal: self.normal }
    }
}

impl Directory {
    /// Services first, each scope in the order of the numbers.
    pub(crate) fn save(&self) -> Vec<Saved> {
        let of_scope = |scope: Scope| {
            let nodes = self.arena(scope).nodes.iter().flatten();
            nodes.filter_map(move |node| Saved::of(node, scope))
        };
        [Scope::Service, Scope::ServiceInstance, Scope::Endpoint]
            .into_iter()
            .flat_map(of_scope)
            .collect()
    }

    /// Puts back what [`Self::save`] gave, as it was: replay goes on as if there
    /// had been no restart. Where limits are lower now, names beyond them stay
    /// until they are idle.
    pub(crate) fn restore(&mut self, saved: &[Saved]) {
        for entry in saved {
            let scope = match entry.scope {
                2 => Scope::ServiceInstance,
                3 => Scope::Endpoint,
                _ => Scope::Service,
            };
            match (scope, &entry.name) {
                (Scope::Service, _) => self.restore_service(entry),
                (scope, Some(name)) => self.restore_child(scope, entry, name),
                _ => {}
            }
        }
    }

    fn restore_service(&mut self, entry: &Saved) {
        let service = entry.owner();
        let id = Entity::Service(service.to_ref()).id();
        if self.find(Scope::Service, id).is_none() {
            let known = if entry.is_conjectured { Known::ByOthers } else { Known::Itself };
            self.add_service(service, id, known, entry.touched);
        }
    }

    /// A child says nothing about how its service is known.
    fn restore_child(&mut self, scope: Scope, entry: &Saved, name: &str) {
        let service = Entity::Service(entry.owner().to_ref()).id();
        let Some(service) = self.find(Scope::Service, service) else { return };
        let Some(owner) = self.service_name(service) else { return };
        let id = child_id(scope, &owner, name);
        if self.find(scope, id).is_none() {
            let names = Names::Child(owner, Arc::from(name));
            self.add_child(scope, service, Node::new(id, names, service, entry.touched));
        }
    }
}
