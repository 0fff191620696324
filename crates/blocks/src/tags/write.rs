//! Writes the index of a block.

use std::sync::Arc;

use bytes::Bytes;
use skytrail_columns::group::GroupWriter;
use skytrail_columns::hashes::{Entry, HashIndex, HashKind, Page, PageWriter, put_merged};
use skytrail_columns::{Error, Result};

use super::granules::NUMBERS;
use super::{Granules, TAGS, TagIndex};

/// A value in more runs of frames is looked for in all of them.
const MANY: usize = 3;

/// Tags that came last, by their hashes: most values come again soon.
const RECENT: usize = 4_096;

/// The entries of a block while it is written.
#[derive(Debug)]
pub(crate) struct TagWriter {
    /// Hash, of which the kept bits stand above 32 others, and frame.
    entries: Vec<u64>,
    recent: Box<[u64]>,
}

impl Default for TagWriter {
    fn default() -> Self {
        Self { entries: Vec::new(), recent: vec![u64::MAX; RECENT].into() }
    }
}

/// The index of the tags of a block.
#[derive(Debug, Clone)]
pub(crate) struct BlockTags(Arc<(HashIndex, Bytes)>);

impl TagWriter {
    /// Adds a tag of a frame.
    pub(crate) fn add(&mut self, hash: u64, frame: u32) {
        let entry = TAGS.kept(hash) << 32 | u64::from(frame);
        let Some(recent) = self.recent.get_mut(TAGS.kept(hash) as usize % RECENT) else { return };
        if *recent != entry {
            *recent = entry;
            self.entries.push(entry);
        }
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        (self.entries.capacity() + self.recent.len()) * size_of::<u64>()
    }

    /// The index of what was added, of a block with so many frames; begins anew.
    pub(crate) fn finish(&mut self, frames: usize, writer: &mut GroupWriter) -> BlockTags {
        for entry in &mut self.entries {
            let run = Granules::run_of(*entry as u32 as usize, frames);
            *entry = *entry >> 32 << 32 | u64::from(run);
        }
        self.entries.sort_unstable();
        self.entries.dedup();
        let mut bytes = Vec::with_capacity(self.entries.len() * 5 / 2 + 64);
        let mut pages = PageWriter::new(TAGS, writer);
        for same in self.entries.chunk_by(|one, other| one >> 32 == other >> 32) {
            let entry = |entry: &u64| Entry { hash: entry >> 32, number: *entry as u32 };
            let whole = same.first().filter(|_| same.len() > MANY).map(entry);
            match whole {
                Some(first) => pages.push(Entry { number: NUMBERS - 1, ..first }, &mut bytes),
                None => same.iter().map(entry).for_each(|entry| pages.push(entry, &mut bytes)),
            }
        }
        let pages = pages.finish(&mut bytes);
        bytes.shrink_to_fit();
        self.entries.clear();
        self.recent.fill(u64::MAX);
        let index = HashIndex::written(TAGS, &pages);
        BlockTags(Arc::new((index, bytes.into())))
    }
}

impl BlockTags {
    /// To be read.
    pub(crate) fn index(&self) -> TagIndex<'_> {
        TagIndex { index: &self.0.0, fetch: &self.0.1, blocks: 1 }
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.0.0.memory() + self.0.1.len()
    }
}

/// Gives the pages of the index of blocks that stand one behind the other, of which there are indexes. It has as many
/// bits of hashes as the one with the fewest; says of which kind it is.
pub(crate) fn put_tags(
    indexes: &[TagIndex<'_>],
    writer: &mut GroupWriter,
    put: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<(Vec<Page>, HashKind)> {
    let (mut inputs, mut next) = (Vec::with_capacity(indexes.len()), 0_u32);
    for TagIndex { index, fetch, blocks } in indexes {
        inputs.push((*index, *fetch, next));
        let behind = blocks.checked_mul(NUMBERS).and_then(|count| next.checked_add(count));
        next = behind.ok_or_else(|| Error::limit("more blocks than a part can have"))?;
    }
    let kinds = indexes.iter().map(|one| one.index.kind());
    let kind = kinds.min_by_key(|kind| kind.bits).unwrap_or(TAGS);
    let pages = put_merged(kind, &inputs, writer, &mut |_| (), put)?;
    Ok((pages, kind))
}
