//! Parts of metric rows.
//!
//! A part holds rows of one size of buckets, ordered by table, bucket and entity. [`write`] makes
//! one of the rows of a flush, [`merge`] one of several parts, also of minutes one of hours and of
//! hours one of days. [`Part`] reads them.

mod accumulate;
mod build;
mod frame;
mod merge;
mod part;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

use skytrail_columns::file::FileKind;

pub use merge::{Target, merge};
pub use part::Part;
pub use read::Selection;
pub use write::write;

/// Files of metric rows.
const KIND: FileKind =
    FileKind { what: "part of metric rows", magic: *b"SKYTRMET", oldest: 1, version: 1 };
