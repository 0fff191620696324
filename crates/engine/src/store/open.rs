//! From a folder to a store.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use skytrail_base::clock::SharedClock;
use skytrail_base::fs::SharedFileSystem;
use skytrail_columns::Fetch;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_mutable::Mutable;
use skytrail_storage::check_zone;
use tokio::sync::Notify;

use super::cache::{Cache, CachedFile};
use super::config::Config;
use super::core::Core;
use super::damage::Suspects;
use super::folder::Folder;
use super::manifest::{Family, Manifest, PartEntry};
use super::part::Stored;
use super::save;
use super::self_metrics::Metrics;
use super::state::{State, Version};
use super::storage::EmbeddedStorage;
use super::time::Time;
use super::{damage, metrics, spans};
use crate::error::{Error, ErrorKind, Result};

/// The file of what changes in place.
const MUTABLE: &str = "mutable.redb";

/// What a store is opened with.
pub struct Opening {
    /// The folder, which belongs to this store alone.
    pub fs: SharedFileSystem,
    /// Its limits.
    pub config: Config,
    /// The metrics that rows are of.
    pub catalogue: Arc<Catalogue>,
    /// The zone that hours and days follow.
    pub zone: Zone,
    /// The time of day, by which rows of odd times are told.
    pub clock: SharedClock,
    /// What it tells about itself.
    pub metrics: Metrics,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Opens the store of a folder, and makes it in an empty one. Parts that cannot
/// be read are set aside and told; the rest goes on.
///
/// # Errors
/// The disk refuses, the manifest is damaged or of a later version, or the store
/// was made with another zone.
pub fn open(opening: Opening) -> Result<EmbeddedStorage> {
    let Opening { fs, config, catalogue, zone, clock, metrics } = opening;
    let manifest = match Manifest::load(&*fs)? {
        Some(manifest) => manifest,
        None => make(&fs, &zone)?,
    };
    check_zone(&manifest.zone, &zone).map_err(|error| Error::mismatch(error.context))?;
    let opened = Mutable::open(fs.clone(), PathBuf::from(MUTABLE), limits(&config));
    // What was damaged of it has been told.
    let mutable = opened.map_err(|error| Error::mutable(&error))?.mutable;
    let core = Core {
        folder: Folder::new(fs, manifest.next_file),
        cache: Cache::new(config.cache_bytes),
        state: State::new(Version { gone: manifest.gone, ..Version::default() }),
        manifest: Mutex::new(manifest),
        merging: Mutex::new(()),
        suspects: Suspects::default(),
        room: Notify::new(),
        config,
        catalogue,
        zone,
        clock,
        time: Time::open(&mutable),
        mutable,
        metrics,
    };
    load(&core)?;
    EmbeddedStorage::start(Arc::new(core))
}

fn limits(config: &Config) -> skytrail_mutable::Config {
    skytrail_mutable::Config {
        entity_bytes: config.entity_bytes,
        tag_bytes: config.tag_bytes,
        ..skytrail_mutable::Config::default()
    }
}

/// A manifest of nothing, which records the zone.
fn make(fs: &SharedFileSystem, zone: &Zone) -> Result<Manifest> {
    let manifest = Manifest { zone: zone.name().to_owned(), ..Manifest::default() };
    manifest.store(&**fs)?;
    Ok(manifest)
}

/// Opens the parts that the manifest names, and removes what it does not.
fn load(core: &Core) -> Result<()> {
    let manifest = core.manifest.lock().clone();
    let mut version = Version { gone: manifest.gone, ..Version::default() };
    let mut damaged = Vec::new();
    for entry in &manifest.parts {
        match add(core, &mut version, entry) {
            Err(error) if error.kind == ErrorKind::Corrupt => {
                tracing::error!(%error, "a part cannot be read");
                damage::put_aside(core, entry);
                damaged.push(entry.clone());
            }
            added => added?,
        }
    }
    core.state.replace(version, &[]);
    let state = manifest.checkpoint.iter().filter_map(|checkpoint| checkpoint.state.as_ref());
    let mut keep: HashSet<_> = state.map(|blob| (blob.number, save::STATE)).collect();
    keep.extend(manifest.parts.iter().map(|entry| (entry.number, entry.family.extension())));
    core.folder
        .sweep(&keep)
        .map_err(|error| Error::io("cannot sweep the store's folder", error))?;
    if damaged.is_empty() {
        return Ok(());
    }
    damage::forget(core, &damaged)
}

/// Opens a part into a version.
fn add(core: &Core, version: &mut Version, entry: &PartEntry) -> Result<()> {
    match entry.family {
        Family::Spans => version.spans.push(stored(core, entry, spans::open)?),
        Family::Minutes | Family::FoldedMinutes | Family::Hours | Family::Days => {
            let open = |fetch, len| metrics::open(core, fetch, len);
            version.metrics.push(stored(core, entry, open)?);
        }
        Family::Relations => {
            version.relations.push(stored(core, entry, skytrail_series::relations::Part::open)?);
        }
        Family::Records => {
            version.records.push(stored(core, entry, skytrail_series::records::Part::open)?);
        }
    }
    Ok(())
}

fn stored<P>(
    core: &Core,
    entry: &PartEntry,
    open: impl FnOnce(Arc<dyn Fetch>, u64) -> skytrail_columns::Result<P>,
) -> Result<Arc<Stored<P>>> {
    let told = format!("part {} of {:?}", entry.number, entry.family);
    let opened = core.folder.open(entry.number, entry.family.extension());
    let file = opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::corrupt(format!("{told} is missing")),
        _ => Error::io(told, error),
    })?;
    if file.len() != entry.bytes {
        let (told, has, wants) = (file.describe(), file.len(), entry.bytes);
        return Err(Error::corrupt(format!("{told} has {has} bytes where {wants} were written")));
    }
    let file = Arc::new(file);
    let fetch = Arc::new(CachedFile::new(file.clone(), core.cache.clone()));
    let part = open(fetch, file.len()).map_err(|error| Error::format(file.describe(), &error))?;
    let opened = Instant::now();
    Ok(Arc::new(Stored { entry: entry.clone(), part, file, is_settled: true, opened }))
}
