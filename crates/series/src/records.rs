//! Parts of records: slow statements and commands.
//!
//! A part holds records ordered by list and time. Each frame has the least and the greatest
//! latency in the directory, so that the slowest of a day are found in few of them. [`write`]
//! makes a part of the records of a flush, [`merge`] one of several parts, and [`Part`] reads
//! them.

mod best;
mod build;
mod frame;
mod merge;
mod part;
#[cfg(test)]
mod tests;
mod write;

use skytrail_columns::file::FileKind;

pub use merge::merge;
pub use part::Part;
pub use write::write;

/// Files of records.
const KIND: FileKind =
    FileKind { what: "part of records", magic: *b"SKYTRREC", oldest: 1, version: 1 };
