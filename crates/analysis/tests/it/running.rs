//! The threads: batches through queues, receipts, checkpoints, and a store that
//! fails.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use skytrail_analysis::config::PairingConfig;
use skytrail_analysis::{Config, Rules};
use skytrail_base::account::{Account, Signal};
use skytrail_base::future::BoxFuture;
use skytrail_base::handoff::Handoff;
use skytrail_base::journal::{JournalError, Position};
use skytrail_base::receipt::{Outcome, Pending, receipt};
use skytrail_base::shutdown;
use skytrail_model::batch::{Batch, Spare};
use skytrail_model::metric::MetricBlock;
use skytrail_model::relation::RelationRow;
use skytrail_model::time::Zone;
use skytrail_storage::contract::build::{entry, exit, segment};
use skytrail_storage::memory::{self, MemoryStorage};
use skytrail_storage::rows::Gather;
use skytrail_storage::{
    Checkpoint, Checkpoints, Completeness, Edge, Entities, Error, ErrorKind, MetricRead, Metrics,
    Origin, Records, RelationRead, Relations, SegmentCursor, SegmentFilter, SegmentPage, Sighting,
    SpanAppend, Spans, Storage, Tags, Templates, Usage,
};

use tokio::sync::Semaphore;

use crate::world::{MILLI, SECOND, START, World};

/// A store whose spans fail as long as there are failures left, as does each
/// append of rows of windows.
struct Flaky {
    inner: Arc<MemoryStorage>,
    kind: ErrorKind,
    of_spans: AtomicU32,
    /// Whether it makes something else of spans, as a store on disk does, and lets go of them.
    lets_go: bool,
    /// Failures of every append of metrics or relations.
    of_rows: u32,
    /// Attempts of appends of metrics and of relations.
    attempts: Mutex<BTreeMap<(&'static str, u64), u32>>,
    /// A checkpoint is done once it has passed here.
    gate: Arc<Semaphore>,
    /// Checkpoints that were called for.
    saves: AtomicU32,
}

impl Flaky {
    fn new(inner: Arc<MemoryStorage>, kind: ErrorKind, of_spans: u32, of_rows: u32) -> Self {
        let of_spans = AtomicU32::new(of_spans);
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        let (attempts, saves) = (Mutex::default(), AtomicU32::new(0));
        Self { inner, kind, of_spans, lets_go: false, of_rows, attempts, gate, saves }
    }

    fn fails(&self, family: &'static str, origin: Origin) -> bool {
        let mut attempts = self.attempts.lock().unwrap();
        let attempts = attempts.entry((family, origin.sequence)).or_default();
        *attempts = attempts.saturating_add(1);
        *attempts <= self.of_rows
    }

    /// Appends of a family, and attempts of all of them.
    fn attempts_of(&self, family: &str) -> (usize, u32) {
        let attempts = self.attempts.lock().unwrap();
        let found = attempts.iter().filter(|((of, _), _)| *of == family);
        (found.clone().count(), found.map(|(_, attempts)| attempts).sum())
    }
}

fn refused(kind: ErrorKind) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(std::future::ready(Err(Error::new(kind, "not now"))))
}

fn has_left(failures: &AtomicU32) -> bool {
    let left = |left: u32| left.checked_sub(1);
    failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok()
}

impl Metrics for Flaky {
    fn append<'a>(
        &'a self,
        origin: Origin,
        blocks: Vec<MetricBlock>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        if self.fails("metrics", origin) {
            return refused(ErrorKind::Unavailable);
        }
        self.inner.metrics().append(origin, blocks)
    }

    fn read<'a>(
        &'a self,
        read: &'a MetricRead,
        take: &'a mut (dyn FnMut(&MetricBlock) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness, Error>> {
        self.inner.metrics().read(read, take)
    }
}

