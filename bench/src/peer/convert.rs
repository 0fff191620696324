//! The same spans as OpenTelemetry has them.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use prost::Message;
use skytrail_proto::v3::{SegmentObject, SpanLayer, SpanObject, SpanType};

use super::otlp::{
    Event, ExportRequest, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, Status,
};
use crate::workload::Workload;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Encoded requests of at most `size` spans, each of one instance, as its SDK
/// would batch them; with the number of spans in all of them.
pub fn batches(workload: &Workload, size: usize) -> (Vec<Bytes>, u64) {
    let mut requests = Vec::new();
    let mut total = 0;
    for segments in workload.by_instance() {
        let mut spans: Vec<Span> = segments.iter().flat_map(|segment| spans_of(segment)).collect();
        total += spans.len() as u64;
        let Some(first) = segments.first() else { continue };
        while !spans.is_empty() {
            let rest = spans.split_off(size.min(spans.len()));
            requests.push(request(first, std::mem::replace(&mut spans, rest)));
        }
    }
    (requests, total)
}

fn request(process: &SegmentObject, spans: Vec<Span>) -> Bytes {
    let resource = Resource {
        attributes: vec![
            KeyValue::text("service.name", &process.service),
            KeyValue::text("service.instance.id", &process.service_instance),
        ],
    };
    let scope_spans = vec![ScopeSpans { spans }];
    let resource_spans = vec![ResourceSpans { resource: Some(resource), scope_spans }];
    ExportRequest { resource_spans }.encode_to_vec().into()
}

fn spans_of(segment: &SegmentObject) -> Vec<Span> {
    segment.spans.iter().map(|span| convert(segment, span)).collect()
}

fn convert(segment: &SegmentObject, span: &SpanObject) -> Span {
    let mut trace_id = digest(&[&segment.trace_id], 0).to_vec();
    trace_id.extend_from_slice(&digest(&[&segment.trace_id], 1));
    Span {
        trace_id,
        span_id: digest(&[&segment.trace_segment_id], span.span_id).to_vec(),
        parent_span_id: parent_of(segment, span),
        name: span.operation_name.clone(),
        kind: kind_of(span),
        start_time_unix_nano: nanos(span.start_time),
        end_time_unix_nano: nanos(span.end_time),
        attributes: attributes_of(span),
        events: span.logs.iter().map(event_of).collect(),
        status: span.is_error.then_some(Status { code: 2 }),
    }
}

fn parent_of(segment: &SegmentObject, span: &SpanObject) -> Vec<u8> {
    if span.parent_span_id >= 0 {
        return digest(&[&segment.trace_segment_id], span.parent_span_id).to_vec();
    }
    span.refs.first().map_or_else(Vec::new, |parent| {
        digest(&[&parent.parent_trace_segment_id], parent.parent_span_id).to_vec()
    })
}

fn kind_of(span: &SpanObject) -> i32 {
    let is_queue = span.span_layer() == SpanLayer::Mq;
    match (span.span_type(), is_queue) {
        (SpanType::Local, _) => 1,
        (SpanType::Entry, false) => 2,
        (SpanType::Exit, false) => 3,
        (SpanType::Exit, true) => 4,
        (SpanType::Entry, true) => 5,
    }
}

fn attributes_of(span: &SpanObject) -> Vec<KeyValue> {
    let mut attributes: Vec<_> =
        span.tags.iter().map(|tag| KeyValue::text(&tag.key, &tag.value)).collect();
    if !span.peer.is_empty() {
        attributes.push(KeyValue::text("server.address", &span.peer));
    }
    attributes
}

fn event_of(log: &skytrail_proto::v3::Log) -> Event {
    Event {
        time_unix_nano: nanos(log.time),
        name: "log".to_owned(),
        attributes: log.data.iter().map(|tag| KeyValue::text(&tag.key, &tag.value)).collect(),
    }
}

fn nanos(millis: i64) -> u64 {
    u64::try_from(millis).unwrap_or(0).saturating_mul(NANOS_PER_MILLI)
}

fn digest(parts: &[&str], number: i32) -> [u8; 8] {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    number.hash(&mut hasher);
    hasher.finish().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::batches;
    use crate::peer::otlp::ExportRequest;
    use crate::workload::Workload;

    #[test]
    fn every_span_is_there_once_and_parents_are_found() {
        let workload = Workload::new(400);
        let (requests, total) = batches(&workload, 50);
        let spans: Vec<_> = requests
            .iter()
            .flat_map(|bytes| ExportRequest::decode(bytes.clone()).unwrap().resource_spans)
            .flat_map(|process| process.scope_spans)
            .inspect(|scope| assert!(scope.spans.len() <= 50))
            .flat_map(|scope| scope.spans)
            .collect();
        assert_eq!((spans.len() as u64, total), (workload.spans, workload.spans));
        let ids: std::collections::HashSet<_> = spans.iter().map(|span| &span.span_id).collect();
        assert_eq!(ids.len(), spans.len());
        let inner = spans.iter().filter(|span| ids.contains(&span.parent_span_id)).count();
        assert!(inner * 10 > spans.len() * 7, "{inner} of {}", spans.len());
    }
}
