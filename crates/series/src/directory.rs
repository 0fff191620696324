//! The directory of a part: where each frame of rows is, ordered by group (a table, a scope, a
//! list), bucket and first row. Entries of one width stand in pages, which are found by their
//! first keys, so that no directory is held in memory whole.

use bytes::Bytes;
use skytrail_columns::read::Reader;
use skytrail_columns::write::{put_signed, put_varint};
use skytrail_columns::{Error, Result};

use crate::container::{PartReader, PartWriter, Place};

const PAGE: [u8; 4] = *b"DIRP";
/// Entries of a full page.
const PAGE_ENTRIES: usize = 128;
/// Bytes of an entry, its extra numbers aside.
const ENTRY: usize = 36;

/// What frames are ordered by.
pub(crate) type Key = (u16, i64, u32);

/// A frame of rows. `X` is how many numbers a family keeps of each besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<const X: usize> {
    pub(crate) group: u16,
    pub(crate) rows: u16,
    /// Codes of the first and the last row.
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) bucket: i64,
    pub(crate) head: Place,
    pub(crate) extra: [i64; X],
}

impl<const X: usize> Entry<X> {
    const BYTES: usize = ENTRY + 8 * X;

    pub(crate) fn key(&self) -> Key {
        (self.group, self.bucket, self.first)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.group.to_le_bytes());
        out.extend_from_slice(&self.rows.to_le_bytes());
        for number in [self.first, self.last, self.head.len, self.head.number] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.bucket.to_le_bytes());
        out.extend_from_slice(&self.head.at.to_le_bytes());
        self.extra.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self> {
        let group = u16::from_le_bytes(from.array()?);
        let rows = u16::from_le_bytes(from.array()?);
        let (first, last, len, number) = (from.u32()?, from.u32()?, from.u32()?, from.u32()?);
        let bucket = i64::from_le_bytes(from.array()?);
        let head = Place { at: from.u64()?, len, number };
        let mut extra = [0; X];
        for number in &mut extra {
            *number = i64::from_le_bytes(from.array()?);
        }
        Ok(Self { group, rows, first, last, bucket, head, extra })
    }
}

#[derive(Debug, Clone, Copy)]
struct PageRef {
    first: Key,
    place: Place,
    entries: u32,
}

/// Takes the entries of a part in their order, and writes a page whenever one is full.
#[derive(Debug)]
pub(crate) struct DirectoryWriter<const X: usize> {
    page: Vec<u8>,
    first: Option<Key>,
    entries: u32,
    pages: Vec<PageRef>,
}

impl<const X: usize> DirectoryWriter<X> {
    pub(crate) fn new() -> Self {
        Self { page: Vec::new(), first: None, entries: 0, pages: Vec::new() }
    }

    /// Takes an entry, whose key MUST not be below the one before.
    pub(crate) fn push(&mut self, part: &mut PartWriter<'_>, entry: &Entry<X>) -> Result<()> {
        self.first.get_or_insert(entry.key());
        self.entries += 1;
        entry.write(&mut self.page);
        if self.entries as usize == PAGE_ENTRIES { self.flush(part) } else { Ok(()) }
    }

    fn flush(&mut self, part: &mut PartWriter<'_>) -> Result<()> {
        if let Some(first) = self.first.take() {
            let place = part.put(PAGE, &self.page, &[])?;
            self.pages.push(PageRef { first, place, entries: self.entries });
        }
        self.page.clear();
        self.entries = 0;
        Ok(())
    }

    /// Writes what is left, and what the root holds of the directory.
    pub(crate) fn finish(mut self, part: &mut PartWriter<'_>, root: &mut Vec<u8>) -> Result<()> {
        self.flush(part)?;
        put_varint(self.pages.len() as u64, root);
        for page in &self.pages {
            put_varint(u64::from(page.first.0), root);
            put_signed(page.first.1, root);
            put_varint(u64::from(page.first.2), root);
            put_varint(u64::from(page.entries), root);
            page.place.write(root);
        }
        Ok(())
    }
}

/// The directory of a part, as its root knows it.
#[derive(Debug)]
pub(crate) struct Directory<const X: usize> {
    pages: Vec<PageRef>,
}

