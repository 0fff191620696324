//! Segments while they are being made.

use skytrail_proto::v3::{
    KeyStringValuePair, Log, SegmentObject, SegmentReference, SpanLayer, SpanObject, SpanType,
};

/// A tag, a property or a line of a log.
pub(crate) fn pair(key: &str, value: impl Into<String>) -> KeyStringValuePair {
    KeyStringValuePair { key: key.to_owned(), value: value.into() }
}

/// What a span is, apart from when it ran.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) span: SpanType,
    pub(crate) layer: SpanLayer,
    /// Number in the component catalogue.
    pub(crate) component: i32,
}

impl Kind {
    pub(crate) const fn entry(layer: SpanLayer, component: i32) -> Self {
        Self { span: SpanType::Entry, layer, component }
    }

    pub(crate) const fn exit(layer: SpanLayer, component: i32) -> Self {
        Self { span: SpanType::Exit, layer, component }
    }

    pub(crate) const LOCAL: Self =
        Self { span: SpanType::Local, layer: SpanLayer::Unknown, component: 0 };
}

/// A segment whose spans are added as they end, so children come before their parent.
#[derive(Debug)]
pub(crate) struct Recording {
    segment: SegmentObject,
    next_span: i32,
}

impl Recording {
    pub(crate) fn new(trace: &str, id: String, service: &str, instance: &str) -> Self {
        let segment = SegmentObject {
            trace_id: trace.to_owned(),
            trace_segment_id: id,
            service: service.to_owned(),
            service_instance: instance.to_owned(),
            ..SegmentObject::default()
        };
        Self { segment, next_span: 0 }
    }

    /// Starts a span and numbers it; it belongs to the segment once it is ended.
    pub(crate) fn begin(&mut self, kind: Kind, name: &str, parent: i32, start: i64) -> SpanObject {
        let span_id = self.next_span;
        self.next_span += 1;
        SpanObject {
            span_id,
            parent_span_id: parent,
            start_time: start,
            operation_name: name.to_owned(),
            span_type: kind.span.into(),
            span_layer: kind.layer.into(),
            component_id: kind.component,
            ..SpanObject::default()
        }
    }

    /// Ends a span of this segment.
    pub(crate) fn end(&mut self, mut span: SpanObject, end: i64) {
        span.end_time = end;
        self.segment.spans.push(span);
    }

    /// What `span` of this segment writes into a call to `address`; `endpoint` is the operation by
    /// which the segment was entered. Across threads the address is empty.
    pub(crate) fn reference(&self, span: i32, endpoint: &str, address: &str) -> SegmentReference {
        SegmentReference {
            ref_type: 0,
            trace_id: self.segment.trace_id.clone(),
            parent_trace_segment_id: self.segment.trace_segment_id.clone(),
            parent_span_id: span,
            parent_service: self.segment.service.clone(),
            parent_service_instance: self.segment.service_instance.clone(),
            parent_endpoint: endpoint.to_owned(),
            network_address_used_at_peer: address.to_owned(),
        }
    }

    pub(crate) fn finish(self) -> SegmentObject {
        self.segment
    }
}

/// Marks a span as failed by an exception, the way agents log it.
pub(crate) fn fail(span: &mut SpanObject, time: i64, kind: &str, message: &str, stack: &str) {
    span.is_error = true;
    span.logs.push(Log {
        time,
        data: vec![
            pair("event", "error"),
            pair("error.kind", kind),
            pair("message", message),
            pair("stack", stack),
        ],
    });
}
