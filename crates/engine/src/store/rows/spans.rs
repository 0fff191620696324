//! Spans between two checkpoints.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};
use skytrail_blocks::{BLOCK_SPANS, OpenBlock, Sealed};
use skytrail_model::batch::SpanBatch;
use skytrail_storage::rows::WINDOW_BYTES;
use skytrail_storage::{SegmentEntry, SpanAppend};

use crate::error::{Error, Result};
use crate::store::memtable::{Memtable, Rows};
use crate::store::part::SpanPart;

/// A block that is being filled, or is full. Readers lock it for a moment each.
pub(crate) type SharedBlock = Arc<RwLock<OpenBlock>>;

/// Gives segments of some places in a block as windows, and locks the block for each of them alone; whether more is
/// wanted.
///
/// # Errors
/// A segment does not fit in a batch.
pub(crate) fn windows(
    block: &SharedBlock,
    places: &[u32],
    take: &mut dyn FnMut(SpanAppend) -> bool,
) -> Result<bool> {
    let mut left = places;
    while !left.is_empty() {
        let read = block.read().read(left, WINDOW_BYTES);
        let (window, rest) = read.map_err(|error| Error::format("rows in memory", &error))?;
        if !take(window) {
            return Ok(false);
        }
        left = rest;
    }
    Ok(true)
}

/// Blocks that are being filled, with their days.
#[derive(Debug, Default)]
pub(crate) struct OpenBlocks {
    pub(crate) blocks: Vec<(i64, SharedBlock)>,
    spans: u64,
    /// Of what they are filled with, and with the room for more.
    filled: usize,
    memory: usize,
}

impl Rows for OpenBlocks {
    fn bytes(&self) -> usize {
        self.memory
    }

    fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

impl OpenBlocks {
    /// The block of a day that has room for so many spans.
    fn block(&self, day: i64, spans: usize) -> Option<SharedBlock> {
        let (_, last) = self.blocks.iter().rev().find(|(of, _)| *of == day)?;
        let held = last.read().spans();
        (held == 0 || held + spans <= BLOCK_SPANS).then(|| last.clone())
    }

    /// Counts anew what they take.
    fn count(&mut self) {
        (self.spans, self.filled, self.memory) = (0, 0, 0);
        for (_, block) in &self.blocks {
            let block = block.read();
            self.spans += block.spans() as u64;
            self.memory += block.memory();
            self.filled += block.bytes();
        }
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
    pub(crate) rows: Memtable<OpenBlocks, Encoded>,
    /// Held by who appends or closes: a block that is closed gets nothing more.
    appending: Mutex<()>,
    pub(crate) sealed_bytes: AtomicUsize,
}

impl fmt::Debug for SpanMemtable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanMemtable").finish_non_exhaustive()
    }
}

fn spans_of(batch: &SpanBatch, entry: &SegmentEntry) -> usize {
    let segment = batch.segments.get(entry.segment as usize);
    segment.map_or(0, |segment| segment.spans.len as usize)
}

/// Entries that come one after another, are of one day and fit into a block: their number, day and spans.
fn run_of(
    batch: &SpanBatch,
    entries: &[SegmentEntry],
    day_of: &dyn Fn(i64) -> i64,
) -> (usize, i64, usize) {
    let (mut count, mut spans) = (0, 0);
    let day = entries.first().map_or(0, |entry| day_of(entry.start));
    for entry in entries {
        let more = spans_of(batch, entry);
        if count > 0 && (day_of(entry.start) != day || spans + more > BLOCK_SPANS) {
            break;
        }
        (count, spans) = (count + 1, spans + more);
    }
    (count, day, spans)
}

/// Where appended spans go to.
pub(crate) struct Filling<'a> {
    /// The day that rows of a time are stored with.
    pub(crate) day_of: &'a dyn Fn(i64) -> i64,
    /// A block for a day.
    pub(crate) open: &'a dyn Fn(i64) -> OpenBlock,
    /// Bytes of rows, and of what they add to dictionaries, that are encoded, however few spans they are.
    pub(crate) most_bytes: usize,
    /// The same with the room for rows to come.
    pub(crate) most_memory: usize,
}

impl SpanMemtable {
    /// Adds spans; whether there are rows to be encoded.
    pub(crate) fn append(&self, spans: SpanAppend, filling: &Filling<'_>) -> bool {
        let SpanAppend { batch, entries } = spans;
        let _appending = self.appending.lock();
        let more: u64 = entries.iter().map(|entry| spans_of(&batch, entry) as u64).sum();
        let is_full = self.rows.look(|layers| {
            !layers.open.is_empty() && layers.open.spans + more > BLOCK_SPANS as u64
        });
        if is_full {
            self.rows.close();
        }
        let mut left = entries.as_slice();
        while !left.is_empty() {
            let (count, day, spans) = run_of(&batch, left, filling.day_of);
            let (run, rest) = left.split_at(count);
            self.block(filling, day, spans).write().add(&batch, run);
            left = rest;
        }
        let mut bytes = 0;
        let memory = self.rows.append(|open| {
            open.count();
            bytes = open.filled;
        });
        // The next append may have to wait until this one takes less.
        let is_large = bytes >= filling.most_bytes || memory > filling.most_memory;
        if is_large {
            self.rows.close();
        }
        is_full || is_large
    }

    /// The block of a day that so many spans go to.
    fn block(&self, filling: &Filling<'_>, day: i64, spans: usize) -> SharedBlock {
        let found = self.rows.look(|layers| layers.open.block(day, spans));
        found.unwrap_or_else(|| {
            let block = Arc::new(RwLock::new((filling.open)(day)));
            self.rows.append(|open| open.blocks.push((day, block.clone())));
            block
        })
    }

    /// Has the rows that arrived encoded by the next look at them.
    pub(crate) fn close(&self) {
        let _appending = self.appending.lock();
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
            let rows = layers.rows().map(|rows| (rows.spans, rows.filled as u64));
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
            let blocks = layers.rows().flat_map(|rows| &rows.blocks);
            let old = blocks.map(|(_, block)| spans_before(&block.read(), time));
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
            let blocks = layers.rows().flat_map(|rows| &rows.blocks);
            let old = blocks.filter_map(|(_, block)| {
                let block = block.read();
                let is_old = block.starts().0 < before;
                let starts = block.segments().map(|(start, _)| start);
                starts.filter(|start| is_old && *start < before).max()
            });
            let encoded = layers.parts.iter().map(|encoded| encoded.starts());
            let encoded = encoded.filter(|(earliest, _)| *earliest < before);
            let encoded = encoded.map(|(_, latest)| latest.min(before.saturating_sub(1)));
            old.max().max(encoded.max())
        })
    }
}

/// Spans of segments that started before a time.
fn spans_before(block: &OpenBlock, time: i64) -> u64 {
    if block.starts().0 >= time {
        return 0;
    }
    let old = block.segments().filter(|(start, _)| *start < time);
    old.map(|(_, spans)| u64::from(spans)).sum()
}

#[cfg(test)]
mod tests;
