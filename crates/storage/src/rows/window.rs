//! Segments of one trace in windows: batches of nothing else and of bounded size.

use std::sync::Arc;

use skytrail_model::batch::SpanBatch;
use skytrail_model::extract::Extract;

use super::kept::KeptBatch;
use crate::spi::{SegmentEntry, SpanAppend};

/// Bytes of a window, unless a single segment has more.
pub const WINDOW_BYTES: usize = 256 << 10;

/// Gives segments of a trace to `take` in windows until it wants no more; whether it does.
/// Segments of other traces among them are left out.
pub fn give_windows<'a>(
    places: impl IntoIterator<Item = &'a (Arc<KeptBatch>, SegmentEntry)>,
    trace_id: &str,
    take: &mut (dyn FnMut(SpanAppend) -> bool + Send),
) -> bool {
    let mut copying = Copying::default();
    for (kept, entry) in places {
        let batch = kept.batch();
        let segment = batch.segments.get(entry.segment as usize);
        let is_wanted = |id| batch.bytes_at(id) == trace_id.as_bytes();
        if segment.is_some_and(|segment| is_wanted(segment.trace_id)) {
            copying.add(batch, *entry);
        }
        if !copying.full.drain(..).all(&mut *take) {
            return false;
        }
    }
    copying.finish().into_iter().all(take)
}

/// Copies segments of batches into others that hold nothing else. Of a batch, those that come one
/// after another are together.
#[derive(Debug, Default)]
pub(super) struct Copying<'a> {
    full: Vec<SpanAppend>,
    open: Option<Open<'a>>,
}

#[derive(Debug)]
struct Open<'a> {
    from: &'a Arc<SpanBatch>,
    extract: Extract<'a>,
    entries: Vec<SegmentEntry>,
}

impl<'a> Copying<'a> {
    /// Copies a segment. One that is alone in its batch stays there.
    pub(super) fn add(&mut self, batch: &'a Arc<SpanBatch>, entry: SegmentEntry) {
        if batch.segments.len() == 1 {
            self.full.push(SpanAppend { batch: batch.clone(), entries: vec![entry] });
            return;
        }
        let is_open = self.open.as_ref().is_some_and(|open| Arc::ptr_eq(open.from, batch));
        if !is_open {
            self.close();
        }
        let new = || Open { from: batch, extract: Extract::new(batch), entries: Vec::new() };
        let open = self.open.get_or_insert_with(new);
        let Some(segment) = batch.segments.get(entry.segment as usize) else { return };
        let (number, start) = (open.extract.len() as u32, open.extract.spans() as u32);
        if open.extract.segment(entry.segment as usize, |_| true) {
            let named = entry.endpoint_span.checked_sub(segment.spans.start);
            let named = named.filter(|place| *place < segment.spans.len);
            let endpoint_span = named.map_or(u32::MAX, |place| start + place);
            open.entries.push(SegmentEntry { segment: number, endpoint_span, ..entry });
        }
        if open.extract.memory() >= WINDOW_BYTES {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(Open { extract, entries, .. }) = self.open.take() else { return };
        if !entries.is_empty() {
            let mut batch = extract.finish();
            batch.shrink();
            self.full.push(SpanAppend { batch: Arc::new(batch), entries });
        }
    }

    /// What was copied.
    pub(super) fn finish(mut self) -> Vec<SpanAppend> {
        self.close();
        self.full
    }
}
