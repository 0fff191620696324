//! The one entry: what questions are answered from.

use std::sync::Arc;

use skytrail_base::clock::SharedClock;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::{LiveMetrics, SharedStorage};
use tokio::sync::Mutex;

use crate::aliases::{AliasCache, AliasTable};
use crate::config::Config;
use crate::error::Result;

/// What questions are answered from.
pub struct Deps {
    /// Everything that is stored.
    pub storage: SharedStorage,
    /// The minutes that are being filled.
    pub live: Arc<dyn LiveMetrics>,
    /// The metrics that can be asked for.
    pub catalogue: Arc<Catalogue>,
    /// Zone of the times that clients send, and of hour and day buckets.
    pub zone: Zone,
    /// Time for answers that depend on it.
    pub clock: SharedClock,
    /// Limits.
    pub config: Config,
}

/// Answers questions. Shared by all requests; holds nothing of any of them.
pub struct Query {
    pub(crate) storage: SharedStorage,
    pub(crate) live: Arc<dyn LiveMetrics>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) zone: Zone,
    pub(crate) clock: SharedClock,
    pub(crate) config: Config,
    pub(crate) alias_cache: AliasCache,
    /// Whoever changes a dashboard holds it, from reading it on.
    pub(crate) changing: Mutex<()>,
}

impl Query {
    /// Over these parts.
    pub fn new(deps: Deps) -> Self {
        Self {
            storage: deps.storage,
            live: deps.live,
            catalogue: deps.catalogue,
            zone: deps.zone,
            clock: deps.clock,
            config: deps.config,
            alias_cache: AliasCache::default(),
            changing: Mutex::default(),
        }
    }

    /// The zone of the times in questions and answers.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The aliases as they are now.
    pub(crate) async fn aliases(&self) -> Result<Arc<AliasTable>> {
        // The version is read first: aliases that come in between are read again next time.
        let version = self.storage.entities().alias_version();
        if let Some(table) = self.alias_cache.get(version) {
            return Ok(table);
        }
        let aliases = self.storage.entities().aliases().await?;
        Ok(self.alias_cache.put(version, aliases))
    }
}
