//! Messages that come again: an agent that was told otherwise, or nothing at
//! all, sends what is stored already.
//!
//! A message is known by the hash of its bytes. Equal messages go to the same
//! shard, so each shard has a window of its own, bounded in bytes and in log
//! time. A message is in it from the moment it is in the open batch; it counts
//! as known only once its batch is stored. Until then one that comes again waits
//! for the outcome of the first, and after a failure it is taken as its own.
//!
//! What came again is not in the log, so replay decides nothing anew: what it
//! reads enters the window. Checkpoints keep the window.

mod save;
mod window;

#[cfg(test)]
mod tests;

pub use save::{Duplicates, SavedDuplicates};
pub(crate) use save::{keep, restore};
pub(crate) use window::{Known, Window};
use xxhash_rust::xxh3::xxh3_128;

use crate::frame::Kind;

/// Makes equal bytes of another kind another message.
const REPORTS: u128 = 0x6a09_e667_f3bc_c908_b2fb_1366_ea95_7d3e;

/// The same for these.
const RESOURCE_SPANS: u128 = 0xbb67_ae85_84ca_a73b_3c6e_f372_fe94_f82b;

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DuplicateLimits {
    /// Bytes of all shards together; 0 remembers nothing.
    pub bytes: usize,
    /// Nanoseconds of log time.
    pub window: i64,
}

impl DuplicateLimits {
    /// The limits of one of so many shards.
    pub(crate) fn share_of(self, shards: usize) -> Self {
        Self { bytes: self.bytes / shards.max(1), ..self }
    }
}

/// What tells a message apart from others; none for those that change nothing
/// when they come twice. Never zero.
pub(crate) fn identity(kind: Kind, bytes: &[u8]) -> Option<u128> {
    let hash = match kind {
        Kind::Segment => xxh3_128(bytes),
        Kind::Jvm => xxh3_128(bytes) ^ REPORTS,
        Kind::ResourceSpans => xxh3_128(bytes) ^ RESOURCE_SPANS,
        Kind::Made | Kind::Limits | Kind::Properties | Kind::KeepAlive => return None,
    };
    Some(hash.max(1))
}
