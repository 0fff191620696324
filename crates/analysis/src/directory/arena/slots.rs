//! Entities of one scope, numbered.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use skytrail_model::entity::EntityId;

use crate::directory::node::Node;
use crate::footprint::table_bytes;

/// Bytes of a name besides its texts: its places, and those in a table that may
/// be half empty.
const NAME_BYTES: usize = size_of::<Option<Node>>()
    + size_of::<EntityId>()
    + 2 * (size_of::<(EntityId, u32)>() + 1) * 8 / 7;

/// Entities of one scope. Numbers of entities that went are used again.
#[derive(Debug, Default)]
pub(super) struct Arena {
    pub(super) nodes: Vec<Option<Node>>,
    /// Keys by number: close together, because every segment asks for some.
    pub(super) ids: Vec<EntityId>,
    free: Vec<u32>,
    pub(super) by_id: HashMap<EntityId, u32, RandomState>,
    /// Bytes that nodes hold besides.
    heap: usize,
}

impl Arena {
    pub(super) fn get(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, node: u32) -> Option<&mut Node> {
        self.nodes.get_mut(node as usize)?.as_mut()
    }

    pub(super) fn insert(&mut self, node: Node) -> u32 {
        let id = node.id;
        self.heap += node.heap();
        let place = self.free.pop().unwrap_or_else(|| {
            self.nodes.push(None);
            self.ids.push(EntityId::default());
            (self.nodes.len() - 1) as u32
        });
        if let Some(slot) = self.ids.get_mut(place as usize) {
            *slot = id;
        }
        if let Some(slot) = self.nodes.get_mut(place as usize) {
            *slot = Some(node);
        }
        self.by_id.insert(id, place);
        place
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Bytes of the names that are there: what counts against the limit, and
    /// what pruning takes off. Room that others left behind is used again first.
    pub(super) fn used(&self) -> usize {
        self.len() * NAME_BYTES + self.heap
    }

    pub(super) fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<Option<Node>>()
            + (self.ids.capacity() + self.free.capacity()) * size_of::<EntityId>()
            + table_bytes::<(EntityId, u32)>(self.by_id.capacity())
            + self.heap
    }

    /// Removes the nodes last used before `since` and gives them back.
    pub(super) fn prune(&mut self, since: i64) -> Vec<Node> {
        let mut pruned = Vec::new();
        for (place, slot) in self.nodes.iter_mut().enumerate() {
            if let Some(node) = slot.take_if(|node| node.touched < since) {
                self.by_id.remove(&node.id);
                self.heap = self.heap.saturating_sub(node.heap());
                self.free.push(place as u32);
                pruned.push(node);
            }
        }
        if !pruned.is_empty() {
            self.shrink();
        }
        pruned
    }

    /// Gives back what a flood of names took: places behind the last name, and
    /// room that is more than twice what is used. Numbers stay.
    fn shrink(&mut self) {
        let places = self.nodes.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        self.nodes.truncate(places);
        self.ids.truncate(places);
        self.free.retain(|free| (*free as usize) < places);
        self.nodes.shrink_to(places * 2);
        self.ids.shrink_to(places * 2);
        self.free.shrink_to(self.free.len() * 2);
        if self.by_id.capacity() > self.by_id.len() * 4 {
            self.by_id.shrink_to(self.by_id.len() * 2);
        }
    }
}
