//! The store and the journal in front of it.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use skytrail_analysis::Analysis;
use skytrail_base::code::Code;
use skytrail_base::journal::{Journal, Position, Record};
use skytrail_ingest::Replayer;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::memory::{self, MemoryJournal, MemoryStorage};
use skytrail_storage::{ErrorKind, SharedStorage, Storage};

use crate::config::StorageConfig;

/// The code of a store that was made with another configuration.
const FOREIGN: Code = Code("ST-1007");

/// Records that are read at once during recovery.
const RECORDS_PER_READ: usize = 64;

/// Where data is kept, and the log that it passes through first.
pub struct Backend {
    /// The store.
    pub storage: SharedStorage,
    /// The log.
    pub journal: Arc<dyn Journal>,
    /// A checkpoint is made once the log holds more bytes than that.
    pub journal_bytes: usize,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backend").field("storage", &self.storage.name()).finish_non_exhaustive()
    }
}

impl Backend {
    /// The one that the selector names.
    pub(super) fn open(
        config: &StorageConfig,
        zone: &Zone,
        catalogue: Arc<Catalogue>,
    ) -> anyhow::Result<Self> {
        match config.selector.as_str() {
            "memory" => Ok(Self::memory(config, zone, catalogue)),
            other => bail!("storage.selector '{other}' is not a backend; there is: memory"),
        }
    }

    fn memory(config: &StorageConfig, zone: &Zone, catalogue: Arc<Catalogue>) -> Self {
        tracing::warn!("storage.selector is memory: everything is forgotten when the process ends");
        let limits = memory::Config {
            max_bytes: config.memory.budget.as_len(),
            record_ttl: config.record_ttl.0,
            metric_ttl: config.metric_ttl.0,
        };
        let storage = MemoryStorage::new(limits, zone.clone(), catalogue);
        // What is forgotten with the process cannot be replayed into it.
        let journal = Arc::new(MemoryJournal::new(0));
        Self { storage: Arc::new(storage), journal, journal_bytes: 0 }
    }
}

/// An error of opening a store, with its code where another configuration is
/// the cause.
pub(super) fn coded(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<skytrail_storage::Error>() {
        Some(found) if found.kind == ErrorKind::Mismatch => anyhow!("{FOREIGN}: {found}"),
        _ => error,
    }
}

/// Brings the store to the end of the journal: everything after the last
/// checkpoint counts again, as it did the first time. Gives that end.
pub(super) async fn recover(
    storage: &dyn Storage,
    journal: &dyn Journal,
    analysis: &Analysis,
    tables: &mut Replayer,
) -> anyhow::Result<Position> {
    let mut next = Position(1);
    if let Some(checkpoint) = storage.checkpoints().load().await? {
        let restored = analysis.restore(&checkpoint);
        restored.map_err(|error| anyhow!("{FOREIGN}: {error}"))?;
        next = Position(checkpoint.position.0 + 1);
    }
    loop {
        let records = read(journal, next).await?;
        let Some((last, _)) = records.last() else { return Ok(Position(next.0 - 1)) };
        next = Position(last.0 + 1);
        for (position, record) in records {
            let batch = tables
                .replay(&record)
                .with_context(|| format!("record {} of the journal cannot be read", position.0))?;
            analysis.replay(batch).await?;
        }
    }
}

async fn read(
    journal: &dyn Journal,
    from: Position,
) -> anyhow::Result<Vec<(Position, Record<'static>)>> {
    let mut records = Vec::new();
    let mut take = |position, record: Record<'_>| {
        records.push((position, record.into_owned()));
        records.len() < RECORDS_PER_READ
    };
    journal.replay(from, &mut take).await?;
    Ok(records)
}
