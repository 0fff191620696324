//! The same spans as OpenTelemetry has them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use prost::Message;
use skytrail_proto::v3::{SegmentObject, SpanLayer, SpanObject, SpanType};

use super::otlp::{
    Event, ExportRequest, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, Status,
};
use crate::workload::Workload;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Which spans are together in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Those that come one after the other, grouped by instance within the
    /// request: what a gateway in front sends on.
    Arrival,
    /// Those of one instance: what its SDK sends.
    Instance,
}

/// Encoded requests of about `size` spans (whole segments, at most), with the
/// number of spans in all of them.
pub fn batches(workload: &Workload, size: usize, order: Order) -> (Vec<Bytes>, u64) {
    let groups = match order {
        Order::Arrival => vec![workload.decoded.iter().collect()],
        Order::Instance => workload.by_instance(),
    };
    let mut requests = Vec::new();
    for segments in groups {
        let mut open: Vec<&SegmentObject> = Vec::new();
        let mut spans = 0;
        for segment in segments {
            if spans + segment.spans.len() > size && !open.is_empty() {
                requests.push(request(&std::mem::take(&mut open)));
                spans = 0;
            }
            spans += segment.spans.len();
            open.push(segment);
        }
        requests.push(request(&open));
    }
    (requests, workload.spans)
}

fn request(segments: &[&SegmentObject]) -> Bytes {
    let mut processes: BTreeMap<(&str, &str), Vec<Span>> = BTreeMap::new();
    for segment in segments {
        let process = (segment.service.as_str(), segment.service_instance.as_str());
        processes.entry(process).or_default().extend(spans_of(segment));
    }
    let resource_spans = processes.into_iter().map(|((service, instance), spans)| ResourceSpans {
        resource: Some(Resource {
            attributes: vec![
                KeyValue::text("service.name", service),
                KeyValue::text("service.instance.id", instance),
            ],
        }),
        scope_spans: vec![ScopeSpans { spans }],
    });
    ExportRequest { resource_spans: resource_spans.collect() }.encode_to_vec().into()
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
    use std::collections::HashSet;

    use prost::Message;

    use super::{Order, batches};
    use crate::peer::otlp::ExportRequest;
    use crate::workload::Workload;

    #[test]
    fn every_span_is_there_once_and_parents_are_found() {
        let workload = Workload::new(400);
        for order in [Order::Arrival, Order::Instance] {
            let (requests, total) = batches(&workload, 50, order);
            let processes = requests
                .iter()
                .map(|bytes| ExportRequest::decode(bytes.clone()).unwrap().resource_spans);
            let mut spans = Vec::new();
            for processes in processes {
                assert!(processes.len() == 1 || order == Order::Arrival);
                let all = processes.into_iter().flat_map(|process| process.scope_spans);
                let all: Vec<_> = all.flat_map(|scope| scope.spans).collect();
                assert!(!all.is_empty() && all.len() <= 50);
                spans.extend(all);
            }
            assert_eq!((spans.len() as u64, total), (workload.spans, workload.spans));
            let ids: HashSet<_> = spans.iter().map(|span| &span.span_id).collect();
            assert_eq!(ids.len(), spans.len());
            let inner = spans.iter().filter(|span| ids.contains(&span.parent_span_id)).count();
            assert!(inner * 10 > spans.len() * 7, "{inner} of {}", spans.len());
        }
    }
}
