//! What was deleted and is still on the disk: it is left out of everything that is
//! read, until the parts that hold it were written anew.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use skytrail_blocks::Hidden;
use skytrail_model::entity::{EntityId, ServiceRef};

use super::folder::{ENTITIES, Folder};
use super::manifest::{BlobEntry, Deletion, Family, MaskEntry, PartEntry};
use super::save::read_blob;
use crate::error::{Error, Result};

/// Deletions that are not done yet, at most: each is looked at for each part that is opened.
pub const MOST_DELETIONS: usize = 256;

/// Entities of a deleted service, at most: some 64 bytes of memory each while it is deleted.
pub(crate) const MOST_ENTITIES: usize = 1 << 20;

const ID: usize = size_of::<u128>();

/// The ids of a service, as one that reports itself and as a conjectured one.
pub(crate) fn ids_of(name: &str) -> [EntityId; 2] {
    [true, false].map(|normal| ServiceRef { name: name.to_owned(), normal }.id())
}

/// Reads the files of all masks, so that nobody takes a part for damaged when one of
/// them is.
///
/// # Errors
/// A file cannot be read, or is damaged: without it nobody knows what was deleted.
pub(crate) fn check(masks: &[MaskEntry], folder: &Folder) -> Result<()> {
    let mut blobs = masks.iter().filter_map(|mask| mask.entities.as_ref());
    blobs.try_for_each(|blob| read_entities(folder, blob).map(drop))
}

/// What is left out of a part.
#[derive(Debug, Default)]
pub(crate) struct Masked {
    pub(crate) services: Vec<EntityId>,
    pub(crate) traces: Vec<String>,
    /// Ascending.
    pub(crate) entities: Vec<EntityId>,
}

impl Masked {
    /// What is left out of a part; none where that is nothing. Of spans and relations their
    /// services say it, so that the files of ids, which may be large, are read for others alone.
    ///
    /// # Errors
    /// A file of ids cannot be read, or is damaged.
    pub(crate) fn of(
        masks: &[MaskEntry],
        part: &PartEntry,
        folder: &Folder,
    ) -> Result<Option<Self>> {
        let mut masked: Option<Self> = None;
        let needs_ids = !matches!(part.family, Family::Spans | Family::Relations);
        for mask in masks.iter().filter(|mask| mask.parts.binary_search(&part.number).is_ok()) {
            let masked = masked.get_or_insert_default();
            match &mask.what {
                Deletion::Service(name) => masked.services.extend(ids_of(name)),
                Deletion::Trace(id) => masked.traces.push(id.clone()),
            }
            if let Some(blob) = mask.entities.as_ref().filter(|_| needs_ids) {
                masked.entities.extend(read_entities(folder, blob)?);
            }
        }
        if let Some(masked) = &mut masked {
            masked.entities.sort_unstable();
            masked.entities.dedup();
        }
        Ok(masked)
    }

    /// The same as blocks of spans know it.
    pub(crate) fn segments(&self) -> Hidden {
        let services: BTreeSet<_> = self.services.iter().copied().collect();
        Hidden { services, traces: self.traces.iter().cloned().collect() }
    }
}

/// The bytes of a file of ids.
pub(crate) fn entities_as_bytes(entities: &[EntityId]) -> Vec<u8> {
    entities.iter().flat_map(|id| id.0.to_le_bytes()).collect()
}

fn read_entities(folder: &Folder, blob: &BlobEntry) -> Result<Vec<EntityId>> {
    if blob.bytes > (MOST_ENTITIES * ID) as u64 {
        let what = format!("{} is larger than any", folder.describe(blob.number, ENTITIES));
        return Err(Error::corrupt(what));
    }
    let bytes = read_blob(folder, blob, ENTITIES).map_err(|error| match error.source {
        // To go on without it would show again what was deleted.
        Some(source) if source.kind() == ErrorKind::NotFound => Error::corrupt(error.context),
        source => Error { source, ..error },
    })?;
    let ids = bytes.chunks_exact(ID).filter_map(|id| id.first_chunk());
    Ok(ids.map(|id| EntityId(u128::from_le_bytes(*id))).collect())
}