impl Relations for Flaky {
    fn append<'a>(
        &'a self,
        origin: Origin,
        rows: Vec<RelationRow>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        if self.fails("relations", origin) {
            return refused(ErrorKind::Unavailable);
        }
        self.inner.relations().append(origin, rows)
    }

    fn read<'a>(
        &'a self,
        read: &'a RelationRead,
        take: &'a mut (dyn FnMut(&Sighting<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness, Error>> {
        self.inner.relations().read(read, take)
    }

    fn hold<'a>(&'a self, edges: &'a [Edge]) -> BoxFuture<'a, Result<Vec<bool>, Error>> {
        self.inner.relations().hold(edges)
    }

    fn examined(&self, read: &RelationRead) -> u64 {
        self.inner.relations().examined(read)
    }
}

impl Spans for Flaky {
    fn append<'a>(&'a self, origin: Origin, spans: SpanAppend) -> BoxFuture<'a, Result<(), Error>> {
        if has_left(&self.of_spans) {
            return refused(self.kind);
        }
        if self.lets_go {
            return Box::pin(std::future::ready(Ok(())));
        }
        self.inner.spans().append(origin, spans)
    }

    fn trace<'a>(
        &'a self,
        trace_id: &'a str,
        take: &'a mut (dyn FnMut(SpanAppend) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness, Error>> {
        self.inner.spans().trace(trace_id, take)
    }

    fn search<'a>(
        &'a self,
        filter: &'a SegmentFilter,
        after: Option<&'a SegmentCursor>,
        limit: usize,
    ) -> BoxFuture<'a, Result<SegmentPage, Error>> {
        self.inner.spans().search(filter, after, limit)
    }
}

impl Checkpoints for Flaky {
    fn save<'a>(&'a self, checkpoint: Checkpoint) -> BoxFuture<'a, Result<(), Error>> {
        let saving = self.inner.checkpoints().save(checkpoint);
        self.saves.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let _passed = self.gate.acquire().await;
            saving.await
        })
    }

    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<Checkpoint>, Error>> {
        self.inner.checkpoints().load()
    }
}

impl Storage for Flaky {
    fn name(&self) -> &'static str {
        "flaky"
    }

    fn entities(&self) -> &dyn Entities {
        self.inner.entities()
    }

    fn tags(&self) -> &dyn Tags {
        self.inner.tags()
    }

    fn templates(&self) -> &dyn Templates {
        self.inner.templates()
    }

    fn metrics(&self) -> &dyn Metrics {
        self
    }

    fn relations(&self) -> &dyn Relations {
        self
    }

    fn spans(&self) -> &dyn Spans {
        self
    }

    fn records(&self) -> &dyn Records {
        self.inner.records()
    }

    fn checkpoints(&self) -> &dyn Checkpoints {
        self
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }

    fn expire<'a>(&'a self, now: i64) -> BoxFuture<'a, Result<(), Error>> {
        self.inner.expire(now)
    }
}

fn memory() -> Arc<MemoryStorage> {
    let rules = Rules::load(&Config::default().validate().unwrap()).unwrap();
    let config = memory::Config::default();
    Arc::new(MemoryStorage::new(config, Zone::utc(), rules.catalogue()))
}

fn batch(world: &mut World, number: i64) -> Batch {
    let start = START + number * SECOND;
    let one = segment("t", format!("s{number}")).of("shop", "i");
    world.batch(start + SECOND, [one.with([entry("/x").at(start).lasting(MILLI)])])
}

fn send(
    world: &World,
    account: &Arc<Account>,
    item: Batch,
    position: u64,
    durable: Result<(), JournalError>,
) -> Pending {
    let (mut receipt, pending) = receipt(account.clone());
    receipt.add(Signal::Segment, 1, 1);
    let handoff = Handoff {
        item,
        weight: 1000,
        position: Position(position),
        durable: Box::pin(std::future::ready(durable)),
        receipt,
    };
    world.senders[0].try_send(handoff).unwrap();
    pending
}

