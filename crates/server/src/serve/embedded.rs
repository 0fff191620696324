//! The embedded store and the log in front of it, in the data folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use skytrail_base::code::Code;
use skytrail_base::fs::real::RealFileSystem;
use skytrail_base::fs::{FileSystem, SharedFileSystem};
use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Appended, Journal, JournalError, Position, Record};
use skytrail_engine::{Error, ErrorKind, store, wal};
use skytrail_storage::Storage;

use super::backend::{Backend, OnDisk, Opening};
use crate::config::{Ack, Config};
use crate::data::{DataFolder, LOG, STORE};

/// The code of files that a later version wrote.
const NEWER: Code = Code("ST-1009");

/// The code of a store whose list of files is damaged.
const DAMAGED: Code = Code("ST-1010");

/// Opens both.
pub(super) async fn open(config: &Config, opening: Opening<'_>) -> anyhow::Result<Backend> {
    let data = &config.server.data_dir;
    let wal = &config.storage.log;
    let storage = store::open(store::Opening {
        fs: folder(data.join(STORE))?,
        config: limits(config),
        catalogue: opening.catalogue,
        zone: opening.zone.clone(),
        clock: opening.clock.clone(),
        metrics: store::Metrics::new(opening.registry),
    });
    let storage = storage.map_err(coded)?;
    let found = storage.checkpoints().load().await.map_err(|error| match error.kind {
        skytrail_storage::ErrorKind::Corrupt => anyhow!("{DAMAGED}: {error}"),
        _ => error.into(),
    })?;
    let last = found.map_or(Position(0), |found| found.position);
    let place = match wal.wal_dir.as_str() {
        "" => data.join(LOG),
        elsewhere => PathBuf::from(elsewhere),
    };
    // Another process may name it as its own, wherever it lies.
    let lock = DataFolder::open(&place)?;
    let limits = wal::Config {
        limit_bytes: wal.limit.0,
        leave_bytes: config.storage.embedded.reserve.0.saturating_mul(2),
        pending_bytes: wal.pending.as_len(),
        group_delay: wal.interval.as_duration(),
        ..wal::Config::default()
    };
    let metrics = wal::Metrics::new(opening.registry);
    let (log, running) = wal::start(folder(place)?, limits, metrics, last).map_err(coded)?;
    if wal.ack == Ack::Memory {
        tracing::warn!(
            "storage.log.ack is memory: clients are answered before their data is on the disk, and \
             a crash loses what came in the moments before"
        );
    }
    let journal = DurableLog { log: Some(log), running: Some(running), ack: wal.ack, _lock: lock };
    let (store, journal) = (Arc::new(storage), Arc::new(journal));
    let log = journal.clone();
    let discard_log = Arc::new(move || log.log()?.discard());
    Ok(Backend {
        storage: store.clone(),
        journal,
        journal_bytes: wal.checkpoint_every.as_len(),
        on_disk: Some(OnDisk { store, discard_log }),
    })
}

fn folder(path: PathBuf) -> anyhow::Result<SharedFileSystem> {
    let shown = path.display().to_string();
    let fs = RealFileSystem::at(path);
    fs.create_dir(Path::new("")).with_context(|| format!("cannot make the folder {shown}"))?;
    Ok(fs)
}

fn limits(config: &Config) -> store::Config {
    let (storage, embedded) = (&config.storage, &config.storage.embedded);
    store::Config {
        record_ttl: storage.record_ttl.0,
        metric_ttl: storage.metric_ttl.0,
        hour_ttl: embedded.hour_ttl.0,
        day_ttl: embedded.day_ttl.0,
        disk_bytes: embedded.disk_size.0,
        disk_percent: embedded.disk_percent,
        reserve_bytes: embedded.reserve.0,
        open_bytes: embedded.open_spans.as_len(),
        sealed_bytes: embedded.sealed_spans.as_len(),
        metric_bytes: embedded.metrics.as_len(),
        relation_bytes: embedded.relations.as_len(),
        top_record_bytes: embedded.records.as_len(),
        entity_bytes: embedded.entities.as_len(),
        tag_bytes: embedded.tags.as_len(),
        cache_bytes: embedded.cache.as_len(),
        dictionary_bytes: embedded.dictionaries.as_len(),
        settle: settle(config),
        longest_read: settle(config),
        ..store::Config::default()
    }
}

/// Twice as long as anybody waits for an answer: so no reader holds on to a moment for longer than
/// the parts of that moment are kept apart.
fn settle(config: &Config) -> Duration {
    let longest = config.api.graphql.timeout.as_duration().saturating_mul(2);
    longest.max(store::Config::default().settle)
}

/// With a code where the operator has to choose.
fn coded(error: Error) -> anyhow::Error {
    match error.kind {
        ErrorKind::Version => anyhow!("{NEWER}: {error}"),
        ErrorKind::Corrupt => anyhow!("{DAMAGED}: {error}"),
        ErrorKind::Mismatch => skytrail_storage::Error::from(error).into(),
        _ => error.into(),
    }
}

/// The log with its thread, which ends with it.
struct DurableLog {
    /// None once it is being closed.
    log: Option<wal::Log>,
    running: Option<wal::Running>,
    ack: Ack,
    _lock: DataFolder,
}

impl DurableLog {
    fn log(&self) -> Result<&wal::Log, JournalError> {
        let closed = || JournalError { message: "the log is closed".to_owned(), retryable: true };
        self.log.as_ref().ok_or_else(closed)
    }
}

impl Journal for DurableLog {
    fn room(&self, bytes: usize) -> BoxFuture<'_, ()> {
        match self.log() {
            Ok(log) => log.room(bytes),
            Err(_) => Box::pin(std::future::ready(())),
        }
    }

    fn refusal(&self) -> Option<String> {
        self.log().ok().and_then(Journal::refusal)
    }

    fn append(&self, record: Record<'_>) -> Result<Appended, JournalError> {
        let mut appended = self.log()?.append(record)?;
        if self.ack == Ack::Memory {
            appended.durable = Box::pin(std::future::ready(Ok(())));
        }
        Ok(appended)
    }

    fn replay<'a>(
        &'a self,
        from: Position,
        take: &'a mut (dyn FnMut(Position, Record<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        match self.log() {
            Ok(log) => log.replay(from, take),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn trim(&self, before: Position) -> Result<(), JournalError> {
        self.log()?.trim(before)
    }

    fn used_bytes(&self) -> usize {
        self.log().map_or(0, Journal::used_bytes)
    }
}

/// Waits until everything is written.
impl Drop for DurableLog {
    fn drop(&mut self) {
        self.log = None;
        if let Some(running) = self.running.take() {
            running.join();
        }
    }
}
