//! Traffic of 48 services with 42,000 entities in all.

use std::f64::consts::TAU;
use std::sync::Arc;

use skytrail_model::entity::EntityId;
use skytrail_model::metric::histogram::bucket_of;
use skytrail_model::metric::{
    Catalogue, Column, ColumnData, HistogramColumn, Merge, MetricBlock, Table, TableId,
};
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_series::relations::Seen;
use skytrail_storage::{Edge, HourMinutes};

/// Tables of [`catalogue`].
pub(crate) const SERVICES: TableId = TableId(0);
/// Relations of instances.
pub(crate) const RELATIONS: TableId = TableId(4);

/// Entities by table.
const ENTITIES: [u64; 6] = [48, 288, 1_440, 300, 20_000, 20_000];
const NAMES: [&str; 6] = [
    "Service",
    "ServiceInstance",
    "Endpoint",
    "ServiceRelation",
    "ServiceInstanceRelation",
    "EndpointRelation",
];
/// Calls of an entity in a minute, on average.
const CALLS: [f64; 6] = [3_000.0, 500.0, 100.0, 500.0, 8.0, 8.0];

/// Random numbers (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.unit().max(1e-12), self.unit());
        (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
    }
}

/// An id as hashes are: the same for the same number.
pub(crate) fn id(table: u16, number: u64) -> EntityId {
    let mut dice = Dice::new(number << 8 | u64::from(table));
    EntityId(u128::from(dice.next()) << 64 | u128::from(dice.next()))
}

/// Tables as the rules for calls make them.
pub(crate) fn catalogue() -> Arc<Catalogue> {
    let columns = [
        ("sum[latency]", Merge::Sum),
        ("count", Merge::Sum),
        ("count[status == true]", Merge::Sum),
        ("histogram[latency]", Merge::Histogram),
        ("satisfied", Merge::Sum),
        ("tolerated", Merge::Sum),
        ("max[latency]", Merge::Max),
    ];
    let column = |(name, merge): (&str, Merge)| Column { name: name.to_owned(), merge };
    let table = |name: &str| Table {
        name: name.to_owned(),
        scope: Scope::Service,
        columns: columns.map(column).to_vec(),
    };
    Arc::new(Catalogue::new(NAMES.map(table).to_vec(), Vec::new()))
}

/// The row of an entity with so many calls, whose latencies have a median in microseconds.
fn row(
    dice: &mut Dice,
    block: &mut MetricBlock,
    entity: EntityId,
    calls: u64,
    median: f64,
    sigma: f64,
) {
    let (mut sum, mut good, mut satisfied, mut tolerated, mut most) = (0, 0, 0, 0, i64::MIN);
    let mut entries = Vec::with_capacity(calls as usize);
    for _ in 0..calls {
        let latency = (median * (sigma * dice.normal()).exp()) as i64;
        let is_good = dice.unit() > 0.002;
        sum += latency;
        good += i64::from(is_good);
        satisfied += i64::from(is_good && latency < 500_000);
        tolerated += i64::from(is_good && (500_000..2_000_000).contains(&latency));
        most = most.max(latency);
        entries.push((bucket_of(latency), 1));
    }
    block.entities.push(entity);
    for (column, data) in block.columns.iter_mut().enumerate() {
        match data {
            ColumnData::Ints(values) => {
                values.push([sum, calls as i64, good, 0, satisfied, tolerated, most][column]);
            }
            ColumnData::Histograms(held) => held.push_joined(&mut entries),
            ColumnData::Labels(_) => {}
        }
    }
}

fn block(table: TableId, minute: Minute) -> MetricBlock {
    let held = catalogue();
    let schema = &held.tables()[table.0 as usize];
    MetricBlock::empty(table, schema, minute)
}