#[test]
fn batches_are_stored_and_their_clients_told() {
    let memory = memory();
    let mut world = World::on(memory, &Config::default(), Zone::utc(), 1);
    let account = Account::new();
    let batches: Vec<_> = (0..5).map(|number| batch(&mut world, number)).collect();
    let mut pending: Vec<_> = batches
        .into_iter()
        .enumerate()
        .map(|(number, item)| {
            let lost = JournalError { message: "disk full".into(), retryable: false };
            let durable = if number == 4 { Err(lost) } else { Ok(()) };
            send(&world, &account, item, number as u64 + 1, durable)
        })
        .collect();
    let (trigger, signal) = shutdown::channel();
    trigger.stop();
    world.block_on(world.analysis.run(signal)).unwrap();
    let outcomes: Vec<_> =
        pending.iter_mut().map(|pending| world.block_on(pending.outcome())).collect();
    assert_eq!(outcomes[..4], [Outcome::Durable; 4]);
    assert_eq!(outcomes[4], Outcome::Dropped("journal_failed"));
    let totals = account.totals(Signal::Segment);
    assert_eq!((totals.stored.spans, totals.dropped.spans, totals.in_flight.spans), (4, 1, 0));
    world.expect(START, "service_cpm shop = 4");
    // Everything is in the store; a last checkpoint covers it.
    world.block_on(world.analysis.checkpoint(Position(5))).unwrap();
    let left = world.memory.reopen();
    let answer = world.block_on(Gather::whole(left.spans(), "t", 100)).unwrap();
    assert_eq!(answer.parts.iter().map(|part| part.entries.len()).sum::<usize>(), 4);
    assert!(world.block_on(world.analysis.run(shutdown::channel().1)).is_err());
}

#[test]
fn a_store_that_recovers_loses_nothing_and_one_that_refuses_is_told_to_the_client() {
    for (kind, failures, expected) in [
        (ErrorKind::Unavailable, 2, Outcome::Durable),
        (ErrorKind::Invalid, 1, Outcome::Dropped("storage_failed")),
    ] {
        let inner = memory();
        let flaky = Flaky::new(inner.clone(), kind, failures, 1);
        let mut world = World::with(Arc::new(flaky), inner, &Config::default(), Zone::utc(), 1);
        let account = Account::new();
        let item = batch(&mut world, 0);
        let mut pending = send(&world, &account, item, 1, Ok(()));
        let (trigger, signal) = shutdown::channel();
        trigger.stop();
        world.block_on(world.analysis.run(signal)).unwrap();
        assert_eq!(world.block_on(pending.outcome()), expected);
        assert_eq!(account.totals(Signal::Segment).in_flight.spans, 0);
        let lost = "skytrail_analysis_lost_rows_total{family=\"spans\"} 1";
        assert_eq!(world.registry.encode().contains(lost), kind == ErrorKind::Invalid);
        // Metrics count everything that came, stored or not.
        world.expect(START, "service_cpm shop = 1");
    }
}

#[test]
fn buffers_of_a_batch_that_the_store_lets_go_are_filled_again_also_after_a_failure() {
    for failures in [0, 2] {
        let inner = memory();
        let flaky = Flaky::new(inner.clone(), ErrorKind::Unavailable, failures, 0);
        let flaky = Arc::new(Flaky { lets_go: true, ..flaky });
        let mut world = World::with(flaky, inner, &Config::default(), Zone::utc(), 1);
        let (spare, mut item) = (Spare::new(), batch(&mut world, 0));
        item.spans.spare = spare.clone();
        // A little room, as batches of a receiver have.
        let text = std::mem::take(&mut item.spans.bytes);
        item.spans.bytes.reserve_exact(text.len() * 9 / 8);
        item.spans.bytes.extend_from_slice(&text);
        let (size, place) = (item.spans.size(), item.spans.bytes.as_ptr());
        let mut pending = send(&world, &Account::new(), item, 1, Ok(()));
        let (trigger, signal) = shutdown::channel();
        trigger.stop();
        world.block_on(world.analysis.run(signal)).unwrap();
        assert_eq!(world.block_on(pending.outcome()), Outcome::Durable);
        assert_eq!(spare.batch(size).bytes.as_ptr(), place, "after {failures} failures");
    }
}

