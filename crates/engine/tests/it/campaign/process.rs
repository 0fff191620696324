//! One process: a log, the store behind it, and what is fed by the log alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use skytrail_base::clock::ManualClock;
use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::Below;
use skytrail_base::journal::{Journal, Position, Record};
use skytrail_base::metrics::Registry;
use skytrail_engine::ErrorKind;
use skytrail_engine::store::view::{View, backup};
use skytrail_engine::store::{self, Deletion, EmbeddedStorage, Opening};
use skytrail_engine::wal::{self, Log, Writer};
use skytrail_model::alias::Alias;
use skytrail_model::entity::{Entity, EntityRecord, ServiceRef};
use skytrail_model::layer::LayerSet;
use skytrail_model::metric::{Cell, MetricBlock, Row};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::{Checkpoint, Checkpoints, EntityQuery, Order, Origin, Storage};

use crate::store::crashes::{self, START, TABLE, callers, catalogue, count, search, trace_of};
use crate::wal::{CONFIG, replayed};

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

/// How long everything is kept but hours and days.
const TTL: i64 = 2 * DAY;

/// What can be deleted: a trace, or a service that is seen beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Trace(u64),
    Service(u64),
}

impl What {
    fn deletion(self) -> Deletion {
        match self {
            Self::Trace(number) => Deletion::Trace(trace_of(number)),
            Self::Service(number) => Deletion::Service(beside(number).name),
        }
    }
}

/// The last step that each deletion is about.
pub(super) type Deleted = BTreeMap<What, u64>;

/// How a process is run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kind {
    /// Much is written before its checkpoint.
    pub(super) is_small: bool,
    /// Each step sees a service that has a name, and counts it.
    pub(super) has_services: bool,
}

/// How many services there are besides.
pub(super) const SERVICES: u64 = 3;

/// The service that a step sees.
fn beside(n: u64) -> ServiceRef {
    ServiceRef { name: format!("beside-{}", n % SERVICES), normal: true }
}

/// The minute of a step.
pub(super) fn minute_of(n: u64) -> Minute {
    START.plus((n / 8) as i64)
}

/// Limits under which much is written before its checkpoint, or nothing is.
pub(super) fn limits(is_small: bool) -> store::Config {
    let usual = store::Config::default();
    let small = |bytes: usize| if is_small { 1 } else { bytes };
    store::Config {
        record_ttl: TTL,
        metric_ttl: TTL,
        settle: Duration::ZERO,
        doubts_clock: false,
        sealed_bytes: small(usual.sealed_bytes),
        metric_bytes: small(usual.metric_bytes),
        relation_bytes: small(usual.relation_bytes),
        top_record_bytes: small(usual.top_record_bytes),
        ..usual
    }
}

