//! The dictionary of a part.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use skytrail_columns::{Fetch, Result};

use super::Dictionary;
use super::chunk::decode;

/// A dictionary of a part, read when a block needs it.
pub(crate) struct PartDictionary {
    fetch: Arc<dyn Fetch>,
    place: Range<u64>,
    checksum: u64,
    held: Mutex<Option<Dictionary>>,
}

impl std::fmt::Debug for PartDictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartDictionary").field("place", &self.place).finish_non_exhaustive()
    }
}

impl PartDictionary {
    /// At a place of a file.
    pub(crate) fn new(fetch: Arc<dyn Fetch>, place: Range<u64>, checksum: u64) -> Self {
        Self { fetch, place, checksum, held: Mutex::default() }
    }

    /// The dictionary. While one caller reads it, others wait.
    pub(crate) fn get(&self) -> Result<Dictionary> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dictionary) = held.as_ref() {
            return Ok(dictionary.clone());
        }
        let chunk = decode(&self.fetch.fetch(self.place.clone())?, self.checksum)?;
        let dictionary = Dictionary::new([Arc::new(chunk)].into());
        Ok(held.insert(dictionary).clone())
    }

    /// Lets go of it, until it is needed again; gives its bytes of memory.
    pub(crate) fn forget(&self) -> usize {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        held.as_ref().map_or(0, Dictionary::memory)
    }

    /// Bytes of memory, while it is held.
    pub(crate) fn memory(&self) -> usize {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map_or(0, Dictionary::memory)
    }
}
