//! Blocks that are being filled: segments in codes, a third of what they take as batches.

mod fill;
mod rows;

use std::fmt;
use std::sync::Arc;

use fill::{Fill, Names};
use parking_lot::Mutex;
use skytrail_model::batch::SpanBatch;
use skytrail_storage::SegmentEntry;

use crate::dictionary::{Chunk, Dictionary, Grow};
pub(crate) use rows::{
    Cell, EventRow, Extra, How, LinkRow, Rows, SegmentRow, SpanRow, Walk, len_of,
};

/// Dictionaries that grow with every block.
#[derive(Debug, Default)]
pub(crate) struct Growing {
    pub(crate) grow: Grow,
    pub(crate) chunks: Vec<Arc<Chunk>>,
    /// Of blocks that were closed.
    pub(crate) spans: u64,
    names: Names,
}

impl Growing {
    pub(crate) fn memory(&self) -> usize {
        self.grow.memory() + self.chunks.iter().map(|chunk| chunk.memory()).sum::<usize>()
    }
}

/// A block that is being filled. Its codes are those of the writer that it comes from, which may be gone before it.
pub struct OpenBlock {
    growing: Arc<Mutex<Growing>>,
    rows: Rows,
}

/// A block that is full, with the dictionaries that its codes mean something in.
#[derive(Debug)]
pub struct FullBlock {
    pub(crate) rows: Rows,
    pub(crate) dictionary: Dictionary,
    /// Bytes of memory of the entries that came with it.
    pub(crate) chunk_bytes: usize,
}

impl fmt::Debug for OpenBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenBlock").field("spans", &self.spans()).finish_non_exhaustive()
    }
}

impl OpenBlock {
    pub(crate) fn new(growing: Arc<Mutex<Growing>>) -> Self {
        Self { growing, rows: Rows::default() }
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
        let Growing { grow, names, .. } = &mut *growing;
        let mut fill = Fill::new(batch, names, grow, &mut self.rows);
        entries.into_iter().for_each(|entry| fill.segment(entry));
    }

    /// Spans in it.
    pub fn spans(&self) -> usize {
        self.rows.spans.len()
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.rows.memory()
    }

    /// Nothing more comes.
    pub fn close(self) -> FullBlock {
        let mut growing = self.growing.lock();
        let chunk = growing.grow.chunk();
        let chunk_bytes = chunk.memory();
        growing.chunks.push(Arc::new(chunk));
        growing.spans += self.rows.spans.len() as u64;
        let dictionary = Dictionary::new(growing.chunks.as_slice().into());
        FullBlock { rows: self.rows, dictionary, chunk_bytes }
    }
}
