//! Parts that readers found to be damaged: they are left out of answers at once.

use parking_lot::Mutex;

use super::manifest::PartEntry;
use super::part::Stored;
use crate::error::{Error, ErrorKind, Result};

/// Parts that readers found to be damaged, until they are put aside.
#[derive(Debug, Default)]
pub(crate) struct Suspects {
    found: Mutex<Vec<PartEntry>>,
}

impl Suspects {
    /// Passes an error on, unless it says that a part is damaged: then the answer
    /// goes on without it, and what becomes of the part is decided elsewhere.
    ///
    /// # Errors
    /// Any other error.
    pub(crate) fn judge<P, T>(
        &self,
        part: &Stored<P>,
        read: skytrail_columns::Result<T>,
    ) -> Result<Option<T>> {
        let error = match read {
            Ok(read) => return Ok(Some(read)),
            Err(error) => Error::format(part.file.describe(), &error),
        };
        if error.kind != ErrorKind::Corrupt {
            return Err(error);
        }
        self.add(&part.entry, &error);
        Ok(None)
    }

    /// A part was found to be damaged.
    pub(crate) fn add(&self, entry: &PartEntry, error: &Error) {
        let mut found = self.found.lock();
        if found.iter().all(|known| known.number != entry.number) {
            tracing::error!(%error, "a part is damaged; answers go on without it");
            found.push(entry.clone());
        }
    }

    /// What was found.
    pub(crate) fn found(&self) -> Vec<PartEntry> {
        self.found.lock().clone()
    }

    /// Only these are still there.
    pub(crate) fn keep(&self, is_there: impl Fn(&PartEntry) -> bool) {
        self.found.lock().retain(is_there);
    }

    /// These were put aside.
    pub(crate) fn clear(&self, done: &[PartEntry]) {
        self.found.lock().retain(|entry| !done.contains(entry));
    }
}
