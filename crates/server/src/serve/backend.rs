//! The store and the journal in front of it.

use std::sync::Arc;

use anyhow::{anyhow, bail};
use skytrail_base::clock::SharedClock;
use skytrail_base::code::Code;
use skytrail_base::journal::Journal;
use skytrail_base::metrics::Registry;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::memory::{self, MemoryJournal, MemoryStorage};
use skytrail_storage::{ErrorKind, SharedStorage};

use super::embedded;
use crate::config::{Config, StorageConfig};

/// The code of a store that was made with another configuration.
pub(super) const FOREIGN: Code = Code("ST-1007");

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

/// What a store is opened with, besides its own configuration.
pub struct Opening<'a> {
    /// Where hours and days begin.
    pub zone: &'a Zone,
    /// The metrics that are kept.
    pub catalogue: Arc<Catalogue>,
    /// Where it tells about itself.
    pub registry: &'a Registry,
    /// The time of day.
    pub clock: &'a SharedClock,
}

impl std::fmt::Debug for Opening<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("zone", &self.zone).finish_non_exhaustive()
    }
}

impl Backend {
    /// The one that the selector names.
    pub(super) async fn open(config: &Config, opening: Opening<'_>) -> anyhow::Result<Self> {
        match config.storage.selector.as_str() {
            "memory" => Ok(Self::memory(&config.storage, opening)),
            "embedded" => embedded::open(config, opening).await,
            other => {
                bail!("storage.selector '{other}' is not a backend; there is: embedded, memory")
            }
        }
    }

    fn memory(config: &StorageConfig, opening: Opening<'_>) -> Self {
        tracing::warn!("storage.selector is memory: everything is forgotten when the process ends");
        let limits = memory::Config {
            max_bytes: config.memory.budget.as_len(),
            record_ttl: config.record_ttl.0,
            metric_ttl: config.metric_ttl.0,
        };
        let storage = MemoryStorage::new(limits, opening.zone.clone(), opening.catalogue);
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
