//! What all parts of the store share.

use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;
use std::{fmt, io};

use parking_lot::{Mutex, RwLock};
use skytrail_base::clock::SharedClock;
use skytrail_blocks::{PartWriter, Sealer, SpareRows};
use skytrail_columns::Fetch;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_mutable::Mutable;
use skytrail_series::PartInfo;
use tokio::sync::Notify;

use super::cache::{Cache, CachedFile, UncachedFile};
use super::config::{Config, Retention};
use super::folder::{Folder, StoredFile};
use super::generation::Generation;
use super::manifest::{Family, Gone, Manifest, PartEntry, STRAY};
use super::part::Stored;
use super::reading::Reads;
use super::reserve::Reserve;
use super::self_metrics::Metrics;
use super::state::{State, Version};
use super::suspects::Suspects;
use super::time::Time;
use crate::bytes::Checksum;
use crate::error::{Error, Result};

/// Nanoseconds of a day.
pub(crate) const DAY_NANOS: i64 = 86_400_000_000_000;

/// How far clocks of agents may be ahead before their rows are stray.
const AHEAD: i64 = DAY_NANOS;

/// The store without its threads.
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) zone: Zone,
    pub(crate) clock: SharedClock,
    pub(crate) folder: Folder,
    pub(crate) cache: Cache,
    pub(crate) mutable: Mutable,
    pub(crate) time: Time,
    pub(crate) state: State,
    /// How long rows are kept.
    pub(crate) retention: RwLock<Retention>,
    /// The latest time that expiry was told.
    pub(crate) told: AtomicI64,
    /// Room for when the disk is full.
    pub(crate) reserve: Reserve,
    /// What counts; held while the next one is written.
    pub(crate) manifest: Mutex<Manifest>,
    pub(crate) reads: Reads,
    /// Parts that are damaged.
    pub(crate) suspects: Suspects,
    /// Files of edits that failed: a crash may leave a manifest that names them.
    pub(crate) doubtful: Mutex<Vec<Arc<StoredFile>>>,
    /// By day, what the next blocks of spans are encoded with.
    pub(crate) writers: Mutex<BTreeMap<i64, PartWriter>>,
    /// Room for the rows of blocks to come.
    pub(crate) spare: SpareRows,
    /// Encodes blocks of spans.
    pub(crate) sealer: Mutex<Sealer>,
    /// Held by who merges.
    pub(crate) merging: Mutex<()>,
    /// Told when rows in memory became fewer.
    pub(crate) room: Notify,
    pub(crate) metrics: Metrics,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What a part is about, as its family found out while it wrote it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    pub(crate) family: Family,
    pub(crate) level: u8,
    pub(crate) day: i64,
    pub(crate) rows: u64,
    /// Earliest and latest time of a row, nanoseconds since the Unix epoch.
    pub(crate) times: (i64, i64),
}

impl About {
    /// A part of metric rows or relations.
    pub(crate) fn series(family: Family, level: u8, day: i64, info: &PartInfo) -> Self {
        let times = info.range.map(|(first, last)| (first.start_nanos(), last.start_nanos()));
        Self { family, level, day, rows: info.rows, times: times.unwrap_or_default() }
    }
}

/// Takes the bytes of a part, front to back.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

/// Tells the day that rows of a time are stored with.
#[derive(Debug, Clone)]
pub(crate) struct Days {
    /// Times that have a day of their own, nanoseconds since the Unix epoch.
    near: RangeInclusive<i64>,
}

impl Days {
    /// The day of a time, or [`STRAY`].
    pub(crate) fn of(&self, nanos: i64) -> i64 {
        if self.near.contains(&nanos) { nanos.div_euclid(DAY_NANOS) } else { STRAY }
    }
}

