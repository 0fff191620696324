//! Opens parts.

use std::ops::Range;
use std::sync::Arc;

use skytrail_columns::file::HEADER;
use skytrail_columns::filter::Filter;
use skytrail_columns::frame::Frame;
use skytrail_columns::hashes::{HashIndex, HashKind, Page};
use skytrail_columns::{Error, Fetch, Result};
use skytrail_storage::SegmentFilter;

use super::directory::Directory;
use super::{FILTER, KIND, TRACES};
use crate::block::{Block, Home};
use crate::dictionary::PartDictionary;
use crate::summary::Summary;
use crate::tags::{TAGS, TagIndex, TagPlaces};

/// An open part. Its directory and the filter of its traces are in memory, and its dictionary once a block was read;
/// the indexes of traces and tags and the blocks are fetched when they are needed.
pub struct Part {
    fetch: Arc<dyn Fetch>,
    directory: Directory,
    index: HashIndex,
    filter: Filter,
    tags: HashIndex,
    dictionary: Arc<PartDictionary>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("blocks", &self.len()).finish_non_exhaustive()
    }
}

fn index_of(kind: HashKind, pages: &[Page], place: &Range<u64>) -> Result<HashIndex> {
    let index = HashIndex::new(kind, place.start, pages.iter().copied())?;
    if index.range() != *place {
        return Err(Error::corrupt("directory of a part: pages that do not make up an index"));
    }
    Ok(index)
}

impl Part {
    /// Opens a part of `len` bytes.
    pub fn open(fetch: Arc<dyn Fetch>, len: u64) -> Result<Self> {
        let footer = KIND.open(fetch.as_ref(), len)?.place;
        let mut directory =
            Directory::read(&fetch.fetch(footer.clone())?, HEADER as u64..footer.start)?;
        let index = index_of(TRACES, &directory.pages, &directory.index)?;
        let tags = index_of(TAGS, &directory.tag_pages, &directory.tags)?;
        // The indexes know them now.
        (directory.pages, directory.tag_pages) = Default::default();
        let bytes = fetch.fetch(directory.filter.clone())?;
        let filter = Frame::open("filter of traces", FILTER, &bytes, 0)?.plain;
        let filter = Filter::new(filter)
            .ok_or_else(|| Error::corrupt("filter of traces: not whole lines"))?;
        let dictionary = PartDictionary::new(fetch.clone(), directory.dictionary.clone());
        Ok(Self { fetch, directory, index, filter, tags, dictionary: Arc::new(dictionary) })
    }

    /// How many blocks.
    pub fn len(&self) -> u32 {
        self.directory.blocks.len() as u32
    }

    /// Whether there is no block.
    pub fn is_empty(&self) -> bool {
        self.directory.blocks.is_empty()
    }

    /// What is in each block, by number.
    pub fn summaries(&self) -> impl ExactSizeIterator<Item = &Summary> {
        self.directory.blocks.iter().map(|block| block.summary.as_ref())
    }

    /// Bytes of memory, the dictionary included while it is held.
    pub fn memory(&self) -> usize {
        let blocks = self.directory.blocks.iter();
        let blocks: usize = blocks.map(|block| block.summary.memory() + size_of_val(block)).sum();
        size_of::<Self>()
            + blocks
            + self.index.memory()
            + self.tags.memory()
            + self.filter.memory()
            + self.dictionary.memory()
    }

    /// Forgets the dictionary, until a block is read again; gives its bytes of memory. Blocks that are being read keep it.
    pub fn forget_dictionary(&self) -> usize {
        self.dictionary.forget()
    }

    /// Numbers of the blocks that may hold the trace with a hash, ascending. One in a hundred other traces is looked up
    /// in the file, one in a trillion names a block that does not hold it.
    pub fn blocks_of(&self, trace_hash: u64) -> Result<Vec<u32>> {
        if !self.filter.may_hold(trace_hash) {
            return Ok(Vec::new());
        }
        let blocks = self.index.find(trace_hash, self.fetch.as_ref())?;
        match blocks.last() {
            Some(last) if *last >= self.len() => {
                Err(Error::corrupt(format!("index of traces: block {last} of {}", self.len())))
            }
            _ => Ok(blocks),
        }
    }

    /// Where what the tags of a filter ask for may be.
    pub fn tag_places(&self, filter: &SegmentFilter) -> Result<TagPlaces> {
        self.tag_index().places(filter)
    }

    /// The index of tags.
    pub(crate) fn tag_index(&self) -> TagIndex<'_> {
        TagIndex { index: &self.tags, fetch: self.fetch.as_ref(), blocks: self.len() }
    }

    /// A block. Nothing of it is read yet.
    pub fn block(&self, number: u32) -> Result<Block> {
        let place = self.directory.blocks.get(number as usize);
        let place =
            place.ok_or_else(|| Error::limit(format!("block {number} of {}", self.len())))?;
        let home = Home::part(self.dictionary.clone());
        let checksum = Some(place.checksum);
        let (bytes, summary) = (place.bytes.clone(), place.summary.clone());
        Ok(Block::new(self.fetch.clone(), bytes, place.head, checksum, home, summary))
    }
}
