//! Power that fails at any moment: what is found is one checkpoint, whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::ManualClock;
use skytrail_base::fs::sim::{Dice, Fault, Operation, SimFileSystem};
use skytrail_base::journal::Position;
use skytrail_base::metrics::Registry;
use skytrail_engine::store::{Config, Deletion, EmbeddedStorage, Metrics, Opening, open};
use skytrail_model::entity::EntityId;
use skytrail_model::metric::{
    Catalogue, Cell, Column, ColumnId, Merge, MetricBlock, Row, Table, TableId,
};
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::contract::build::{append, entry, read, segment};
use skytrail_storage::rows::Gather;
use skytrail_storage::{
    Checkpoint, Checkpoints, ColumnSelection, Cut, EntitySelection, MetricRead, Order, Origin,
    RecordRead, RelationRead, SegmentFilter, SegmentPage, Storage, TagFilter, TraceState, Visible,
};

pub(crate) const TABLE: TableId = TableId(0);

/// Where the minutes of the steps begin: a day of 1970 that is near the fake clock.
pub(crate) const START: Minute = Minute(60);

/// Lives of one store in a row.
const LIVES: u64 = 4;

pub(crate) fn catalogue() -> Arc<Catalogue> {
    let columns = vec![Column { name: "count[]".to_owned(), merge: Merge::Sum }];
    let table = Table { name: "Service".to_owned(), scope: Scope::Service, columns };
    Arc::new(Catalogue::new(vec![table], Vec::new()))
}

pub(super) fn opened(disk: &Arc<SimFileSystem>) -> skytrail_engine::Result<EmbeddedStorage> {
    opened_with(disk, Config { settle: Duration::ZERO, ..Config::default() })
}

pub(super) fn opened_with(
    disk: &Arc<SimFileSystem>,
    config: Config,
) -> skytrail_engine::Result<EmbeddedStorage> {
    open(Opening {
        fs: disk.clone(),
        config,
        catalogue: catalogue(),
        zone: Zone::utc(),
        clock: Arc::new(ManualClock::default()),
        metrics: Metrics::new(&Registry::default()),
    })
}

/// Step `n`, from 1 on, adds a row to each family that no other step adds.
pub(crate) async fn step(store: &dyn Storage, n: u64) {
    let origin = Origin { shard: (n % 2) as u16, sequence: n };
    let minute = START.plus((n / 8) as i64);
    let time = minute.start_nanos() + n as i64;
    let span = entry("/").at(time).lasting(n as i64).tag("n", n as i64);
    let spans = append([segment(trace_of(n), format!("s{n}")).with([span])]);
    store.spans().append(origin, spans).await.unwrap();
    store.metrics().append(origin, vec![counting(minute, n % 3)]).await.unwrap();
    let (source, dest) = (EntityId(u128::from(n)), EntityId(1));
    let relation = RelationRow {
        minute,
        scope: Scope::ServiceRelation,
        relation: source,
        source,
        dest,
        source_service: source,
        dest_service: dest,
        side: DetectPoint::Client,
        component: 0,
    };
    store.relations().append(origin, vec![relation]).await.unwrap();
    let record = TopRecord {
        stream: TopStream::DatabaseStatement,
        entity: dest,
        id: format!("r{n}"),
        statement: "select".to_owned(),
        trace_id: trace_of(n),
        latency_ms: n as i64,
        time,
    };
    store.records().append(origin, vec![record]).await.unwrap();
}

/// One call of an entity.
pub(super) fn counting(minute: Minute, entity: u64) -> MetricBlock {
    let mut block = MetricBlock::empty(TABLE, catalogue().table(TABLE).unwrap(), minute);
    block.push(EntityId(u128::from(entity)), &Row { cells: vec![Cell::Int(1)] });
    block
}

pub(crate) fn trace_of(n: u64) -> String {
    format!("t{}", n % 5)
}

/// A checkpoint of the first `n` steps.
pub(crate) fn checkpoint(n: u64) -> Checkpoint {
    let mut cut = Cut::default();
    (1..=n).for_each(|n| cut.include((n % 2) as u16, n));
    let (position, zone) = (Position(n), "UTC".to_owned());
    Checkpoint { position, cut, state: n.to_le_bytes().to_vec(), rules: 1, zone }
}

/// Whether a store answers the first `n` steps in every way, and nothing else.
pub(super) async fn check(store: &dyn Storage, n: u64) -> Result<(), String> {
    check_without(store, n, &Gone::default()).await
}

/// By trace, the last step that its deletion is about.
type Gone = BTreeMap<String, u64>;

fn is_gone(gone: &Gone, n: u64) -> bool {
    gone.get(&trace_of(n)).is_some_and(|until| n <= *until)
}

