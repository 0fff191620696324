//! Readers beside appends, checkpoints and merges: every moment is a whole one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_engine::store::view::View;
use skytrail_engine::store::{Config, EmbeddedStorage};
use skytrail_model::entity::EntityId;
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::Downsampling;
use skytrail_storage::contract::build::{append, entry, segment};
use skytrail_storage::{Checkpoints, ErrorKind, Order, Origin, Storage};

use super::crashes::{
    START, all_calls, block_on, callers, checkpoint, count, opened, opened_with, search, step,
};

const STEPS: u64 = 400;

/// How many steps were begun, and how many are done.
#[derive(Default)]
struct Progress {
    begun: AtomicU64,
    done: AtomicU64,
}

async fn write(store: Arc<EmbeddedStorage>, progress: Arc<Progress>) {
    for n in 1..=STEPS {
        progress.begun.store(n, Ordering::SeqCst);
        step(&*store, n).await;
        progress.done.store(n, Ordering::SeqCst);
        if n % 7 == 0 {
            store.save(checkpoint(n)).await.unwrap();
        }
        if n % 60 == 0 {
            store.merge().await.unwrap();
        }
    }
}

async fn read(store: Arc<EmbeddedStorage>, progress: Arc<Progress>) {
    for round in 0.. {
        let done = progress.done.load(Ordering::SeqCst);
        let found: u64 = match round % 4 {
            0 => {
                let found = search(&*store, Order::Start).await;
                let distinct: BTreeSet<_> = found.iter().collect();
                assert_eq!(distinct.len(), found.len(), "a segment twice");
                found.len() as u64
            }
            1 => count(&*store, Downsampling::Minute).await,
            2 => count(&*store, Downsampling::Day).await,
            _ => callers(&*store).await.len() as u64,
        };
        let begun = progress.begun.load(Ordering::SeqCst);
        assert!((done..=begun).contains(&found), "{found} of {done} to {begun}, round {round}");
        if done == STEPS {
            break;
        }
    }
}

#[test]
fn what_was_appended_is_seen_once_at_every_moment() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        let disk = SimFileSystem::new();
        let store = Arc::new(opened(&disk).unwrap());
        let progress = Arc::<Progress>::default();
        let readers: Vec<_> =
            (0..3).map(|_| tokio::spawn(read(store.clone(), progress.clone()))).collect();
        tokio::spawn(write(store, progress)).await.unwrap();
        for reader in readers {
            reader.await.unwrap();
        }
        let view = View::open(&(disk as SharedFileSystem)).unwrap();
        assert!(view.stats().families.iter().any(|one| one.level > 0), "nothing was merged");
    });
}

/// How long a read of such a store may last.
const LONGEST: Duration = Duration::from_millis(200);

/// A store of so short reads with a trace of many windows, and many calls.
async fn hurried(disk: &Arc<SimFileSystem>) -> EmbeddedStorage {
    let store = opened_with(disk, Config { longest_read: LONGEST, ..Config::default() }).unwrap();
    let origin = Origin { shard: 0, sequence: 1 };
    let text = "x".repeat(50_000);
    let time = START.start_nanos();
    let span = |n: i64| entry("/").at(time + n).tag("text", format!("{n}{text}").as_str());
    let spans = append((0..100).map(|n| segment("t", format!("s{n}")).with([span(n)])));
    store.spans().append(origin, spans).await.unwrap();
    let row = |n: u128| RelationRow {
        minute: START,
        scope: Scope::ServiceRelation,
        relation: EntityId(n),
        source: EntityId(n),
        dest: EntityId(0),
        source_service: EntityId(n),
        dest_service: EntityId(0),
        side: DetectPoint::Client,
        component: 0,
    };
    store.relations().append(origin, (1..=5_000).map(row).collect()).await.unwrap();
    store
}

/// Takes everything, the first of it for longer than a read may last.
fn slowly(taken: &mut u64) -> bool {
    let begun = Instant::now();
    while *taken == 0 && begun.elapsed() < 2 * LONGEST {
        std::hint::spin_loop();
    }
    *taken += 1;
    true
}

#[test]
fn an_answer_that_is_cut_off_by_time_is_not_whole() {
    block_on(async {
        let disk = SimFileSystem::new();
        let store = hurried(&disk).await;
        for place in ["memory", "a part"] {
            let mut taken = 0;
            let mut take = |_| slowly(&mut taken);
            let answer = store.spans().trace("t", &mut take).await;
            let kind = answer.map_err(|error| error.kind);
            assert_eq!(kind, Err(ErrorKind::Timeout), "a trace in {place}, {taken} windows");
            // None at all where the machine took longer for the first.
            assert!(taken < 10, "{taken} windows in {place}");
            let read = all_calls();
            let mut taken = 0;
            let mut take = |_: &skytrail_storage::Sighting<'_>| slowly(&mut taken);
            let answer = store.relations().read(&read, &mut take).await;
            let kind = answer.map_err(|error| error.kind);
            assert_eq!(kind, Err(ErrorKind::Timeout), "calls in {place}, {taken} of them");
            assert!(taken < 5_000, "{taken} calls in {place}");
            store.save(checkpoint(1)).await.unwrap();
        }
    });
}
