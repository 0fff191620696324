//! Opens the parts that a manifest names.

use std::sync::Arc;
use std::time::Instant;

use skytrail_columns::Fetch;
use skytrail_model::metric::Catalogue;

use super::cache::{Cache, CachedFile};
use super::folder::{Folder, StoredFile};
use super::manifest::{Family, MaskEntry, PartEntry};
use super::mask::Masked;
use super::part::Stored;
use super::state::{Parts, Version};
use crate::error::{Error, Result};

/// Where parts are, and what they are read with.
pub(crate) struct Files<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) cache: &'a Cache,
    pub(crate) catalogue: &'a Arc<Catalogue>,
    /// What is left out of them.
    pub(crate) masks: &'a [MaskEntry],
}

impl Files<'_> {
    /// Opens a part into a version.
    ///
    /// # Errors
    /// `Corrupt` when it is not there or not what was written, `Io` when the disk
    /// refuses.
    pub(crate) fn add(&self, version: &mut Version, entry: &PartEntry) -> Result<()> {
        let file = self.file(entry)?;
        let (opened, is_settled) = (Instant::now(), true);
        self.put(Opened { entry, file, is_settled, opened }, &mut version.parts).map(drop)
    }

    /// Opens a part of a version once more, into others, if the masks have anything to
    /// do with it.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub(crate) fn masked(
        &self,
        version: &Version,
        entry: &PartEntry,
        into: &mut Parts,
    ) -> Result<()> {
        fn of<'e, P>(parts: &[Arc<Stored<P>>], entry: &'e PartEntry) -> Option<Opened<'e>> {
            let part = parts.iter().find(|part| part.entry.number == entry.number)?;
            let Stored { file, is_settled, opened, .. } = &**part;
            Some(Opened { entry, file: file.clone(), is_settled: *is_settled, opened: *opened })
        }
        let parts = &version.parts;
        let opened = match entry.family {
            Family::Spans => of(&parts.spans, entry),
            Family::Minutes | Family::FoldedMinutes | Family::Hours | Family::Days => {
                of(&parts.metrics, entry)
            }
            Family::Relations => of(&parts.relations, entry),
            Family::Records => of(&parts.records, entry),
        };
        let Some(opened) = opened else { return Ok(()) };
        let mut held = Parts::default();
        if self.put(opened, &mut held)? {
            into.extend(held);
        }
        Ok(())
    }

    /// Whether some of its rows are left out.
    fn put(&self, opened: Opened<'_>, into: &mut Parts) -> Result<bool> {
        Ok(match opened.entry.family {
            Family::Spans => {
                let hide = |part: &mut skytrail_blocks::Part, masked: &Masked| {
                    part.hide(masked.segments())
                };
                add(&mut into.spans, self.stored(opened, skytrail_blocks::Part::open, hide)?)
            }
            Family::Minutes | Family::FoldedMinutes | Family::Hours | Family::Days => {
                let open =
                    |fetch, len| skytrail_series::metrics::Part::open(fetch, len, self.catalogue);
                let hide = |part: &mut skytrail_series::metrics::Part, masked: &Masked| {
                    part.hide(&masked.entities)
                };
                add(&mut into.metrics, self.stored(opened, open, hide)?)
            }
            Family::Relations => {
                let hide = |part: &mut skytrail_series::relations::Part, masked: &Masked| {
                    part.hide(&masked.services)
                };
                let open = skytrail_series::relations::Part::open;
                add(&mut into.relations, self.stored(opened, open, hide)?)
            }
            Family::Records => {
                let hide = |part: &mut skytrail_series::records::Part, masked: &Masked| {
                    part.hide(&masked.entities, &masked.traces)
                };
                let open = skytrail_series::records::Part::open;
                add(&mut into.records, self.stored(opened, open, hide)?)
            }
        })
    }

    fn file(&self, entry: &PartEntry) -> Result<Arc<StoredFile>> {
        let told = format!("part {} of {:?}", entry.number, entry.family);
        let opened = self.folder.open(entry.number, entry.family.extension());
        let file = opened.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::corrupt(format!("{told} is missing")),
            _ => Error::io(told, error),
        })?;
        if file.len() != entry.bytes {
            let (told, has, wants) = (file.describe(), file.len(), entry.bytes);
            let how = format!("{told} has {has} bytes where {wants} were written");
            return Err(Error::corrupt(how));
        }
        Ok(Arc::new(file))
    }

    fn stored<P>(
        &self,
        opened: Opened<'_>,
        open: impl FnOnce(Arc<dyn Fetch>, u64) -> skytrail_columns::Result<P>,
        hide: impl FnOnce(&mut P, &Masked) -> skytrail_columns::Result<bool>,
    ) -> Result<Arc<Stored<P>>> {
        let Opened { entry, file, is_settled, opened } = opened;
        let format = |error| Error::format(file.describe(), &error);
        let fetch = Arc::new(CachedFile::new(file.clone(), self.cache.clone()));
        let mut part = open(fetch, file.len()).map_err(format)?;
        let is_masked = match Masked::of(self.masks, entry, self.folder)? {
            Some(masked) => hide(&mut part, &masked).map_err(format)?,
            None => false,
        };
        let entry = entry.clone();
        Ok(Arc::new(Stored { entry, part, file, is_settled, is_masked, opened }))
    }
}

/// What is known of a part before it is read.
struct Opened<'e> {
    entry: &'e PartEntry,
    file: Arc<StoredFile>,
    is_settled: bool,
    opened: Instant,
}

fn add<P>(parts: &mut Vec<Arc<Stored<P>>>, part: Arc<Stored<P>>) -> bool {
    let is_masked = part.is_masked;
    parts.push(part);
    is_masked
}
