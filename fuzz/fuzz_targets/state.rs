//! The state of a checkpoint with anything in it: taken up or refused, and what was
//! taken up can be saved and taken up again.

#![no_main]

mod edits;

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use skytrail_analysis::{Analysis, Config, Deps, Rules};
use skytrail_base::clock::ManualClock;
use skytrail_base::journal::Position;
use skytrail_base::metrics::Registry;
use skytrail_base::queue::bounded;
use skytrail_ingest::symbols::SymbolLimits;
use skytrail_ingest::{DuplicateLimits, Replayer, record};
use skytrail_model::batch::Batch;
use skytrail_model::time::Zone;
use skytrail_storage::contract::build::{Symbols, batch_in, entry, exit, segment};
use skytrail_storage::memory::{self, MemoryStorage};
use skytrail_storage::{Checkpoint, Storage};
use tokio::runtime::Runtime;

const START: i64 = 1_772_359_200_000_000_000;
const SYMBOLS: SymbolLimits = SymbolLimits { entries: 1000, bytes: 1 << 20 };
const DUPLICATES: DuplicateLimits = DuplicateLimits { bytes: 1 << 16, window: 600_000_000_000 };
const SHARDS: u16 = 2;

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().expect("a runtime")
    })
}

fn analysis() -> (Analysis, Arc<MemoryStorage>) {
    let settings = Config::default().validate().expect("defaults are valid");
    let rules = Rules::load(&settings).expect("the rules that come with it");
    let zone = Zone::utc();
    let storage =
        Arc::new(MemoryStorage::new(memory::Config::default(), zone.clone(), rules.catalogue()));
    let registry = Registry::default();
    let clock = ManualClock::at(START);
    let deps = Deps { rules, storage: storage.clone(), registry, clock, zone };
    let (_, receivers): (Vec<_>, Vec<_>) = (0..SHARDS).map(|_| bounded(1 << 20)).unzip();
    (Analysis::build(settings, deps, receivers).expect("an analysis"), storage)
}

fn tables() -> Replayer {
    Replayer::new(SYMBOLS).remembering(DUPLICATES, SHARDS)
}

/// A checkpoint of calls that wait for their other side, and of messages that are known.
fn saved() -> &'static Checkpoint {
    static SAVED: OnceLock<Checkpoint> = OnceLock::new();
    SAVED.get_or_init(|| {
        let (analysis, storage) = analysis();
        let mut tables = tables();
        runtime().block_on(async {
            for shard in 0..SHARDS {
                let spans = batch_in(
                    &mut Symbols::of_shard(shard),
                    (0..6).map(|n| {
                        let calls = [
                            entry(format!("/user/{n}")).at(START).lasting(9),
                            exit("call").ids(&format!("a{n}"), "").at(START).peer("late:80"),
                        ];
                        segment("p", format!("w{shard}{n}")).of("web", "web-1").with(calls)
                    }),
                );
                let batch = Batch { shard, arrival: START, spans, ..Batch::default() };
                analysis.replay(batch).await.expect("memory takes everything");
                let _ = tables.replay(&record(shard, START, &[]));
            }
            let pending = analysis.begin_checkpoint(Position(2)).expect("a checkpoint");
            pending.finish(|| tables.kept()).await.expect("memory takes everything");
            let found = storage.checkpoints().load().await;
            found.expect("memory").expect("a checkpoint")
        })
    })
}

fuzz_target!(|input: &[u8]| {
    let Some((which, changes)) = input.split_first() else { return };
    let saved = saved();
    let state = match which % 4 {
        3 => changes.to_vec(),
        _ => edits::edited(&saved.state, changes),
    };
    let (analysis, _) = analysis();
    let checkpoint = Checkpoint { state, ..saved.clone() };
    let Ok(receivers) = analysis.restore(&checkpoint) else { return };
    let mut tables = tables();
    if tables.restore(receivers).is_ok() {
        let kept = tables.kept();
        assert!(self::tables().restore(&kept).is_ok(), "what was taken up is saved");
    }
});
