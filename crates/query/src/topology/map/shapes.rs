//! What a map consists of.

use std::collections::BTreeMap;

use skytrail_model::entity::{Entity, EntityId, EntityRecord};

use crate::hash;
use crate::measures::Measured;
use crate::overview::Status;
use crate::topology::traffic::Traffic;

/// A node of the map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapNode {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it is built with or what it is; empty when nothing tells.
    pub r#type: String,
    /// Whether it reports itself.
    pub real: bool,
    /// Names of its layers.
    pub layers: Vec<&'static str>,
    /// Group of its service; else empty.
    pub group: String,
    /// Its numbers; of what does not report itself, those that its callers tell.
    pub traffic: Traffic,
    /// How it is.
    pub status: Status,
    /// `new` or `gone`; none if neither.
    pub change: Option<&'static str>,
}

/// An edge of the map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapEdge {
    /// Id.
    pub id: String,
    /// Id of the caller.
    pub source: String,
    /// Id of the callee.
    pub target: String,
    /// Names of the components on either side.
    pub components: Vec<String>,
    /// What the caller tells; none where it tells nothing.
    pub client: Option<Traffic>,
    /// What the callee tells; none where it tells nothing.
    pub server: Option<Traffic>,
    /// `new` or `gone`; none if neither.
    pub change: Option<&'static str>,
}

/// The map. Nodes and edges stand in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map {
    /// Nodes.
    pub nodes: Vec<MapNode>,
    /// Edges.
    pub edges: Vec<MapEdge>,
    /// Whether nothing is missing.
    pub complete: bool,
}

/// Caller and callee.
pub(super) type Pair = (EntityId, EntityId);

/// A call on its way to an edge.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) source: Entity,
    pub(super) dest: Entity,
    /// What tells of it: keys of relations, one for each name of the callee.
    pub(super) relations: Vec<EntityId>,
    pub(super) components: Vec<(bool, i32)>,
}

/// Calls by their ends, and the records of what is known of these.
pub(super) struct Calls {
    pub(super) by_ends: BTreeMap<Pair, Drawn>,
    pub(super) records: hash::Map<EntityId, EntityRecord>,
}

/// What was measured of calls, by their ends.
pub(super) type Measurements = hash::Map<Pair, Measured>;
