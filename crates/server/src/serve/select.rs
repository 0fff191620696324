//! Which backend is opened.

use std::sync::Arc;

use anyhow::bail;
use skytrail_storage::memory::{self, MemoryJournal, MemoryStorage};

use super::backend::{Backend, Opening};
use super::embedded;
use crate::config::{Config, StorageConfig};

/// The one that the selector names.
pub(super) async fn open(config: &Config, opening: Opening<'_>) -> anyhow::Result<Backend> {
    match config.storage.selector.as_str() {
        "memory" => Ok(in_memory(&config.storage, opening)),
        "embedded" => embedded::open(config, opening).await,
        other => bail!("storage.selector '{other}' is not a backend; there is: embedded, memory"),
    }
}

fn in_memory(config: &StorageConfig, opening: Opening<'_>) -> Backend {
    tracing::warn!("storage.selector is memory: everything is forgotten when the process ends");
    let limits = memory::Config {
        max_bytes: config.memory.budget.as_len(),
        record_ttl: config.record_ttl.0,
        metric_ttl: config.metric_ttl.0,
    };
    let storage = MemoryStorage::new(limits, opening.zone.clone(), opening.catalogue);
    // What is forgotten with the process cannot be replayed into it.
    let journal = Arc::new(MemoryJournal::new(0));
    Backend { storage: Arc::new(storage), journal, journal_bytes: 0, on_disk: None }
}
