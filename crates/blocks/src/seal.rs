//! Segments into blocks.

mod attributes;
mod frame;
mod head;
mod links;
mod order;

use std::sync::{Arc, Weak};

use bytes::Bytes;
use parking_lot::Mutex;
use skytrail_columns::Result;
use skytrail_columns::group::GroupWriter;
use skytrail_storage::SegmentFilter;

use crate::block::{Block, Home};
use crate::dictionary::Dictionary;
use crate::layout::span;
use crate::open::{Growing, OpenBlock, SpareRows};
use crate::row::{Limits, Row};
use crate::summary::Summary;
use crate::tags::{BlockTags, TagPlaces, TagWriter};
use attributes::Meaning;
use frame::{Columns, FrameWriter, Out};
use head::HeadWriter;
use order::{in_order, summarise};

/// The level of zstd at a flush.
const LEVEL: i32 = 1;

/// What the context of the compressor and the buffers take, about.
const CONTEXT_BYTES: usize = 1 << 20;

/// Buffers beyond so many bytes go with the block that needed them: ordinary blocks need half of it.
const MOST_BUFFERS: usize = 8 << 20;

/// Gives blocks whose dictionaries grow with each of them. They may go to one part or to several.
#[derive(Debug)]
pub struct PartWriter {
    limits: Limits,
    growing: Arc<Mutex<Growing>>,
    spare: SpareRows,
    sealer: Option<Sealer>,
}

/// Encodes blocks. It keeps its buffers, as long as they are not much larger than those of ordinary blocks.
#[derive(Debug)]
pub struct Sealer {
    group: GroupWriter,
    tags: TagWriter,
    columns: Columns,
    head: HeadWriter,
    frames: Vec<u8>,
    front: Vec<u8>,
    /// Of the block before: codes of its keys mean nothing for blocks of others.
    writer: Weak<Mutex<Growing>>,
}

/// A block that is written, with what it needs to be read.
#[derive(Debug, Clone)]
pub struct Sealed {
    pub(crate) dictionary: Dictionary,
    pub(crate) bytes: Bytes,
    pub(crate) head: usize,
    pub(crate) summary: Arc<Summary>,
    block: Block,
    /// Of its traces, ascending.
    pub(crate) hashes: Arc<[u64]>,
    pub(crate) tags: BlockTags,
    chunk_bytes: usize,
}

impl PartWriter {
    /// Begins with empty dictionaries.
    pub fn new(limits: Limits) -> Self {
        Self::with_spare(limits, SpareRows::default())
    }

    /// The same, with blocks that take the room of others.
    pub fn with_spare(limits: Limits, spare: SpareRows) -> Self {
        Self { limits, growing: Arc::default(), spare, sealer: None }
    }

    /// Whether the next block should begin with empty dictionaries.
    pub fn is_full(&self) -> bool {
        let growing = self.growing.lock();
        growing.spans >= self.limits.spans || growing.dictionaries() >= self.limits.dictionary_bytes
    }

    /// Bytes of memory, with the dictionaries that sealed blocks share; without spare rows and without what blocks that
    /// are being filled count.
    pub fn memory(&self) -> usize {
        let sealer = if self.sealer.is_some() { CONTEXT_BYTES } else { 0 };
        sealer + self.growing.lock().memory()
    }

    /// The blocks so far are in a part: those that come have their dictionaries in one piece with what is known now.
    pub fn begin_part(&mut self) {
        let mut growing = self.growing.lock();
        growing.chunks = vec![Arc::new(growing.grow.whole())];
    }

    /// A block to be filled. There may be several, which share the dictionaries.
    pub fn open(&self) -> OpenBlock {
        OpenBlock::new(self.growing.clone(), self.spare.clone())
    }

    /// Encodes segments as the next block, with the limits of [`OpenBlock::add`]. Rows whose batch does not hold their
    /// segment are left out.
    pub fn seal(&mut self, rows: &[Row<'_>]) -> Sealed {
        let mut block = self.open();
        for rows in rows.chunk_by(|one, other| std::ptr::eq(one.batch, other.batch)) {
            if let Some(first) = rows.first() {
                block.add(first.batch, rows.iter().map(|row| row.entry));
            }
        }
        self.sealer.get_or_insert_default().seal(&block)
    }
}

impl Default for Sealer {
    fn default() -> Self {
        let group = GroupWriter::new(LEVEL);
        Self {
            group,
            tags: TagWriter::default(),
            columns: Columns::default(),
            head: HeadWriter::default(),
            frames: Vec::new(),
            front: Vec::new(),
            writer: Weak::new(),
        }
    }
}

impl Sealer {
    /// Encodes a block, to which nothing more comes.
    pub fn seal(&mut self, full: &OpenBlock) -> Sealed {
        let (rows, dictionary, chunk_bytes) = full.parts();
        let order = in_order(&rows.segments);
        self.begin(full);
        let Self { group, tags, columns, head, frames, front, .. } = self;
        head.ids(rows, &order);
        let meaning = Meaning { rows, dictionary: &dictionary };
        let out = Out { group, tags, columns };
        let places = FrameWriter::new(meaning, &order, out).write(head, frames);
        let tags = tags.finish(places.len(), group);
        head.write(&places, group, front);
        let head_len = front.len();
        let bytes = Bytes::from([front.as_slice(), frames].concat());
        for buffer in [front, frames] {
            buffer.clear();
            buffer.shrink_to(CONTEXT_BYTES / 2);
        }
        let summary = Arc::new(summarise(&order));
        let home = Home::sealed(dictionary.clone());
        let block = Block::new(
            Arc::new(bytes.clone()),
            0..bytes.len() as u64,
            head_len as u64,
            None,
            home,
            summary.clone(),
        );
        let hashes = head.hashes();
        if self.memory() > MOST_BUFFERS {
            *self = Self::default();
        }
        Sealed { dictionary, bytes, head: head_len, summary, block, hashes, tags, chunk_bytes }
    }
}

impl Sealer {
    /// What was found out about columns of keys is of use as long as they are of the same writer.
    fn begin(&mut self, block: &OpenBlock) {
        let writer = block.writer();
        if !self.writer.ptr_eq(&writer) {
            self.group.forget_from(span::KEYS);
            self.writer = writer;
        }
    }

    /// Bytes of memory of its buffers.
    pub fn memory(&self) -> usize {
        self.group.memory()
            + self.tags.memory()
            + self.columns.memory()
            + self.head.memory()
            + self.frames.capacity()
            + self.front.capacity()
    }
}

impl Sealed {
    /// The block, to be read. Its head is opened once for all who read it.
    pub fn block(&self) -> Block {
        self.block.clone()
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
            + self.block.memory()
            + self.chunk_bytes
            + self.hashes.len() * 8
            + self.tags.memory()
            + self.summary.memory()
    }

    /// The checksum of its head.
    pub(crate) fn checksum(&self) -> u64 {
        self.bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// What is in it.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Where in it, as block 0, what the tags of a filter ask for may be.
    pub fn tag_places(&self, filter: &SegmentFilter) -> Result<TagPlaces> {
        self.tags.index().places(filter)
    }

    /// Whether a trace with this hash may be in it.
    pub fn may_hold(&self, trace_hash: u64) -> bool {
        self.hashes.binary_search(&trace_hash).is_ok()
    }
}

#[cfg(test)]
mod tests;
