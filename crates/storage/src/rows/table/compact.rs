//! A batch without the segments that nobody keeps.

use std::sync::Arc;

use skytrail_model::extract::Extract;

use crate::spi::{SegmentEntry, SpanAppend};

/// The same segments in a batch of their own, if they are less than half of
/// the one they are in; else as they are.
pub(in crate::rows) fn compact(spans: SpanAppend) -> SpanAppend {
    if spans.entries.len() * 2 >= spans.batch.segments.len() {
        return spans;
    }
    let mut extract = Extract::new(&spans.batch);
    let mut moved: Vec<(u32, SegmentEntry)> = Vec::with_capacity(spans.entries.len());
    for entry in &spans.entries {
        let Some(segment) = spans.batch.segments.get(entry.segment as usize) else { continue };
        let number = extract.len() as u32;
        if extract.segment(entry.segment as usize, |_| true) {
            let named = entry.endpoint_span.saturating_sub(segment.spans.start);
            moved.push((named, SegmentEntry { segment: number, ..*entry }));
        }
    }
    let mut batch = extract.finish();
    batch.shrink();
    let entries = moved.into_iter().map(|(named, entry)| {
        let segment = batch.segments.get(entry.segment as usize);
        let first = segment.map_or(0, |segment| segment.spans.start);
        SegmentEntry { endpoint_span: first + named, ..entry }
    });
    SpanAppend { entries: entries.collect(), batch: Arc::new(batch) }
}
