//! Part files: blocks, dictionaries, index of traces, filter of traces, index of tags, directory.

mod copy;
mod directory;
mod held;
mod open;
mod write;

use skytrail_columns::file::FileKind;
use skytrail_columns::frame::Seed;
use skytrail_columns::hashes::HashKind;

pub use copy::copy_parts;
pub use open::Part;
pub use write::{PartInfo, write_part};

/// The kind of file.
const KIND: FileKind =
    FileKind { what: "part of spans", magic: *b"SKYTRSPN", oldest: 1, version: 2 };
/// Pages of the index of traces.
const TRACES: HashKind = HashKind { frame: *b"TRAC", bits: 40 };
const FILTER: Seed = Seed::new(*b"FILT", 0);

/// What the filter knows a trace by: no more of its hash than the index has, so that one is made of the other.
const fn filter_key(kept: u64) -> u64 {
    kept << (u64::BITS - TRACES.bits)
}

const DIRECTORY: Seed = Seed::new(*b"DIRE", 0);
