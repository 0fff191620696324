//! More spans than rows in memory: blocks, parts before the checkpoint, merges. At
//! each stage the answers are those of the memory backend.

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::ManualClock;
use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::{Dice, SimFileSystem};
use skytrail_base::journal::Position;
use skytrail_base::metrics::Registry;
use skytrail_engine::store::view::View;
use skytrail_engine::store::{Config, EmbeddedStorage, Metrics, Opening, open};
use skytrail_model::entity::ServiceRef;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::contract::build::{MILLI, SegmentSpec, append, entry, exit, read, segment};
use skytrail_storage::memory::MemoryStorage;
use skytrail_storage::rows::Gather;
use skytrail_storage::{
    Checkpoint, Checkpoints, Cut, Order, Origin, SegmentFilter, SegmentSummary, Storage, TagFilter,
    TraceState,
};

use super::crashes::block_on;

const SERVICES: u64 = 7;
const TRACES: u64 = 2_000;
const SEGMENTS_PER_BATCH: u64 = 100;

fn opened(disk: &Arc<SimFileSystem>, config: Config) -> EmbeddedStorage {
    let opening = Opening {
        fs: disk.clone(),
        config,
        catalogue: Arc::new(Catalogue::new(Vec::new(), Vec::new())),
        zone: Zone::utc(),
        clock: ManualClock::at(0),
        metrics: Metrics::new(&Registry::default()),
    };
    open(opening).unwrap()
}

fn oracle() -> MemoryStorage {
    let catalogue = Arc::new(Catalogue::new(Vec::new(), Vec::new()));
    let config = skytrail_storage::memory::Config {
        max_bytes: 1 << 30,
        ..skytrail_storage::memory::Config::default()
    };
    MemoryStorage::new(config, Zone::utc(), catalogue)
}

fn service(number: u64) -> String {
    format!("service-{number}")
}

/// A segment of five spans, some of which failed.
fn one(number: u64, dice: &mut Dice) -> SegmentSpec {
    let start = (number * 1_000 + dice.below(50_000)) as i64 * 1_000;
    let lasting = dice.below(500) as i64 * MILLI / 10;
    let first = entry(format!("/op-{}", dice.below(30))).at(start).lasting(lasting);
    let calls = (0..4).map(|call| {
        let one = exit(format!("call-{}", dice.below(20)))
            .at(start + call * 10)
            .lasting(lasting / 5)
            .peer("db:3306")
            .tag("db.statement", format!("select {}", dice.below(1_000)).as_str())
            .tag("region", ["north", "south"][dice.below(2) as usize]);
        if dice.below(50) == 0 { one.failed() } else { one }
    });
    let calls: Vec<_> = calls.collect();
    let trace = format!("trace-{}", number % TRACES);
    let name = service(dice.below(SERVICES));
    segment(trace, format!("segment-{number:06}"))
        .of(&name, &format!("{name}-instance"))
        .with([first].into_iter().chain(calls))
}

async fn fill(stores: [&dyn Storage; 2], from: u64, batches: u64) -> u64 {
    let mut dice = Dice::new(from);
    for batch in from..from + batches {
        let first = batch * SEGMENTS_PER_BATCH;
        let specs = (first..first + SEGMENTS_PER_BATCH).map(|number| one(number, &mut dice));
        let spans = append(specs);
        let origin = Origin { shard: 0, sequence: batch + 1 };
        for store in stores {
            store.spans().append(origin, spans.clone()).await.unwrap();
        }
    }
    from + batches
}

fn checkpoint(batches: u64) -> Checkpoint {
    let mut cut = Cut::default();
    cut.include(0, batches);
    let (position, zone) = (Position(batches), "UTC".to_owned());
    Checkpoint { position, cut, state: Vec::new(), rules: 0, zone }
}

fn filter(dice: &mut Dice) -> SegmentFilter {
    let id = ServiceRef { name: service(dice.below(SERVICES + 1)), normal: true }.id();
    let tag = |key: &str, value: String| TagFilter { key: key.to_owned(), value: Some(value) };
    SegmentFilter {
        from: 0,
        to: if dice.below(2) == 0 { i64::MAX } else { dice.below(40_000_000_000) as i64 },
        service: (dice.below(3) > 0).then_some(id),
        min_duration: (dice.below(3) == 0).then_some(40 * MILLI),
        state: [TraceState::All, TraceState::Error, TraceState::Success][dice.below(3) as usize],
        tags: match dice.below(4) {
            0 => vec![tag("region", "north".to_owned())],
            1 => vec![tag("db.statement", format!("select {}", dice.below(1_200)))],
            _ => Vec::new(),
        },
        keyword: (dice.below(4) == 0).then(|| format!("LL-{}", dice.below(30))),
        order: if dice.below(3) == 0 { Order::Duration } else { Order::Start },
        ..SegmentFilter::default()
    }
}

