//! Parts that cannot be read: they are left out of answers at once, put aside for
//! the operator, and counted.

use parking_lot::Mutex;

use super::core::Core;
use super::expire;
use super::manifest::{Family, Manifest, PartEntry};
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
        let mut found = self.found.lock();
        if found.iter().all(|entry| entry.number != part.entry.number) {
            tracing::error!(%error, "a part is damaged; answers go on without it");
            found.push(part.entry.clone());
        }
        Ok(None)
    }
}

/// Puts aside what readers found to be damaged.
///
/// # Errors
/// The disk refuses.
pub(crate) fn set_aside(core: &Core) -> Result<()> {
    let found = core.suspects.found.lock().clone();
    if found.is_empty() {
        return Ok(());
    }
    found.iter().for_each(|entry| put_aside(core, entry));
    forget(core, &found)?;
    core.suspects.found.lock().retain(|entry| !found.contains(entry));
    Ok(())
}

/// Lets damaged parts count no more.
///
/// # Errors
/// The disk refuses.
pub(crate) fn forget(core: &Core, damaged: &[PartEntry]) -> Result<()> {
    core.edit(&[], |manifest, version| {
        let is_damaged = |entry: &PartEntry| damaged.iter().any(|one| one.number == entry.number);
        let gone = expire::take(manifest, is_damaged);
        gone.iter().for_each(|entry| note(manifest, entry));
        expire::forget(version, &gone);
    })
}

/// What answers are to know of a part that is lost.
fn note(manifest: &mut Manifest, entry: &PartEntry) {
    if entry.family == Family::Spans {
        let lost_to = &mut manifest.gone.spans_lost_to;
        *lost_to = (*lost_to).max(Some(entry.last));
    }
}

/// Moves the file of a part where the operator finds it, and nobody else.
pub(crate) fn put_aside(core: &Core, entry: &PartEntry) {
    core.metrics.damaged.inc();
    let (family, rows) = (entry.family, entry.rows);
    match core.folder.set_aside(entry.number, family.extension()) {
        Ok(place) => tracing::error!(
            ?family,
            rows,
            set_aside = place,
            "a damaged part was set aside; what it held is missing from answers"
        ),
        // It may not be there at all.
        Err(error) => tracing::error!(
            ?family, rows, %error,
            "a damaged part is left out; what it held is missing from answers"
        ),
    }
}
