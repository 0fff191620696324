//! Where values of tags are: an index of a block, and of a part.
//!
//! A tag is found by a hash of its key and its value, as text. An entry leads to a run of frames of a block, or, where
//! the value is in several of them, to the whole block.

mod granules;
mod hash;
mod places;
mod write;

use skytrail_columns::hashes::HashKind;

pub use granules::Granules;
pub(crate) use hash::{KeyHash, shown_bytes, text_half};
pub(crate) use places::TagIndex;
pub use places::TagPlaces;
pub(crate) use write::{BlockTags, TagWriter, put_tags};

/// Pages of the index. Of ten million spans with one value each that no other one has, half a run of frames is looked
/// at in vain.
pub(crate) const TAGS: HashKind = HashKind { frame: *b"TAGS", bits: 24 };
