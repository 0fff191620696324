//! From hashes of keys to small numbers, such as those of the blocks that hold them.
//!
//! Of a hash the upper 40 bits count, so one key in a trillion pairs is taken for another one: whoever asks has to look.
//! Entries ascend by hash, then number, and are cut into pages of 1,024: groups with the columns 0, hashes, and 1,
//! numbers. Pages stand one behind the other; that and their lengths is told elsewhere.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::fetch::Fetch;
use crate::frame::Seed;
use crate::group::{Access, Group, GroupWriter};

const PAGE: usize = 1_024;
const HASHES: u32 = 0;
const NUMBERS: u32 = 1;
/// Bits of a hash that do not count.
const DROPPED: u32 = 24;
/// Bytes of a page, at most: nothing in it is longer than 64 bits.
const MOST_BYTES: u64 = 32 << 10;

/// A page: its least hash, of which the upper 40 bits are kept, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Upper 40 bits of its least hash.
    pub first: u64,
    /// Bytes.
    pub len: u64,
}

/// Appends the pages of some entries, in any order. Pages are frames of `kind`, numbered from 0.
pub fn put_pages(
    kind: [u8; 4],
    entries: &mut Vec<(u64, u32)>,
    writer: &mut GroupWriter,
    out: &mut Vec<u8>,
) -> Vec<Page> {
    entries.iter_mut().for_each(|entry| entry.0 >>= DROPPED);
    entries.sort_unstable();
    entries.dedup();
    let mut pages = Vec::with_capacity(entries.len() / PAGE + 1);
    for (number, page) in entries.chunks(PAGE).enumerate() {
        let start = out.len();
        let hashes: Vec<_> = page.iter().map(|entry| entry.0.cast_signed()).collect();
        let numbers: Vec<_> = page.iter().map(|entry| i64::from(entry.1)).collect();
        writer.ints(HASHES, &hashes, Access::Random);
        writer.ints(NUMBERS, &numbers, Access::Random);
        writer.finish(Seed::new(kind, number as u32), out);
        let first = page.first().map_or(0, |entry| entry.0);
        pages.push(Page { first, len: (out.len() - start) as u64 });
    }
    pages
}

/// An index whose pages are fetched when they are needed.
#[derive(Debug, Clone, Default)]
pub struct HashIndex {
    kind: [u8; 4],
    firsts: Vec<u64>,
    /// Where each page begins, and the last one ends.
    places: Vec<u64>,
}

impl HashIndex {
    /// With the first page at a place.
    pub fn new(kind: [u8; 4], start: u64, pages: impl IntoIterator<Item = Page>) -> Result<Self> {
        let mut index = Self { kind, firsts: Vec::new(), places: vec![start] };
        let mut end = start;
        for page in pages {
            let wrong = index.firsts.last().is_some_and(|last| *last > page.first);
            end = end
                .checked_add(page.len)
                .filter(|_| !wrong && page.len <= MOST_BYTES)
                .ok_or_else(|| Error::corrupt("index of hashes: pages that cannot be"))?;
            index.firsts.push(page.first);
            index.places.push(end);
        }
        Ok(index)
    }

    /// Where its pages are.
    pub fn range(&self) -> Range<u64> {
        let start = self.places.first().copied().unwrap_or(0);
        start..self.places.last().copied().unwrap_or(start)
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        (self.firsts.capacity() + self.places.capacity()) * size_of::<u64>()
    }

    /// All numbers that stand with a hash, ascending.
    pub fn find(&self, hash: u64, fetch: &dyn Fetch) -> Result<Vec<u32>> {
        let hash = hash >> DROPPED;
        let mut found = Vec::new();
        // The page before the first one that begins with the hash may end with it.
        let first = self.firsts.partition_point(|first| *first < hash).saturating_sub(1);
        let behind = self.firsts.partition_point(|first| *first <= hash);
        for page in first..behind {
            let (Some(start), Some(end)) = (self.places.get(page), self.places.get(page + 1))
            else {
                break;
            };
            let bytes = fetch.fetch(*start..*end)?;
            let seed = Seed::new(self.kind, page as u32);
            find_in(&Group::open("page of hashes", seed, &bytes, PAGE, 0)?, hash, &mut found)?;
        }
        Ok(found)
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn hash(n: u32) -> u64 {
        xxh3_64(&n.to_le_bytes())
    }

    #[test]
    fn numbers_of_a_hash_are_found_across_pages() {
        let mut entries: Vec<_> = (0..5_000).map(|n| (hash(n), n % 60)).collect();
        entries.extend((0..3_000).map(|n| (hash(7), 100 + n)));
        entries.push((hash(8), 8));
        let mut out = vec![9; 5];
        let pages = put_pages(*b"HASH", &mut entries, &mut GroupWriter::new(1), &mut out);
        assert_eq!(pages.len(), 8_000_usize.div_ceil(PAGE));
        let index = HashIndex::new(*b"HASH", 5, pages).unwrap();
        assert_eq!(index.range(), 5..out.len() as u64);
        let file = Bytes::from(out);
        assert_eq!(index.find(hash(42), &file).unwrap(), [42]);
        assert_eq!(index.find(hash(8), &file).unwrap(), [8]);
        assert!(
            index.find(hash(7), &file).unwrap().into_iter().eq([7].into_iter().chain(100..3_100))
        );
        assert!((5_000..6_000).all(|n| index.find(hash(n), &file).unwrap().is_empty()));
        let other = HashIndex::new(*b"HASX", 5, [Page { first: 0, len: 900 }]).unwrap();
        assert!(other.find(hash(42), &file).is_err());
        assert!(HashIndex::new(*b"HASH", 5, [Page { first: 0, len: u64::MAX }]).is_err());
        assert!(HashIndex::default().find(1, &file).unwrap().is_empty());
    }
}
