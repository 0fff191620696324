//! Who called whom, as the two sides report it.

use crate::entity::EntityId;
use crate::scope::Scope;
use crate::time::Minute;

/// Which side of a call reported it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DetectPoint {
    /// The caller.
    Client,
    /// The callee.
    Server,
}

impl DetectPoint {
    /// The protocol's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "CLIENT",
            Self::Server => "SERVER",
        }
    }
}

/// A relation was seen in a minute. Equal rows are one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationRow {
    /// The minute.
    pub minute: Minute,
    /// Service, instance or endpoint relation.
    pub scope: Scope,
    /// The relation's own key, under which its metrics and names stand.
    pub relation: EntityId,
    /// The caller.
    pub source: EntityId,
    /// The callee.
    pub dest: EntityId,
    /// The service of the caller; equal to `source` for service relations.
    pub source_service: EntityId,
    /// The service of the callee; equal to `dest` for service relations.
    pub dest_service: EntityId,
    /// The reporting side.
    pub side: DetectPoint,
    /// Component number that the side reported; 0 is unknown.
    pub component: i32,
}
