//! Writes indexes.

use super::{Entry, HASHES, HashKind, NUMBERS, PAGE, Page};
use crate::frame::Seed;
use crate::group::{Access, GroupWriter};

/// Writes the pages of an index, numbered from 0, one behind the other.
#[derive(Debug)]
pub struct PageWriter<'a> {
    kind: HashKind,
    writer: &'a mut GroupWriter,
    hashes: Vec<i64>,
    numbers: Vec<i64>,
    pages: Vec<Page>,
}

impl<'a> PageWriter<'a> {
    /// Begins an index. The writer MUST be empty.
    pub fn new(kind: HashKind, writer: &'a mut GroupWriter) -> Self {
        let (hashes, numbers) = (Vec::with_capacity(PAGE), Vec::with_capacity(PAGE));
        Self { kind, writer, hashes, numbers, pages: Vec::new() }
    }

    /// Adds an entry, which MUST be above the one before.
    pub fn push(&mut self, entry: Entry, out: &mut Vec<u8>) {
        self.hashes.push(entry.hash.cast_signed());
        self.numbers.push(entry.number.into());
        if self.hashes.len() >= PAGE {
            self.flush(out);
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        let first = self.hashes.first().map_or(0, |hash| hash.cast_unsigned());
        self.writer.ints(HASHES, &self.hashes, Access::Scan);
        self.writer.ints(NUMBERS, &self.numbers, Access::Packed);
        self.writer.finish(Seed::new(self.kind.frame, self.pages.len() as u32), out);
        self.pages.push(Page { first, len: (out.len() - start) as u64 });
        self.hashes.clear();
        self.numbers.clear();
    }

    /// Ends the index.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Vec<Page> {
        if !self.hashes.is_empty() {
            self.flush(out);
        }
        self.pages
    }
}

/// Appends the pages of hashes with numbers, in any order.
pub fn put_pages(
    kind: HashKind,
    entries: impl IntoIterator<Item = (u64, u32)>,
    writer: &mut GroupWriter,
    out: &mut Vec<u8>,
) -> Vec<Page> {
    let entries = entries.into_iter().map(|(hash, number)| Entry { hash: kind.kept(hash), number });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable();
    entries.dedup();
    let mut pages = PageWriter::new(kind, writer);
    entries.into_iter().for_each(|entry| pages.push(entry, out));
    pages.finish(out)
}