impl<const X: usize> Directory<X> {
    /// Reads what the root holds.
    pub(crate) fn read(root: &mut Reader<'_>) -> Result<Self> {
        let count = root.count(root.rest().len() as u64)?;
        let mut pages: Vec<PageRef> = Vec::new();
        for _ in 0..count {
            let group = root.count(u64::from(u16::MAX))? as u16;
            let bucket = root.signed()?;
            let first = (group, bucket, root.count(u64::from(u32::MAX))? as u32);
            let entries = root.count(PAGE_ENTRIES as u64)? as u32;
            if entries == 0 || pages.last().is_some_and(|before| before.first > first) {
                return Err(root.wrong("pages of the directory out of order"));
            }
            pages.push(PageRef { first, place: Place::read(root)?, entries });
        }
        Ok(Self { pages })
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.pages.capacity() * size_of::<PageRef>()
    }

    /// The entries of a group whose buckets are in `from..=to`, in their order.
    pub(crate) fn walk<'a>(
        &'a self,
        part: &'a PartReader,
        group: u16,
        from: i64,
        to: i64,
    ) -> Walk<'a, X> {
        // Frames of one key may go on over several pages.
        let start = self.pages.partition_point(|page| page.first < (group, from, 0));
        let next = start.saturating_sub(1);
        let page = Bytes::new();
        Walk { directory: self, part, group, from, to, next, page, read: 0, left: 0 }
    }

    /// Bytes of the pages, each of which is read and checked.
    pub(crate) fn check(&self, part: &PartReader) -> Result<u64> {
        let mut bytes = 0;
        for page in &self.pages {
            part.open_frame(PAGE, page.place)?;
            bytes += u64::from(page.place.len);
        }
        Ok(bytes)
    }
}

/// Goes through entries.
#[derive(Debug)]
pub(crate) struct Walk<'a, const X: usize> {
    directory: &'a Directory<X>,
    part: &'a PartReader,
    group: u16,
    from: i64,
    to: i64,
    /// The page to read when the one at hand is through.
    next: usize,
    page: Bytes,
    read: usize,
    left: u32,
}

impl<const X: usize> Walk<'_, X> {
    /// The next page, if it may hold an entry that is wanted.
    fn turn(&mut self) -> Result<bool> {
        let Some(page) = self.directory.pages.get(self.next) else { return Ok(false) };
        if page.first > (self.group, self.to, u32::MAX) {
            return Ok(false);
        }
        let frame = self.part.open_frame(PAGE, page.place)?;
        if frame.plain.len() != page.entries as usize * Entry::<X>::BYTES {
            return Err(Error::corrupt("page of a directory: not as many entries as it says"));
        }
        self.next += 1;
        (self.page, self.read, self.left) = (frame.plain, 0, page.entries);
        self.skip();
        Ok(true)
    }

    /// Passes the entries of a page that come before those wanted.
    fn skip(&mut self) {
        let key_at = |entry: usize| {
            let at = entry * Entry::<X>::BYTES;
            let bytes = self.page.get(at..)?;
            let group = u16::from_le_bytes(*bytes.first_chunk()?);
            Some((group, i64::from_le_bytes(*bytes.get(20..)?.first_chunk()?)))
        };
        let (mut low, mut high) = (0, self.left as usize);
        while low < high {
            let middle = low + (high - low) / 2;
            match key_at(middle).is_some_and(|key| key < (self.group, self.from)) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        self.read = low * Entry::<X>::BYTES;
        self.left -= low as u32;
    }

    /// The next entry.
    pub(crate) fn next(&mut self) -> Result<Option<Entry<X>>> {
        while self.left == 0 {
            if !self.turn()? {
                return Ok(None);
            }
        }
        let rest = self.page.get(self.read..).unwrap_or_default();
        let entry = Entry::read(&mut Reader::new("entry of a directory", rest))?;
        if (entry.group, entry.bucket) > (self.group, self.to) {
            return Ok(None);
        }
        self.read += Entry::<X>::BYTES;
        self.left -= 1;
        let is_due = (entry.group, entry.bucket) >= (self.group, self.from);
        if !is_due || entry.first > entry.last || entry.rows == 0 {
            return Err(Error::corrupt("entry of a directory: out of order"));
        }
        Ok(Some(entry))
    }
}
