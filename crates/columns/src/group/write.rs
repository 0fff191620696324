//! Writes a group.

use std::collections::HashMap;

use super::{BLOBS, SAME_ROWS, TEXTS};
use crate::compress::Compressor;
use crate::frame::{Seed, put};
use crate::ints::{Choice, encode, planes_of};
use crate::texts::TextBuf;
use crate::write::put_varint;

/// So many groups are written before it is tried again whether zstd helps a column.
const GROUPS_PER_TRIAL: u32 = 16;

/// How a column of numbers is going to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Single rows, without what else is in the group.
    Random,
    /// The same; there are about as many distinct numbers as rows.
    Packed,
    /// All rows, without what is compressed.
    Scan,
    /// All rows, when everything is read.
    All,
}

/// What was found out about a column of numbers.
#[derive(Debug, Clone, Copy)]
struct Taste {
    zstd: bool,
    groups: u32,
}

/// Writes groups, one after the other. Columns are added with ascending ids.
#[derive(Debug)]
pub struct GroupWriter {
    compressor: Compressor,
    tastes: HashMap<u32, Taste>,
    directory: Vec<u8>,
    plain: Vec<u8>,
    stream: Vec<u8>,
    columns: u64,
    last_id: u32,
    last_rows: Option<usize>,
    most_rows: usize,
}

impl GroupWriter {
    /// Compresses with a level of zstd.
    pub fn new(level: i32) -> Self {
        Self {
            compressor: Compressor::new(level),
            tastes: HashMap::new(),
            directory: Vec::new(),
            plain: Vec::new(),
            stream: Vec::new(),
            columns: 0,
            last_id: 0,
            last_rows: None,
            most_rows: 0,
        }
    }

    fn begin(&mut self, id: u32, rows: usize) -> u8 {
        debug_assert!(
            self.columns == 0 || id > self.last_id,
            "column {id} behind {}",
            self.last_id
        );
        put_varint(u64::from(id.saturating_sub(self.last_id)), &mut self.directory);
        self.columns += 1;
        self.last_id = id;
        self.most_rows = self.most_rows.max(rows);
        if self.last_rows.replace(rows) == Some(rows) { SAME_ROWS } else { 0 }
    }

    /// Adds numbers.
    pub fn ints(&mut self, id: u32, numbers: &[i64], access: Access) {
        let choice = match access {
            Access::Random => Choice::Random,
            Access::Packed => Choice::Packed,
            Access::Scan => Choice::Smallest,
            Access::All if self.likes_zstd(id, numbers) => Choice::Planes,
            Access::All => Choice::Smallest,
        };
        let same_rows = self.begin(id, numbers.len());
        self.numbers(numbers, choice, same_rows);
    }

    /// The mode comes before the rows, and the fields behind them.
    fn numbers(&mut self, numbers: &[i64], choice: Choice, same_rows: u8) {
        let mut fields = Vec::with_capacity(24);
        encode(numbers, choice, same_rows, &mut fields, &mut self.plain, &mut self.stream);
        let (mode, fields) = fields.split_at_checked(1).unwrap_or_default();
        self.directory.extend_from_slice(mode);
        if same_rows == 0 {
            put_varint(numbers.len() as u64, &mut self.directory);
        }
        self.directory.extend_from_slice(fields);
    }

    fn likes_zstd(&mut self, id: u32, numbers: &[i64]) -> bool {
        if let Some(taste) = self.tastes.get_mut(&id)
            && taste.groups < GROUPS_PER_TRIAL
        {
            taste.groups += 1;
            return taste.zstd;
        }
        let Some((planes, packed)) = planes_of(numbers) else { return false };
        let zstd = packed > 16 && self.compressor.size_of(&planes) * 20 < packed * 19;
        self.tastes.insert(id, Taste { zstd, groups: 0 });
        zstd
    }

    /// Adds texts.
    pub fn texts<'a>(&mut self, id: u32, texts: impl IntoIterator<Item = &'a [u8]>) {
        let start = self.stream.len();
        let mut lengths = Vec::new();
        for text in texts {
            lengths.push(text.len() as i64);
            self.stream.extend_from_slice(text);
        }
        let bytes = self.stream.len() - start;
        let same_rows = self.begin(id, lengths.len());
        self.directory.push(TEXTS | same_rows);
        if same_rows == 0 {
            put_varint(lengths.len() as u64, &mut self.directory);
        }
        self.numbers(&lengths, Choice::Smallest, SAME_ROWS);
        put_varint(bytes as u64, &mut self.directory);
    }

    /// Adds texts of a buffer.
    pub fn text_buf(&mut self, id: u32, texts: &TextBuf) {
        self.texts(id, texts.iter());
    }

    /// Adds blobs of `N` bytes each, which are not compressed.
    pub fn blobs<const N: usize>(&mut self, id: u32, blobs: &[[u8; N]]) {
        let same_rows = self.begin(id, blobs.len());
        self.directory.push(BLOBS | same_rows);
        if same_rows == 0 {
            put_varint(blobs.len() as u64, &mut self.directory);
        }
        put_varint(N as u64, &mut self.directory);
        blobs.iter().for_each(|blob| self.plain.extend_from_slice(blob));
    }

    /// Bytes before compression that the group has so far.
    pub fn len(&self) -> usize {
        self.directory.len() + self.plain.len() + self.stream.len()
    }

    /// Rows of the longest column that the group has so far.
    pub fn most_rows(&self) -> usize {
        self.most_rows
    }

    /// Whether no column was added yet.
    pub fn is_empty(&self) -> bool {
        self.columns == 0
    }

    /// Bytes of memory, without what the compressor takes.
    pub fn memory(&self) -> usize {
        let buffers = self.directory.capacity() + self.plain.capacity() + self.stream.capacity();
        buffers + self.tastes.capacity() * size_of::<(u32, Taste)>()
    }

    /// Forgets what it found out about columns from an id on: what comes next under these ids is
    /// something else.
    pub fn forget_from(&mut self, id: u32) {
        self.tastes.retain(|of, _| *of < id);
    }

    /// Appends the frame of the columns that were added, and begins anew. Gives its checksum.
    pub fn finish(&mut self, seed: Seed, out: &mut Vec<u8>) -> u64 {
        let mut plain = Vec::with_capacity(self.len() - self.stream.len() + 10);
        put_varint(self.columns, &mut plain);
        plain.append(&mut self.directory);
        plain.append(&mut self.plain);
        let checksum = put(seed, &plain, &self.stream, &mut self.compressor, out);
        self.stream.clear();
        (self.columns, self.last_id, self.last_rows, self.most_rows) = (0, 0, None, 0);
        checksum
    }
}
