//! Clocks that jump, while the store runs and while it does not: nothing goes that
//! is young, and what is old goes once the clock is believed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::{Clock, ManualClock};
use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::journal::Position;
use skytrail_base::metrics::Registry;
use skytrail_engine::store::{Config, EmbeddedStorage, Metrics, Opening, open};
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::contract::build::{append, entry, segment};
use skytrail_storage::{Checkpoint, Checkpoints, Cut, Order, Origin, Storage};

use super::crashes::{block_on, catalogue, counted, counting, search};

const MINUTE: i64 = 60_000_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// 2026-03-01T10:00:00Z.
const NOW: i64 = 1_772_359_200_000_000_000;

const JUMPS: [i64; 6] = [HOUR, DAY, 30 * DAY, -HOUR, -DAY, -30 * DAY];

/// A machine with a disk and a clock.
struct Machine {
    disk: Arc<SimFileSystem>,
    clock: Arc<ManualClock>,
    store: EmbeddedStorage,
    /// Times of the rows, in the order of their coming.
    rows: Vec<i64>,
}

fn opened(disk: &Arc<SimFileSystem>, clock: &Arc<ManualClock>) -> EmbeddedStorage {
    let opening = Opening {
        fs: disk.clone(),
        config: Config { settle: Duration::ZERO, ..Config::default() },
        catalogue: catalogue(),
        zone: Zone::utc(),
        clock: clock.clone(),
        metrics: Metrics::new(&Registry::default()),
    };
    open(opening).unwrap()
}

impl Machine {
    fn new() -> Self {
        let (disk, clock) = (SimFileSystem::new(), ManualClock::at(NOW));
        let store = opened(&disk, &clock);
        Self { disk, clock, store, rows: Vec::new() }
    }

    /// A segment and a call come, of a time that agents believe in.
    async fn add(&mut self, time: i64) {
        self.rows.push(time);
        let n = self.rows.len() as u64;
        let origin = Origin { shard: 0, sequence: n };
        let spans = append([segment("t", format!("s{n}")).with([entry("/").at(time)])]);
        self.store.spans().append(origin, spans).await.unwrap();
        let block = counting(Minute::of_nanos(time), n % 3);
        self.store.metrics().append(origin, vec![block]).await.unwrap();
    }

    async fn save(&self) {
        let mut cut = Cut::default();
        (1..=self.rows.len() as u64).for_each(|n| cut.include(0, n));
        let (position, zone) = (Position(self.rows.len() as u64), "UTC".to_owned());
        let made = Checkpoint { position, cut, state: Vec::new(), rules: 1, zone };
        self.store.save(made).await.unwrap();
    }

    /// A minute passes as the clock has it: what the server does then.
    async fn tick(&self) {
        self.store.expire(self.clock.unix_nanos()).await.unwrap();
    }

    fn set(&self, time: i64) {
        self.clock.set(time);
    }

    fn restart(mut self) -> Self {
        self.disk = self.disk.crash(self.disk.operations());
        self.store = opened(&self.disk, &self.clock);
        self
    }

    async fn calls(&self, size: Downsampling) -> u64 {
        let at = |time| Minute::of_nanos(time);
        counted(&self.store, size, at(NOW - 90 * DAY), at(NOW + 90 * DAY)).await
    }

    /// Whether everything that came is answered.
    async fn check(&self, what: &str) {
        let found = search(&self.store, Order::Start).await.len();
        assert_eq!(found, self.rows.len(), "{what}: segments");
        for size in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
            let wanted = self.rows.len() as u64;
            assert_eq!(self.calls(size).await, wanted, "{what}: {size:?}");
        }
    }
}

/// Rows before and during a jump, in memory and in parts, merged and opened again.
async fn jump(jump: i64, is_running: bool) -> Machine {
    let what = format!("{} h, {}", jump / HOUR, if is_running { "running" } else { "restart" });
    let mut machine = Machine::new();
    for n in 0..20 {
        machine.add(NOW - DAY + n * HOUR).await;
        if n % 2 == 0 {
            machine.save().await;
        }
    }
    machine.tick().await;
    machine.check(&format!("{what}, before")).await;
    if !is_running {
        machine.save().await;
        machine.set(NOW + jump);
        machine = machine.restart();
    }
    machine.set(NOW + jump);
    for n in 0..12 {
        machine.tick().await;
        // Agents know what time it is.
        machine.add(NOW + n * MINUTE / 20).await;
        machine.save().await;
        machine.store.merge().await.unwrap();
    }
    machine.tick().await;
    machine.check(&format!("{what}, during")).await;
    machine = machine.restart();
    machine.tick().await;
    machine.check(&format!("{what}, during, opened again")).await;
    machine.set(NOW + MINUTE);
    machine.tick().await;
    machine.add(NOW + MINUTE).await;
    machine.save().await;
    machine.store.merge().await.unwrap();
    machine.check(&format!("{what}, set right")).await;
    machine = machine.restart();
    machine.tick().await;
    machine.check(&format!("{what}, set right, opened again")).await;
    machine
}

#[test]
fn a_clock_that_jumps_takes_no_data_away() {
    for is_running in [true, false] {
        for distance in JUMPS {
            block_on(jump(distance, is_running));
        }
    }
}

#[test]
fn what_came_during_a_jump_goes_when_its_time_has_come() {
    for distance in JUMPS {
        block_on(async {
            let machine = jump(distance, true).await;
            // Days later, and the operator says that the clock is right.
            machine.set(NOW + 4 * DAY);
            machine.disk.create(Path::new("clock-is-right")).unwrap();
            machine.tick().await;
            let found = search(&machine.store, Order::Start).await;
            assert!(found.is_empty(), "{} h: {found:?}", distance / HOUR);
            let minutes = machine.calls(Downsampling::Minute).await;
            assert_eq!(minutes, machine.rows.len() as u64, "minutes are kept for seven days");
            machine.set(NOW + 8 * DAY);
            machine.disk.create(Path::new("clock-is-right")).unwrap();
            machine.tick().await;
            assert_eq!(machine.calls(Downsampling::Minute).await, 0);
            let hours = machine.calls(Downsampling::Hour).await;
            assert_eq!(hours, machine.rows.len() as u64, "hours are kept for thirty days");
        });
    }
}