#[test]
fn every_part_of_a_window_is_stored_once_however_often_the_store_fails() {
    // More endpoints, and relations to the user, than one append takes.
    let endpoints = 6_000;
    let mut config = Config::default();
    config.endpoint_grouping.max_endpoints_per_service = endpoints;
    let stored = |failures| {
        let inner = memory();
        let flaky = Arc::new(Flaky::new(inner.clone(), ErrorKind::Unavailable, 0, failures));
        let mut world = World::with(flaky.clone(), inner, &config, Zone::utc(), 1);
        let called = (0..endpoints).map(|number| entry(format!("/{number}")).at(START));
        let item = world.batch(START, [segment("t", "s").of("shop", "i").with(called)]);
        let _pending = send(&world, &Account::new(), item, 1, Ok(()));
        let (trigger, signal) = shutdown::channel();
        trigger.stop();
        world.block_on(world.analysis.run(signal)).unwrap();
        let usage = world.memory.usage();
        let rows = usage.families.iter().map(|family| (family.name, family.rows));
        let rows: Vec<_> = rows.collect();
        world.expect(
            START,
            &format!(
                "
                service_cpm  shop            = {endpoints}
                endpoint_cpm shop|/0         = 1
                endpoint_cpm shop|/5999      = 1
                "
            ),
        );
        (rows, ["metrics", "relations"].map(|family| flaky.attempts_of(family)))
    };
    let (rows, [(metrics, tried), (relations, tried_relations)]) = stored(0);
    assert!(metrics > 1 && relations > 1, "{metrics}, {relations}");
    assert_eq!((metrics as u32, relations as u32), (tried, tried_relations));
    let retried = [(metrics, 2 * tried), (relations, 2 * tried_relations)];
    assert_eq!(stored(1), (rows, retried));
}

#[test]
fn what_could_not_be_stored_before_the_end_is_told_and_no_checkpoint_covers_it() {
    let inner = memory();
    let flaky = Flaky::new(inner.clone(), ErrorKind::Unavailable, 0, u32::MAX);
    let mut world = World::with(Arc::new(flaky), inner, &Config::default(), Zone::utc(), 1);
    let item = batch(&mut world, 0);
    let _pending = send(&world, &Account::new(), item, 1, Ok(()));
    let (trigger, signal) = shutdown::channel();
    trigger.stop();
    // Time runs as soon as everybody waits.
    let paused =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let error = paused.unwrap().block_on(world.analysis.run(signal)).unwrap_err();
    assert!(error.context.contains("shard 0"), "{error}");
    assert!(world.block_on(world.analysis.checkpoint(Position(1))).is_err());
    assert_eq!(world.block_on(world.memory.checkpoints().load()).unwrap(), None);
}

#[test]
fn what_the_end_brings_is_counted_like_what_batches_bring() {
    let pairing = PairingConfig { max_entries: 1, ..PairingConfig::default() };
    let config = Config { pairing, ..Config::default() };
    let mut world = World::on(memory(), &config, Zone::utc(), 1);
    let callers = ["a", "b", "c"].map(|id| {
        let call = exit("call").ids(id, "").at(START).lasting(MILLI).peer("late:80");
        segment("t", id).of("web", "w").with([call])
    });
    let item = world.batch(START, callers);
    let _pending = send(&world, &Account::new(), item, 1, Ok(()));
    let (trigger, signal) = shutdown::channel();
    trigger.stop();
    world.block_on(world.analysis.run(signal)).unwrap();
    let text = world.registry.encode();
    assert!(text.contains("skytrail_analysis_unpaired_early_total 2"), "{text}");
    assert!(text.contains("skytrail_analysis_unpaired_at_end_total 1"), "{text}");
}

