//! Live and stored rows together are every row once, whenever one looks.

use proptest::prelude::*;
use skytrail_analysis::Config;
use skytrail_base::journal::Position;
use skytrail_model::metric::{MetricBlock, Row};
use skytrail_model::relation::RelationRow;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::contract::build::{SegmentSpec, entry, exit, segment};
use skytrail_storage::{
    ColumnSelection, EntitySelection, MetricRead, RelationRead, Sighting, Storage, Visible,
};

use crate::world::{MILLI, MINUTE, SECOND, START, World};

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    /// Calls of services at a minute.
    Calls(Vec<(u8, i64)>),
    /// Time goes on by seconds.
    Wait(i64),
    /// Everything is written.
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec((0_u8..5, 0_i64..4), 1..20).prop_map(Step::Calls),
        3 => (1_i64..100).prop_map(Step::Wait),
        1 => Just(Step::Flush),
    ]
}

fn call(service: u8, start: i64) -> SegmentSpec {
    segment("t", format!("s{start}{service}")).of(&format!("s{service}"), "i").with([
        entry("/x").at(start).lasting(i64::from(service) * MILLI),
        exit("y").at(start).lasting(MILLI).peer("db:1"),
    ])
}

/// Every call counted by (service, minute), from live and stored rows.
fn counted(world: &World, downsampling: Downsampling) -> Vec<(u128, i64, i64)> {
    let metric = world.catalogue.metric("service_cpm").unwrap();
    let table = world.catalogue.table(metric.table).unwrap();
    let total = metric.formula.columns()[0];
    let read = MetricRead {
        table: metric.table,
        entities: EntitySelection::All,
        columns: ColumnSelection::All,
        downsampling,
        from: Minute(0),
        to: Minute(i64::MAX / 100_000_000_000),
        visible: Visible::All,
    };
    let mut sums = std::collections::BTreeMap::<(u128, i64), i64>::new();
    let mut add = |block: &MetricBlock| {
        for place in 0..block.len() {
            let mut row = Row::empty(table);
            row.merge(table, &block.row(place));
            *sums.entry((block.entities[place].0, block.bucket.0)).or_default() += row.int(total);
        }
        true
    };
    let (live, visible) = world.analysis.live().metrics(&read);
    for block in &live {
        add(block);
    }
    let read = MetricRead { visible, ..read };
    let _ = world.block_on(world.memory.metrics().read(&read, &mut add)).unwrap();
    sums.into_iter().map(|((entity, minute), count)| (entity, minute, count)).collect()
}

fn relations(world: &World) -> Vec<RelationRow> {
    let read = RelationRead {
        scope: Scope::ServiceRelation,
        touching: EntitySelection::All,
        from: Minute(0),
        to: Minute(i64::MAX),
        visible: Visible::All,
    };
    let (mut rows, visible) = world.analysis.live().relations(&read);
    let read = RelationRead { visible, ..read };
    let mut take = |seen: &Sighting<'_>| {
        rows.extend(seen.rows());
        true
    };
    let _ = world.block_on(world.memory.relations().read(&read, &mut take)).unwrap();
    rows.sort();
    rows.dedup();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whenever_one_looks_every_call_is_there_once(
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let zone = Zone::parse("+0530").unwrap();
        let mut world = World::of(&Config::default(), zone.clone(), 1);
        let mut now = START;
        let mut expected = std::collections::BTreeMap::<(u128, i64), i64>::new();
        let mut edges = 0;
        for step in steps {
            match step {
                Step::Wait(seconds) => {
                    now += seconds * SECOND;
                    world.feed_at(now, []);
                }
                Step::Flush => {
                    world.block_on(world.analysis.checkpoint(Position(1))).unwrap();
                }
                Step::Calls(calls) => {
                    let calls = calls.into_iter().map(|(service, ago)| {
                        let start = now - ago * MINUTE;
                        let name = format!("s{service}");
                        let id = crate::world::entity_of(Scope::Service, &name).id().0;
                        *expected.entry((id, Minute::of_nanos(start).0)).or_default() += 1;
                        call(service, start)
                    });
                    let calls: Vec<_> = calls.collect();
                    world.feed_at(now, calls);
                }
            }
            let found: Vec<_> = expected.iter().map(|((id, minute), n)| (*id, *minute, *n)).collect();
            prop_assert_eq!(counted(&world, Downsampling::Minute), found);
            let mut hours = std::collections::BTreeMap::<(u128, i64), i64>::new();
            for ((id, minute), count) in &expected {
                let hour = zone.bucket(Downsampling::Hour, Minute(*minute)).0;
                *hours.entry((*id, hour)).or_default() += count;
            }
            let found: Vec<_> = hours.into_iter().map(|((id, hour), n)| (id, hour, n)).collect();
            prop_assert_eq!(counted(&world, Downsampling::Hour), found);
            // A relation to the user and one to the database per service and minute.
            let rows = relations(&world).len();
            prop_assert_eq!(rows, 2 * expected.len());
            prop_assert!(rows >= edges);
            edges = rows;
        }
    }
}
