//! The store and the journal in front of it.

use std::sync::Arc;

use anyhow::anyhow;
use skytrail_base::clock::SharedClock;
use skytrail_base::code::Code;
use skytrail_base::journal::{Journal, JournalError};
use skytrail_base::metrics::Registry;
use skytrail_engine::store::EmbeddedStorage;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::{ErrorKind, SharedStorage};

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
    /// The store once more, if it is the one on disk, for what operators do with it.
    pub on_disk: Option<OnDisk>,
}

/// A store on disk and the log in front of it, as operators see them.
#[derive(Clone)]
pub struct OnDisk {
    /// The store.
    pub store: Arc<EmbeddedStorage>,
    /// Has what the log holds leave the disk when the log does not need it; an error says that it
    /// may stay.
    pub discard_log: Arc<dyn Fn() -> Result<(), JournalError> + Send + Sync>,
}

impl std::fmt::Debug for OnDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnDisk").finish_non_exhaustive()
    }
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

/// An error of opening a store, with its code where another configuration is
/// the cause.
pub(super) fn coded(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<skytrail_storage::Error>() {
        Some(found) if found.kind == ErrorKind::Mismatch => anyhow!("{FOREIGN}: {found}"),
        _ => error,
    }
}