pub(super) struct Process {
    fs: SharedFileSystem,
    kind: Kind,
    store: EmbeddedStorage,
    log: Log,
    writer: Writer,
    /// Steps that count: from 1 up to and with this one.
    pub(super) applied: u64,
    /// The last record that counts.
    position: u64,
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Process {
    /// Opens both and replays. An error begins with `refused` where the disk
    /// refuses; any other one is wrong.
    pub(super) async fn start(fs: SharedFileSystem, kind: Kind) -> Result<Self, String> {
        let refused = |error: String| format!("refused: {error}");
        let below = |name| Below::new(fs.clone(), name).map_err(told).map_err(refused);
        let opening = Opening {
            fs: below("store")?,
            config: limits(kind.is_small),
            catalogue: catalogue(),
            zone: Zone::utc(),
            // Days later, so that the day of the steps is over and merges are due.
            clock: ManualClock::at(START.start_nanos() + TTL),
            metrics: store::Metrics::new(&Registry::default()),
        };
        let is_refused = |error: &skytrail_engine::Error| error.kind == ErrorKind::Io;
        let judged = |error: skytrail_engine::Error| match is_refused(&error) {
            true => refused(error.to_string()),
            false => error.to_string(),
        };
        let store = store::open(opening).map_err(judged)?;
        let found = store.load().await.map_err(told)?;
        let (position, applied) = found.as_ref().map_or(Ok((0, 0)), covered)?;
        let metrics = wal::Metrics::new(&Registry::default());
        let opened = wal::open(below("log")?, CONFIG, metrics, Position(position));
        let (log, writer) = opened.map_err(judged)?;
        let mut process = Self { fs, kind, store, log, writer, applied, position };
        process.replay().await.map(|()| process)
    }

    async fn replay(&mut self) -> Result<(), String> {
        let records = replayed(&self.log, self.position + 1);
        for (position, record) in records.map_err(|error| format!("refused: {error}"))? {
            let number = record.payload.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
            let number = number.ok_or("a record without a number")?;
            if number > self.applied + 1 {
                return Err(format!("step {number} follows {} in the log", self.applied));
            }
            self.apply(number, position).await;
        }
        Ok(())
    }

    /// Lets a durable record count, unless it came before.
    async fn apply(&mut self, number: u64, position: u64) {
        self.position = position;
        if number <= self.applied {
            return;
        }
        crashes::step(&self.store, number).await;
        let minute = minute_of(number);
        let alias = Alias {
            address: format!("a{number}"),
            service: ServiceRef { name: "called".to_owned(), normal: true },
            instance: "one".to_owned(),
            since: minute,
            last_seen: minute,
        };
        let origin = Origin { shard: 0, sequence: number };
        self.store.entities().upsert_aliases(origin, vec![alias]).await.unwrap();
        if self.kind.has_services {
            self.see(number).await;
        }
        self.applied = number;
    }

    /// Counts the service of a step, and learns its name.
    async fn see(&self, number: u64) {
        let (minute, entity) = (minute_of(number), Entity::Service(beside(number)));
        let origin = Origin { shard: (number % 2) as u16, sequence: number };
        let catalogue = catalogue();
        let mut block = MetricBlock::empty(TABLE, catalogue.table(TABLE).unwrap(), minute);
        block.push(entity.id(), &Row { cells: vec![Cell::Int(1)] });
        self.store.metrics().append(origin, vec![block]).await.unwrap();
        let record = EntityRecord {
            entity,
            layers: LayerSet::default(),
            first_seen: minute,
            last_seen: minute,
            properties: Vec::new(),
        };
        self.store.entities().upsert(origin, vec![record]).await.unwrap();
    }

    /// Sends some steps, among them perhaps one that was sent before. Gives how many
    /// were sent, and how many of them are acknowledged.
    pub(super) async fn send(&mut self, fresh: u64, again: Option<u64>) -> (u64, u64) {
        let next = self.applied + 1..self.applied + 1 + fresh;
        let numbers: Vec<u64> = again.into_iter().chain(next).collect();
        let mut waiting = Vec::new();
        let mut sent = self.applied;
        for number in numbers {
            let mut payload = vec![number as u8; 200 + number as usize * 37 % 700];
            payload[..8].copy_from_slice(&number.to_le_bytes());
            let shard = (number % 2) as u16;
            let record = Record { shard, decoder: 1, arrival: 7, payload: payload.into() };
            let Ok(appended) = self.log.append(record) else { break };
            sent = sent.max(number);
            waiting.push((number, appended));
        }
        self.writer.step();
        for (number, appended) in waiting {
            if !matches!(appended.durable.now_or_never(), Some(Ok(()))) {
                break;
            }
            self.apply(number, appended.position.0).await;
        }
        (sent, self.applied)
    }

    pub(super) async fn save(&self) -> bool {
        let mut state = self.position.to_le_bytes().to_vec();
        state.extend_from_slice(&self.applied.to_le_bytes());
        let position = Position(self.position);
        let made = Checkpoint { position, state, ..crashes::checkpoint(self.applied) };
        let is_saved = self.store.save(made).await.is_ok();
        if is_saved {
            // What cannot be trimmed now is trimmed later.
            let _ = self.log.trim(Position(self.position + 1));
        }
        is_saved
    }

    pub(super) async fn merge(&self) {
        drop(self.store.merge().await);
    }

    /// Lets go what is older than a minute.
    pub(super) async fn expire(&self, before: Minute) -> bool {
        self.store.expire(before.start_nanos() + TTL).await.is_ok()
    }

    /// Deletes what came of something before the last checkpoint.
    pub(super) async fn delete(&self, what: What) -> bool {
        self.log.discard().is_ok() && self.store.delete(what.deletion()).await.is_ok()
    }

    /// Copies the store into another folder of the disk.
    pub(super) fn backup(&self) -> Option<u64> {
        let from: SharedFileSystem = Below::new(self.fs.clone(), "store").ok()?;
        let to: SharedFileSystem = Below::new(self.fs.clone(), "backup").ok()?;
        backup(&from, &to, &mut |_, _| {}).ok().map(|done| done.position)
    }

    /// Whether the steps from the first that is not too old are there, and nothing else.
    pub(super) async fn check(&self, before: Minute, deleted: &Deleted) -> Result<(), String> {
        let (store, last) = (&self.store, self.applied);
        let all = 1..=last;
        let young: BTreeSet<u64> = all.clone().filter(|n| minute_of(*n) >= before).collect();
        let is_gone = |what: What, n: u64| deleted.get(&what).is_some_and(|until| n <= *until);
        let is_deleted = |n: &u64| is_gone(What::Trace(n % 5), *n);
        let is_seen = |n: &u64| self.kind.has_services && !is_gone(What::Service(n % SERVICES), *n);
        let seen = |of: &mut dyn Iterator<Item = u64>| of.filter(is_seen).count() as u64;
        let left: Vec<u64> = young.iter().copied().filter(|n| !is_deleted(n)).collect();
        let wrong = |what: &str, found: &dyn std::fmt::Debug| {
            Err(format!("{what} of {young:?} (all: {last}, deleted: {deleted:?}): {found:?}"))
        };
        let segments: BTreeSet<String> = left.iter().map(|n| format!("s{n}")).collect();
        for order in [Order::Start, Order::Duration] {
            let found = search(store, order).await;
            if found.len() != segments.len()
                || found.iter().cloned().collect::<BTreeSet<_>>() != segments
            {
                return wrong("segments", &found);
            }
        }
        for (size, wanted) in [
            (Downsampling::Minute, young.len() as u64 + seen(&mut young.iter().copied())),
            (Downsampling::Hour, last + seen(&mut all.clone())),
            (Downsampling::Day, last + seen(&mut all.clone())),
        ] {
            let found = count(store, size).await;
            if found != wanted {
                return wrong(&format!("{size:?}"), &found);
            }
        }
        let found = callers(store).await;
        if found != young.iter().map(|n| u128::from(*n)).collect() {
            return wrong("callers", &found);
        }
        let found = crashes::records(store).await;
        if found != left {
            return wrong("records", &found);
        }
        let aliases = store.entities().aliases().await.map_err(told)?;
        let found: BTreeSet<String> = aliases.into_iter().map(|alias| alias.address).collect();
        if found != young.iter().map(|n| format!("a{n}")).collect() {
            return wrong("aliases", &found);
        }
        let query = EntityQuery { scope: Scope::Service, filters: Vec::new(), limit: 100 };
        let (found, _) = store.entities().list(&query).await.map_err(told)?;
        let found: BTreeSet<String> = found.into_iter().map(|one| name_of(&one.entity)).collect();
        let named = young.iter().copied().filter(is_seen).map(|n| beside(n).name);
        if found != named.collect() {
            return wrong("names", &found);
        }
        Ok(())
    }
}

fn name_of(entity: &Entity) -> String {
    match entity {
        Entity::Service(service) => service.name.clone(),
        other => format!("{other:?}"),
    }
}

/// The position and the step of a checkpoint.
fn covered(found: &Checkpoint) -> Result<(u64, u64), String> {
    let number = |at: usize| {
        let bytes = found.state.get(at..at + 8).and_then(|bytes| bytes.first_chunk());
        bytes.map(|bytes| u64::from_le_bytes(*bytes)).ok_or("a state of another length")
    };
    let (position, applied) = (number(0)?, number(8)?);
    let state = found.state.clone();
    let wanted = Checkpoint { position: Position(position), state, ..crashes::checkpoint(applied) };
    match *found == wanted {
        true => Ok((position, applied)),
        false => Err(format!("the checkpoint of step {applied} is another one")),
    }
}

/// The position of the backup of a disk, which is whole; `before` where nobody can tell.
pub(super) fn backed_up(fs: &SharedFileSystem, before: Option<u64>) -> Result<Option<u64>, String> {
    let Ok(copy) = Below::new(fs.clone(), "backup") else { return Ok(before) };
    let copy: SharedFileSystem = copy;
    let view = match View::open(&copy) {
        Err(error) if error.kind == ErrorKind::Mismatch => return Ok(None),
        view => view.map_err(|error| format!("the backup cannot be read: {error}"))?,
    };
    match view.check(&mut |_, _| {}).first() {
        Some(finding) => Err(format!("the backup is damaged: {}", finding.what)),
        None => Ok(Some(view.position().0)),
    }
}

/// Arcs of it are shared file systems.
pub(super) fn shared<F: skytrail_base::fs::FileSystem>(fs: &Arc<F>) -> SharedFileSystem {
    fs.clone()
}
