//! Services that call each other, many of them.

use skytrail_proto::v3::{
    RefType, SegmentObject, SegmentReference, SpanLayer, SpanObject, SpanType,
};

const SPRING_MVC: i32 = 14;

/// Requests of a call, so that it has a latency worth telling.
const REQUESTS: usize = 2;

/// Segments of `nodes` services with `edges` calls between them, without a circle; each service
/// calls some of the next fifty.
pub(super) fn segments(nodes: usize, edges: usize, now: i64) -> Vec<SegmentObject> {
    let mut segments = Vec::with_capacity(edges * REQUESTS);
    for edge in 0..edges {
        let source = edge % (nodes - 1);
        // Distinct steps for the calls of one service, the first of which reaches every service.
        let step = 1 + (edge / (nodes - 1)) * 11 + source % 7 * usize::from(edge >= nodes - 1);
        let target = (source + step).min(nodes - 1);
        for request in 0..REQUESTS {
            segments.push(call(source, target, edge * REQUESTS + request, now));
        }
    }
    segments
}

fn call(source: usize, target: usize, number: usize, now: i64) -> SegmentObject {
    let took = 5 + i64::try_from(number % 90).unwrap_or(0);
    let address = format!("10.9.{}.{}:8080", target / 250, target % 250);
    let reference = SegmentReference {
        ref_type: RefType::CrossProcess.into(),
        trace_id: format!("graph-{number}"),
        parent_trace_segment_id: format!("graph-{number}-caller"),
        parent_span_id: 1,
        parent_service: name(source),
        parent_service_instance: format!("{}-1", name(source)),
        parent_endpoint: "GET:/".to_owned(),
        network_address_used_at_peer: address,
    };
    let entry = SpanObject {
        parent_span_id: -1,
        start_time: now - 20_000 - took,
        end_time: now - 20_000,
        refs: vec![reference],
        operation_name: "GET:/".to_owned(),
        span_type: SpanType::Entry.into(),
        span_layer: SpanLayer::Http.into(),
        component_id: SPRING_MVC,
        is_error: number.is_multiple_of(97),
        ..SpanObject::default()
    };
    SegmentObject {
        trace_id: format!("graph-{number}"),
        trace_segment_id: format!("graph-{number}-callee"),
        spans: vec![entry],
        service: name(target),
        service_instance: format!("{}-1", name(target)),
        ..SegmentObject::default()
    }
}

fn name(number: usize) -> String {
    format!("service-{number:03}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::segments;

    #[test]
    fn there_are_as_many_services_and_calls_as_asked_for() {
        let all = segments(500, 2_000, 1_000_000);
        let caller = |at: &str| at.to_owned();
        let edges: HashSet<_> = all
            .iter()
            .map(|one| (caller(&one.spans[0].refs[0].parent_service), one.service.clone()))
            .collect();
        let nodes: HashSet<_> = edges.iter().flat_map(|(from, to)| [from, to]).collect();
        assert_eq!(nodes.len(), 500);
        assert!(edges.len() > 1_950, "{}", edges.len());
    }
}
