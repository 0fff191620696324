//! From a folder to a store.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use parking_lot::{Mutex, RwLock};
use skytrail_base::clock::SharedClock;
use skytrail_base::fs::SharedFileSystem;
use skytrail_blocks::SpareRows;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_mutable::Mutable;
use skytrail_storage::check_zone;
use tokio::sync::Notify;

use super::cache::Cache;
use super::config::Config;
use super::core::Core;
use super::damage;
use super::delete;
use super::files::Files;
use super::folder::{Folder, is_numbered, name};
use super::manifest::Manifest;
use super::mask;
use super::reading::Reads;
use super::reserve::Reserve;
use super::self_metrics::Metrics;
use super::state::{State, Version};
use super::storage::EmbeddedStorage;
use super::suspects::Suspects;
use super::time::Time;
use crate::error::{Error, ErrorKind, Result};

/// The file of what changes in place.
pub(crate) const MUTABLE: &str = "mutable.redb";

/// How many parts are opened before what they are read by is forgotten, if it takes too much.
const FORGOTTEN_EACH: usize = 16;

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
    EmbeddedStorage::start(Arc::new(core(opening)?))
}

/// The same without its threads.
///
/// # Errors
/// As [`open`].
pub(crate) fn core(opening: Opening) -> Result<Core> {
    let Opening { fs, config, catalogue, zone, clock, metrics } = opening;
    let manifest = match Manifest::load(&*fs)? {
        Some(manifest) => manifest,
        None if has_parts(&fs)? => return Err(headless(&fs)),
        // A hasher is the one source of chance that the standard library has.
        None => Manifest {
            store: RandomState::new().hash_one(zone.name()),
            zone: zone.name().to_owned(),
            ..Manifest::default()
        },
    };
    check_zone(&manifest.zone, &zone).map_err(|error| Error::mismatch(error.context))?;
    tell_if_lost(&fs, &manifest, &metrics)?;
    let opened = Mutable::open(fs.clone(), PathBuf::from(MUTABLE), limits(&config));
    // What was damaged of it has been told.
    let mutable = opened.map_err(|error| Error::mutable(&error))?.mutable;
    // The one that was found may be in the memory of the system only, and a crash would bring
    // back the one before: nothing that only that one names may go until this one is durable.
    manifest.store(&*fs)?;
    let core = Core {
        folder: Folder::new(fs, manifest.next_file),
        cache: Cache::new(config.cache_bytes),
        state: State::new(Version { gone: manifest.gone, ..Version::default() }),
        manifest: Mutex::new(manifest),
        doubtful: Mutex::default(),
        writers: Mutex::default(),
        spare: SpareRows::new(config.block_bytes()),
        sealer: Mutex::default(),
        merging: Mutex::new(()),
        reads: Reads::new(config.longest_read),
        suspects: Suspects::default(),
        room: Notify::new(),
        config,
        catalogue,
        zone,
        clock,
        time: Time::open(&mutable),
        retention: RwLock::new(config.retention()),
        told: AtomicI64::new(Time::latest(&mutable).unwrap_or(i64::MIN)),
        reserve: Reserve::new(config.reserve_bytes),
        mutable,
        metrics,
    };
    load(&core)?;
    Ok(core)
}

fn limits(config: &Config) -> skytrail_mutable::Config {
    skytrail_mutable::Config {
        entity_bytes: config.entity_bytes,
        tag_bytes: config.tag_bytes,
        ..skytrail_mutable::Config::default()
    }
}

/// Every checkpoint leaves the file of what changes in place; without it the store goes
/// on, since all names come again.
fn tell_if_lost(fs: &SharedFileSystem, manifest: &Manifest, metrics: &Metrics) -> Result<()> {
    let path = Path::new(MUTABLE);
    let is_lost = match fs.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => manifest.checkpoint.is_some(),
        opened => opened
            .map(|_| false)
            .map_err(|error| Error::io(format!("cannot read {}", fs.describe(path)), error))?,
    };
    if is_lost {
        metrics.damaged.inc();
        tracing::error!(
            file = fs.describe(path),
            "the file is gone; names of services, instances and endpoints, aliases, tags and \
             dashboards that it held are lost unless it is restored from a backup; names come again \
             with what is received"
        );
    }
    Ok(())
}

/// Opens the parts that the manifest names, and removes what it does not.
fn load(core: &Core) -> Result<()> {
    let manifest = core.manifest.lock().clone();
    let mut version = Version { gone: manifest.gone, ..Version::default() };
    let (folder, cache, catalogue) = (&core.folder, &core.cache, &core.catalogue);
    let files = Files { folder, cache, catalogue, masks: &manifest.masks };
    mask::check(&manifest.masks, folder)?;
    let mut damaged = Vec::new();
    for (number, entry) in manifest.parts.iter().enumerate() {
        if number % FORGOTTEN_EACH == 0 {
            version.parts.forget_beyond(core.config.dictionary_bytes);
        }
        match files.add(&mut version, entry) {
            Err(error) if error.kind == ErrorKind::Corrupt => {
                tracing::error!(%error, "a part cannot be read");
                damaged.push((entry.clone(), damage::put_aside(core, entry)));
            }
            added => added?,
        }
    }
    core.state.replace(version, &[]);
    delete::forget_in_memory(core);
    let mut keep: HashSet<_> =
        manifest.blobs().map(|(blob, extension)| name(blob.number, extension)).collect();
    keep.extend(manifest.parts.iter().map(|entry| name(entry.number, entry.family.extension())));
    core.folder
        .sweep_names(|name| keep.contains(name))
        .map_err(|error| Error::io("cannot sweep the store's folder", error))?;
    // What could not be put aside stays in the manifest, for the next start.
    let moved = damaged.into_iter().filter_map(|(entry, is_moved)| is_moved.then_some(entry));
    let moved: Vec<_> = moved.collect();
    if moved.is_empty() {
        return Ok(());
    }
    damage::forget(core, &moved)
}

/// Whether a folder holds parts.
fn has_parts(fs: &SharedFileSystem) -> Result<bool> {
    let held = fs.list(Path::new(""));
    let held = held.map_err(|error| Error::io("cannot list the folder of the store", error))?;
    Ok(held.iter().any(|entry| !entry.is_dir && is_numbered(&entry.name)))
}

fn headless(fs: &SharedFileSystem) -> Error {
    let place = fs.describe(Path::new(""));
    Error::corrupt(format!(
        "{place} holds parts and no manifest, which says what they are; restore the folder from a \
         backup, or move the whole folder away to begin with an empty store"
    ))
}
