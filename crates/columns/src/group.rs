//! Several columns in one frame.
//!
//! The plain part of the frame is a directory, then what columns keep plain, in the order of the directory; the stream
//! is what they keep there, in the same order. The directory is the number of columns, then for each, ids ascending:
//!
//! | bytes | what |
//! |---|---|
//! | varint | id, less the id of the column before (of the first: the id) |
//! | 1 | mode: 0 to 4 numbers ([`crate::ints`]), 5 texts, 6 blobs; bit 5: as many rows as the column before |
//! | varint | rows, unless bit 5 is set |
//! | | numbers: see there |
//! | | texts: the mode and the fields of their lengths, then a varint: bytes of all texts together, in the stream |
//! | | blobs: varint: bytes of each, all in the plain part |

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::Group;
pub use write::{Access, GroupWriter};

const TEXTS: u8 = 5;
const BLOBS: u8 = 6;
/// Bit of a mode: as many rows as the column before.
const SAME_ROWS: u8 = 1 << 5;
