//! The footer of a part: where everything is, and the summaries of its blocks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use skytrail_columns::group::{Access, Group, GroupWriter};
use skytrail_columns::hashes::{HashKind, Page};
use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;

use super::DIRECTORY;
use crate::layout::{MOST_BYTES, MOST_ROWS};
use crate::summary::{ServiceRows, Summary};
use crate::tags;

/// Columns. Lengths of what stands behind the dictionaries: index of traces, filter, index of tags.
const LENGTHS: u32 = 0;
const BLOCK_BYTES: u32 = 1;
const BLOCK_HEAD: u32 = 2;
const BLOCK_CHECKSUM: u32 = 3;
const BLOCK_SPANS: u32 = 4;
const BLOCK_SEGMENTS: u32 = 5;
const BLOCK_EARLIEST: u32 = 6;
const BLOCK_LATEST: u32 = 7;
const BLOCK_LONGEST: u32 = 8;
const BLOCK_SERVICES: u32 = 9;
/// Of the services of all blocks.
const SERVICE: u32 = 10;
const SERVICE_SEGMENTS: u32 = 11;
const SERVICE_ERRORS: u32 = 12;
const SERVICE_LONGEST: u32 = 13;
/// Of distinct services.
const SERVICE_ID: u32 = 14;
/// Of pages of the index of traces.
const PAGE_FIRST: u32 = 15;
const PAGE_BYTES: u32 = 16;
/// Of pages of the index of tags.
const TAG_PAGE_FIRST: u32 = 17;
const TAG_PAGE_BYTES: u32 = 18;

/// Of dictionaries, which stand one behind the other.
const DICTIONARY_BYTES: u32 = 19;
const DICTIONARY_CHECKSUM: u32 = 20;
/// Of blocks: which dictionary they were written with.
const BLOCK_DICTIONARY: u32 = 21;
/// Bits of the hashes in the index of tags.
const TAG_BITS: u32 = 22;

/// A block of a part.
#[derive(Debug, Clone)]
pub(super) struct BlockPlace {
    pub(super) bytes: Range<u64>,
    pub(super) head: u64,
    pub(super) checksum: u64,
    /// Place of its dictionary among those of the part.
    pub(super) dictionary: u32,
}

/// A dictionary of a part.
#[derive(Debug, Clone)]
pub(super) struct DictionaryPlace {
    pub(super) bytes: Range<u64>,
    pub(super) checksum: u64,
}

/// A column, and what it has of a block.
type Field = (u32, fn(&BlockPlace) -> i64);

/// The same of what is in a block.
type SummaryField = (u32, fn(&Summary) -> i64);

/// Where everything is.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory {
    pub(super) blocks: Vec<BlockPlace>,
    /// What is in each block.
    pub(super) summaries: Vec<Arc<Summary>>,
    pub(super) dictionaries: Vec<DictionaryPlace>,
    pub(super) pages: Vec<Page>,
    pub(super) index: Range<u64>,
    pub(super) filter: Range<u64>,
    pub(super) tag_pages: Vec<Page>,
    pub(super) tags: Range<u64>,
    pub(super) tag_kind: HashKind,
}

