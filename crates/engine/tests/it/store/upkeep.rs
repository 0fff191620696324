//! What keeps a store well, and what it says about itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::ManualClock;
use skytrail_base::fs::sim::{Fault, Operation, SimFileSystem};
use skytrail_base::fs::{FileSystem, SharedFileSystem};
use skytrail_base::metrics::Registry;
use skytrail_engine::store::view::View;
use skytrail_engine::store::{Config, EmbeddedStorage, Metrics, Opening, Retention, open};
use skytrail_model::time::{Downsampling, Zone};
use skytrail_storage::{Checkpoints, Order, Storage};

use super::crashes::{
    START, block_on, catalogue, check, checkpoint, count, counted, opened_with, search, step,
};

const HOUR: i64 = 3_600_000_000_000;

fn opened(disk: &Arc<SimFileSystem>, config: Config) -> (EmbeddedStorage, Registry) {
    let registry = Registry::default();
    let opening = Opening {
        fs: disk.clone(),
        config,
        catalogue: catalogue(),
        zone: Zone::utc(),
        clock: Arc::new(ManualClock::default()),
        metrics: Metrics::new(&registry),
    };
    (open(opening).unwrap(), registry)
}

/// A metric without labels.
fn metric(registry: &Registry, name: &str) -> i64 {
    let text = registry.encode();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix([' ', '_']));
    let value = line.and_then(|line| line.rsplit(' ').next()).and_then(|one| one.parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in {text}"))
}

async fn steps(store: &EmbeddedStorage, from: u64, to: u64) {
    for n in from..=to {
        step(store, n).await;
    }
}

/// Fills a disk to the last byte; the file that does.
fn fill(disk: &SimFileSystem) -> &'static Path {
    let path = Path::new("filler");
    let file = disk.create(path).unwrap();
    let free = disk.space().unwrap().free;
    file.write_at(&vec![1; free as usize], 0).unwrap();
    assert_eq!(disk.space().unwrap().free, 0);
    path
}

#[test]
fn on_a_full_disk_the_reserve_lets_a_checkpoint_be_made() {
    block_on(async {
        for reserve_bytes in [0, 256 << 10] {
            let disk = SimFileSystem::new();
            disk.set_capacity(4 << 20);
            let config = Config { reserve_bytes, ..Config::default() };
            let (store, _) = opened(&disk, config);
            steps(&store, 1, 10).await;
            store.save(checkpoint(10)).await.unwrap();
            let has_reserve = || disk.file_names().iter().any(|name| name == Path::new("reserve"));
            assert_eq!(has_reserve(), reserve_bytes > 0);
            let filler = fill(&disk);
            steps(&store, 11, 20).await;
            let saved = store.save(checkpoint(20)).await;
            assert_eq!(saved.is_ok(), reserve_bytes > 0, "{saved:?}");
            assert!(!has_reserve());
            check(&store, 20).await.unwrap();
            disk.remove(filler).unwrap();
            store.expire(START.start_nanos()).await.unwrap();
            assert_eq!(has_reserve(), reserve_bytes > 0, "made again");
        }
    });
}

#[test]
fn what_is_held_is_told_from_the_start_and_what_fails_is_counted() {
    block_on(async {
        let disk = SimFileSystem::new();
        let (store, registry) = opened(&disk, Config::default());
        steps(&store, 1, 5).await;
        disk.inject(Fault { times: 1, ..Fault::of(Operation::Create, "spans") });
        store.save(checkpoint(5)).await.unwrap_err();
        assert_eq!(metric(&registry, "skytrail_store_failures_total"), 1);
        store.save(checkpoint(5)).await.unwrap();
        assert!(store.trouble().is_none());
        drop(store);
        let (_store, registry) = opened(&disk, Config::default());
        assert_eq!(metric(&registry, "skytrail_store_parts"), 4);
        assert!(metric(&registry, "skytrail_store_part_bytes") > 0);
    });
}

#[test]
fn a_file_of_names_that_is_gone_is_told() {
    block_on(async {
        let disk = SimFileSystem::new();
        let (store, registry) = opened(&disk, Config::default());
        assert_eq!(metric(&registry, "skytrail_store_damaged_parts_total"), 0, "a new store");
        steps(&store, 1, 5).await;
        store.save(checkpoint(5)).await.unwrap();
        drop(store);
        disk.remove(Path::new("mutable.redb")).unwrap();
        let (store, registry) = opened(&disk, Config::default());
        assert_eq!(metric(&registry, "skytrail_store_damaged_parts_total"), 1);
        check(&store, 5).await.unwrap();
    });
}

#[test]
fn a_time_to_live_that_is_changed_counts_from_the_next_look_on() {
    block_on(async {
        let disk = SimFileSystem::new();
        let config = Config { doubts_clock: false, ..Config::default() };
        let (store, _) = opened(&disk, config);
        steps(&store, 1, 5).await;
        store.save(checkpoint(5)).await.unwrap();
        let now = START.start_nanos() + 2 * HOUR;
        store.expire(now).await.unwrap();
        assert_eq!(search(&store, Order::Start).await.len(), 5);
        let kept = store.retention();
        store.retain(Retention { record_ttl: HOUR, ..kept });
        assert_eq!(search(&store, Order::Start).await.len(), 5, "not before it is looked for");
        store.expire(now).await.unwrap();
        assert!(search(&store, Order::Start).await.is_empty());
        // Longer again: what went stays away, what comes is kept, and is not of odd times.
        store.retain(Retention { record_ttl: 30 * 24 * HOUR, ..kept });
        store.expire(now).await.unwrap();
        steps(&store, 200, 200).await;
        assert!(search(&store, Order::Start).await.is_empty(), "before what went");
        let minutes = 2 * 60 * 8;
        steps(&store, minutes, minutes).await;
        store.save(checkpoint(minutes)).await.unwrap();
        assert_eq!(search(&store, Order::Start).await.len(), 1);
        let view = View::open(&(disk.clone() as SharedFileSystem)).unwrap();
        let spans = view.stats().families.into_iter().filter(|one| one.family == "spans");
        assert!(spans.map(|one| one.day).all(|day| day == Some(0)));
    });
}

#[test]
fn hours_and_days_are_made_of_minutes_that_were_merged() {
    block_on(async {
        let disk = SimFileSystem::new();
        let config = Config { settle: Duration::ZERO, ..Config::default() };
        let store = opened_with(&disk, config).unwrap();
        let parts = |family: &str| {
            let view = View::open(&(disk.clone() as SharedFileSystem)).unwrap();
            let of = view.stats().families.into_iter().filter(|one| one.family == family);
            of.map(|one| one.parts).sum::<u64>()
        };
        // A minute each, from the beginning of the first hour on.
        for n in 0..70 {
            steps(&store, n * 8 + 1, n * 8 + 8).await;
            store.save(checkpoint(n * 8 + 8)).await.unwrap();
            store.merge().await.unwrap();
            for size in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
                assert_eq!(count(&store, size).await, n * 8 + 8, "{size:?} of minute {n}");
            }
            let has_hours = (parts("hours"), parts("days"));
            assert_eq!(has_hours, if n < 63 { (0, 0) } else { (1, 1) }, "minute {n}");
        }
        assert_eq!(parts("minutes"), 1 + 6);
        // Step 8 is in the next minute.
        let first = counted(&store, Downsampling::Hour, START, START.plus(59)).await;
        assert_eq!(first, 479);
    });
}
