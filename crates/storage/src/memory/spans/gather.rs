//! All of one trace.

use std::collections::HashSet;
use std::sync::Arc;

use skytrail_model::batch::SpanBatch;
use skytrail_model::extract::Extract;
use skytrail_model::span::Span;

use super::table::{Kept, trace_of};
use crate::spi::{SegmentEntry, SpanAppend, TraceAnswer};

/// What makes a span this one and no other: segment, number and own id.
type Identity<'a> = (&'a str, i32, &'a str);

fn identity<'a>(batch: &'a SpanBatch, segment_id: &'a str, span: &Span) -> Identity<'a> {
    (segment_id, span.number, batch.text(span.id))
}

pub(super) fn gather(
    trace_id: &str,
    places: &[(Arc<Kept>, usize)],
    max_spans: usize,
) -> TraceAnswer {
    let mut segments: Vec<(&SpanBatch, &SegmentEntry, &str)> = places
        .iter()
        .filter_map(|(kept, place)| {
            let (batch, entry) = (&*kept.batch, kept.entries.get(*place)?);
            let segment = batch.segments.get(entry.segment as usize)?;
            let is_wanted = trace_of(batch, entry) == trace_id.as_bytes();
            is_wanted.then(|| (batch, entry, batch.text(segment.segment_id)))
        })
        .collect();
    segments.sort_by_key(|(_, entry, segment_id)| (entry.start, *segment_id));
    let mut answer = TraceAnswer::default();
    let mut seen = HashSet::new();
    for (batch, entry, segment_id) in segments {
        let Some(segment) = batch.segments.get(entry.segment as usize) else { continue };
        let spans = batch.spans_of(segment);
        let is_new = |span: &&Span| !seen.contains(&identity(batch, segment_id, span));
        let new = spans.iter().filter(is_new).count();
        if new > 0 && !seen.is_empty() && seen.len() + new > max_spans {
            answer.truncated = true;
            break;
        }
        let keep = |span: &Span| seen.insert(identity(batch, segment_id, span));
        answer.parts.extend(part(batch, entry, keep));
    }
    answer
}

/// The segment alone with the spans that `keep` wants; none when it wants none.
fn part(
    batch: &SpanBatch,
    entry: &SegmentEntry,
    keep: impl FnMut(&Span) -> bool,
) -> Option<SpanAppend> {
    let named = batch.spans.get(entry.endpoint_span as usize).map(|span| span.number);
    let mut extract = Extract::new(batch);
    if !extract.segment(entry.segment as usize, keep) {
        return None;
    }
    let copied = extract.finish();
    let place = copied.spans.iter().position(|span| Some(span.number) == named).unwrap_or(0);
    let entry = SegmentEntry { segment: 0, endpoint_span: place as u32, ..*entry };
    Some(SpanAppend { batch: Arc::new(copied), entries: vec![entry] })
}