/// Rows of one minute.
pub(crate) fn minute(dice: &mut Dice, minute: Minute) -> Vec<MetricBlock> {
    let mut blocks = Vec::new();
    for (table, (entities, calls)) in (0_u16..).zip(ENTITIES.into_iter().zip(CALLS)) {
        let mut block = block(TableId(table), minute);
        for number in 0..entities {
            // Each entity has a rate and a latency of its own.
            let mut own = Dice::new(number * 31 + u64::from(table));
            let rate = calls * own.normal().exp();
            let median = 20_000.0 * (0.8 * own.normal()).exp();
            let calls = (rate + rate.sqrt() * dice.normal()).max(0.0).round() as u64;
            if calls > 0 {
                row(dice, &mut block, id(table, number), calls.min(20_000), median, 0.7);
            }
        }
        blocks.push(block.sorted());
    }
    blocks
}

/// Numbers and histograms of a block.
pub(crate) fn values(block: &MetricBlock) -> usize {
    block.len() * block.columns.len()
}

/// Rows that have nothing but a histogram of so many calls.
pub(crate) fn percentiles(dice: &mut Dice, rows: u64, calls: u64, sigma: f64) -> MetricBlock {
    let mut block = block(SERVICES, Minute(29_000_040));
    for number in 0..rows {
        let median = 20_000.0 * (0.8 * dice.normal()).exp();
        row(dice, &mut block, id(0, number), calls, median, sigma);
    }
    for data in &mut block.columns {
        match data {
            ColumnData::Ints(values) => values.iter_mut().for_each(|value| *value = 0),
            ColumnData::Histograms(held) if calls == 0 => {
                *held =
                    HistogramColumn { ends: vec![0; rows as usize], ..HistogramColumn::default() };
            }
            _ => {}
        }
    }
    block.sorted()
}

/// Relations of an hour: most edges are seen in each of its minutes.
pub(crate) fn relations(dice: &mut Dice, hour: i64) -> Vec<Seen> {
    let mut all = Vec::new();
    for (scope, edges, nodes) in [
        (Scope::ServiceRelation, 300, 48),
        (Scope::ServiceInstanceRelation, 20_000, 288),
        (Scope::EndpointRelation, 17_000, 1_440),
    ] {
        for number in 0..edges {
            let mut own = Dice::new(number << 3 | scope as u64);
            let (source, dest, share) = (own.next() % nodes, own.next() % nodes, own.unit());
            let share = if share < 0.6 { 1.0 } else { share };
            let sides = [DetectPoint::Client, DetectPoint::Server];
            let edge = Edge {
                scope,
                relation: id(scope as u16, number),
                source: id(scope as u16 + 10, source),
                dest: id(scope as u16 + 10, dest),
                source_service: id(20, source % 48),
                dest_service: id(20, dest % 48),
                side: sides[(number % 2) as usize],
                component: 5 + (number % 4) as i32,
            };
            let minutes = (0..60).filter(|_| dice.unit() <= share);
            let minutes = minutes.fold(0, |minutes, minute| minutes | 1_u64 << minute);
            all.push(Seen { edge, minutes: HourMinutes { hour, minutes }, origin: None });
        }
    }
    all.sort_unstable_by_key(|seen| seen.edge);
    all
}

/// Slow statements of a day.
pub(crate) fn records(dice: &mut Dice) -> Vec<TopRecord> {
    let record = |number: u64| {
        let trace = format!("{:016x}{:016x}", dice.next(), dice.next());
        TopRecord {
            stream: TopStream::ALL[(number % 2) as usize],
            entity: id(0, number % 10),
            id: format!("{trace}.{}.{}-2", number % 64, 17_000_000_000_000 + number * 8_640),
            statement: format!(
                "SELECT id, customer, total FROM orders WHERE id = {} AND state = ?",
                number * 7_919 % 100_000
            ),
            trace_id: trace,
            latency_ms: (300.0 * (0.8 * dice.normal()).exp()) as i64,
            time: (1_700_000_000_000_000_000 + number * 864_000_000) as i64,
        }
    };
    (0..100_000).map(record).collect()
}
