//! The contract suite on the embedded store; a crash is the power failing.

use std::sync::Arc;

use skytrail_base::clock::ManualClock;
use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::future::BoxFuture;
use skytrail_base::metrics::Registry;
use skytrail_engine::store::{Config, EmbeddedStorage, Metrics, Opening, open};
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::contract::{Attempt, Harness, Instance, Ttl};
use skytrail_storage::{Error, Result, Storage};

/// 2026-03-10T12:00Z: the suite lives in the days after.
const NOW: i64 = 1_773_144_000_000_000_000;

struct Embedded;

struct Opened {
    disk: Arc<SimFileSystem>,
    catalogue: Arc<Catalogue>,
    zone: Zone,
    store: EmbeddedStorage,
}

fn opening(fs: SharedFileSystem, catalogue: Arc<Catalogue>, zone: Zone) -> Opening {
    let config = Config {
        hour_ttl: ttl().metrics,
        day_ttl: ttl().metrics,
        // The suite sets the clock as it likes.
        doubts_clock: false,
        ..Config::default()
    };
    let metrics = Metrics::new(&Registry::default());
    Opening { fs, config, catalogue, zone, clock: ManualClock::at(NOW), metrics }
}

fn opened(disk: Arc<SimFileSystem>, catalogue: Arc<Catalogue>, zone: Zone) -> Result<Opened> {
    let store = open(opening(disk.clone(), catalogue.clone(), zone.clone()))?;
    Ok(Opened { disk, catalogue, zone, store })
}

fn boxed(opened: Opened) -> Box<dyn Instance> {
    Box::new(opened)
}

fn ttl() -> Ttl {
    let config = Config::default();
    Ttl { records: config.record_ttl, metrics: config.metric_ttl }
}

impl Harness for Embedded {
    fn open(
        &self,
        catalogue: Arc<Catalogue>,
        zone: Zone,
    ) -> BoxFuture<'static, Result<Box<dyn Instance>>> {
        Box::pin(async move { Ok(boxed(opened(SimFileSystem::new(), catalogue, zone)?)) })
    }

    fn ttl(&self) -> Ttl {
        ttl()
    }
}

impl Opened {
    /// Another disk for each crash: which writes survive differs.
    fn after(&self) -> Arc<SimFileSystem> {
        self.disk.crash(self.disk.operations())
    }
}

impl Instance for Opened {
    fn store(&self) -> &dyn Storage {
        &self.store
    }

    fn crash(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Instance>>> {
        let after = self.after();
        Box::pin(
            async move { Ok(boxed(opened(after, self.catalogue.clone(), self.zone.clone())?)) },
        )
    }

    fn crash_into(self: Box<Self>, zone: Zone) -> BoxFuture<'static, Result<Attempt>> {
        let after = self.after();
        Box::pin(async move {
            let attempt = open(opening(after.clone(), self.catalogue.clone(), zone));
            let attempt = attempt.map(drop).map_err(Error::from);
            let again = opened(after, self.catalogue.clone(), self.zone.clone())?;
            Ok((attempt, boxed(again)))
        })
    }
}

skytrail_storage::storage_contract!(Embedded);
