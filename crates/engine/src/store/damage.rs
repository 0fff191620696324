//! Parts that cannot be read are put aside for the operator, and counted.

use super::core::Core;
use super::manifest::{Family, Manifest, PartEntry};
use crate::error::Result;

/// Puts aside what readers found to be damaged.
///
/// # Errors
/// The disk refuses.
pub(crate) fn set_aside(core: &Core) -> Result<()> {
    let found = core.suspects.found();
    if found.is_empty() {
        return Ok(());
    }
    found.iter().for_each(|entry| put_aside(core, entry));
    forget(core, &found)?;
    core.suspects.clear(&found);
    Ok(())
}

/// Lets damaged parts count no more.
///
/// # Errors
/// The disk refuses.
pub(crate) fn forget(core: &Core, damaged: &[PartEntry]) -> Result<()> {
    core.edit(&[], |manifest, version| {
        let is_damaged = |entry: &PartEntry| damaged.iter().any(|one| one.number == entry.number);
        let gone = manifest.take(is_damaged);
        gone.iter().for_each(|entry| note(manifest, entry));
        version.forget(&gone);
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
