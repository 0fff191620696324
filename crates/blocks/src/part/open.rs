//! Opens parts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use skytrail_columns::file::HEADER;
use skytrail_columns::filter::Filter;
use skytrail_columns::frame::Frame;
use skytrail_columns::hashes::{HashIndex, HashKind, Page};
use skytrail_columns::{Error, Fetch, Result};
use skytrail_model::entity::EntityId;
use skytrail_storage::SegmentFilter;

use super::directory::Directory;
use super::held::Held;
use super::{FILTER, KIND, TRACES, filter_key};
use crate::block::{Block, Home};
use crate::dictionary::PartDictionary;
use crate::hidden::Hidden;
use crate::row::trace_hash;
use crate::sizes::{About, ServiceSize, Sizes};
use crate::summary::Summary;
use crate::tags::{TagIndex, TagPlaces};

/// An open part. Where everything is stays in memory. The summaries of its blocks, the filter of its traces and its
/// dictionaries are there until they are forgotten; the indexes of traces and tags and the blocks are fetched when they
/// are needed.
pub struct Part {
    pub(super) fetch: Arc<dyn Fetch>,
    pub(super) directory: Directory,
    pub(super) index: HashIndex,
    filter: Held<Filter>,
    /// Bytes of the filter, held or not.
    pub(super) filter_bytes: usize,
    summaries: Held<Vec<Arc<Summary>>>,
    /// By block, the latest start in it and in those before it.
    latest: Vec<i64>,
    tags: HashIndex,
    dictionaries: Vec<Arc<PartDictionary>>,
    hidden: Option<Arc<Hidden>>,
    /// Where the directory is.
    footer: Range<u64>,
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

fn memory_of(summaries: &[Arc<Summary>]) -> usize {
    let summaries = summaries.iter();
    summaries.map(|summary| summary.memory() + size_of::<Arc<Summary>>()).sum()
}

fn latest_of(summaries: &[Arc<Summary>]) -> Vec<i64> {
    let mut latest = i64::MIN;
    let each = summaries.iter().map(|summary| {
        latest = latest.max(summary.latest);
        latest
    });
    each.collect()
}

fn read_filter(fetch: &dyn Fetch, place: &Range<u64>) -> Result<Filter> {
    let filter = Frame::open("filter of traces", FILTER, &fetch.fetch(place.clone())?, 0)?.plain;
    Filter::new(filter).ok_or_else(|| Error::corrupt("filter of traces: not whole lines"))
}

fn read_directory(fetch: &dyn Fetch, footer: &Range<u64>) -> Result<Directory> {
    Directory::read(&fetch.fetch(footer.clone())?, HEADER as u64..footer.start)
}

impl Part {
    /// Opens a part of `len` bytes.
    pub fn open(fetch: Arc<dyn Fetch>, len: u64) -> Result<Self> {
        let footer = KIND.open(fetch.as_ref(), len)?.place;
        let mut directory = read_directory(fetch.as_ref(), &footer)?;
        let index = index_of(TRACES, &directory.pages, &directory.index)?;
        let tags = index_of(directory.tag_kind, &directory.tag_pages, &directory.tags)?;
        // The indexes know them now.
        (directory.pages, directory.tag_pages) = Default::default();
        let summaries = std::mem::take(&mut directory.summaries);
        let latest = latest_of(&summaries);
        let summaries = Held::new(summaries);
        let filter = read_filter(fetch.as_ref(), &directory.filter)?;
        let dictionaries = directory.dictionaries.iter().map(|place| {
            Arc::new(PartDictionary::new(fetch.clone(), place.bytes.clone(), place.checksum))
        });
        let dictionaries = dictionaries.collect();
        let (filter_bytes, filter, hidden) = (filter.memory(), Held::new(filter), None);
        Ok(Self {
            fetch,
            directory,
            index,
            filter,
            filter_bytes,
            summaries,
            latest,
            tags,
            dictionaries,
            hidden,
            footer,
        })
    }

    /// Leaves some segments out of everything that blocks answer from now on; whether the part may
    /// hold any of them.
    ///
    /// # Errors
    /// As [`Self::blocks_of`].
    pub fn hide(&mut self, hidden: Hidden) -> Result<bool> {
        let has_any = |summary: &Arc<Summary>| {
            summary.services.iter().any(|service| hidden.has_service(service.service))
        };
        let mut may_hold = self.summaries()?.iter().any(has_any);
        for trace in &hidden.traces {
            may_hold = may_hold || !self.blocks_of(trace_hash(trace.as_bytes()))?.is_empty();
        }
        self.hidden = Some(Arc::new(hidden));
        Ok(may_hold)
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
    ///
    /// # Errors
    /// It was forgotten, and `Corrupt` or `Io` when it cannot be read.
    pub fn summaries(&self) -> Result<Arc<Vec<Arc<Summary>>>> {
        self.summaries.get_or(|| {
            let read = read_directory(self.fetch.as_ref(), &self.footer)?.summaries;
            match read.len() == self.directory.blocks.len() {
                true => Ok(read),
                false => Err(Error::corrupt("directory of a part: has changed")),
            }
        })
    }

    /// The latest start in the blocks below a number; none where there are none. It is known also of what was forgotten.
    pub fn latest_below(&self, number: u32) -> Option<i64> {
        self.latest.get((number as usize).checked_sub(1)?).copied()
    }

    /// Bytes of memory, those included that can be forgotten while they are held.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + size_of_val(self.directory.blocks.as_slice())
            + size_of_val(self.latest.as_slice())
            + self.index.memory()
            + self.tags.memory()
            + self.summaries.get().map_or(0, |summaries| memory_of(&summaries))
            + self.filter.get().map_or(0, |filter| filter.memory())
            + self.dictionaries.iter().map(|one| one.memory() + 64).sum::<usize>()
    }

