//! Opens the parts that a manifest names.

use std::sync::Arc;
use std::time::Instant;

use skytrail_columns::Fetch;
use skytrail_model::metric::Catalogue;

use super::cache::{Cache, CachedFile};
use super::folder::Folder;
use super::manifest::{Family, PartEntry};
use super::part::Stored;
use super::state::Version;
use crate::error::{Error, Result};

/// Where parts are, and what they are read with.
pub(crate) struct Files<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) cache: &'a Cache,
    pub(crate) catalogue: &'a Arc<Catalogue>,
}

impl Files<'_> {
    /// Opens a part into a version.
    ///
    /// # Errors
    /// `Corrupt` when it is not there or not what was written, `Io` when the disk
    /// refuses.
    pub(crate) fn add(&self, version: &mut Version, entry: &PartEntry) -> Result<()> {
        match entry.family {
            Family::Spans => {
                version.parts.spans.push(self.stored(entry, skytrail_blocks::Part::open)?)
            }
            Family::Minutes | Family::FoldedMinutes | Family::Hours | Family::Days => {
                let open =
                    |fetch, len| skytrail_series::metrics::Part::open(fetch, len, self.catalogue);
                version.parts.metrics.push(self.stored(entry, open)?);
            }
            Family::Relations => {
                let open = skytrail_series::relations::Part::open;
                version.parts.relations.push(self.stored(entry, open)?);
            }
            Family::Records => {
                let open = skytrail_series::records::Part::open;
                version.parts.records.push(self.stored(entry, open)?);
            }
        }
        Ok(())
    }

    fn stored<P>(
        &self,
        entry: &PartEntry,
        open: impl FnOnce(Arc<dyn Fetch>, u64) -> skytrail_columns::Result<P>,
    ) -> Result<Arc<Stored<P>>> {
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
        let file = Arc::new(file);
        let fetch = Arc::new(CachedFile::new(file.clone(), self.cache.clone()));
        let part = open(fetch, file.len());
        let part = part.map_err(|error| Error::format(file.describe(), &error))?;
        let opened = Instant::now();
        Ok(Arc::new(Stored { entry: entry.clone(), part, file, is_settled: true, opened }))
    }
}
