//! The requirements on the families that are kept here; the others are those of
//! the store in memory.

use std::path::PathBuf;
use std::sync::Arc;

use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::future::BoxFuture;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::{Minute, Zone};
use skytrail_mutable::{Config, Mutable};
use skytrail_storage::contract::{Attempt, Harness, Instance, Ttl, all, run};
use skytrail_storage::memory::{Config as MemoryConfig, MemoryStorage};
use skytrail_storage::{
    Checkpoint, Checkpoints, Entities, Metrics, Records, Relations, Result, Spans, Storage, Tags,
    Templates, Usage,
};

struct Mixed {
    disk: Arc<SimFileSystem>,
    mutable: Mutable,
    memory: MemoryStorage,
}

fn open(disk: Arc<SimFileSystem>) -> Result<Mutable> {
    Ok(Mutable::open(disk, PathBuf::from("mutable"), Config::default())?.mutable)
}

impl Storage for Mixed {
    fn name(&self) -> &'static str {
        "mixed"
    }

    fn entities(&self) -> &dyn Entities {
        self.mutable.entities()
    }

    fn tags(&self) -> &dyn Tags {
        self.mutable.tags()
    }

    fn templates(&self) -> &dyn Templates {
        self.mutable.templates()
    }

    fn metrics(&self) -> &dyn Metrics {
        self.memory.metrics()
    }

    fn relations(&self) -> &dyn Relations {
        self.memory.relations()
    }

    fn spans(&self) -> &dyn Spans {
        self.memory.spans()
    }

    fn records(&self) -> &dyn Records {
        self.memory.records()
    }

    fn checkpoints(&self) -> &dyn Checkpoints {
        self
    }

    fn usage(&self) -> Usage {
        let mut usage = self.memory.usage();
        let ours = self.mutable.usage();
        usage.families.retain(|family| ours.iter().all(|ours| ours.name != family.name));
        usage.families.extend(ours);
        usage
    }

    fn expire<'a>(&'a self, now: i64) -> BoxFuture<'a, Result<()>> {
        let config = MemoryConfig::default();
        let tags = Minute::of_nanos(now.saturating_sub(config.record_ttl));
        self.mutable.expire_tags(tags.plus(-25 * 60));
        self.mutable.expire_entities(Minute::of_nanos(now.saturating_sub(config.metric_ttl)));
        self.memory.expire(now)
    }
}

impl Checkpoints for Mixed {
    fn save<'a>(&'a self, checkpoint: Checkpoint) -> BoxFuture<'a, Result<()>> {
        match self.mutable.commit(checkpoint.position) {
            Ok(()) => self.memory.checkpoints().save(checkpoint),
            Err(error) => Box::pin(std::future::ready(Err(error.into()))),
        }
    }

    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<Checkpoint>>> {
        self.memory.checkpoints().load()
    }
}

impl Mixed {
    fn crashed(&self) -> Result<Box<dyn Instance>> {
        let disk = self.disk.crash(1);
        let mutable = open(disk.clone())?;
        Ok(Box::new(Self { disk, mutable, memory: self.memory.reopen() }))
    }
}

struct Mixes;

impl Harness for Mixes {
    fn open(
        &self,
        catalogue: Arc<Catalogue>,
        zone: Zone,
    ) -> BoxFuture<'static, Result<Box<dyn Instance>>> {
        let disk = SimFileSystem::new();
        let memory = MemoryStorage::new(MemoryConfig::default(), zone, catalogue);
        let opened = open(disk.clone());
        let opened = opened.map(|mutable| Box::new(Mixed { disk, mutable, memory }) as _);
        Box::pin(std::future::ready(opened))
    }

    fn ttl(&self) -> Ttl {
        let config = MemoryConfig::default();
        Ttl { records: config.record_ttl, metrics: config.metric_ttl }
    }
}

impl Instance for Mixed {
    fn store(&self) -> &dyn Storage {
        self
    }

    fn crash(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Instance>>> {
        Box::pin(std::future::ready(self.crashed()))
    }

    fn crash_into(self: Box<Self>, zone: Zone) -> BoxFuture<'static, Result<Attempt>> {
        let attempt = self.memory.reopen_in(&zone).map(drop);
        let crashed = self.crashed().map(|crashed| (attempt, crashed));
        Box::pin(std::future::ready(crashed))
    }
}

#[test]
fn the_families_kept_here_meet_their_requirements() {
    const FAMILIES: [&str; 6] =
        ["entities::", "aliases::", "tags::", "templates::", "expiry::", "checkpoints::"];
    let is_ours = |name: &str| FAMILIES.iter().any(|family| name.starts_with(family));
    let checks = all().into_iter().filter(|check| is_ours(check.name));
    let ran = checks.map(|check| run(&Mixes, check.name)).count();
    assert!(ran > 25, "{ran}");
}