#[test]
fn a_checkpoint_while_running_covers_exactly_what_came_before_it() {
    let mut world = World::on(memory(), &Config::default(), Zone::utc(), 1);
    let account = Account::new();
    let items: Vec<_> = (0..4).map(|number| batch(&mut world, number)).collect();
    let mut items = (1..).zip(items);
    let mut pending: Vec<_> = items
        .by_ref()
        .take(2)
        .map(|(position, item)| send(&world, &account, item, position, Ok(())))
        .collect();
    let (trigger, signal) = shutdown::channel();
    world.block_on(async {
        let running = world.analysis.run(signal);
        let work = async {
            let checkpoint = world.analysis.begin_checkpoint(Position(2)).unwrap();
            assert!(world.analysis.begin_checkpoint(Position(2)).is_err(), "one at a time");
            for (position, item) in items {
                pending.push(send(&world, &account, item, position, Ok(())));
            }
            checkpoint.finish(Vec::new).await.unwrap();
            for pending in &mut pending {
                assert_eq!(pending.outcome().await, Outcome::Durable);
            }
            let early = world.analysis.checkpoint(Position(3)).await.unwrap_err();
            assert_eq!(early.context, "checkpoint: record 4 was analysed before a checkpoint at 3");
            trigger.stop();
        };
        // The first poll of `running` starts the threads.
        let (ran, ()) = tokio::join!(biased; running, work);
        ran.unwrap();
    });
    let checkpoint = world.block_on(world.memory.checkpoints().load()).unwrap().unwrap();
    assert_eq!(checkpoint.position, Position(2));
    let left = Arc::new(world.memory.reopen());
    let after = World::on(left, &Config::default(), Zone::utc(), 1);
    after.expect(START, "service_cpm shop = 2");
    world.expect(START, "service_cpm shop = 4");
}

/// Calls of `shop` that a store answers.
fn calls(world: &World) -> String {
    let minute = skytrail_model::time::Minute::of_nanos(START);
    world.value("service_cpm", "shop", skytrail_model::time::Downsampling::Minute, minute)
}

#[test]
fn what_comes_while_a_checkpoint_waits_for_the_disk_is_neither_lost_nor_doubled() {
    let inner = memory();
    let mut flaky = Flaky::new(inner.clone(), ErrorKind::Unavailable, 0, 0);
    flaky.gate = Arc::new(Semaphore::new(0));
    let flaky = Arc::new(flaky);
    let config = Config::default();
    let mut world = World::with(flaky.clone(), inner.clone(), &config, Zone::utc(), 1);
    let account = Account::new();
    let batches: Vec<_> = (0..8).map(|number| batch(&mut world, number)).collect();
    let (trigger, signal) = shutdown::channel();
    let crashed = world.block_on(async {
        let running = world.analysis.run(signal);
        let checkpointing = async {
            for (position, item) in (1..=5).zip(batches.iter().cloned()) {
                send(&world, &account, item, position, Ok(()));
            }
            let pending = world.analysis.begin_checkpoint(Position(5)).unwrap();
            let late = async {
                while flaky.saves.load(Ordering::SeqCst) == 0 {
                    tokio::task::yield_now().await;
                }
                // The shard goes on while the checkpoint waits.
                for (position, item) in (6..).zip(batches.iter().skip(5).cloned()) {
                    let mut stored = send(&world, &account, item, position, Ok(()));
                    assert_eq!(stored.outcome().await, Outcome::Durable);
                }
                assert_eq!(flaky.saves.load(Ordering::SeqCst), 1);
                flaky.gate.add_permits(100);
            };
            let (saved, ()) = tokio::join!(pending.finish(|| b"kept".to_vec()), late);
            saved.unwrap();
            let crashed = Arc::new(inner.reopen());
            trigger.stop();
            crashed
        };
        let (ran, crashed) = tokio::join!(running, checkpointing);
        ran.unwrap();
        crashed
    });
    assert_eq!(calls(&world), "8");
    let second = World::on(crashed.clone(), &config, Zone::utc(), 1);
    let checkpoint = second.block_on(crashed.checkpoints().load()).unwrap().unwrap();
    assert_eq!(checkpoint.position, Position(5));
    assert_eq!(second.analysis.restore(&checkpoint).unwrap(), b"kept");
    batches.into_iter().skip(5).for_each(|batch| second.replay(batch));
    assert_eq!(calls(&second), "8");
}