    /// Forgets the dictionaries and summaries until they are needed again; gives their bytes of memory. Whoever works
    /// with them keeps them.
    pub fn forget(&self) -> usize {
        let dictionaries: usize = self.dictionaries.iter().map(|one| one.forget()).sum();
        dictionaries + self.summaries.forget().map_or(0, |summaries| memory_of(&summaries))
    }

    /// Forgets the filter until it is recalled; gives its bytes of memory.
    pub fn forget_filter(&self) -> usize {
        self.filter.forget().map_or(0, |filter| filter.memory())
    }

    /// Bytes of memory of the filter, where it is held.
    pub fn held_filter(&self) -> Option<usize> {
        self.filter.get().map(|filter| filter.memory())
    }

    /// Bytes of memory that the filter would take, where it was forgotten.
    pub fn forgotten_filter(&self) -> Option<usize> {
        self.held_filter().is_none().then_some(self.filter_bytes)
    }

    /// Reads the filter again where it was forgotten.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when it cannot be read.
    pub fn recall_filter(&self) -> Result<()> {
        self.filter.get_or(|| read_filter(self.fetch.as_ref(), &self.directory.filter)).map(drop)
    }

    /// Whether the trace with a hash may be in the part, as its filter in memory says: of other traces, one in a hundred.
    /// All of them may be when the filter was forgotten; it is not read for one trace, since the index costs less to ask.
    pub fn may_hold(&self, trace_hash: u64) -> bool {
        let key = filter_key(TRACES.kept(trace_hash));
        self.filter.get().is_none_or(|filter| filter.may_hold(key))
    }

    /// Numbers of the blocks that may hold the trace with a hash, ascending. Of other traces one in a hundred is looked
    /// up in the file, all when the filter was forgotten; one in a trillion names a block that does not hold it.
    pub fn blocks_of(&self, trace_hash: u64) -> Result<Vec<u32>> {
        if !self.may_hold(trace_hash) {
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

    /// What everything in the part takes, its header aside. Reads all of it.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when it cannot be read.
    pub fn sizes(&self) -> Result<Sizes> {
        let directory = &self.directory;
        let len = |range: &Range<u64>| range.end.saturating_sub(range.start);
        let mut sizes = Sizes::from([
            (About::Column("directory"), len(&self.footer)),
            (
                About::Column("dictionaries"),
                directory.dictionaries.iter().map(|one| len(&one.bytes)).sum(),
            ),
            (About::Column("index of traces"), len(&directory.index)),
            (About::Column("filter of traces"), len(&directory.filter)),
            (About::Column("index of tags"), len(&directory.tags)),
        ]);
        for number in 0..self.len() {
            self.block(number)?.add_sizes(&mut sizes)?;
        }
        Ok(sizes)
    }

    /// The services of the part that are not hidden, by id, with the share that each has of its
    /// blocks.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the dictionaries cannot be read.
    pub fn services(&self) -> Result<Vec<ServiceSize>> {
        let mut names: BTreeMap<EntityId, String> = BTreeMap::new();
        for dictionary in &self.dictionaries {
            let dictionary = dictionary.get()?;
            for (_, source) in dictionary.sources() {
                let name = dictionary.name(source.service_name)?;
                names.insert(source.service, String::from_utf8_lossy(name).into_owned());
            }
        }
        let mut services: BTreeMap<EntityId, (u64, u64)> = BTreeMap::new();
        for (block, summary) in self.directory.blocks.iter().zip(self.summaries()?.iter()) {
            let bytes = u128::from(block.bytes.end.saturating_sub(block.bytes.start));
            let all = u128::from(summary.segments.max(1));
            for one in &summary.services {
                let segments = u64::from(one.rows.end.saturating_sub(one.rows.start));
                let held = services.entry(one.service).or_default();
                held.0 += segments;
                held.1 += u64::try_from(bytes * u128::from(segments) / all).unwrap_or(0);
            }
        }
        let size = |(service, (segments, bytes)): (EntityId, (u64, u64))| {
            let name = names.get(&service).cloned().unwrap_or_default();
            ServiceSize { service, name, segments, bytes }
        };
        let is_hidden = |id| self.hidden.as_ref().is_some_and(|hidden| hidden.has_service(id));
        Ok(services.into_iter().filter(|(id, _)| !is_hidden(*id)).map(size).collect())
    }

    /// A block. Nothing of it is read yet.
    pub fn block(&self, number: u32) -> Result<Block> {
        let place = self.directory.blocks.get(number as usize);
        let place =
            place.ok_or_else(|| Error::limit(format!("block {number} of {}", self.len())))?;
        let dictionary = self.dictionaries.get(place.dictionary as usize);
        let home = dictionary.ok_or_else(|| Error::corrupt("part: a block without dictionary"))?;
        let home = Home::part(home.clone());
        let checksum = Some(place.checksum);
        let summaries = self.summaries()?;
        let summary = summaries.get(number as usize).cloned().unwrap_or_default();
        let bytes = place.bytes.clone();
        let block = Block::new(self.fetch.clone(), bytes, place.head, checksum, home, summary);
        Ok(block.hiding(self.hidden.clone()))
    }
}
