//! Spans: rows until a block is full, then encoded blocks, then parts.

mod find;
mod trace;

use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_storage::{
    Completeness, Origin, Result, SegmentCursor, SegmentFilter, SegmentPage, SpanAppend, Spans,
};

use super::generation::Generation;
use super::rows::Filling;
use super::storage::EmbeddedStorage;

impl EmbeddedStorage {
    /// Waits until rows and encoded spans in memory are fewer than they may be.
    async fn span_room(&self) {
        loop {
            // Asked for before the look, so that what becomes free in between is not missed.
            let mut freed = std::pin::pin!(self.core.room.notified());
            freed.as_mut().enable();
            if self.core.span_bytes() <= self.core.config.open_bytes {
                return;
            }
            self.relieve();
            freed.await;
        }
    }
}

impl Spans for EmbeddedStorage {
    fn append<'a>(&'a self, _origin: Origin, spans: SpanAppend) -> BoxFuture<'a, Result<()>> {
        self.core.time.witness(&spans.entries, || self.core.clock.unix_nanos());
        let append = move || {
            let days = self.core.days();
            let filling = Filling {
                day_of: &|time| days.of(time),
                open: &|day| self.core.open_block(day),
                most_bytes: self.core.config.block_bytes(),
                most_memory: self.core.config.open_block_memory(),
            };
            let append = |rows: &Arc<Generation>| rows.spans.append(spans, &filling);
            if self.core.state.append(append) {
                self.relieve();
            }
        };
        if self.core.span_bytes() <= self.core.config.open_bytes {
            append();
            return Box::pin(std::future::ready(Ok(())));
        }
        Box::pin(async move {
            self.span_room().await;
            append();
            Ok(())
        })
    }

    fn trace<'a>(
        &'a self,
        trace_id: &'a str,
        take: &'a mut (dyn FnMut(SpanAppend) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>> {
        Box::pin(trace::trace(&self.core, trace_id, take))
    }

    fn search<'a>(
        &'a self,
        filter: &'a SegmentFilter,
        after: Option<&'a SegmentCursor>,
        limit: usize,
    ) -> BoxFuture<'a, Result<SegmentPage>> {
        Box::pin(find::find(&self.core, filter, after, limit))
    }
}
