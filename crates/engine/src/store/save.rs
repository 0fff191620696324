//! A checkpoint: all rows become parts, and one edit of the manifest says that
//! these and the position count.

use std::sync::Arc;

use skytrail_storage::Checkpoint;

use super::core::Core;
use super::flush;
use super::folder::{Folder, STATE, StoredFile};
use super::generation::Generation;
use super::manifest::{BlobEntry, CheckpointEntry, MaskEntry};
use super::state::Parts;
use crate::bytes::checksum;
use crate::error::{Error, Result};

/// A file with the state of a checkpoint; none of an empty one.
type StateFile = Option<(BlobEntry, Arc<StoredFile>)>;

/// Stores everything in some generations, and the checkpoint with it. After an
/// error all is as before; what was written is not written again.
///
/// # Errors
/// The disk refuses.
pub(crate) fn save(
    core: &Core,
    frozen: &[Arc<Generation>],
    mut checkpoint: Checkpoint,
) -> Result<()> {
    // It is the largest thing in memory, so it goes before rows are turned into parts.
    let state = core.with_reserve(|| write_state(core, &checkpoint.state))?;
    checkpoint.state = Vec::new();
    core.with_reserve(|| save_rows(core, frozen, &checkpoint, &state))
}

fn save_rows(
    core: &Core,
    frozen: &[Arc<Generation>],
    checkpoint: &Checkpoint,
    state: &StateFile,
) -> Result<()> {
    // A save that nobody waited for may have stored some of them.
    let frozen = &core.state.still_held(frozen);
    for generation in frozen {
        flush::write(core, generation)?;
    }
    let forgotten = forgotten(core);
    core.mutable.commit(checkpoint.position).map_err(|error| Error::mutable(&error))?;
    let entry = CheckpointEntry {
        position: checkpoint.position.0,
        cut: (0..checkpoint.cut.shards()).map(|shard| checkpoint.cut.last_of(shard)).collect(),
        rules: checkpoint.rules,
        state: state.as_ref().map(|(entry, _)| entry.clone()),
    };
    let mut before = None;
    let file = state.as_ref().map(|(_, file)| file);
    core.edit(frozen, file, |manifest, version| {
        for generation in frozen {
            let parts = Parts::of(generation);
            manifest.parts.extend(parts.entries().cloned());
            version.parts.extend(parts);
        }
        // Names of the same services that come from now on are not those that were deleted.
        let masks = manifest.masks.iter_mut();
        let is_done = |mask: &&mut MaskEntry| forgotten.contains(&file_of(mask));
        masks.filter(is_done).for_each(|mask| mask.has_names = false);
        before = manifest.checkpoint.replace(entry).and_then(|entry| entry.state);
    })?;
    core.metrics.checkpoints.inc();
    if let Some(old) = before {
        forget_state(core, &old);
    }
    Ok(())
}

/// Deletions whose names are not in the next commit of what changes in place, by their files.
fn forgotten(core: &Core) -> Vec<Option<u64>> {
    let manifest = core.manifest.lock();
    let masks = manifest.masks.iter().filter(|mask| mask.has_names && mask.is_forgotten);
    masks.map(file_of).collect()
}

fn file_of(mask: &MaskEntry) -> Option<u64> {
    mask.entities.as_ref().map(|blob| blob.number)
}

fn write_state(core: &Core, state: &[u8]) -> Result<StateFile> {
    if state.is_empty() {
        return Ok(None);
    }
    let written = || {
        let mut file = core.folder.create(STATE)?;
        file.write(state)?;
        file.finish()
    };
    let file = written().map_err(|error| Error::io("cannot write the state", error))?;
    let (bytes, sum) = (state.len() as u64, checksum(state, 0));
    let entry = BlobEntry { number: file.number(), bytes, checksum: sum };
    Ok(Some((entry, Arc::new(file))))
}

fn forget_state(core: &Core, old: &BlobEntry) {
    if let Ok(file) = core.folder.open(old.number, STATE) {
        file.doom();
    }
}

/// The state that the manifest names.
///
/// # Errors
/// It cannot be read, or is damaged.
pub(crate) fn read_state(core: &Core) -> Result<Option<Checkpoint>> {
    let (entry, zone) = {
        let manifest = core.manifest.lock();
        (manifest.checkpoint.clone(), manifest.zone.clone())
    };
    let Some(entry) = entry else { return Ok(None) };
    let state = match &entry.state {
        Some(blob) => read_blob(&core.folder, blob, STATE)?,
        None => Vec::new(),
    };
    Ok(Some(Checkpoint {
        position: entry.position(),
        cut: entry.cut(),
        state,
        rules: entry.rules,
        zone,
    }))
}

/// The bytes of a file that the manifest relies on.
///
/// # Errors
/// They cannot be read, or are not what was written.
pub(crate) fn read_blob(folder: &Folder, blob: &BlobEntry, extension: &str) -> Result<Vec<u8>> {
    let told = folder.describe(blob.number, extension);
    let advice = "the store cannot go on without it; restore the folder from a backup";
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::corrupt(format!("{told} is missing; {advice}")),
        _ => Error::io(format!("cannot read {told}"), error),
    };
    let file = folder.open(blob.number, extension).map_err(cannot)?;
    if file.len() != blob.bytes {
        return Err(Error::corrupt(format!(
            "{told} has another length than was written; {advice}"
        )));
    }
    let mut bytes = vec![0; blob.bytes as usize];
    file.read(&mut bytes, 0).map_err(cannot)?;
    match checksum(&bytes, 0) == blob.checksum {
        true => Ok(bytes),
        false => {
            let how = format!("{told} is damaged: its checksum does not match; {advice}");
            Err(Error::corrupt(how))
        }
    }
}
