//! All of one trace.

use std::collections::HashSet;
use std::sync::Arc;

use skytrail_model::extract::Extract;
use skytrail_model::span::Span;

use super::{Kept, trace_of};
use crate::spi::{SegmentEntry, SpanAppend, TraceAnswer};

/// What makes a span this one and no other: segment, number and own id.
type Identity = (String, i32, String);

pub(super) fn gather(
    trace_id: &str,
    places: Vec<(Arc<Kept>, u32)>,
    max_spans: usize,
) -> TraceAnswer {
    let mut segments: Vec<(Arc<Kept>, SegmentEntry)> = places
        .into_iter()
        .filter_map(|(kept, place)| {
            let entry = *kept.append.entries.get(place as usize)?;
            (trace_of(&kept.append.batch, &entry) == trace_id.as_bytes()).then_some((kept, entry))
        })
        .collect();
    segments.sort_by_key(|(_, entry)| entry.start);
    let mut answer = TraceAnswer::default();
    let mut seen = HashSet::new();
    let mut spans = 0;
    for (kept, entry) in segments {
        let batch = &kept.append.batch;
        let len =
            batch.segments.get(entry.segment as usize).map_or(0, |row| row.spans.len as usize);
        if spans > 0 && spans + len > max_spans {
            answer.truncated = true;
            continue;
        }
        if let Some(part) = part(&kept, &entry, &mut seen) {
            spans += part.batch.spans.len();
            answer.parts.push(part);
        }
    }
    answer
}

/// The segment alone, without spans that were there before; none when all were.
fn part(kept: &Kept, entry: &SegmentEntry, seen: &mut HashSet<Identity>) -> Option<SpanAppend> {
    let batch = &kept.append.batch;
    let segment = batch.segments.get(entry.segment as usize)?;
    let segment_id = batch.text(segment.segment_id);
    let named = batch.spans.get(entry.endpoint_span as usize).map(|span| span.number);
    let mut extract = Extract::new(batch);
    let is_new = |span: &Span| {
        seen.insert((segment_id.to_owned(), span.number, batch.text(span.id).to_owned()))
    };
    if !extract.segment(entry.segment as usize, is_new) {
        return None;
    }
    let copied = extract.finish();
    let place = copied.spans.iter().position(|span| Some(span.number) == named).unwrap_or(0);
    let entry = SegmentEntry { segment: 0, endpoint_span: place as u32, ..*entry };
    Some(SpanAppend { batch: Arc::new(copied), entries: vec![entry] })
}
