//! From hashes of keys to small numbers, such as those of the blocks that hold them.
//!
//! Of a hash the upper bits count, as many as its kind of index says: other keys with the same ones are taken for it, so
//! whoever asks has to look. Entries ascend by hash, then number, and are cut into pages of 1,024: groups with the
//! columns 0, hashes, and 1, numbers. Pages stand one behind the other; that and their lengths is told elsewhere.

mod merge;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use merge::{Source, put_merged};
pub use read::HashIndex;
pub use write::{PageWriter, put_pages};

const PAGE: usize = 1_024;
const HASHES: u32 = 0;
const NUMBERS: u32 = 1;
/// Bytes of a page, at most: nothing in it is longer than 64 bits.
const MOST_BYTES: u64 = 32 << 10;

/// A kind of index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HashKind {
    /// Kind of the frames that its pages are.
    pub frame: [u8; 4],
    /// Upper bits of a hash that count, from 1 to 63. A key is taken for another one in one of two to the power of them.
    pub bits: u32,
}

impl HashKind {
    /// What counts of a hash.
    pub fn kept(&self, hash: u64) -> u64 {
        hash >> (u64::BITS - self.bits.clamp(1, 63))
    }
}

/// A page: its least hash and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// What counts of its least hash.
    pub first: u64,
    /// Bytes.
    pub len: u64,
}

/// A number that stands with a hash, ordered by the hash first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What counts of the hash.
    pub hash: u64,
    /// The number.
    pub number: u32,
}
