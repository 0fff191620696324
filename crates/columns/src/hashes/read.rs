//! Reads indexes.

use std::ops::Range;

use super::{HASHES, HashKind, MOST_BYTES, NUMBERS, PAGE, Page};
use crate::error::{Error, Result};
use crate::fetch::Fetch;
use crate::frame::Seed;
use crate::group::Group;

/// An index whose pages are fetched when they are needed.
#[derive(Debug, Clone, Default)]
pub struct HashIndex {
    kind: HashKind,
    firsts: Vec<u64>,
    /// Where each page begins, and the last one ends.
    places: Vec<u64>,
}

impl HashIndex {
    /// With the first page at a place.
    pub fn new(kind: HashKind, start: u64, pages: impl IntoIterator<Item = Page>) -> Result<Self> {
        let mut index = Self { kind, firsts: Vec::new(), places: vec![start] };
        for page in pages {
            let end = index.range().end.checked_add(page.len);
            let ascends = index.firsts.last().is_none_or(|last| *last <= page.first);
            if end.is_none() || !ascends || page.len > MOST_BYTES {
                return Err(Error::corrupt("index of hashes: pages that cannot be"));
            }
            index.push(page);
        }
        index.firsts.shrink_to_fit();
        index.places.shrink_to_fit();
        Ok(index)
    }

    /// Of pages that were just written, the first of them at 0.
    pub fn written(kind: HashKind, pages: &[Page]) -> Self {
        let mut places = Vec::with_capacity(pages.len() + 1);
        places.push(0);
        let mut index = Self { kind, firsts: Vec::with_capacity(pages.len()), places };
        pages.iter().for_each(|page| index.push(*page));
        index
    }

    fn push(&mut self, page: Page) {
        let end = self.range().end.saturating_add(page.len);
        self.firsts.push(page.first);
        self.places.push(end);
    }

    /// Where its pages are.
    pub fn range(&self) -> Range<u64> {
        let start = self.places.first().copied().unwrap_or(0);
        start..self.places.last().copied().unwrap_or(start)
    }

    /// Its kind.
    pub fn kind(&self) -> HashKind {
        self.kind
    }

    /// Entries that its pages have room for: none of them is missing, and only the last page may have fewer.
    pub fn room(&self) -> usize {
        self.firsts.len() * PAGE
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        (self.firsts.capacity() + self.places.capacity()) * size_of::<u64>()
    }

    /// All numbers that stand with a hash, ascending.
    pub fn find(&self, hash: u64, fetch: &dyn Fetch) -> Result<Vec<u32>> {
        let hash = self.kind.kept(hash);
        let mut found = Vec::new();
        // The page before the first one that begins with the hash may end with it.
        let first = self.firsts.partition_point(|first| *first < hash).saturating_sub(1);
        let behind = self.firsts.partition_point(|first| *first <= hash);
        for number in first..behind {
            let Some(page) = self.page(number, fetch)? else { break };
            find_in(&page, hash, &mut found)?;
        }
        Ok(found)
    }

    fn page(&self, number: usize, fetch: &dyn Fetch) -> Result<Option<Group>> {
        let (Some(start), Some(end)) = (self.places.get(number), self.places.get(number + 1))
        else {
            return Ok(None);
        };
        let bytes = fetch.fetch(*start..*end)?;
        let seed = Seed::new(self.kind.frame, number as u32);
        Group::open("page of hashes", seed, &bytes, PAGE, 0).map(Some)
    }

    /// The columns of a page, in place of what is there; whether there is such a page.
    pub(super) fn read(
        &self,
        number: usize,
        fetch: &dyn Fetch,
        (hashes, numbers): (&mut Vec<i64>, &mut Vec<i64>),
    ) -> Result<bool> {
        let Some(page) = self.page(number, fetch)? else { return Ok(false) };
        let rows = page.rows(HASHES).unwrap_or(0);
        page.ints_of(HASHES, rows)?.decode(hashes);
        page.ints_of(NUMBERS, rows)?.decode(numbers);
        Ok(true)
    }
}

fn find_in(page: &Group, hash: u64, found: &mut Vec<u32>) -> Result<()> {
    let rows = page.rows(HASHES).unwrap_or(0);
    let hashes = page.ints_of(HASHES, rows)?;
    let numbers = page.ints_of(NUMBERS, rows)?;
    let at = |row: usize| hashes.get(row).map_or(u64::MAX, i64::cast_unsigned);
    let (mut low, mut high) = (0, rows);
    while low < high {
        let middle = low.midpoint(high);
        if at(middle) < hash { low = middle + 1 } else { high = middle }
    }
    let same = (low..rows).take_while(|row| at(*row) == hash);
    found.extend(same.filter_map(|row| numbers.get(row)).map(|number| number as u32));
    Ok(())
}
