//! Spans between two checkpoints.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use skytrail_blocks::{BLOCK_SPANS, Sealed};
use skytrail_storage::rows::{KeptBatch, SpanTable};
use skytrail_storage::{Origin, SpanAppend};

use crate::store::memtable::{Memtable, Rows};
use crate::store::part::SpanPart;

impl Rows for SpanTable {
    fn bytes(&self) -> usize {
        SpanTable::bytes(self)
    }

    fn is_empty(&self) -> bool {
        SpanTable::is_empty(self)
    }
}

/// What rows have become.
pub(crate) enum Encoded {
    /// A block, of a day.
    Sealed { day: i64, sealed: Sealed },
    /// A part.
    Part(Arc<SpanPart>),
}

impl Encoded {
    /// Earliest and latest start.
    fn starts(&self) -> (i64, i64) {
        match self {
            Self::Sealed { sealed, .. } => (sealed.summary().earliest, sealed.summary().latest),
            Self::Part(part) => (part.entry.first, part.entry.last),
        }
    }
}

/// Rows, and blocks and parts made of them.
#[derive(Default)]
pub(crate) struct SpanMemtable {
    pub(crate) rows: Memtable<SpanTable, Encoded>,
    pub(crate) sealed_bytes: AtomicUsize,
}

impl fmt::Debug for SpanMemtable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanMemtable").finish_non_exhaustive()
    }
}

impl SpanMemtable {
    /// Adds spans; whether there are rows to be encoded, which have as many spans as
    /// a block or about `most_bytes`.
    pub(crate) fn append(&self, origin: Origin, spans: SpanAppend, most_bytes: usize) -> bool {
        let kept = KeptBatch::new(origin, spans);
        let (spans, bytes) = (kept.spans(), kept.bytes());
        let is_over = |open: &SpanTable| {
            open.spans() + spans > BLOCK_SPANS as u64 || open.bytes() + bytes > most_bytes
        };
        let is_full = self.rows.look(|layers| !layers.open.is_empty() && is_over(&layers.open));
        if is_full {
            self.rows.close();
        }
        let held = self.rows.append(|rows| rows.push(kept));
        // The next append may have to wait until this one takes less.
        let is_large = held >= most_bytes;
        if is_large {
            self.rows.close();
        }
        is_full || is_large
    }

    /// Has the rows that arrived encoded by the next look at them.
    pub(crate) fn close(&self) {
        self.rows.close();
    }

    /// Bytes of rows that are not encoded.
    pub(crate) fn row_bytes(&self) -> usize {
        self.rows.bytes()
    }

    /// Counts anew what blocks that are not in a part take: they take more once they were read.
    pub(crate) fn count_sealed(&self) {
        let of = |encoded: &Arc<Encoded>| match &**encoded {
            Encoded::Sealed { sealed, .. } => sealed.bytes(),
            Encoded::Part(_) => 0,
        };
        let bytes = self.rows.look(|layers| layers.parts.iter().map(of).sum());
        self.sealed_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Bytes of blocks that are not in a part.
    pub(crate) fn sealed_bytes(&self) -> usize {
        self.sealed_bytes.load(Ordering::Relaxed)
    }

    /// The parts, once everything is in them.
    pub(crate) fn parts(&self) -> Vec<Arc<SpanPart>> {
        let encoded = self.rows.parts();
        let parts = encoded.iter().filter_map(|one| match &**one {
            Encoded::Part(part) => Some(part.clone()),
            Encoded::Sealed { .. } => None,
        });
        parts.collect()
    }

    /// Spans, and bytes of memory and disk that they take.
    pub(crate) fn held(&self) -> (u64, u64) {
        self.rows.look(|layers| {
            let rows = layers.rows().map(|rows| (rows.spans(), SpanTable::bytes(rows) as u64));
            let encoded = layers.parts.iter().map(|encoded| match &**encoded {
                Encoded::Sealed { sealed, .. } => (sealed.summary().spans, sealed.bytes() as u64),
                Encoded::Part(part) => (part.entry.rows, part.entry.bytes),
            });
            rows.chain(encoded).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
        })
    }

    /// Spans that are not in a part, of segments that started before a time.
    pub(crate) fn before(&self, time: i64) -> u64 {
        self.rows.look(|layers| {
            let batches = layers.rows().flat_map(SpanTable::newest_first);
            let old = batches.filter(|kept| kept.earliest() < time).map(|kept| old_in(&kept, time));
            let encoded = layers.parts.iter().filter_map(|encoded| match &**encoded {
                Encoded::Sealed { sealed, .. } => Some(sealed.summary()),
                Encoded::Part(_) => None,
            });
            let sealed = encoded.filter(|summary| summary.latest < time);
            old.sum::<u64>() + sealed.map(|one| one.spans).sum::<u64>()
        })
    }

    /// The latest start of a segment before a time; for what is encoded and reaches
    /// over it, the time itself.
    pub(crate) fn last_before(&self, before: i64) -> Option<i64> {
        self.rows.look(|layers| {
            let batches = layers.rows().flat_map(SpanTable::newest_first);
            let old = batches.filter(|kept| kept.earliest() < before);
            let old = old.filter_map(|kept| {
                let starts = kept.entries().iter().map(|entry| entry.start);
                starts.filter(|start| *start < before).max()
            });
            let encoded = layers.parts.iter().map(|encoded| encoded.starts());
            let encoded = encoded.filter(|(earliest, _)| *earliest < before);
            let encoded = encoded.map(|(_, latest)| latest.min(before.saturating_sub(1)));
            old.max().max(encoded.max())
        })
    }
}

/// Spans of segments that started before a time.
fn old_in(kept: &KeptBatch, time: i64) -> u64 {
    let old = kept.entries().iter().filter(|entry| entry.start < time);
    let segments = old.filter_map(|entry| kept.batch().segments.get(entry.segment as usize));
    segments.map(|segment| u64::from(segment.spans.len)).sum()
}
