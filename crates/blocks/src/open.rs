//! Blocks that are being filled: segments in codes, a third of what they take as batches.
//!
//! Blocks of a writer share its dictionaries, behind a lock that is the last one that anybody takes: whoever holds a
//! block, or all that is in memory, or the writers, takes it; whoever holds it takes no other.

mod fill;
mod find;
mod read;
mod rows;
mod spare;

use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use skytrail_columns::Result;
use skytrail_model::batch::SpanBatch;
use skytrail_storage::{SegmentEntry, SegmentFilter, SpanAppend};

use crate::dictionary::{Chunk, Dictionary, Grow};
use fill::{Fill, Names};
use read::Back;
pub(crate) use rows::{
    Cell, EventRow, Extra, How, LinkRow, Rows, SegmentRow, SpanRow, Walk, len_of,
};
pub use spare::SpareRows;

/// Dictionaries that grow with every block.
#[derive(Debug, Default)]
pub(crate) struct Growing {
    pub(crate) grow: Grow,
    pub(crate) chunks: Vec<Arc<Chunk>>,
    /// Of blocks that were sealed.
    pub(crate) spans: u64,
    names: Names,
    /// Bytes that count with blocks, as long as these are not sealed.
    filling: usize,
}

impl Growing {
    /// Bytes of the dictionaries.
    pub(crate) fn dictionaries(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(|chunk| chunk.memory()).sum();
        self.grow.memory() + chunks
    }

    /// Bytes of memory, without what counts with blocks.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>() + self.dictionaries().saturating_sub(self.filling)
    }

    /// The dictionaries, with what came since the last block.
    fn dictionary(&mut self) -> (Dictionary, usize) {
        let chunk = self.grow.chunk();
        let bytes = chunk.memory();
        self.chunks.push(Arc::new(chunk));
        (Dictionary::new(self.chunks.as_slice().into()), bytes)
    }
}

/// A block that is being filled. Its codes are those of the writer that it comes from, which may be gone before it.
pub struct OpenBlock {
    growing: Arc<Mutex<Growing>>,
    spare: SpareRows,
    rows: Rows,
    /// Bytes that it added to the dictionaries.
    grown: usize,
    /// Earliest and latest start.
    starts: (i64, i64),
}

impl fmt::Debug for OpenBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenBlock").field("spans", &self.spans()).finish_non_exhaustive()
    }
}

/// The next block takes the room.
impl Drop for OpenBlock {
    fn drop(&mut self) {
        let mut growing = self.growing.lock();
        growing.filling = growing.filling.saturating_sub(self.grown);
        drop(growing);
        self.spare.give(std::mem::take(&mut self.rows));
    }
}

impl OpenBlock {
    pub(crate) fn new(growing: Arc<Mutex<Growing>>, spare: SpareRows) -> Self {
        let rows = spare.take();
        Self { growing, spare, rows, grown: 0, starts: (i64::MAX, i64::MIN) }
    }

    /// Adds segments of a batch; those that it does not hold are left out. The caller keeps to
    /// [`crate::BLOCK_SPANS`] spans, except for a single segment that is larger. Texts of one span MUST stay below
    /// 256 MiB together, all texts below 4 GiB, and blocks below 16 million segments.
    pub fn add<'a>(
        &mut self,
        batch: &SpanBatch,
        entries: impl IntoIterator<Item = &'a SegmentEntry>,
    ) {
        let mut growing = self.growing.lock();
        let Growing { grow, names, filling, .. } = &mut *growing;
        let before = grow.entry_bytes();
        let mut fill = Fill::new(batch, names, grow, &mut self.rows);
        for entry in entries {
            fill.segment(entry);
            self.starts = (self.starts.0.min(entry.start), self.starts.1.max(entry.start));
        }
        let grown = grow.entry_bytes() - before;
        self.grown += grown;
        *filling += grown;
    }

    /// Spans in it.
    pub fn spans(&self) -> usize {
        self.rows.spans.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.rows.segments.is_empty()
    }

    /// Bytes of what it was filled with: its rows, and what it added to the dictionaries.
    pub fn bytes(&self) -> usize {
        self.rows.bytes() + self.grown
    }

    /// Bytes of memory: the same, with the room for rows to come.
    pub fn memory(&self) -> usize {
        self.rows.memory() + self.grown
    }

    /// Earliest and latest start of a segment, nanoseconds since the Unix epoch; reversed when it is empty.
    pub fn starts(&self) -> (i64, i64) {
        self.starts
    }

    /// Start and number of spans of each segment.
    pub fn segments(&self) -> impl Iterator<Item = (i64, u32)> + '_ {
        self.rows.segments.iter().map(|row| (row.start, row.spans))
    }

    /// Places of the segments of a trace, in the order they came.
    pub fn of_trace(&self, trace_id: &str) -> Vec<u32> {
        find::of_trace(&self.rows, &self.growing.lock().grow, trace_id.as_bytes()).collect()
    }

    /// Spans of the segments of some places.
    pub fn spans_at(&self, places: &[u32]) -> u64 {
        let rows = places.iter().filter_map(|place| self.rows.segments.get(*place as usize));
        rows.map(|row| u64::from(row.spans)).sum()
    }

    /// Starts, durations and places of the segments that may be what is searched for: an entry has all that is asked
    /// of entries, tags are those of a hash.
    pub fn candidates(&self, filter: &SegmentFilter) -> Vec<(i64, i64, u32)> {
        if self.starts.1 < filter.from || self.starts.0 > filter.to {
            return Vec::new();
        }
        let places = find::candidates(&self.rows, &self.growing.lock().grow, filter);
        let of = |place: u32| {
            let row = self.rows.segments.get(place as usize)?;
            Some((row.start, row.duration, place))
        };
        places.into_iter().filter_map(of).collect()
    }

    /// Segments as a batch of nothing else: as many of the places as fit in about `bytes` of memory, one at least; and
    /// the places that are left.
    ///
    /// # Errors
    /// `Limit` when a single segment does not fit in a batch.
    pub fn read<'p>(&self, places: &'p [u32], bytes: usize) -> Result<(SpanAppend, &'p [u32])> {
        let growing = self.growing.lock();
        let mut back = Back::new(&self.rows, &growing.grow);
        let mut left = places;
        while let Some((place, rest)) = left.split_first() {
            if let Some(row) = self.rows.segments.get(*place as usize) {
                back.segment(row)?;
            }
            left = rest;
            if back.bytes() >= bytes {
                break;
            }
        }
        Ok((back.finish(), left))
    }

    /// What is the same for all blocks of its writer alone.
    pub(crate) fn writer(&self) -> Weak<Mutex<Growing>> {
        Arc::downgrade(&self.growing)
    }

    /// What it is encoded from.
    pub(crate) fn parts(&self) -> (&Rows, Dictionary, usize) {
        let mut growing = self.growing.lock();
        growing.spans += self.rows.spans.len() as u64;
        let (dictionary, bytes) = growing.dictionary();
        (&self.rows, dictionary, bytes)
    }
}