fn len(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

fn wrong(problem: &str) -> Error {
    Error::corrupt(format!("directory of a part: {problem}"))
}

impl Directory {
    pub(super) fn write(&self, group: &mut GroupWriter, out: &mut Vec<u8>) {
        let mut ints = |id: u32, numbers: Vec<i64>| group.ints(id, &numbers, Access::All);
        let lengths = [&self.index, &self.filter, &self.tags];
        ints(LENGTHS, lengths.into_iter().map(|range| len(range).cast_signed()).collect());
        let fields: [Field; 3] = [
            (BLOCK_BYTES, |block| len(&block.bytes).cast_signed()),
            (BLOCK_HEAD, |block| block.head.cast_signed()),
            (BLOCK_CHECKSUM, |block| block.checksum.cast_signed()),
        ];
        for (id, field) in fields {
            ints(id, self.blocks.iter().map(field).collect());
        }
        let fields: [SummaryField; 6] = [
            (BLOCK_SPANS, |summary| summary.spans.cast_signed()),
            (BLOCK_SEGMENTS, |summary| summary.segments.into()),
            (BLOCK_EARLIEST, |summary| summary.earliest),
            (BLOCK_LATEST, |summary| summary.latest),
            (BLOCK_LONGEST, |summary| summary.longest),
            (BLOCK_SERVICES, |summary| summary.services.len() as i64),
        ];
        for (id, field) in fields {
            ints(id, self.summaries.iter().map(|summary| field(summary)).collect());
        }
        let services = || self.summaries.iter().flat_map(|summary| &summary.services);
        let mut codes: BTreeMap<EntityId, i64> =
            services().map(|service| (service.service, 0)).collect();
        codes.values_mut().zip(0..).for_each(|(code, number)| *code = number);
        let code = |service: &ServiceRows| codes.get(&service.service).copied().unwrap_or(0);
        ints(SERVICE, services().map(code).collect());
        ints(
            SERVICE_SEGMENTS,
            services().map(|service| i64::from(service.rows.end - service.rows.start)).collect(),
        );
        ints(SERVICE_ERRORS, services().map(|service| service.errors.into()).collect());
        ints(SERVICE_LONGEST, services().map(|service| service.longest).collect());
        let ids: Vec<_> = codes.keys().map(|id| id.0.to_le_bytes()).collect();
        group.blobs(SERVICE_ID, &ids);
        put_page_list(&self.pages, (PAGE_FIRST, PAGE_BYTES), group);
        put_page_list(&self.tag_pages, (TAG_PAGE_FIRST, TAG_PAGE_BYTES), group);
        let dictionaries = |field: fn(&DictionaryPlace) -> u64| {
            self.dictionaries.iter().map(|one| field(one).cast_signed()).collect::<Vec<_>>()
        };
        group.ints(DICTIONARY_BYTES, &dictionaries(|one| len(&one.bytes)), Access::All);
        group.ints(DICTIONARY_CHECKSUM, &dictionaries(|one| one.checksum), Access::All);
        let of: Vec<_> = self.blocks.iter().map(|block| block.dictionary.into()).collect();
        group.ints(BLOCK_DICTIONARY, &of, Access::All);
        group.ints(TAG_BITS, &[self.tag_kind.bits.into()], Access::All);
        group.finish(DIRECTORY, out);
    }

    /// Reads a directory; what it says of begins at a place and ends before the directory.
    pub(super) fn read(bytes: &Bytes, inside: Range<u64>) -> Result<Self> {
        let group = Group::open("directory of a part", DIRECTORY, bytes, MOST_ROWS, MOST_BYTES)?;
        let count = group.rows(BLOCK_BYTES).unwrap_or(0);
        let summaries: Vec<_> = summaries(&group, count)?.into_iter().map(Arc::new).collect();
        let block_bytes = numbers(&group, BLOCK_BYTES, count)?;
        let heads = numbers(&group, BLOCK_HEAD, count)?;
        let checksums = group.ints_of(BLOCK_CHECKSUM, count)?;
        let mut next = inside.start;
        let mut take = |bytes: u64| {
            let start = next;
            next = start.checked_add(bytes).filter(|end| *end <= inside.end)?;
            Some(start..next)
        };
        let outside = || wrong("a part that is longer than the file");
        let known = group.rows(DICTIONARY_BYTES).unwrap_or(0);
        let dictionaries = numbers(&group, BLOCK_DICTIONARY, count)?.into_iter().map(|number| {
            let number = u32::try_from(number).ok().filter(|number| (*number as usize) < known);
            number.ok_or_else(|| wrong("a block with a dictionary that is not there"))
        });
        let mut blocks = Vec::with_capacity(count);
        for (((bytes, head), checksum), dictionary) in
            block_bytes.into_iter().zip(heads).zip(checksums.iter()).zip(dictionaries)
        {
            let bytes = take(bytes).filter(|range| head <= len(range)).ok_or_else(outside)?;
            let (checksum, dictionary) = (checksum.cast_unsigned(), dictionary?);
            blocks.push(BlockPlace { bytes, head, checksum, dictionary });
        }
        let lens = numbers(&group, DICTIONARY_BYTES, known)?.into_iter();
        let checksums = group.ints_of(DICTIONARY_CHECKSUM, known)?;
        let dictionaries = lens.zip(checksums.iter()).map(|(bytes, checksum)| {
            let bytes = take(bytes).ok_or_else(outside)?;
            Ok(DictionaryPlace { bytes, checksum: checksum.cast_unsigned() })
        });
        let dictionaries = dictionaries.collect::<Result<_>>()?;
        let lengths = numbers(&group, LENGTHS, 3)?;
        let mut lengths = lengths.into_iter().map(|bytes| take(bytes).ok_or_else(outside));
        let mut range = || lengths.next().unwrap_or_else(|| Err(outside()));
        let (index, filter, tags) = (range()?, range()?, range()?);
        if tags.end != inside.end {
            return Err(wrong("bytes that nothing is said of"));
        }
        let pages = page_list((PAGE_FIRST, PAGE_BYTES), &group)?;
        let tag_pages = page_list((TAG_PAGE_FIRST, TAG_PAGE_BYTES), &group)?;
        let tag_kind = match group.rows(TAG_BITS) {
            None => tags::UNTOLD,
            Some(_) => tags::told(numbers(&group, TAG_BITS, 1)?.first().copied().unwrap_or(0))?,
        };
        Ok(Self {
            blocks,
            summaries,
            dictionaries,
            pages,
            index,
            filter,
            tag_pages,
            tags,
            tag_kind,
        })
    }
}

/// Writes the pages of an index.
fn put_page_list(pages: &[Page], (firsts, lens): (u32, u32), group: &mut GroupWriter) {
    let column = |field: fn(&Page) -> u64| {
        pages.iter().map(|page| field(page).cast_signed()).collect::<Vec<_>>()
    };
    group.ints(firsts, &column(|page| page.first), Access::All);
    group.ints(lens, &column(|page| page.len), Access::All);
}

fn page_list((firsts, lens): (u32, u32), group: &Group) -> Result<Vec<Page>> {
    let rows = group.rows(firsts).unwrap_or(0);
    let pages = numbers(group, firsts, rows)?.into_iter().zip(numbers(group, lens, rows)?);
    Ok(pages.map(|(first, len)| Page { first, len }).collect())
}

fn numbers(group: &Group, id: u32, rows: usize) -> Result<Vec<u64>> {
    let ints = group.ints_of(id, rows)?;
    let numbers =
        ints.iter().map(|number| u64::try_from(number).map_err(|_| wrong("a number below zero")));
    numbers.collect()
}

fn summaries(group: &Group, count: usize) -> Result<Vec<Summary>> {
    let small = |id: u32, rows: usize| {
        let numbers = numbers(group, id, rows)?.into_iter();
        let numbers = numbers
            .map(|number| u32::try_from(number).map_err(|_| wrong("a number that is too large")));
        numbers.collect::<Result<Vec<_>>>()
    };
    let spans = numbers(group, BLOCK_SPANS, count)?;
    let segments = small(BLOCK_SEGMENTS, count)?;
    let times = |id| group.ints_of(id, count);
    let (earliest, latest, longest) =
        (times(BLOCK_EARLIEST)?, times(BLOCK_LATEST)?, times(BLOCK_LONGEST)?);
    let rows = group.rows(SERVICE).unwrap_or(0);
    let (codes, services) = (small(SERVICE, rows)?, small(SERVICE_SEGMENTS, rows)?);
    let (errors, longest_of) =
        (small(SERVICE_ERRORS, rows)?, group.ints_of(SERVICE_LONGEST, rows)?);
    let ids = group.blobs::<16>(SERVICE_ID)?.unwrap_or_default();
    let mut all = codes.into_iter().zip(services).zip(errors).zip(longest_of.iter());
    let mut summaries = Vec::with_capacity(count);
    for (row, (spans, segments)) in spans.into_iter().zip(segments).enumerate() {
        let time = |ints: &skytrail_columns::ints::Ints<'_>| ints.get(row).unwrap_or(0);
        summaries.push(Summary {
            spans,
            segments,
            earliest: time(&earliest),
            latest: time(&latest),
            longest: time(&longest),
            services: Vec::new(),
        });
    }
    let counts = small(BLOCK_SERVICES, count)?;
    for (summary, count) in summaries.iter_mut().zip(counts) {
        let mut next = 0_u32;
        for (((code, segments), errors), longest) in all.by_ref().take(count as usize) {
            let id = ids.get(code as usize).ok_or_else(|| wrong("a service that is not there"))?;
            let end = next.checked_add(segments).filter(|end| *end <= summary.segments);
            let end = end.ok_or_else(|| wrong("services of more segments than the block has"))?;
            let service = EntityId(u128::from_le_bytes(*id));
            summary.services.push(ServiceRows {
                service,
                rows: next..end,
                errors: errors.min(segments),
                longest,
            });
            next = end;
        }
        if next != summary.segments {
            return Err(wrong("services of fewer segments than the block has"));
        }
    }
    Ok(summaries)
}
