//! What the pages of the UI search traces by.

use skytrail_model::entity::Entity;
use skytrail_storage::{Order, SegmentFilter, TagFilter, TraceState};

use crate::entity::{parse_child, parse_service};
use crate::error::Result;
use crate::time::Range;
use crate::trace::SpanTag;

/// Conditions, joined by "and"; each is met by one segment of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceCondition {
    /// When the segment started.
    pub range: Range,
    /// Id of its service.
    pub service: Option<String>,
    /// Id of its instance.
    pub instance: Option<String>,
    /// Id of the endpoint that names it.
    pub endpoint: Option<String>,
    /// Succeeded or failed.
    pub state: TraceState,
    /// Least duration in milliseconds, inclusive.
    pub min: Option<f64>,
    /// Greatest duration in milliseconds, inclusive.
    pub max: Option<f64>,
    /// Tags, each of which some span of it has.
    pub tags: Vec<SpanTag>,
    /// Text in an operation name or a statement, ASCII case ignored.
    pub keyword: Option<String>,
}

impl TraceCondition {
    /// The store's form of the conditions.
    ///
    /// # Errors
    /// `Invalid` for a wrong id.
    pub(crate) fn filter(&self, order: Order) -> Result<SegmentFilter> {
        let service = self.service.as_deref();
        let service = service.map(|id| parse_service("service", id).map(|service| service.id()));
        let instance = self.instance.as_deref();
        let instance =
            instance.map(|id| parse_child("instance", id).map(|one| Entity::Instance(one).id()));
        let endpoint = self.endpoint.as_deref();
        let endpoint =
            endpoint.map(|id| parse_child("endpoint", id).map(|one| Entity::Endpoint(one).id()));
        let tag = |tag: &SpanTag| TagFilter { key: tag.key.clone(), value: tag.value.clone() };
        Ok(SegmentFilter {
            from: self.range.from,
            to: self.range.last(),
            service: service.transpose()?,
            instance: instance.transpose()?,
            endpoint: endpoint.transpose()?,
            trace_id: None,
            span_id: None,
            min_duration: self.min.map(nanos),
            max_duration: self.max.map(nanos),
            state: self.state,
            tags: self.tags.iter().map(tag).collect(),
            keyword: self.keyword.clone().filter(|keyword| !keyword.is_empty()),
            order,
        })
    }
}

/// Numbers beyond 64 bits are the largest there is.
fn nanos(millis: f64) -> i64 {
    (millis * 1e6) as i64
}
