//! A store as it is at one moment, for commands that only read. The store may run
//! meanwhile, also in another process: parts never change, and a part that a merge
//! removes stays as long as it is open here.

mod backup;
mod breakdown;
mod check;
mod delete;
mod dump;
mod stats;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use skytrail_base::fs::SharedFileSystem;
use skytrail_base::journal::Position;
use skytrail_storage::SpanAppend;

pub use self::backup::{Backup, backup, restore};
pub use self::breakdown::{ColumnBytes, ServiceBytes};
pub use self::check::Finding;
pub use self::delete::delete;
pub use self::dump::Take;
pub use self::stats::{FamilyStats, Stats};
use super::cache::Cache;
use super::files::Files;
use super::folder::Folder;
pub use super::manifest::Format;
use super::manifest::{Manifest, PartEntry};
use super::mask;
use super::state::Version;
use crate::error::{Error, ErrorKind, Result};

/// How often it is begun anew when files go while they are opened.
const TRIES: usize = 10;

/// Bytes of files that are held in memory.
const CACHE_BYTES: usize = 8 << 20;

/// How far a command is: steps done, and all there are.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// One moment of a store.
pub struct View {
    fs: SharedFileSystem,
    manifest: Manifest,
    version: Version,
    /// Parts that could not be opened.
    damaged: Vec<(PartEntry, Error)>,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("edit", &self.manifest.edit).finish_non_exhaustive()
    }
}

impl View {
    /// The store of a folder.
    ///
    /// # Errors
    /// There is none, its manifest cannot be read, or the disk refuses.
    pub fn open(fs: &SharedFileSystem) -> Result<Self> {
        for _ in 0..TRIES {
            let manifest = load(fs)?;
            let edit = manifest.edit;
            let opened = Self::of(fs, manifest);
            let is_doubtful = match &opened {
                Ok(view) => !view.damaged.is_empty(),
                Err(error) => error.kind == ErrorKind::Corrupt,
            };
            // What is missing may have been merged, or deleted, since the manifest was read.
            if !is_doubtful || load(fs)?.edit == edit {
                return opened;
            }
        }
        Self::of(fs, load(fs)?)
    }

    fn of(fs: &SharedFileSystem, manifest: Manifest) -> Result<Self> {
        let folder = Folder::new(fs.clone(), manifest.next_file);
        let (cache, catalogue) = (Cache::new(CACHE_BYTES), Arc::default());
        let masks = &manifest.masks;
        mask::check(masks, &folder)?;
        let files = Files { folder: &folder, cache: &cache, catalogue: &catalogue, masks };
        let mut version = Version { gone: manifest.gone, ..Version::default() };
        let mut damaged = Vec::new();
        for entry in &manifest.parts {
            match files.add(&mut version, entry) {
                Err(error) if error.kind == ErrorKind::Corrupt => {
                    damaged.push((entry.clone(), error));
                }
                added => added?,
            }
        }
        Ok(Self { fs: fs.clone(), manifest, version, damaged })
    }

    /// The last record of the log that is in it.
    pub fn position(&self) -> Position {
        self.manifest.checkpoint.as_ref().map_or(Position(0), |entry| entry.position())
    }

    /// Name of the zone that hours and days are cut by.
    pub fn zone(&self) -> &str {
        &self.manifest.zone
    }

    /// Which formats the store is written in, and the oldest release that reads them.
    pub fn format(&self) -> Format {
        self.manifest.format.clone()
    }

    /// Gives all spans to `take`, block by block, oldest part first, until it says
    /// false.
    ///
    /// # Errors
    /// A part cannot be read.
    pub fn spans(&self, take: &mut dyn FnMut(SpanAppend) -> bool) -> Result<()> {
        let mut parts: Vec<_> = self.version.parts.spans.iter().collect();
        parts.sort_by_key(|part| (part.entry.first, part.entry.number));
        for part in parts {
            let format = |error| Error::format(part.file.describe(), &error);
            for number in 0..part.part.len() {
                let rows = part.part.block(number).and_then(|block| block.rows());
                if !take(rows.map_err(format)?) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn load(fs: &SharedFileSystem) -> Result<Manifest> {
    let manifest = Manifest::load(&**fs)?;
    manifest.ok_or_else(|| {
        let place = fs.describe(Path::new(""));
        Error::mismatch(format!("there is no store in {place}"))
    })
}
