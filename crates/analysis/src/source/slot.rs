//! What the entities of a route are for.

use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;

use crate::oal::plan::Plan;
use crate::oal::schema::Source;

/// What one entity of a route is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(super) scope: Scope,
    /// The source whose table has a row for it.
    source: Option<Source>,
    /// Whether the store lists it.
    pub(super) is_listed: bool,
    /// The side that reports a relation.
    pub(super) side: Option<DetectPoint>,
}

/// An entity that is listed and counted.
pub(crate) const fn slot(scope: Scope, source: Option<Source>) -> Slot {
    Slot { scope, source, is_listed: true, side: None }
}

impl Slot {
    /// An entity that is counted, and listed by others.
    pub(crate) const fn unlisted(scope: Scope, source: Source) -> Self {
        Self { scope, source: Some(source), is_listed: false, side: None }
    }

    /// The table that has a row for it.
    pub(super) fn table(&self, plan: &Plan) -> Option<usize> {
        self.source.and_then(|source| plan.table_of(source))
    }
}

/// A relation as one side reports it.
pub(crate) const fn relation_slot(scope: Scope, source: Source, side: DetectPoint) -> Slot {
    Slot { scope, source: Some(source), is_listed: true, side: Some(side) }
}
