//! The same spans as Zipkin has them.

use serde_json::{Map, Value, json};
use skytrail_proto::v3::{SegmentObject, SpanObject, SpanType};

/// One trace in the second version of Zipkin's JSON, under an id of its own.
pub fn trace(segments: &[SegmentObject], id: &str) -> String {
    let spans = segments
        .iter()
        .flat_map(|segment| segment.spans.iter().map(move |span| converted(segment, span, id)));
    Value::Array(spans.collect()).to_string()
}

fn converted(segment: &SegmentObject, span: &SpanObject, trace: &str) -> Value {
    let above = match span.refs.first() {
        Some(up) => Some((up.parent_trace_segment_id.as_str(), up.parent_span_id)),
        None if span.parent_span_id >= 0 => {
            Some((segment.trace_segment_id.as_str(), span.parent_span_id))
        }
        None => None,
    };
    let mut found = json!({
        "traceId": trace,
        "id": id((&segment.trace_segment_id, span.span_id)),
        "name": span.operation_name,
        "timestamp": span.start_time * 1000,
        "duration": ((span.end_time - span.start_time) * 1000).max(1),
        "localEndpoint": { "serviceName": segment.service },
        "tags": tags(span),
    });
    if let Some(above) = above {
        found["parentId"] = id(above).into();
    }
    match span.span_type() {
        SpanType::Entry => found["kind"] = "SERVER".into(),
        SpanType::Exit => {
            found["kind"] = "CLIENT".into();
            found["remoteEndpoint"] = json!({ "serviceName": span.peer });
        }
        SpanType::Local => {}
    }
    found
}

fn tags(span: &SpanObject) -> Map<String, Value> {
    let mut tags: Map<_, _> =
        span.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone().into())).collect();
    if span.is_error {
        tags.insert("error".to_owned(), "true".into());
    }
    tags
}

/// A number of a span out of its segment and its place there.
fn id((segment, span): (&str, i32)) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in segment.bytes().chain(span.to_be_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}
