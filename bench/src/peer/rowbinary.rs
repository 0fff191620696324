//! Spans as rows of ClickHouse's RowBinary format, in the columns of the
//! OpenTelemetry Collector's exporter.
//!
//! Ids are texts; what a reference says of the parent beside
//! its ids, and the component, have no column there and are left out.

use skytrail_proto::v3::{KeyStringValuePair, SegmentObject, SpanLayer, SpanObject, SpanType};

use crate::ids::Ids;
use crate::wire::protobuf::varint;

const NANOS_PER_MILLI: i64 = 1_000_000;

/// Adds the rows of a segment.
pub fn rows(into: &mut Vec<u8>, segment: &SegmentObject, ids: Ids) {
    for span in &segment.spans {
        row(into, segment, span, ids);
    }
}

fn row(into: &mut Vec<u8>, segment: &SegmentObject, span: &SpanObject, ids: Ids) {
    nanos(into, span.start_time);
    text(into, &ids.trace(&segment.trace_id));
    text(into, &ids.span(&segment.trace_segment_id, span.span_id));
    text(into, &parent_id(segment, span, ids));
    text(into, "");
    text(into, &span.operation_name);
    text(into, kind(span));
    text(into, &segment.service);
    let resource =
        [("service.name", &segment.service), ("service.instance.id", &segment.service_instance)];
    varint(into, resource.len() as u64);
    for (key, value) in resource {
        text(into, key);
        text(into, value);
    }
    text(into, "");
    text(into, "");
    let has_peer = !span.peer.is_empty();
    varint(into, span.tags.len() as u64 + u64::from(has_peer));
    pairs(into, &span.tags);
    if has_peer {
        text(into, "server.address");
        text(into, &span.peer);
    }
    let millis = span.end_time.saturating_sub(span.start_time).max(0);
    into.extend_from_slice(&(millis * NANOS_PER_MILLI).to_le_bytes());
    text(into, if span.is_error { "Error" } else { "Unset" });
    text(into, "");
    events(into, span);
    // No links: time, ids, states and attributes of none.
    into.extend_from_slice(&[0; 4]);
}

fn events(into: &mut Vec<u8>, span: &SpanObject) {
    let count = span.logs.len() as u64;
    varint(into, count);
    span.logs.iter().for_each(|log| nanos(into, log.time));
    varint(into, count);
    span.logs.iter().for_each(|_| text(into, "log"));
    varint(into, count);
    for log in &span.logs {
        varint(into, log.data.len() as u64);
        pairs(into, &log.data);
    }
}

fn pairs(into: &mut Vec<u8>, pairs: &[KeyStringValuePair]) {
    for pair in pairs {
        text(into, &pair.key);
        text(into, &pair.value);
    }
}

fn text(into: &mut Vec<u8>, text: &str) {
    varint(into, text.len() as u64);
    into.extend_from_slice(text.as_bytes());
}

fn nanos(into: &mut Vec<u8>, millis: i64) {
    into.extend_from_slice(&millis.saturating_mul(NANOS_PER_MILLI).to_le_bytes());
}

fn parent_id(segment: &SegmentObject, span: &SpanObject, ids: Ids) -> String {
    if span.parent_span_id >= 0 {
        return ids.span(&segment.trace_segment_id, span.parent_span_id);
    }
    let parent = span.refs.first();
    parent.map_or_else(String::new, |parent| {
        ids.span(&parent.parent_trace_segment_id, parent.parent_span_id)
    })
}

fn kind(span: &SpanObject) -> &'static str {
    match (span.span_type(), span.span_layer()) {
        (SpanType::Local, _) => "Internal",
        (SpanType::Entry, SpanLayer::Mq) => "Consumer",
        (SpanType::Entry, _) => "Server",
        (SpanType::Exit, SpanLayer::Mq) => "Producer",
        (SpanType::Exit, _) => "Client",
    }
}

#[cfg(test)]
mod tests {
    use super::rows;
    use crate::ids::Ids;
    use crate::workload::Workload;

    /// Reads texts until one is `wanted`, from the start of a row.
    fn has(bytes: &[u8], wanted: &str) -> bool {
        let mut needle = vec![wanted.len() as u8];
        needle.extend_from_slice(wanted.as_bytes());
        bytes.windows(needle.len()).any(|window| window == needle)
    }

    #[test]
    fn a_row_has_the_ids_and_ends_where_the_next_begins() {
        let workload = Workload::new(1);
        let segment = workload.decoded.first().unwrap();
        let mut bytes = Vec::new();
        rows(&mut bytes, segment, Ids::SkyWalking);
        for span in &segment.spans {
            assert!(has(&bytes, &format!("{}.{}", segment.trace_segment_id, span.span_id)));
        }
        let first = segment.spans.first().unwrap();
        let start = (first.start_time * 1_000_000).to_le_bytes();
        assert!(bytes.starts_with(&start) && bytes.ends_with(&[0; 4]));
        assert!(has(&bytes, &segment.service) && has(&bytes, &first.operation_name));
    }
}