/// The same without what was deleted.
async fn check_without(store: &dyn Storage, n: u64, gone: &Gone) -> Result<(), String> {
    let left: Vec<u64> = (1..=n).filter(|n| !is_gone(gone, *n)).collect();
    let wanted: BTreeSet<String> = left.iter().map(|n| format!("s{n}")).collect();
    let told = |what: &str, found: &dyn std::fmt::Debug| Err(format!("{what} of {n}: {found:?}"));
    for order in [Order::Start, Order::Duration] {
        let found = search(store, order).await;
        let ids: BTreeSet<String> = found.iter().cloned().collect();
        if ids != wanted || found.len() != wanted.len() {
            return told("segments", &found);
        }
    }
    let mut traced = Vec::new();
    for trace in 0..5 {
        let answer = Gather::whole(store.spans(), &trace_of(trace), 1_000).await.unwrap();
        let parts = answer.parts.iter().flat_map(|part| read(&part.batch));
        traced.extend(parts.map(|segment| segment.segment_id));
    }
    if traced.len() != wanted.len() || traced.iter().cloned().collect::<BTreeSet<_>>() != wanted {
        return told("traces", &traced);
    }
    for size in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
        let sum = count(store, size).await;
        if sum != n {
            return told(&format!("{size:?}"), &sum);
        }
    }
    let callers = callers(store).await;
    if callers != (1..=n).map(u128::from).collect() {
        return told("callers", &callers);
    }
    let latencies = records(store).await;
    if latencies != left {
        return told("records", &latencies);
    }
    Ok(())
}

/// Latencies of all records, ascending.
pub(crate) async fn records(store: &dyn Storage) -> Vec<u64> {
    let read = RecordRead {
        stream: TopStream::DatabaseStatement,
        entity: None,
        from: 0,
        to: i64::MAX,
        descending: false,
        limit: 1_000,
    };
    let records = store.records().top(&read).await.unwrap().0;
    records.iter().map(|record| record.latency_ms as u64).collect()
}

pub(crate) async fn search(store: &dyn Storage, order: Order) -> Vec<String> {
    let page = search_page(store, order).await;
    page.segments.into_iter().map(|found| found.segment.segment_id).collect()
}

fn any_time() -> SegmentFilter {
    SegmentFilter { from: 0, to: i64::MAX, state: TraceState::All, ..SegmentFilter::default() }
}

/// The segment of a step, found by its tag.
pub(super) async fn search_tag(store: &dyn Storage, step: u64) -> SegmentPage {
    let tag = TagFilter { key: "n".to_owned(), value: Some(step.to_string()) };
    let filter = SegmentFilter { tags: vec![tag], ..any_time() };
    store.spans().search(&filter, None, 1_000).await.unwrap()
}

/// All segments, on one page.
pub(super) async fn search_page(store: &dyn Storage, order: Order) -> SegmentPage {
    let filter = SegmentFilter { order, ..any_time() };
    store.spans().search(&filter, None, 1_000).await.unwrap()
}

pub(crate) async fn count(store: &dyn Storage, downsampling: Downsampling) -> u64 {
    counted(store, downsampling, START, START.plus(10_000)).await
}

/// Calls of all buckets that hold a minute from one up to another.
pub(super) async fn counted(
    store: &dyn Storage,
    downsampling: Downsampling,
    from: Minute,
    to: Minute,
) -> u64 {
    let zone = Zone::utc();
    let read = MetricRead {
        table: TABLE,
        entities: EntitySelection::All,
        columns: ColumnSelection::All,
        downsampling,
        from: zone.bucket(downsampling, from),
        to: zone.bucket(downsampling, to),
        visible: Visible::All,
    };
    let mut sum = 0;
    let mut take = |block: &MetricBlock| {
        let counts = (0..block.len()).map(|row| block.row(row).int(ColumnId(0)) as u64);
        sum += counts.sum::<u64>();
        true
    };
    let _ = store.metrics().read(&read, &mut take).await.unwrap();
    sum
}

/// Asks for every call between services.
pub(crate) fn all_calls() -> RelationRead {
    RelationRead {
        scope: Scope::ServiceRelation,
        touching: EntitySelection::All,
        from: Minute(0),
        to: Minute(i64::MAX / 120),
        visible: Visible::All,
    }
}

pub(crate) async fn callers(store: &dyn Storage) -> BTreeSet<u128> {
    let read = all_calls();
    let mut callers = BTreeSet::new();
    let mut take = |sighting: &skytrail_storage::Sighting<'_>| {
        callers.insert(sighting.edge.source.0);
        true
    };
    let _ = store.relations().read(&read, &mut take).await.unwrap();
    callers
}

/// What is known of the store from outside.
#[derive(Default)]
struct Known {
    /// Steps taken, and those that the last checkpoint covers that was made.
    steps: u64,
    saved: u64,
    /// Those of checkpoints that failed since: a crash may leave one.
    tried: BTreeSet<u64>,
    /// Deletions that were done, and those of which nobody knows.
    gone: Gone,
    doubtful: Gone,
}

