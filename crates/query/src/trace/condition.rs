//! What traces are searched by.

use skytrail_model::entity::Entity;
use skytrail_model::time::Zone;
use skytrail_storage::{Order, SegmentFilter, TagFilter, TraceState};

use crate::entity::{
    EndpointCondition, InstanceCondition, Pagination, ServiceCondition, parse_child, parse_service,
};
use crate::error::{Error, Result};
use crate::time::Duration;

/// Nanoseconds in a millisecond.
pub(super) const MILLI: i64 = 1_000_000;

/// Conditions of a search, joined by "and" (protocol `TraceQueryCondition`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceQueryCondition {
    /// The service; none or empty is any. So with the other ids.
    pub service_id: Option<String>,
    /// The instance.
    pub service_instance_id: Option<String>,
    /// The trace.
    pub trace_id: Option<String>,
    /// The endpoint that names the segment.
    pub endpoint_id: Option<String>,
    /// When the segments started; needed unless the trace is named.
    pub query_duration: Option<Duration>,
    /// Least duration in milliseconds, inclusive; 0 and none are no limit.
    pub min_trace_duration: Option<i64>,
    /// Greatest duration in milliseconds, inclusive; 0 and none are no limit.
    pub max_trace_duration: Option<i64>,
    /// Succeeded or failed.
    pub trace_state: TraceState,
    /// Order of the answer.
    pub query_order: QueryOrder,
    /// Tags, each of which some span of the segment has.
    pub tags: Vec<SpanTag>,
    /// Which page.
    pub paging: Pagination,
}

/// The same by names (protocol `TraceQueryConditionByName`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceQueryConditionByName {
    /// The service.
    pub service: Option<ServiceCondition>,
    /// The instance.
    pub instance: Option<InstanceCondition>,
    /// The endpoint that names the segment.
    pub endpoint: Option<EndpointCondition>,
    /// The other conditions; the ids in it are not read.
    pub rest: TraceQueryCondition,
}

/// Order of a search (protocol `QueryOrder`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryOrder {
    /// Newest first.
    #[default]
    ByStartTime,
    /// Longest first.
    ByDuration,
}

/// A tag to search for (protocol `SpanTag`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanTag {
    /// Key.
    pub key: String,
    /// Value; none is any.
    pub value: Option<String>,
}

impl QueryOrder {
    /// The store's word for it.
    fn stored(self) -> Order {
        match self {
            Self::ByStartTime => Order::Start,
            Self::ByDuration => Order::Duration,
        }
    }
}

impl TraceQueryConditionByName {
    /// The same by ids.
    ///
    /// # Errors
    /// `Invalid` for an unknown layer.
    pub fn by_id(self) -> Result<TraceQueryCondition> {
        Ok(TraceQueryCondition {
            service_id: self.service.map(|service| service.id()).transpose()?,
            service_instance_id: self.instance.map(|instance| instance.id()).transpose()?,
            endpoint_id: self.endpoint.map(|endpoint| endpoint.id()).transpose()?,
            ..self.rest
        })
    }
}

impl TraceQueryCondition {
    /// The store's form of the conditions.
    pub(super) fn filter(&self, zone: &Zone) -> Result<SegmentFilter> {
        let asked = Asked {
            duration: self.query_duration.as_ref(),
            service_id: self.service_id.as_deref(),
            instance_id: self.service_instance_id.as_deref(),
            endpoint_id: self.endpoint_id.as_deref(),
            trace_id: self.trace_id.as_deref(),
            span_id: None,
            durations: (self.min_trace_duration, self.max_trace_duration),
            state: self.trace_state,
            tags: &self.tags,
            keyword: None,
            order: self.query_order,
        };
        asked.filter(zone, "condition needs queryDuration or traceId")
    }
}

/// What clients ask for, in whichever form. Empty texts are none.
pub(crate) struct Asked<'a> {
    pub(crate) duration: Option<&'a Duration>,
    pub(crate) service_id: Option<&'a str>,
    pub(crate) instance_id: Option<&'a str>,
    pub(crate) endpoint_id: Option<&'a str>,
    pub(crate) trace_id: Option<&'a str>,
    pub(crate) span_id: Option<&'a str>,
    /// Least and greatest, milliseconds.
    pub(crate) durations: (Option<i64>, Option<i64>),
    pub(crate) state: TraceState,
    pub(crate) tags: &'a [SpanTag],
    pub(crate) keyword: Option<&'a str>,
    pub(crate) order: QueryOrder,
}

impl Asked<'_> {
    /// The store's form of the conditions. Without a range or an id of a trace
    /// or span `unbounded` is the error.
    ///
    /// # Errors
    /// `Invalid` for a wrong id or range.
    pub(crate) fn filter(&self, zone: &Zone, unbounded: &str) -> Result<SegmentFilter> {
        let (trace_id, span_id) = (given(self.trace_id), given(self.span_id));
        let (from, to) = match self.duration {
            Some(duration) => {
                let window = duration.window(zone)?;
                (window.from_nanos, window.to_nanos)
            }
            None if trace_id.is_some() || span_id.is_some() => (i64::MIN, i64::MAX),
            None => return Err(Error::invalid(unbounded)),
        };
        let service = given(self.service_id)
            .map(|id| parse_service("serviceId", id).map(|service| service.id()));
        let instance = given(self.instance_id)
            .map(|id| parse_child("serviceInstanceId", id).map(|c| Entity::Instance(c).id()));
        let endpoint = given(self.endpoint_id)
            .map(|id| parse_child("endpointId", id).map(|c| Entity::Endpoint(c).id()));
        Ok(SegmentFilter {
            from,
            to,
            service: service.transpose()?,
            instance: instance.transpose()?,
            endpoint: endpoint.transpose()?,
            trace_id: trace_id.map(str::to_owned),
            span_id: span_id.map(str::to_owned),
            min_duration: least(self.durations.0),
            max_duration: most(self.durations.1),
            state: self.state,
            tags: self.tags.iter().map(SpanTag::filter).collect(),
            keyword: given(self.keyword).map(str::to_owned),
            order: self.order.stored(),
        })
    }
}

impl SpanTag {
    /// The store's form.
    fn filter(&self) -> TagFilter {
        TagFilter { key: self.key.clone(), value: self.value.clone() }
    }
}

/// A text that was given and is not empty.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Least duration in nanoseconds.
fn least(millis: Option<i64>) -> Option<i64> {
    millis.filter(|millis| *millis != 0).map(|millis| millis.saturating_mul(MILLI))
}

/// Greatest duration in nanoseconds: everything that rounds down to it.
fn most(millis: Option<i64>) -> Option<i64> {
    let millis = millis.filter(|millis| *millis != 0)?;
    Some(millis.saturating_mul(MILLI).saturating_add(MILLI - 1))
}
