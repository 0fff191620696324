//! Parts of relations.
//!
//! A part holds edges with the minutes of an hour that they were seen in, ordered by scope, hour
//! and edge. The edges stand in a dictionary, sorted; frames of rows are cut where its pages are,
//! so that a page of edges is all that a frame needs. [`write`] makes a part of what a flush
//! has, [`merge`] one of several parts, and [`Part`] reads them.

mod build;
mod edges;
mod frame;
mod merge;
mod part;
mod read;
#[cfg(test)]
mod tests;
mod write;

use skytrail_columns::file::FileKind;

pub use merge::merge;
pub use part::Part;
pub use write::{Seen, write};

/// Files of relations.
const KIND: FileKind =
    FileKind { what: "part of relations", magic: *b"SKYTRREL", oldest: 1, version: 1 };
