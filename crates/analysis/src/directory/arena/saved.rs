//! What a directory keeps over a restart: everything that counts against the limits.
//!
//! Services, then instances, then endpoints: each a count, then in the order of
//! the numbers what `put` writes. A child names its service by its place among
//! the services.

use std::sync::Arc;

use skytrail_model::entity::Entity;
use skytrail_model::scope::Scope;

use super::{Directory, child_id};
use crate::checkpoint::{Reader, put_number, put_text};
use crate::directory::node::{Names, Node, ServiceName};
use crate::directory::overflow::Known;
use crate::error::{Error, Result};

const NORMAL: u8 = 1;
const CONJECTURED: u8 = 2;

/// Whose service was not kept.
const NOWHERE: u32 = u32::MAX;

/// An entity in the state of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    owner: ServiceName,
    /// What it is and is called, where it is an instance or endpoint.
    child: Option<(Scope, String)>,
    is_conjectured: bool,
    touched: i64,
}

impl Saved {
    /// What [`Directory::save`] wrote.
    pub(crate) fn read_all(bytes: &[u8]) -> Result<Vec<Self>> {
        let mut reader = Reader::new(bytes);
        let mut saved = Vec::new();
        for _ in 0..u32::from_le_bytes(reader.array()?) {
            let flags = reader.byte()?;
            let touched = i64::from_le_bytes(reader.array()?);
            let name = Arc::from(reader.text()?);
            let owner = ServiceName { name, normal: flags & NORMAL != 0 };
            let is_conjectured = flags & CONJECTURED != 0;
            saved.push(Self { owner, child: None, is_conjectured, touched });
        }
        let services = saved.len();
        for scope in [Scope::ServiceInstance, Scope::Endpoint] {
            for _ in 0..u32::from_le_bytes(reader.array()?) {
                let owner = reader.count()?;
                let touched = i64::from_le_bytes(reader.array()?);
                let child = Some((scope, reader.text()?.to_owned()));
                let service = saved.get(owner).filter(|_| owner < services);
                let owner = service.map(|service| service.owner.clone()).ok_or_else(|| {
                    Error::invalid("checkpoint: state cannot be read: a service is missing")
                })?;
                saved.push(Self { owner, child, is_conjectured: false, touched });
            }
        }
        reader.end().map(|()| saved)
    }
}

/// What `put` writes and counts, behind their number.
fn counted(into: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>) -> u32) {
    let at = into.len();
    into.extend_from_slice(&[0; 4]);
    let count = put(into);
    if let Some(place) = into.get_mut(at..at + 4) {
        place.copy_from_slice(&count.to_le_bytes());
    }
}

fn put_service(into: &mut Vec<u8>, node: &Node, service: &ServiceName) {
    let conjectured = if node.is_conjectured { CONJECTURED } else { 0 };
    into.push(if service.normal { NORMAL } else { 0 } | conjectured);
    into.extend_from_slice(&node.touched.to_le_bytes());
    put_text(into, &service.name);
}

impl Directory {
    /// Everything but relations, which are made anew from their ends.
    pub(crate) fn save(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.saved_bytes());
        let services = &self.arena(Scope::Service).nodes;
        let mut places = Vec::with_capacity(services.len());
        counted(&mut bytes, |bytes| {
            let mut next = 0;
            for node in services {
                let service = node.as_ref().and_then(|node| match &node.names {
                    Names::Service(service) => Some((node, service)),
                    _ => None,
                });
                places.push(if service.is_some() { next } else { NOWHERE });
                if let Some((node, service)) = service {
                    put_service(bytes, node, service);
                    next += 1;
                }
            }
            next
        });
        for scope in [Scope::ServiceInstance, Scope::Endpoint] {
            self.save_children(scope, &places, &mut bytes);
        }
        bytes
    }

    fn save_children(&self, scope: Scope, places: &[u32], into: &mut Vec<u8>) {
        counted(into, |into| {
            let mut count = 0;
            for node in self.arena(scope).nodes.iter().flatten() {
                let Names::Child(_, name) = &node.names else { continue };
                let place = places.get(node.owner as usize).filter(|place| **place != NOWHERE);
                if let Some(place) = place {
                    put_number(into, u64::from(*place));
                    into.extend_from_slice(&node.touched.to_le_bytes());
                    put_text(into, name);
                    count += 1;
                }
            }
            count
        });
    }

    /// About what it takes, so that it is not moved while it grows.
    fn saved_bytes(&self) -> usize {
        let scopes = [Scope::Service, Scope::ServiceInstance, Scope::Endpoint];
        scopes.into_iter().map(|scope| self.len(scope)).sum::<usize>() * 48 + 16
    }

    /// Puts back what [`Self::save`] gave, as it was: replay goes on as if there
    /// had been no restart. Where limits are lower now, names beyond them stay
    /// until they are idle.
    pub(crate) fn restore(&mut self, saved: &[Saved]) {
        for entry in saved {
            match &entry.child {
                None => self.restore_service(entry),
                Some((scope, name)) => self.restore_child(*scope, entry, name),
            }
        }
    }

    fn restore_service(&mut self, entry: &Saved) {
        let id = Entity::Service(entry.owner.to_ref()).id();
        if self.find(Scope::Service, id).is_none() {
            let known = if entry.is_conjectured { Known::ByOthers } else { Known::Itself };
            self.add_service(entry.owner.clone(), id, known, entry.touched);
        }
    }

    /// A child says nothing about how its service is known.
    fn restore_child(&mut self, scope: Scope, entry: &Saved, name: &str) {
        let service = Entity::Service(entry.owner.to_ref()).id();
        let Some(service) = self.find(Scope::Service, service) else { return };
        let Some(owner) = self.service_name(service) else { return };
        let id = child_id(scope, &owner, name);
        if self.find(scope, id).is_none() {
            let names = Names::Child(owner, Arc::from(name));
            self.add_child(scope, service, Node::new(id, names, service, entry.touched));
        }
    }
}
