//! Spans: the batches as they came, with an index from trace to segment.

mod compact;
mod find;
mod gather;
mod index;
mod join;
mod matching;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use table::{Kept, Table, trace_hash};

use crate::error::Result;
use crate::spi::{
    Cut, FamilyUsage, Origin, SegmentCursor, SegmentFilter, SegmentPage, SpanAppend, Spans,
    TraceAnswer,
};

#[derive(Debug)]
pub(super) struct MemorySpans {
    table: RwLock<Table>,
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
        FamilyUsage {
            name: "spans",
            rows: table.spans,
            bytes: table.bytes as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: table.evicted,
            expired: table.expired,
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
        let kept = Kept::new(origin, spans);
        let gone = {
            let mut table = self.table.write();
            table.push(kept);
            table.make_room(self.limit_bytes)
        };
        drop(gone);
    }

    fn candidates(&self, filter: &SegmentFilter) -> find::Candidates {
        let table = self.table.read();
        let batches = match &filter.trace_id {
            None => table.newest_first(),
            Some(trace_id) => {
                let places = table.places(trace_hash(trace_id.as_bytes()));
                let mut batches: Vec<_> = places.into_iter().map(|(kept, _)| kept).collect();
                batches.dedup_by(|a, b| Arc::ptr_eq(a, b));
                batches
            }
        };
        find::Candidates { batches, gone_to: table.gone_to }
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
        max_spans: usize,
    ) -> BoxFuture<'a, Result<TraceAnswer>> {
        let places = self.table.read().places(trace_hash(trace_id.as_bytes()));
        Box::pin(async move { Ok(gather::gather(trace_id, &places, max_spans)) })
    }

    fn search<'a>(
        &'a self,
        filter: &'a SegmentFilter,
        after: Option<&'a SegmentCursor>,
        limit: usize,
    ) -> BoxFuture<'a, Result<SegmentPage>> {
        Box::pin(find::find(self.candidates(filter), filter, after, limit))
    }
}
