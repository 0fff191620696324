//! Where values of tags are: an index of a block, and of a part.
//!
//! A tag is found by a hash of its key and its value, as text. An entry leads to a run of frames of a block, or, where
//! the value is in several of them, to the whole block.

mod granules;
mod hash;
mod places;
mod write;

use skytrail_columns::hashes::HashKind;
use skytrail_columns::{Error, Result};

pub use granules::Granules;
pub(crate) use hash::{KeyHash, shown_bytes, text_half};
pub(crate) use places::TagIndex;
pub use places::TagPlaces;
pub(crate) use write::{BlockTags, TagWriter, put_tags};

/// Bits of a hash that an index has. Of sixteen million spans with one value each that no other one has, a run of frames
/// is looked at in vain for one value of sixteen that are nowhere.
const BITS: u32 = 28;

/// Pages of an index that is made of tags.
pub(crate) const TAGS: HashKind = tags_of(BITS);

const fn tags_of(bits: u32) -> HashKind {
    HashKind { frame: *b"TAGS", bits }
}

/// Pages of an index of a part that does not say how many bits it has.
pub(crate) const UNTOLD: HashKind = tags_of(24);

/// Pages of an index of so many bits, as a part says.
///
/// # Errors
/// They cannot be merged with numbers of 32 bits.
pub(crate) fn told(bits: u64) -> Result<HashKind> {
    let bits = u32::try_from(bits).ok().filter(|bits| (1..=u32::BITS).contains(bits));
    bits.map(tags_of).ok_or_else(|| Error::corrupt("index of tags: hashes of bits that cannot be"))
}
