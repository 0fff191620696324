//! All entities of a shard.

mod saved;
mod slots;

use std::sync::Arc;

use skytrail_model::entity::{ChildRef, Entity, EntityId, EntityRecord};
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

pub(crate) use saved::Saved;
use slots::Arena;

use super::node::{NO_NODE, Names, Node, ServiceName};
use super::overflow::{Known, Overflow};
use crate::config::Limits;
use crate::naming::{ABANDONED, OTHER, is_collective};

/// The service of a relation's end, and its own name where it is no service.
pub(crate) type EndName = (Arc<str>, Option<Arc<str>>);

/// All entities of a shard.
#[derive(Debug)]
pub(crate) struct Directory {
    arenas: [Arena; Scope::ALL.len()],
    limits: Limits,
    /// Services that are known by others only.
    conjectured: usize,
    overflows: Vec<Overflow>,
}

impl Directory {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { arenas: Default::default(), limits, conjectured: 0, overflows: Vec::new() }
    }

    fn arena(&self, scope: Scope) -> &Arena {
        &self.arenas[scope as usize - 1]
    }

    fn arena_mut(&mut self, scope: Scope) -> &mut Arena {
        &mut self.arenas[scope as usize - 1]
    }

    /// Entities of a scope.
    pub(crate) fn len(&self, scope: Scope) -> usize {
        self.arena(scope).len()
    }

    /// Bytes that entities hold. New ones beyond `limits` are refused.
    pub(crate) fn memory(&self) -> usize {
        self.arenas.iter().map(Arena::memory).sum()
    }

    /// Limits that were reached since the last call, one entry per name that
    /// was not told apart.
    pub(crate) fn take_overflows(&mut self) -> Vec<Overflow> {
        std::mem::take(&mut self.overflows)
    }

    /// The number of a service by its normalised name.
    pub(crate) fn service(&mut self, name: &str, normal: bool, known: Known, now: i64) -> u32 {
        let service = ServiceName { name: Arc::from(name), normal };
        let id = Entity::Service(service.to_ref()).id();
        if let Some(node) = self.known(Scope::Service, id, now) {
            self.know(node, known);
            return node;
        }
        let is_full = self.is_full_of_services(known);
        if (is_full || self.is_large(Scope::Service)) && name != OTHER {
            self.overflow(Scope::Service, name, is_full);
            return self.service(OTHER, normal, known, now);
        }
        self.add_service(service, id, known, now)
    }

    fn add_service(&mut self, service: ServiceName, id: EntityId, known: Known, now: i64) -> u32 {
        let mut node = Node::new(id, Names::Service(service), NO_NODE, now);
        node.is_conjectured = known == Known::ByOthers;
        self.conjectured += usize::from(node.is_conjectured);
        self.arena_mut(Scope::Service).insert(node)
    }

    fn is_full_of_services(&self, known: Known) -> bool {
        let limit = self.limits.services;
        let has_share = known == Known::Itself || self.conjectured < (limit / 2).max(1);
        self.len(Scope::Service) >= limit || !has_share
    }

    /// A service that reports itself is no longer a conjecture.
    fn know(&mut self, node: u32, known: Known) {
        if let Some(node) = self.arena_mut(Scope::Service).get_mut(node)
            && known == Known::Itself
            && std::mem::take(&mut node.is_conjectured)
        {
            self.conjectured = self.conjectured.saturating_sub(1);
        }
    }

    /// A name beyond the limit of its scope, or else beyond the one of bytes.
    fn overflow(&mut self, scope: Scope, example: &str, is_full: bool) {
        self.overflows.push(Overflow::of(scope, example, is_full));
    }

    /// Whether a new name has no room in bytes. The last eighth is for services,
    /// which what belongs to others must not crowd out.
    fn is_large(&self, scope: Scope) -> bool {
        let limit = self.limits.entities();
        let kept = if scope == Scope::Service { 0 } else { limit / 8 };
        let used: usize = self.arenas.iter().map(Arena::used).sum();
        used >= limit - kept
    }

    /// The number of an instance or endpoint by its normalised name.
    pub(crate) fn child(&mut self, scope: Scope, service: u32, name: &str, now: i64) -> u32 {
        let Some(owner) = self.service_name(service) else { return NO_NODE };
        let id = child_id(scope, &owner, name);
        if let Some(node) = self.known(scope, id, now) {
            return node;
        }
        if let Some(instead) = self.instead_of(scope, service, &owner, name) {
            return self.child(scope, service, instead, now);
        }
        let node = Node::new(id, Names::Child(owner, Arc::from(name)), service, now);
        self.add_child(scope, service, node)
    }

    fn add_child(&mut self, scope: Scope, service: u32, node: Node) -> u32 {
        if let Some(service) = self.arena_mut(Scope::Service).get_mut(service) {
            service.children += u32::from(node.counts_as_endpoint(scope));
        }
        self.arena_mut(scope).insert(node)
    }

    /// What a new name counts as when a limit is reached.
    fn instead_of(
        &mut self,
        scope: Scope,
        service: u32,
        owner: &ServiceName,
        name: &str,
    ) -> Option<&'static str> {
        if is_collective(name) {
            return None;
        }
        let limit = match scope {
            Scope::Endpoint => self.limits.endpoints,
            _ => self.limits.instances,
        };
        let children = self.arena(Scope::Service).get(service).map_or(0, |node| node.children);
        if scope == Scope::Endpoint && children as usize >= self.limits.endpoints_per_service {
            self.overflows.push(Overflow::EndpointsOf(owner.name.clone()));
            return Some(ABANDONED);
        }
        let is_full = self.len(scope) >= limit;
        if is_full || self.is_large(scope) {
            self.overflow(scope, name, is_full);
            return Some(OTHER);
        }
        None
    }

    /// The number of a relation between two entities of one scope; none beyond
    /// the limit.
    pub(crate) fn relation(&mut self, scope: Scope, source: u32, dest: u32, now: i64) -> u32 {
        let Some((names, ends)) = self.ends(end_scope(scope), source, dest) else { return NO_NODE };
        let id = names.entity(scope).id();
        if let Some(node) = self.known(scope, id, now) {
            return node;
        }
        let is_full = self.len(scope) >= self.limits.relations;
        if is_full || self.is_large(scope) {
            self.overflow(scope, &names.to_string(), is_full);
            return NO_NODE;
        }
        let mut node = Node::new(id, names, NO_NODE, now);
        node.ends = Some(Box::new(ends));
        self.arena_mut(scope).insert(node)
    }

    fn ends(&self, scope: Scope, source: u32, dest: u32) -> Option<(Names, [EntityId; 4])> {
        let (source, dest) = (self.arena(scope).get(source)?, self.arena(scope).get(dest)?);
        let service_of = |node: &Node| match &node.names {
            Names::Service(_) => node.id,
            _ => {
                self.arena(Scope::Service).get(node.owner).map(|owner| owner.id).unwrap_or_default()
            }
        };
        let names = match (&source.names, &dest.names) {
            (Names::Service(source), Names::Service(dest)) => {
                Names::Relation(source.clone(), dest.clone())
            }
            (Names::Child(owner, name), Names::Child(dest_owner, dest_name)) => {
                Names::ChildRelation(Box::new([
                    (owner.clone(), name.clone()),
                    (dest_owner.clone(), dest_name.clone()),
                ]))
            }
            _ => return None,
        };
        Some((names, [source.id, dest.id, service_of(source), service_of(dest)]))
    }

    fn known(&mut self, scope: Scope, id: EntityId, now: i64) -> Option<u32> {
        let node = self.find(scope, id)?;
        self.touch(scope, node, now);
        Some(node)
    }

    /// The number of an entity by its key.
    pub(crate) fn find(&self, scope: Scope, id: EntityId) -> Option<u32> {
        self.arena(scope).by_id.get(&id).copied()
    }

    /// Keeps an entity, the service it belongs to and the ends of a relation
    /// from becoming idle.
    pub(crate) fn touch(&mut self, scope: Scope, node: u32, now: i64) {
        let Some(found) = self.arena_mut(scope).get_mut(node) else { return };
        found.touched = found.touched.max(now);
        let (owner, ends) = (found.owner, found.ends.as_deref().copied());
        if let Some(owner) = self.arena_mut(Scope::Service).get_mut(owner) {
            owner.touched = owner.touched.max(now);
        }
        let Some([source, dest, source_service, dest_service]) = ends else { return };
        let services = [source_service, dest_service].map(|id| (Scope::Service, id));
        for (scope, id) in
            [source, dest].map(|id| (end_scope(scope), id)).into_iter().chain(services)
        {
            if let Some(end) = self.find(scope, id)
                && let Some(end) = self.arena_mut(scope).get_mut(end)
            {
                end.touched = end.touched.max(now);
            }
        }
    }

    /// Notes a sighting; gives a record when the store should hear of it.
    pub(crate) fn see(
        &mut self,
        scope: Scope,
        node: u32,
        minute: Minute,
        layer: Option<Layer>,
    ) -> Option<EntityRecord> {
        self.arena_mut(scope).get_mut(node)?.see(scope, minute, layer)
    }

    /// What the store was told last about a listed entity.
    pub(crate) fn record(&self, scope: Scope, node: u32) -> Option<EntityRecord> {
        self.arena(scope).get(node).map(|node| node.record(scope))
    }

    /// The key of an entity; what it was for one that was forgotten.
    #[inline]
    pub(crate) fn id(&self, scope: Scope, node: u32) -> Option<EntityId> {
        self.arena(scope).ids.get(node as usize).copied()
    }

    /// Keys of a relation's ends and of their services: source, dest, service
    /// of the source, service of the dest.
    pub(crate) fn ends_of(&self, scope: Scope, node: u32) -> Option<[EntityId; 4]> {
        self.arena(scope).get(node)?.ends.as_deref().copied()
    }

    pub(crate) fn service_name(&self, node: u32) -> Option<ServiceName> {
        match &self.arena(Scope::Service).get(node)?.names {
            Names::Service(service) => Some(service.clone()),
            _ => None,
        }
    }

    /// The names of a relation's ends: services and, between instances or
    /// endpoints, their own.
    pub(crate) fn names_of_ends(&self, scope: Scope, node: u32) -> Option<[EndName; 2]> {
        match &self.arena(scope).get(node)?.names {
            Names::Relation(source, dest) => {
                Some([source, dest].map(|service| (service.name.clone(), None)))
            }
            Names::ChildRelation(ends) => {
                Some((**ends).clone().map(|(service, name)| (service.name, Some(name))))
            }
            Names::Service(_) | Names::Child(..) => None,
        }
    }

    /// The own name of a service, instance or endpoint.
    pub(crate) fn name(&self, scope: Scope, node: u32) -> Option<&Arc<str>> {
        match &self.arena(scope).get(node)?.names {
            Names::Service(service) => Some(&service.name),
            Names::Child(_, name) => Some(name),
            Names::Relation(..) | Names::ChildRelation(_) => None,
        }
    }

    /// Forgets entities that were last used longer ago than the limit. Numbers
    /// that others hold may mean something else afterwards. Says whether there
    /// were any.
    pub(crate) fn prune(&mut self, now: i64) -> bool {
        let since = now.saturating_sub(self.limits.idle);
        let mut any = false;
        for scope in Scope::ALL {
            let pruned = self.arena_mut(scope).prune(since);
            any |= !pruned.is_empty();
            self.conjectured -= pruned.iter().filter(|node| node.is_conjectured).count();
            for node in pruned.iter().filter(|node| node.counts_as_endpoint(scope)) {
                if let Some(owner) = self.arena_mut(Scope::Service).get_mut(node.owner) {
                    owner.children = owner.children.saturating_sub(1);
                }
            }
        }
        any
    }
}

fn child_id(scope: Scope, owner: &ServiceName, name: &str) -> EntityId {
    let child = ChildRef { service: owner.to_ref(), name: name.to_owned() };
    match scope {
        Scope::Endpoint => Entity::Endpoint(child).id(),
        _ => Entity::Instance(child).id(),
    }
}

/// The scope of a relation's ends.
fn end_scope(relation: Scope) -> Scope {
    match relation {
        Scope::ServiceRelation => Scope::Service,
        Scope::EndpointRelation => Scope::Endpoint,
        _ => Scope::ServiceInstance,
    }
}

#[cfg(test)]
mod tests;
