//! One trace of any number of spans, made of the chains of the traffic.

use std::collections::HashMap;

use skytrail_demo::workload::Workload as Stream;
use skytrail_proto::v3::{RefType, SegmentObject, SegmentReference, SpanObject, SpanType};

use crate::workload::SEED;

/// Spans of a chain: four segments of five.
const CHAIN: usize = 20;

/// Chains that the last segment of a chain calls.
const CALLED: usize = 4;

/// Milliseconds between the calls of one segment.
const APART: i64 = 3;

/// A trace whose last span ends at `end` (Unix milliseconds): a tree of chains, each called by the
/// one before, from at most four places.
pub(super) fn trace(spans: usize, id: &str, end: i64) -> Vec<SegmentObject> {
    let mut chains = chains(spans / CHAIN);
    for place in 1..chains.len() {
        let above = (place - 1) / CALLED;
        let turn = i64::try_from((place - 1) % CALLED).unwrap_or(0);
        let (before, after) = chains.split_at_mut(place);
        if let (Some(caller), Some(chain)) = (before.get(above), after.first_mut()) {
            hang(chain, caller, turn);
        }
    }
    // A caller waits for whom it calls: those come later, so their ends are known first.
    for place in (1..chains.len()).rev() {
        let ends = chains.get(place).map_or(0, |chain| end_of(chain));
        if let Some(caller) = chains.get_mut((place - 1) / CALLED) {
            wait_until(caller, ends + 1);
        }
    }
    let last = chains.iter().map(|chain| end_of(chain)).max().unwrap_or(end);
    let mut segments: Vec<_> = chains.into_iter().flatten().collect();
    for segment in &mut segments {
        shift(segment, end - last);
        id.clone_into(&mut segment.trace_id);
        let references = segment.spans.iter_mut().flat_map(|span| &mut span.refs);
        references.for_each(|reference| id.clone_into(&mut reference.trace_id));
    }
    segments
}

/// When the first span of a trace starts, in Unix milliseconds.
pub(super) fn start_of(segments: &[SegmentObject]) -> i64 {
    segments.iter().flat_map(|one| &one.spans).map(|span| span.start_time).min().unwrap_or(0)
}

/// So many traces of the traffic, the segments of each in the order of the calls.
fn chains(count: usize) -> Vec<Vec<SegmentObject>> {
    let mut stream = Stream::new(SEED);
    let mut open: HashMap<String, Vec<SegmentObject>> = HashMap::new();
    let mut whole = Vec::with_capacity(count);
    while whole.len() < count {
        let segment = stream.segment();
        let trace = segment.trace_id.clone();
        let known = open.entry(trace.clone()).or_default();
        known.push(segment);
        if known.len() == 4
            && let Some(mut chain) = open.remove(&trace)
        {
            chain.sort_by_key(|one| one.spans.iter().map(|span| span.start_time).min());
            whole.push(chain);
        }
    }
    whole
}

fn end_of(chain: &[SegmentObject]) -> i64 {
    chain.iter().flat_map(|one| &one.spans).map(|span| span.end_time).max().unwrap_or(0)
}

fn shift(segment: &mut SegmentObject, by: i64) {
    for span in &mut segment.spans {
        span.start_time += by;
        span.end_time += by;
        span.logs.iter_mut().for_each(|log| log.time += by);
    }
}

fn is_entry(span: &SpanObject) -> bool {
    span.span_type() == SpanType::Entry
}

/// The HTTP exit of a segment: the last span that it began.
fn exit_of(segment: &SegmentObject) -> Option<&SpanObject> {
    segment.spans.iter().max_by_key(|span| span.span_id)
}

/// Lets the last segment of `caller` call a chain.
fn hang(chain: &mut [SegmentObject], caller: &[SegmentObject], turn: i64) {
    let Some(from) = caller.last() else { return };
    let Some(exit) = exit_of(from) else { return };
    let by = exit.start_time + 1 + turn * APART - start_of(chain);
    chain.iter_mut().for_each(|segment| shift(segment, by));
    let endpoint = from.spans.iter().find(|span| is_entry(span));
    let entry = chain.first_mut().and_then(|first| first.spans.iter_mut().find(|s| is_entry(s)));
    if let (Some(entry), Some(endpoint)) = (entry, endpoint) {
        entry.refs = vec![SegmentReference {
            ref_type: RefType::CrossProcess.into(),
            parent_trace_segment_id: from.trace_segment_id.clone(),
            parent_span_id: exit.span_id,
            parent_service: from.service.clone(),
            parent_service_instance: from.service_instance.clone(),
            parent_endpoint: endpoint.operation_name.clone(),
            network_address_used_at_peer: exit.peer.clone(),
            ..SegmentReference::default()
        }];
    }
}

/// Lets a chain last until a moment: its exits, and what they are called by.
fn wait_until(chain: &mut [SegmentObject], moment: i64) {
    let mut moment = moment;
    for segment in chain.iter_mut().rev() {
        let exit = exit_of(segment).map_or(0, |span| span.span_id);
        for id in [exit, 1, 0] {
            if let Some(span) = segment.spans.iter_mut().find(|span| span.span_id == id) {
                span.end_time = span.end_time.max(moment);
                moment = span.end_time + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::trace;

    #[test]
    fn a_large_trace_is_one_tree_in_which_callers_wait() {
        let segments = trace(2_000, "one", 1_000_000);
        assert_eq!(segments.iter().map(|one| one.spans.len()).sum::<usize>(), 2_000);
        let spans: HashMap<_, _> = segments
            .iter()
            .flat_map(|one| {
                one.spans.iter().map(|s| ((one.trace_segment_id.as_str(), s.span_id), s))
            })
            .collect();
        assert_eq!(spans.len(), 2_000);
        let mut roots = 0;
        for segment in &segments {
            assert_eq!(segment.trace_id, "one");
            for span in &segment.spans {
                let above = match span.refs.first() {
                    Some(up) => (up.parent_trace_segment_id.as_str(), up.parent_span_id),
                    None => (segment.trace_segment_id.as_str(), span.parent_span_id),
                };
                let Some(above) = spans.get(&above) else {
                    roots += 1;
                    continue;
                };
                assert!(above.start_time <= span.start_time && span.end_time <= above.end_time);
            }
        }
        assert_eq!(roots, 1);
        assert_eq!(spans.values().map(|span| span.end_time).max(), Some(1_000_000));
    }
}
