//! Spans as answers.

use skytrail_model::batch::SpanBatch;
use skytrail_model::component;
use skytrail_model::span::{self as model, LinkKind, Rows, Segment};

use super::condition::MILLI;
use crate::entity::KeyValue;

/// A span (protocol `Span`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// Trace.
    pub trace_id: String,
    /// Segment.
    pub segment_id: String,
    /// Number within the segment.
    pub span_id: i32,
    /// Number of the parent within the segment; -1 for the first one.
    pub parent_span_id: i32,
    /// Spans of other segments that caused it.
    pub refs: Vec<Ref>,
    /// Service name as it was sent.
    pub service_code: String,
    /// Instance name as it was sent.
    pub service_instance_name: String,
    /// Start, milliseconds since the Unix epoch.
    pub start_time: i64,
    /// End, milliseconds since the Unix epoch.
    pub end_time: i64,
    /// Operation name as it was sent.
    pub endpoint_name: String,
    /// `Entry`, `Exit` or `Local`.
    pub r#type: &'static str,
    /// Remote address.
    pub peer: String,
    /// Name of the component; `N/A` when unknown.
    pub component: &'static str,
    /// Whether it failed.
    pub is_error: bool,
    /// `Unknown`, `Database`, `RPCFramework`, `Http`…
    pub layer: &'static str,
    /// Tags.
    pub tags: Vec<KeyValue>,
    /// Logs.
    pub logs: Vec<LogEntity>,
    /// Opaque id of the span, where its protocol has one; else empty.
    pub id: String,
    /// Opaque id of the parent; else empty.
    pub parent_id: String,
}

/// A cause in another segment (protocol `Ref`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ref {
    /// Its trace.
    pub trace_id: String,
    /// Its segment.
    pub parent_segment_id: String,
    /// Its number within the segment.
    pub parent_span_id: i32,
    /// How it caused this one.
    pub r#type: RefType,
    /// Its opaque id, where its protocol has one; else empty.
    pub span_id: String,
}

/// How a span was caused (protocol `RefType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefType {
    /// By another process.
    CrossProcess,
    /// By another thread.
    CrossThread,
}

impl RefType {
    /// The protocol's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossProcess => "CROSS_PROCESS",
            Self::CrossThread => "CROSS_THREAD",
        }
    }
}

/// A log of a span (protocol `LogEntity`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntity {
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// What was logged.
    pub data: Vec<KeyValue>,
}

/// A span of a segment.
pub(super) fn answer(batch: &SpanBatch, segment: &Segment, span: &model::Span) -> Span {
    Span {
        trace_id: batch.text(segment.trace_id).to_owned(),
        segment_id: batch.text(segment.segment_id).to_owned(),
        span_id: span.number,
        parent_span_id: span.parent,
        refs: refs(batch, span),
        service_code: batch.name(segment.service).to_owned(),
        service_instance_name: batch.name(segment.instance).to_owned(),
        start_time: span.start.div_euclid(MILLI),
        end_time: span.end().div_euclid(MILLI),
        endpoint_name: batch.name(span.operation).to_owned(),
        r#type: span.kind.skywalking_name(),
        peer: batch.name(span.peer).to_owned(),
        component: component::name(span.component),
        is_error: span.is_error(),
        layer: span.layer.name(),
        tags: pairs(batch, span.attributes),
        logs: logs(batch, span),
        id: batch.text(span.id).to_owned(),
        parent_id: batch.text(span.parent_id).to_owned(),
    }
}

fn refs(batch: &SpanBatch, span: &model::Span) -> Vec<Ref> {
    let cause = |link: &model::Link| {
        let r#type = match link.kind {
            LinkKind::CrossProcess => RefType::CrossProcess,
            LinkKind::CrossThread => RefType::CrossThread,
            LinkKind::Follows => return None,
        };
        Some(Ref {
            trace_id: batch.text(link.trace_id).to_owned(),
            parent_segment_id: batch.text(link.segment_id).to_owned(),
            parent_span_id: link.span_number,
            r#type,
            span_id: batch.text(link.span_id).to_owned(),
        })
    };
    batch.links_of(span).iter().filter_map(cause).collect()
}

fn logs(batch: &SpanBatch, span: &model::Span) -> Vec<LogEntity> {
    let log = |event: &model::Event| {
        let mut data = pairs(batch, event.attributes);
        let name = batch.text(event.name);
        if !name.is_empty() {
            data.insert(0, KeyValue::new("event", name));
        }
        LogEntity { time: event.time.div_euclid(MILLI), data }
    };
    batch.events_of(span).iter().map(log).collect()
}

/// Attributes as pairs.
pub(super) fn pairs(batch: &SpanBatch, rows: Rows) -> Vec<KeyValue> {
    let pair = |attribute: &model::Attribute| {
        KeyValue::new(batch.name(attribute.key), batch.show(attribute.value))
    };
    batch.attributes_of(rows).iter().map(pair).collect()
}
