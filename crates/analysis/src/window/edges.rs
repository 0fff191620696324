//! Who called whom in one window.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;

use crate::footprint::table_bytes;

/// A relation by its number in the directory, with the side and the component
/// that reported it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Edge {
    pub(crate) scope: Scope,
    pub(crate) node: u32,
    pub(crate) side: DetectPoint,
    pub(crate) component: i32,
}

/// Distinct edges.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    seen: HashSet<Edge, RandomState>,
}

impl Edges {
    pub(crate) fn insert(&mut self, edge: Edge) {
        self.seen.insert(edge);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Edge> {
        self.seen.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }

    pub(crate) fn memory(&self) -> usize {
        table_bytes::<Edge>(self.seen.capacity())
    }
}
