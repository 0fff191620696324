//! Where bytes come from.

use std::ops::Range;

use bytes::Bytes;

use crate::error::{Error, Result};

/// Gives ranges of something that does not change, such as a file of a store.
///
/// `fetch` MUST give exactly the range, or fail: with `Io` where the bytes cannot be had, with `Corrupt` where the range
/// is not inside. It MAY be called from several threads, and MAY block.
pub trait Fetch: Send + Sync {
    /// The bytes of a range.
    fn fetch(&self, range: Range<u64>) -> Result<Bytes>;
}

impl Fetch for Bytes {
    fn fetch(&self, range: Range<u64>) -> Result<Bytes> {
        let outside = || {
            let (Range { start, end }, len) = (&range, self.len());
            Error::corrupt(format!("bytes {start} to {end} are not inside of {len}"))
        };
        let start = usize::try_from(range.start).map_err(|_| outside())?;
        let end = usize::try_from(range.end).map_err(|_| outside())?;
        if start > end || end > self.len() {
            return Err(outside());
        }
        Ok(self.slice(start..end))
    }
}