impl Core {
    /// Writes a part by `write`, which says what it is about, and opens it by
    /// `open`. Its bytes are durable; its name is with the next edit.
    pub(crate) fn part<P>(
        &self,
        family: Family,
        write: impl FnOnce(Sink<'_>) -> skytrail_columns::Result<About>,
        open: impl FnOnce(Arc<dyn Fetch>, u64) -> skytrail_columns::Result<P>,
    ) -> Result<Arc<Stored<P>>> {
        let cannot = |error| Error::io(format!("cannot write a part of {family:?}"), error);
        let mut file = self.folder.create(family.extension()).map_err(cannot)?;
        let (mut refused, mut sum) = (None, Checksum::default());
        let about = write(&mut |bytes| {
            sum.add(bytes);
            file.write(bytes).inspect_err(|error| refused = Some(error.kind()))
        });
        let about = about.map_err(|error| match refused {
            Some(kind) => cannot(io::Error::new(kind, error.to_string())),
            None => Error::format(format!("cannot write a part of {family:?}"), &error),
        })?;
        let file = Arc::new(file.finish().map_err(cannot)?);
        self.metrics.written_bytes.inc_by(file.len());
        let entry = PartEntry {
            number: file.number(),
            family: about.family,
            level: about.level,
            day: about.day,
            bytes: file.len(),
            checksum: sum.finish(),
            rows: about.rows,
            first: about.times.0,
            last: about.times.1,
            age: match about.day {
                STRAY => self.now(),
                _ => about.times.1,
            },
        };
        let part = open(self.fetch(&file), file.len())
            .map_err(|error| Error::format(file.describe(), &error))?;
        let (is_settled, is_masked, opened) = (false, false, Instant::now());
        Ok(Arc::new(Stored { entry, part, file, is_settled, is_masked, opened }))
    }

    /// The same for a merge, whose rows say nothing of where they came from, and are
    /// as old as `age` where their times do not tell.
    pub(crate) fn merged<P>(
        &self,
        family: Family,
        age: i64,
        write: impl FnOnce(Sink<'_>) -> skytrail_columns::Result<About>,
        open: impl FnOnce(Arc<dyn Fetch>, u64) -> skytrail_columns::Result<P>,
    ) -> Result<Arc<Stored<P>>> {
        let mut part = self.part(family, write, open)?;
        if let Some(part) = Arc::get_mut(&mut part) {
            part.is_settled = true;
            if part.entry.day == STRAY {
                part.entry.age = age;
            }
            self.metrics.merged_bytes.inc_by(part.file.len());
        }
        Ok(part)
    }

    /// The time of day, which is at least what [`super::expire`] was told last.
    pub(crate) fn now(&self) -> i64 {
        self.clock.unix_nanos().max(self.told.load(Ordering::Acquire))
    }

    /// How long rows are kept.
    pub(crate) fn retention(&self) -> Retention {
        *self.retention.read()
    }

    /// The day of UTC that it is, since the Unix epoch.
    pub(crate) fn today(&self) -> i64 {
        self.now().div_euclid(DAY_NANOS)
    }

    /// The days that rows are stored with, as of now.
    pub(crate) fn days(&self) -> Days {
        let (now, kept) = (self.now(), self.retention());
        let oldest = now.saturating_sub(kept.metric_ttl.max(kept.record_ttl));
        Days { near: oldest..=now.saturating_add(AHEAD) }
    }

    /// Bytes of spans in memory that whoever appends has to wait for: rows and room
    /// for them, and blocks beyond what may wait to be written.
    pub(crate) fn span_bytes(&self) -> usize {
        let snapshot = self.state.snapshot();
        let rows = snapshot.generations.iter().map(|one| one.spans.row_bytes()).sum::<usize>();
        let sealed = snapshot.generations.iter().map(|one| one.spans.sealed_bytes()).sum::<usize>();
        rows + self.spare.memory() + sealed.saturating_sub(2 * self.config.sealed_bytes)
    }

    /// The start of the first bucket that is not too old.
    pub(crate) fn first_whole(&self, gone: &Gone, downsampling: Downsampling) -> Minute {
        let before = match downsampling {
            Downsampling::Minute => gone.minutes_before,
            Downsampling::Hour => gone.hours_before,
            Downsampling::Day => gone.days_before,
        };
        match before {
            i64::MIN => Minute(i64::MIN),
            before => self.zone.bucket(downsampling, Minute(before)),
        }
    }

    /// Reads a file past the cache: once, from end to end.
    pub(crate) fn fetch_once(&self, file: &Arc<StoredFile>) -> Arc<dyn Fetch> {
        Arc::new(UncachedFile::new(file.clone()))
    }

    /// Reads a file through the cache.
    pub(crate) fn fetch(&self, file: &Arc<StoredFile>) -> Arc<dyn Fetch> {
        Arc::new(CachedFile::new(file.clone(), self.cache.clone()))
    }

    /// Makes a change count, durably: first on disk, then for readers. `stored`
    /// are generations that are in it, `file` another file that it names. Files
    /// that it drops go with their last reader.
    ///
    /// # Errors
    /// The disk refuses. Nobody knows then which manifest a crash would leave: all
    /// files of both stay until an edit succeeds.
    pub(crate) fn edit(
        &self,
        stored: &[Arc<Generation>],
        file: Option<&Arc<StoredFile>>,
        change: impl FnOnce(&mut Manifest, &mut Version),
    ) -> Result<()> {
        let mut current = self.manifest.lock();
        let mut next = current.clone();
        let mut version = (*self.state.snapshot().version).clone();
        // What is too old may have become more since it was written.
        next.gone = version.gone;
        change(&mut next, &mut version);
        version.gone = next.gone;
        next.edit += 1;
        next.next_file = self.folder.next();
        let mut doubtful = self.doubtful.lock();
        for file in version.parts.files().chain(file) {
            file.keep();
        }
        let written = self.folder.sync().map_err(|error| Error::io("cannot sync parts", error));
        if let Err(error) = written.and_then(|()| next.store(&**self.folder.fs())) {
            doubtful.extend(version.parts.files().chain(file).cloned());
            return Err(error);
        }
        let before = self.state.replace(version, stored);
        let counts: HashSet<u64> = next.numbers().collect();
        before.parts.doom_unless(|number| counts.contains(&number));
        let gone = doubtful.drain(..).filter(|file| !counts.contains(&file.number()));
        gone.for_each(|file| file.doom());
        *current = next;
        Ok(())
    }

    /// Does something, and once more with the reserve if the disk is full.
    ///
    /// # Errors
    /// Those of the work.
    pub(crate) fn with_reserve<T>(&self, work: impl Fn() -> Result<T>) -> Result<T> {
        self.reserve.with(&**self.folder.fs(), work)
    }

    /// More is too old for readers; the manifest is not written for it.
    pub(crate) fn forget(&self, later: &Gone) {
        // No edit may put back what was too old before.
        let _current = self.manifest.lock();
        self.state.forget(later);
    }
}
