//! The contract suite on the in-memory backend.

use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Journal, JournalError};
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;

use super::{Config, MemoryJournal, MemoryStorage};
use crate::contract::{Attempt, Harness, Instance, JournalHarness, Ttl};
use crate::error::Result;
use crate::spi::Storage;

struct Memory;

struct Opened(MemoryStorage);

impl Harness for Memory {
    fn open(
        &self,
        catalogue: Arc<Catalogue>,
        zone: Zone,
    ) -> BoxFuture<'static, Result<Box<dyn Instance>>> {
        let store = MemoryStorage::new(Config::default(), zone, catalogue);
        Box::pin(std::future::ready(Ok(Box::new(Opened(store)) as Box<dyn Instance>)))
    }

    fn ttl(&self) -> Ttl {
        let config = Config::default();
        Ttl { records: config.record_ttl, metrics: config.metric_ttl }
    }
}

impl Instance for Opened {
    fn store(&self) -> &dyn Storage {
        &self.0
    }

    fn crash(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Instance>>> {
        let reopened = Opened(self.0.reopen());
        Box::pin(std::future::ready(Ok(Box::new(reopened) as Box<dyn Instance>)))
    }

    fn crash_into(self: Box<Self>, zone: Zone) -> BoxFuture<'static, Result<Attempt>> {
        let attempt = self.0.reopen_in(&zone).map(drop);
        let reopened = Opened(self.0.reopen());
        let attempt = (attempt, Box::new(reopened) as Box<dyn Instance>);
        Box::pin(std::future::ready(Ok(attempt)))
    }
}

struct Journals;

impl JournalHarness for Journals {
    fn open(&self) -> std::result::Result<Box<dyn Journal>, JournalError> {
        Ok(Box::new(MemoryJournal::new(1 << 20)))
    }

    fn crash(&self, _: Box<dyn Journal>) -> Option<Box<dyn Journal>> {
        None
    }
}

crate::storage_contract!(Memory);
crate::journal_contract!(Journals);
