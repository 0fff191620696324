//! Spans: the batches as they came, with an index from trace to segment.

#[cfg(test)]
mod tests;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;

use crate::error::Result;
use crate::rows::{KeptBatch, Page, SpanTable, give_windows};
use crate::spi::{
    Completeness, Cut, FamilyUsage, Origin, SegmentCursor, SegmentFilter, SegmentPage, SpanAppend,
    Spans,
};

/// Batches between two chances for other work and for cancelling.
const BATCHES_PER_TURN: usize = 64;

/// Segments of a trace between two such chances.
const SEGMENTS_PER_TURN: usize = 1_024;

#[derive(Debug)]
pub(super) struct MemorySpans {
    table: RwLock<SpanTable>,
    limit_bytes: usize,
}

impl MemorySpans {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), limit_bytes }
    }

    pub(super) fn within(&self, cut: &Cut) -> Self {
        let table = RwLock::new(self.table.read().within(cut));
        Self { table, limit_bytes: self.limit_bytes }
    }

    pub(super) fn usage(&self) -> FamilyUsage {
        let table = self.table.read();
        let (evicted, expired) = table.gone();
        FamilyUsage {
            name: "spans",
            rows: table.spans(),
            bytes: table.bytes() as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted,
            expired,
        }
    }

    /// Removes segments that started before `before`.
    pub(super) fn expire(&self, before: i64) {
        // Large buffers are given back when nobody waits for the lock.
        let gone = self.table.write().expire(before);
        drop(gone);
    }

    fn append_now(&self, origin: Origin, spans: SpanAppend) {
        if spans.entries.is_empty() {
            return;
        }
        let kept = KeptBatch::new(origin, spans);
        let gone = {
            let mut table = self.table.write();
            table.push(kept);
            table.make_room(self.limit_bytes)
        };
        drop(gone);
    }

    async fn find(
        &self,
        filter: &SegmentFilter,
        after: Option<&SegmentCursor>,
        limit: usize,
    ) -> SegmentPage {
        let (batches, gone_to) = {
            let table = self.table.read();
            (table.candidates(filter), table.gone_to())
        };
        let mut page = Page::new(filter, after, limit);
        let mut examined = 0;
        for (turn, kept) in batches.iter().enumerate() {
            if turn % BATCHES_PER_TURN == BATCHES_PER_TURN - 1 {
                tokio::task::yield_now().await;
            }
            examined += kept.search_into(&mut page);
        }
        page.finish(examined, gone_to)
    }
}

impl Spans for MemorySpans {
    fn append<'a>(&'a self, origin: Origin, spans: SpanAppend) -> BoxFuture<'a, Result<()>> {
        self.append_now(origin, spans);
        Box::pin(std::future::ready(Ok(())))
    }

    fn trace<'a>(
        &'a self,
        trace_id: &'a str,
        take: &'a mut (dyn FnMut(SpanAppend) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>> {
        Box::pin(async move {
            let places = self.table.read().of_trace(trace_id);
            for places in places.chunks(SEGMENTS_PER_TURN) {
                if !give_windows(places, trace_id, take) {
                    break;
                }
                tokio::task::yield_now().await;
            }
            // What went for want of room is not known by its trace.
            Ok(Completeness::Complete)
        })
    }

    fn search<'a>(
        &'a self,
        filter: &'a SegmentFilter,
        after: Option<&'a SegmentCursor>,
        limit: usize,
    ) -> BoxFuture<'a, Result<SegmentPage>> {
        Box::pin(async move { Ok(self.find(filter, after, limit).await) })
    }
}
