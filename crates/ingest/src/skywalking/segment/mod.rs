//! `SegmentObject` messages, decoded straight into an open batch.
//!
//! The reader takes and refuses what prost takes and refuses, with one
//! exception: text that is not UTF-8 does not cost the segment, it is stored
//! with U+FFFD in place of what cannot be read, and counted.

mod bytes;
mod decode;
mod limits;
mod names;
mod outcome;
mod pairs;
mod reference;
mod span;
#[cfg(test)]
pub(crate) mod tests;

pub use decode::Decoder;
pub use limits::{LIMITS_BYTES, Limits};
pub use outcome::{Decoded, Notes, Refusal};
