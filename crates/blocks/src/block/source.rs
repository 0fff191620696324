//! Where the bytes of a block are.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use skytrail_columns::{Error, Fetch, Result};

/// The bytes of a block.
#[derive(Clone)]
pub(super) struct Source {
    fetch: Arc<dyn Fetch>,
    pub(super) place: Range<u64>,
}

impl Source {
    pub(super) fn new(fetch: Arc<dyn Fetch>, place: Range<u64>) -> Self {
        Self { fetch, place }
    }

    pub(super) fn len(&self) -> u64 {
        self.place.end.saturating_sub(self.place.start)
    }

    /// Some of them, counted from the first one of the block.
    pub(super) fn bytes(&self, range: Range<u64>) -> Result<Bytes> {
        let outside = || Error::corrupt("block: a frame that is not inside");
        let end = self.place.start.checked_add(range.end).filter(|end| *end <= self.place.end);
        let start = self.place.start.saturating_add(range.start);
        self.fetch.fetch(start..end.ok_or_else(outside)?)
    }
}
