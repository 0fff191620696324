//! The store and its log on any file system, such as one that loses what was not
//! synced.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::Below;
use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Appended, Journal, JournalError, Position, Record};
use skytrail_engine::{store, wal};
use skytrail_server::serve::{Backend, Opening};
use skytrail_storage::{
    Checkpoint, Checkpoints, Entities, Metrics, Records, Relations, Spans, Storage, Tags,
    Templates, Usage,
};

/// As the agreed answers have it, which were made in memory.
const TTL: i64 = 7 * 86_400_000_000_000;

/// Files so small that a test has several.
const LOG: wal::Config = wal::Config {
    segment_bytes: 16 << 10,
    limit_bytes: 64 << 20,
    spare_bytes: 64 << 10,
    leave_bytes: 0,
    pending_bytes: 1 << 20,
    group_delay: Duration::ZERO,
};

/// A disk, and whether what is on it is forgotten.
#[derive(Clone)]
pub(crate) struct Disk {
    pub(crate) fs: SharedFileSystem,
    /// Loses, at a start, which messages came before the checkpoint.
    pub(crate) forgets_messages: bool,
}

/// Opens both, as the product does.
pub(crate) async fn open(disk: &Disk, opening: Opening<'_>) -> anyhow::Result<Backend> {
    let below =
        |name| -> anyhow::Result<SharedFileSystem> { Ok(Below::new(disk.fs.clone(), name)?) };
    let storage = store::open(store::Opening {
        fs: below("store")?,
        config: store::Config {
            hour_ttl: TTL,
            day_ttl: TTL,
            settle: Duration::ZERO,
            // Some of it before its checkpoint.
            relation_bytes: 1,
            ..store::Config::default()
        },
        catalogue: opening.catalogue,
        zone: opening.zone.clone(),
        clock: opening.clock.clone(),
        metrics: store::Metrics::new(opening.registry),
    })?;
    let found = storage.checkpoints().load().await?;
    let last = found.map_or(Position(0), |found| found.position);
    let (log, running) = wal::start(below("log")?, LOG, wal::Metrics::new(opening.registry), last)?;
    let journal = Arc::new(Log { log: Some(log), running: Some(running) });
    let storage = Forgetful { storage, forgets_messages: disk.forgets_messages };
    // Checkpoints of its own come in between, and trim the log.
    Ok(Backend { storage: Arc::new(storage), journal, journal_bytes: 4096, on_disk: None })
}

/// The log with its thread, which ends with it.
struct Log {
    log: Option<wal::Log>,
    running: Option<wal::Running>,
}

impl Log {
    fn log(&self) -> &wal::Log {
        self.log.as_ref().unwrap()
    }
}

impl Journal for Log {
    fn room(&self, bytes: usize) -> BoxFuture<'_, ()> {
        self.log().room(bytes)
    }

    fn refusal(&self) -> Option<String> {
        self.log().refusal()
    }

    fn append(&self, record: Record<'_>) -> Result<Appended, JournalError> {
        self.log().append(record)
    }

    fn replay<'a>(
        &'a self,
        from: Position,
        take: &'a mut (dyn FnMut(Position, Record<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        self.log().replay(from, take)
    }

    fn trim(&self, before: Position) -> Result<(), JournalError> {
        self.log().trim(before)
    }

    fn used_bytes(&self) -> usize {
        self.log().used_bytes()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.log = None;
        self.running.take().into_iter().for_each(wal::Running::join);
    }
}

/// A store that may have a mistake in it.
struct Forgetful {
    storage: store::EmbeddedStorage,
    forgets_messages: bool,
}

/// What the receivers keep comes first in a state, and its length stands 12 bytes
/// before the end. Of it, only what the windows are of stays: three bytes.
fn without_messages(mut checkpoint: Checkpoint) -> Checkpoint {
    let state = &mut checkpoint.state;
    let place = state.len() - 12;
    let len = u64::from_le_bytes(state[place..place + 8].try_into().unwrap()) as usize;
    state[place..place + 8].copy_from_slice(&3_u64.to_le_bytes());
    drop(state.drain(3..len));
    checkpoint
}

impl Checkpoints for Forgetful {
    fn save<'a>(&'a self, checkpoint: Checkpoint) -> BoxFuture<'a, skytrail_storage::Result<()>> {
        self.storage.checkpoints().save(checkpoint)
    }

    fn load<'a>(&'a self) -> BoxFuture<'a, skytrail_storage::Result<Option<Checkpoint>>> {
        Box::pin(async {
            let found = self.storage.checkpoints().load().await?;
            Ok(if self.forgets_messages { found.map(without_messages) } else { found })
        })
    }
}

impl Storage for Forgetful {
    fn name(&self) -> &'static str {
        self.storage.name()
    }

    fn entities(&self) -> &dyn Entities {
        self.storage.entities()
    }

    fn tags(&self) -> &dyn Tags {
        self.storage.tags()
    }

    fn templates(&self) -> &dyn Templates {
        self.storage.templates()
    }

    fn metrics(&self) -> &dyn Metrics {
        self.storage.metrics()
    }

    fn relations(&self) -> &dyn Relations {
        self.storage.relations()
    }

    fn spans(&self) -> &dyn Spans {
        self.storage.spans()
    }

    fn records(&self) -> &dyn Records {
        self.storage.records()
    }

    fn checkpoints(&self) -> &dyn Checkpoints {
        self
    }

    fn wants_checkpoint(&self) -> bool {
        self.storage.wants_checkpoint()
    }

    fn usage(&self) -> Usage {
        self.storage.usage()
    }

    fn expire<'a>(&'a self, now: i64) -> BoxFuture<'a, skytrail_storage::Result<()>> {
        self.storage.expire(now)
    }
}

/// A folder of the machine.
pub(crate) fn folder(path: PathBuf) -> Disk {
    let fs = skytrail_base::fs::real::RealFileSystem::at(path);
    Disk { fs, forgets_messages: false }
}
