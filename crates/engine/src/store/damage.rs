//! Parts that cannot be read are put aside for the operator, and counted.

use std::io::ErrorKind;

use super::core::Core;
use super::manifest::PartEntry;
use crate::error::Result;

/// Puts aside what readers found to be damaged.
///
/// # Errors
/// The disk refuses.
pub(crate) fn set_aside(core: &Core) -> Result<()> {
    let found = core.suspects.found();
    if !found.is_empty() {
        // Others went before anybody came to put them aside.
        let numbers = core.state.snapshot().numbers();
        core.suspects.keep(|entry| numbers.contains(&entry.number));
    }
    // Those of a generation are put aside once the manifest names them.
    let named: Vec<PartEntry> = {
        let manifest = core.manifest.lock();
        found.into_iter().filter(|entry| manifest.parts.contains(entry)).collect()
    };
    let moved: Vec<PartEntry> = named.into_iter().filter(|entry| put_aside(core, entry)).collect();
    if moved.is_empty() {
        return Ok(());
    }
    forget(core, &moved)?;
    core.suspects.clear(&moved);
    Ok(())
}

/// Lets damaged parts, which were put aside, count no more.
///
/// # Errors
/// The disk refuses.
pub(crate) fn forget(core: &Core, damaged: &[PartEntry]) -> Result<()> {
    let now = core.now();
    core.edit(&[], None, |manifest, version| {
        let is_damaged = |entry: &PartEntry| damaged.iter().any(|one| one.number == entry.number);
        let gone = manifest.take(is_damaged);
        // What is missing from answers, as far as it is known: not what lies ahead.
        gone.iter().for_each(|entry| manifest.gone.lose(entry, now));
        version.parts.forget(&gone);
    })
}

/// Moves the file of a part where the operator finds it, and nobody else; whether
/// it is where nobody looks.
pub(crate) fn put_aside(core: &Core, entry: &PartEntry) -> bool {
    let (family, rows) = (entry.family, entry.rows);
    match core.folder.set_aside(entry.number, family.extension()) {
        Ok(place) => {
            core.metrics.damaged.inc();
            tracing::error!(
                ?family,
                rows,
                set_aside = place,
                "a damaged part was set aside; what it held is missing from answers"
            );
            true
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            core.metrics.damaged.inc();
            tracing::error!(?family, rows, "a part is gone; what it held is missing from answers");
            true
        }
        Err(error) => {
            tracing::error!(
                ?family, rows, %error,
                "a damaged part cannot be set aside; it is left where it is and tried again"
            );
            false
        }
    }
}
