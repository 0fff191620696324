use std::sync::Arc;

use parking_lot::Mutex;
use skytrail_base::budget::Budget;
use skytrail_base::clock::ManualClock;
use skytrail_base::journal::Position;
use skytrail_base::metrics::Registry;
use skytrail_base::queue::bounded;
use skytrail_model::batch::Batch;
use skytrail_model::time::Zone;
use skytrail_storage::contract::build::{batch, exit, segment};
use skytrail_storage::memory::{self, MemoryStorage};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Running, Worker, analyse};
use crate::config::{Config, PairingConfig};
use crate::oal::rules::Rules;
use crate::persist::Persister;
use crate::self_metrics::{Advice, Meters};
use crate::shard::Shard;

const START: i64 = 1_772_359_200_000_000_000;

/// The worker of a shard in which one side of a call can wait.
fn running(registry: &Registry) -> Running {
    let pairing = PairingConfig { max_entries: 1, ..PairingConfig::default() };
    let settings = Config { pairing, ..Config::default() }.validate().unwrap();
    let rules = Rules::load(&settings).unwrap();
    let memory = MemoryStorage::new(memory::Config::default(), Zone::utc(), rules.catalogue());
    let shard = Shard::alone(&rules, settings, Zone::utc());
    let worker = Worker {
        index: 0,
        shards: Arc::new([Mutex::new(shard)]),
        receiver: bounded(1 << 20).1,
        pauses: mpsc::unbounded_channel().1,
        persister: Persister { storage: Arc::new(memory), meters: Meters::new(registry) },
        budget: Budget::new(1 << 30),
        clock: ManualClock::at(START),
        advice: Advice { limit: 1, grouping_file: String::new() },
        waiting_pairs: Arc::new(|| 0),
    };
    let (tasks, last) = (JoinSet::new(), Position(0));
    Running { worker, tasks, under_way: 0, flushing: None, last, held: None }
}

#[tokio::test]
async fn what_an_idle_shard_gives_up_is_counted() {
    let registry = Registry::default();
    let mut running = running(&registry);
    let callers = ["a", "b", "c"].map(|id| {
        let call = exit("call").ids(id, "").at(START).peer("late:80");
        segment("t", id).of("web", "w").with([call])
    });
    let item = Batch { arrival: START, spans: batch(callers), ..Batch::default() };
    analyse(&running.worker.shards[0], &item);
    running.tick();
    let text = registry.encode();
    assert!(text.contains("skytrail_analysis_unpaired_early_total 2"), "{text}");
    assert!(text.contains("skytrail_analysis_batches_total 0"), "{text}");
}
