//! Reads indexes.

use std::ops::Range;

use super::{Entry, HASHES, HashKind, MOST_BYTES, NUMBERS, PAGE, Page};
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

    /// All entries, ascending, read page by page; behind an error nothing comes.
    pub fn entries<'a>(&'a self, fetch: &'a dyn Fetch) -> Entries<'a> {
        Entries { index: self, fetch, next: 0, page: Vec::new().into_iter() }
    }
}

/// All entries of an index.
pub struct Entries<'a> {
    index: &'a HashIndex,
    fetch: &'a dyn Fetch,
    next: usize,
    page: std::vec::IntoIter<Entry>,
}

impl std::fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries").field("page", &self.next).finish_non_exhaustive()
    }
}

impl Entries<'_> {
    fn load(&mut self) -> Result<bool> {
        let Some(page) = self.index.page(self.next, self.fetch)? else { return Ok(false) };
        self.next += 1;
        let rows = page.rows(HASHES).unwrap_or(0);
        let (hashes, numbers) = (page.ints_of(HASHES, rows)?, page.ints_of(NUMBERS, rows)?);
        let entry = |(hash, number): (i64, i64)| Entry {
            hash: hash.cast_unsigned(),
            number: number as u32,
        };
        let entries: Vec<_> = hashes.iter().zip(numbers.iter()).map(entry).collect();
        self.page = entries.into_iter();
        Ok(true)
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.page.next() {
                return Some(Ok(entry));
            }
            match self.load() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.next = usize::MAX;
                    return Some(Err(error));
                }
            }
        }
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
