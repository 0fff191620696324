//! What is left out of everything that a part answers.

use std::collections::BTreeSet;

use skytrail_model::entity::EntityId;

/// Segments of some services and of some traces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hidden {
    /// Services, by their ids.
    pub services: BTreeSet<EntityId>,
    /// Trace ids.
    pub traces: BTreeSet<String>,
}

impl Hidden {
    /// Whether segments of a service are left out.
    pub(crate) fn has_service(&self, service: EntityId) -> bool {
        self.services.contains(&service)
    }

    /// Whether segments of a trace are left out.
    pub(crate) fn has_trace(&self, trace_id: &str) -> bool {
        self.traces.contains(trace_id)
    }
}
