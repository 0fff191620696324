//! Segments into blocks.

mod ahead;
mod attributes;
mod frame;
mod head;
mod kept;
mod links;
mod memo;

use std::sync::Arc;

use bytes::Bytes;
use skytrail_columns::Result;
use skytrail_columns::group::GroupWriter;
use skytrail_storage::SegmentFilter;

use crate::block::{Block, Home};
use crate::dictionary::{Chunk, Dictionary, Grow};
use crate::row::{Limits, Row};
use crate::summary::Summary;
use crate::tags::{BlockTags, TagPlaces, TagWriter};
use frame::FrameWriter;
use head::HeadWriter;
use kept::{in_order, summarise};
use memo::Memos;

/// The level of zstd at a flush.
const LEVEL: i32 = 1;

/// Bytes that a span takes, seldom more.
const USUAL_BYTES: usize = 16;

/// What the context of the compressor and the buffers take, about.
const CONTEXT_BYTES: usize = 1 << 20;

/// Writes blocks, whose dictionaries grow with each of them. They may go to one part or to several.
#[derive(Debug)]
pub struct PartWriter {
    limits: Limits,
    grow: Grow,
    group: GroupWriter,
    tags: TagWriter,
    chunks: Vec<Arc<Chunk>>,
    spans: u64,
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
        let group = GroupWriter::new(LEVEL);
        let (grow, tags) = (Grow::default(), TagWriter::default());
        Self { limits, grow, group, tags, chunks: Vec::new(), spans: 0 }
    }

    /// Whether the next block should begin with empty dictionaries.
    pub fn is_full(&self) -> bool {
        self.spans >= self.limits.spans || self.dictionaries() >= self.limits.dictionary_bytes
    }

    fn dictionaries(&self) -> usize {
        self.grow.memory() + self.chunks.iter().map(|chunk| chunk.memory()).sum::<usize>()
    }

    /// Bytes of memory, with the dictionaries that sealed blocks share.
    pub fn memory(&self) -> usize {
        CONTEXT_BYTES + self.dictionaries()
    }

    /// The blocks so far are in a part: those that come have their dictionaries in one piece with what is known now.
    pub fn begin_part(&mut self) {
        self.chunks = vec![Arc::new(self.grow.whole())];
    }

    /// Encodes segments as the next block. The caller keeps to [`crate::BLOCK_SPANS`] spans, except for a
    /// single segment that is larger. Texts of one span MUST stay below 256 MiB together, and blocks below 16 million
    /// segments. Rows whose batch does not hold their segment are left out.
    pub fn seal(&mut self, rows: &[Row<'_>]) -> Sealed {
        let mut kept = in_order(rows);
        let mut memos = Memos::of(&mut kept, &self.grow);
        let mut head = HeadWriter::default();
        head.ids(&mut kept, &mut self.grow);
        let spans: usize = kept.iter().map(|kept| kept.spans.len()).sum();
        let mut block = Vec::with_capacity(spans * USUAL_BYTES);
        let out = (&mut self.group, &mut self.tags);
        let mut frames = FrameWriter::new(&kept, &mut memos, &mut self.grow, out);
        frames.write(&mut head, &mut block);
        let places = frames.finish();
        let tags = self.tags.finish(places.len(), &mut self.group);
        let mut bytes = Vec::with_capacity(block.len() + block.len() / 3);
        head.write(&places, &mut self.group, &mut bytes);
        let head_len = bytes.len();
        bytes.append(&mut block);
        bytes.shrink_to_fit();

        let summary = summarise(&kept);
        self.spans += summary.spans;
        let chunk = self.grow.chunk();
        let chunk_bytes = chunk.memory();
        self.chunks.push(Arc::new(chunk));
        let dictionary = Dictionary::new(self.chunks.as_slice().into());
        let (bytes, summary) = (Bytes::from(bytes), Arc::new(summary));
        let home = Home::sealed(dictionary.clone());
        let place = 0..bytes.len() as u64;
        let block = Block::new(
            Arc::new(bytes.clone()),
            place,
            head_len as u64,
            None,
            home,
            summary.clone(),
        );
        let hashes = head.hashes();
        Sealed { dictionary, bytes, head: head_len, summary, block, hashes, tags, chunk_bytes }
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
