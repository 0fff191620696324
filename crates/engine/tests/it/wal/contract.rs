//! The contract suite of journals.

use std::sync::Arc;

use parking_lot::Mutex;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::journal::{Journal, JournalError, Position};
use skytrail_base::metrics::Registry;
use skytrail_engine::wal::{Metrics, start};
use skytrail_storage::contract::JournalHarness;

use super::CONFIG;

/// Remembers the disk of the log that it gave last, to let it crash.
#[derive(Default)]
struct Logs {
    disk: Mutex<Option<Arc<SimFileSystem>>>,
}

impl Logs {
    fn on(&self, disk: Arc<SimFileSystem>) -> Result<Box<dyn Journal>, JournalError> {
        *self.disk.lock() = Some(disk.clone());
        let started = start(disk, CONFIG, Metrics::new(&Registry::default()), Position(0));
        let (log, _) = started
            .map_err(|error| JournalError { message: error.to_string(), retryable: false })?;
        Ok(Box::new(log))
    }
}

impl JournalHarness for Logs {
    fn open(&self) -> Result<Box<dyn Journal>, JournalError> {
        self.on(SimFileSystem::new())
    }

    fn crash(&self, _: Box<dyn Journal>) -> Option<Box<dyn Journal>> {
        let disk = self.disk.lock().as_ref()?.crash(7);
        self.on(disk).ok()
    }
}

skytrail_storage::journal_contract!(Logs::default());