impl Known {
    /// What may be gone: with or without each deletion of which nobody knows.
    fn candidates(&self) -> Vec<Gone> {
        let mut all = vec![self.gone.clone()];
        for (trace, until) in &self.doubtful {
            let with = |gone: &Gone| {
                let mut gone = gone.clone();
                gone.insert(trace.clone(), *until);
                gone
            };
            all.extend(all.iter().map(with).collect::<Vec<_>>());
        }
        all
    }
}

/// One life: opens, compares, replays, goes on until the disk stops.
async fn live(disk: &Arc<SimFileSystem>, known: &mut Known, dice: &mut Dice) -> Result<(), String> {
    // So little memory, sometimes, that much is written before its checkpoint.
    let mut small = |bytes: usize| if dice.below(2) == 0 { bytes } else { 1 };
    let usual = Config::default();
    let config = Config {
        settle: Duration::ZERO,
        sealed_bytes: small(usual.sealed_bytes),
        metric_bytes: small(usual.metric_bytes),
        relation_bytes: small(usual.relation_bytes),
        top_record_bytes: small(usual.top_record_bytes),
        ..usual
    };
    let Ok(store) = opened_with(disk, config) else { return Ok(()) };
    let found = store.load().await.map_err(|error| error.to_string())?;
    let position = found.as_ref().map_or(0, |checkpoint| checkpoint.position.0);
    if position != known.saved && !known.tried.contains(&position) {
        return Err(format!("found {position}, saved {}, tried {:?}", known.saved, known.tried));
    }
    if found.is_some_and(|found| found != checkpoint(position)) {
        return Err(format!("checkpoint {position} is another one"));
    }
    let mut found = Err(String::new());
    for gone in known.candidates() {
        let checked = check_without(&store, position, &gone).await;
        if found.is_err() {
            found = checked.map(|()| gone);
        }
    }
    known.gone = found?;
    known.doubtful.clear();
    known.saved = position;
    known.tried.clear();
    for n in position + 1..=known.steps {
        step(&store, n).await;
    }
    for _ in 0..20 {
        match dice.below(8) {
            7 => delete(&store, known, dice.below(5)).await,
            0 => save(&store, known).await,
            1 => drop(store.merge().await),
            // Nothing is too old; what it writes must not harm.
            2 => drop(store.expire(START.start_nanos()).await),
            _ => {
                known.steps += 1;
                step(&store, known.steps).await;
            }
        }
    }
    let mut checked = Err(String::new());
    for gone in known.candidates() {
        // A deletion that failed may count all the same.
        let tried = check_without(&store, known.steps, &gone).await;
        checked = checked.or(tried);
    }
    checked
}

/// Deletes a trace from everything that is in parts.
async fn delete(store: &EmbeddedStorage, known: &mut Known, trace: u64) {
    save(store, known).await;
    if known.saved < known.steps {
        return;
    }
    let (trace, until) = (trace_of(trace), known.saved);
    match store.delete(Deletion::Trace(trace.clone())).await {
        Ok(_) => {
            known.gone.insert(trace.clone(), until);
            known.doubtful.remove(&trace);
        }
        Err(_) => drop(known.doubtful.insert(trace, until)),
    }
}

async fn save(store: &EmbeddedStorage, known: &mut Known) {
    known.tried.insert(known.steps);
    if store.save(checkpoint(known.steps)).await.is_ok() {
        known.saved = known.steps;
        known.tried.clear();
    }
}

/// Several lives of one store, each ended by the power, or by a kill.
fn lives(seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let mut disk = SimFileSystem::with_seed(seed);
    let mut known = Known::default();
    for _ in 0..LIVES {
        disk.stop_after(disk.operations() + dice.below(150));
        refuse(&disk, &mut dice);
        block_on(live(&disk, &mut known, &mut dice))?;
        disk = if dice.below(8) == 0 { disk.killed() } else { disk.crash(dice.throw()) };
    }
    block_on(live(&disk, &mut known, &mut dice))
}

/// Lets a disk refuse some operations now and then.
fn refuse(disk: &SimFileSystem, dice: &mut Dice) {
    let operations = [
        Operation::Write,
        Operation::Sync,
        Operation::SyncDir,
        Operation::Create,
        Operation::Rename,
        Operation::Remove,
    ];
    for operation in operations {
        if dice.below(6) == 0 {
            let (skip, times) = (dice.below(30), 1 + dice.below(4));
            disk.inject(Fault { skip, times, ..Fault::of(operation, "") });
        }
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// Which lives are tried: more for who sets `SKYTRAIL_SEEDS`, a single one for who
/// sets `SKYTRAIL_SEED`.
fn seeds() -> std::ops::Range<u64> {
    let told = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    match told("SKYTRAIL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..told("SKYTRAIL_SEEDS").unwrap_or(200),
    }
}

#[test]
fn a_crash_leaves_a_checkpoint_and_all_of_it() {
    for seed in seeds() {
        lives(seed).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    }
}