/// All pages of a search.
async fn found(store: &dyn Storage, filter: &SegmentFilter, pages: usize) -> Vec<SegmentSummary> {
    let (mut after, mut found) = (None, Vec::new());
    for _ in 0..pages {
        let page = store.spans().search(filter, after.as_ref(), 50).await.unwrap();
        assert!(page.complete);
        found.extend(page.segments);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    found
}

async fn compare(stage: &str, store: &dyn Storage, oracle: &dyn Storage) {
    let mut dice = Dice::new(7);
    for question in 0..40 {
        let filter = filter(&mut dice);
        let (got, wanted) = (found(store, &filter, 3).await, found(oracle, &filter, 3).await);
        assert_eq!(got, wanted, "{stage}, question {question}: {filter:?}");
    }
    for number in (0..TRACES).step_by(37) {
        let id = format!("trace-{number}");
        let trace = async |store: &dyn Storage| {
            let answer = Gather::whole(store.spans(), &id, 10_000).await.unwrap();
            answer.parts.iter().flat_map(|part| read(&part.batch)).collect::<Vec<_>>()
        };
        assert_eq!(trace(store).await, trace(oracle).await, "{stage}, {id}");
    }
}

/// Parts of spans that merges wrote.
fn merged_parts(disk: &Arc<SimFileSystem>) -> u64 {
    let view = View::open(&(disk.clone() as SharedFileSystem)).unwrap();
    let merged = view.stats().families.into_iter();
    merged.filter(|one| one.family == "spans" && one.level > 0).map(|one| one.parts).sum()
}

#[test]
fn blocks_and_parts_answer_as_rows_do() {
    block_on(async {
        let disk = SimFileSystem::new();
        // So little memory that most of it is written before the checkpoint, and what parts are
        // read by is forgotten.
        let small = Config {
            sealed_bytes: 1,
            dictionary_bytes: 1,
            settle: Duration::ZERO,
            ..Config::default()
        };
        for config in [Config { settle: Duration::ZERO, ..Config::default() }, small] {
            let disk = disk.crash(1);
            let (store, oracle) = (opened(&disk, config), oracle());
            let both: [&dyn Storage; 2] = [&store, &oracle];
            let mut batches = fill(both, 0, 90).await;
            compare("rows and blocks", &store, &oracle).await;
            store.save(checkpoint(batches)).await.unwrap();
            compare("parts", &store, &oracle).await;
            for _ in 0..9 {
                batches = fill(both, batches, 5).await;
                store.save(checkpoint(batches)).await.unwrap();
            }
            // The store may have done some of it by itself.
            store.merge().await.unwrap();
            assert!(merged_parts(&disk) > 0, "nothing was merged");
            compare("merged", &store, &oracle).await;
        }
    });
}

#[test]
fn full_blocks_are_copied_until_parts_are_large() {
    block_on(async {
        let config = Config { settle: Duration::ZERO, part_spans: 50_000, ..Config::default() };
        let disk = SimFileSystem::new();
        let (store, oracle) = (opened(&disk, config), oracle());
        let mut batches = 0;
        for _ in 0..7 {
            // 20,000 spans: a full block and a small one.
            batches = fill([&store, &oracle], batches, 40).await;
            store.save(checkpoint(batches)).await.unwrap();
        }
        store.merge().await.unwrap();
        let view = View::open(&(disk.clone() as SharedFileSystem)).unwrap();
        let spans = view.stats().families.into_iter().filter(|one| one.family == "spans");
        assert_eq!(spans.map(|one| one.parts).sum::<u64>(), 4);
        compare("copied", &store, &oracle).await;
    });
}

#[test]
fn a_store_that_is_opened_again_answers_the_same() {
    block_on(async {
        let (disk, oracle) = (SimFileSystem::new(), oracle());
        let store = opened(&disk, Config::default());
        let batches = fill([&store, &oracle], 0, 60).await;
        store.save(checkpoint(batches)).await.unwrap();
        drop(store);
        let store = opened(&disk.crash(3), Config::default());
        compare("opened again", &store, &oracle).await;
    });
}

#[test]
fn spans_that_are_large_do_not_wait_for_each_other_for_ever() {
    block_on(async {
        let config = Config { open_bytes: 1 << 19, ..Config::default() };
        let (store, oracle) = (opened(&SimFileSystem::new(), config), oracle());
        // Each is larger than all may take together.
        for number in 0..40 {
            let statement = "x".repeat(1 << 20);
            let call = exit("call").at(number).tag("db.statement", statement.as_str());
            let one = segment(format!("trace-{number}"), format!("segment-{number}"));
            let spans = append([one.of("s", "i").with([call])]);
            let origin = Origin { shard: 0, sequence: number as u64 + 1 };
            for store in [&store as &dyn Storage, &oracle] {
                store.spans().append(origin, spans.clone()).await.unwrap();
            }
        }
        compare("large", &store, &oracle).await;
    });
}
