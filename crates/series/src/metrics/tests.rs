//! Parts against a map of rows.

mod damage;
mod hidden;
mod large;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use skytrail_model::entity::EntityId;
use skytrail_model::metric::{
    Catalogue, Cell, Column, ColumnId, Histogram, Merge, MetricBlock, Row, Table, TableId,
};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::{ColumnSelection, EntitySelection, Origin};

use super::{Part, Target, merge, write};

/// Rows as they come.
type Rows = Vec<(Option<Origin>, Arc<MetricBlock>)>;
/// Cells by name and rule, by table, bucket and entity.
type Key = (String, Minute, EntityId);
type Cells = BTreeMap<(String, u8), Cell>;
type Model = BTreeMap<Key, Cells>;

fn table(name: &str, columns: &[(&str, Merge)]) -> Table {
    let column = |(name, merge): &(&str, Merge)| Column { name: (*name).to_owned(), merge: *merge };
    let columns = columns.iter().map(column).collect();
    Table { name: name.to_owned(), scope: Scope::Service, columns }
}

fn old_catalogue() -> Arc<Catalogue> {
    let tables = vec![
        table(
            "Service",
            &[
                ("count", Merge::Sum),
                ("sum[latency]", Merge::Sum),
                ("latency", Merge::Histogram),
                ("max[latency]", Merge::Max),
                ("min[latency]", Merge::Min),
                ("by code", Merge::Labels),
            ],
        ),
        table("Gone", &[("heap", Merge::Sum), ("pool", Merge::Labels)]),
        table("Endpoint", &[("count", Merge::Sum), ("latency", Merge::Histogram)]),
    ];
    Arc::new(Catalogue::new(tables, Vec::new()))
}

fn new_catalogue() -> Arc<Catalogue> {
    let tables = vec![
        table("New", &[("heap", Merge::Max)]),
        table("Endpoint", &[("latency", Merge::Histogram), ("errors", Merge::Sum)]),
        table(
            "Service",
            &[
                ("by code", Merge::Labels),
                ("later", Merge::Min),
                ("min[latency]", Merge::Min),
                ("sum[latency]", Merge::Sum),
                // Of the same name, but counted in another way.
                ("count", Merge::Max),
                ("histogram too", Merge::Histogram),
                ("latency", Merge::Histogram),
            ],
        ),
    ];
    Arc::new(Catalogue::new(tables, Vec::new()))
}

fn id(number: u64) -> EntityId {
    EntityId(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(number))
}

fn cell(merge: Merge) -> BoxedStrategy<Cell> {
    let int = prop_oneof![-5_i64..300, any::<i64>(), Just(merge.identity())];
    match merge {
        Merge::Histogram => {
            let buckets = prop::collection::vec((0_u16..1_900, 1_u64..50), 0..6);
            buckets
                .prop_map(|entries| {
                    let mut histogram = Histogram::default();
                    entries.into_iter().for_each(|(bucket, n)| histogram.add_bucket(bucket, n));
                    Cell::Histogram(histogram)
                })
                .boxed()
        }
        Merge::Labels => {
            let labels = prop::collection::btree_map("[a-c]{0,2}", -9_i64..999, 0..4);
            labels.prop_map(Cell::Labels).boxed()
        }
        Merge::Sum => (-5_i64..1_000_000).prop_map(Cell::Int).boxed(),
        Merge::Max | Merge::Min => int.prop_map(Cell::Int).boxed(),
    }
}

fn row(table: &Table) -> impl Strategy<Value = Row> + use<> {
    let cells: Vec<_> = table.columns.iter().map(|column| cell(column.merge)).collect();
    cells.prop_map(|cells| Row { cells })
}

fn block(catalogue: &Arc<Catalogue>) -> impl Strategy<Value = MetricBlock> + use<> {
    let catalogue = catalogue.clone();
    let places = (0..catalogue.tables().len() as u16, 29_000_000_i64..29_000_150);
    places.prop_flat_map(move |(number, bucket)| {
        let (number, held) = (TableId(number), catalogue.tables()[number as usize].clone());
        let rows = prop::collection::btree_map(0_u64..25, row(&held), 0..12);
        rows.prop_map(move |rows| {
            let mut block = MetricBlock::empty(number, &held, Minute(bucket));
            // In no order of ids.
            rows.iter().for_each(|(entity, row)| block.push(id(*entity), row));
            block
        })
    })
}

fn rows(catalogue: &Arc<Catalogue>, has_origins: bool) -> impl Strategy<Value = Rows> + use<> {
    let origin = (0_u16..3, 1_u64..6);
    let block = (prop::option::weighted(0.8, origin), block(catalogue));
    let pair = move |(origin, block): (Option<(u16, u64)>, MetricBlock)| {
        let origin = origin.filter(|_| has_origins);
        (origin.map(|(shard, sequence)| Origin { shard, sequence }), Arc::new(block))
    };
    prop::collection::vec(block.prop_map(pair), 0..12)
}

/// What rows come to, each bucket as `bucket` says; none is left out.
fn model(
    catalogue: &Catalogue,
    rows: &Rows,
    sees: &dyn Fn(Origin) -> bool,
    bucket: &dyn Fn(Minute) -> Option<Minute>,
) -> Model {
    let mut model = Model::new();
    for (_, block) in rows.iter().filter(|(origin, _)| origin.is_none_or(sees)) {
        let table = catalogue.table(block.table).unwrap();
        let Some(start) = bucket(block.bucket) else { continue };
        for (place, entity) in block.entities.iter().enumerate() {
            let cells = model.entry((table.name.clone(), start, *entity)).or_default();
            for (column, newer) in table.columns.iter().zip(&block.row(place).cells) {
                let key = (column.name.clone(), column.merge as u8);
                let held = cells.entry(key).or_insert_with(|| Cell::empty(column.merge));
                held.merge(column.merge, newer);
            }
        }
    }
    model
}

fn unite(mut left: Model, right: Model) -> Model {
    let merges = [Merge::Sum, Merge::Max, Merge::Min, Merge::Histogram, Merge::Labels];
    for (key, cells) in right {
        let held = left.entry(key).or_default();
        for (column, newer) in cells {
            let merge = merges.into_iter().find(|merge| *merge as u8 == column.1).unwrap();
            held.entry(column).or_insert_with(|| Cell::empty(merge)).merge(merge, &newer);
        }
    }
    left
}

/// What a reader with a catalogue sees of it.
fn seen_with(
    catalogue: &Catalogue,
    model: &Model,
    columns: &dyn Fn(TableId, ColumnId) -> bool,
) -> BTreeMap<Key, Row> {
    let mut seen = BTreeMap::new();
    for (key, cells) in model {
        let Some(number) = catalogue.table_of(&key.0) else { continue };
        let table = catalogue.table(number).unwrap();
        let named = (0..).map(ColumnId).zip(&table.columns);
        let cells = named.map(|(id, column)| {
            let held = cells.get(&(column.name.clone(), column.merge as u8));
            let held = held.filter(|_| columns(number, id)).cloned();
            held.unwrap_or_else(|| Cell::empty(column.merge))
        });
        seen.insert(key.clone(), Row { cells: cells.collect() });
    }
    seen
}

pub(super) fn bytes_of(write: impl FnOnce(super::super::Sink<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut |more: &[u8]| {
        bytes.extend_from_slice(more);
        Ok(())
    });
    bytes
}

pub(super) fn opened(bytes: Vec<u8>, catalogue: &Arc<Catalogue>) -> skytrail_columns::Result<Part> {
    let len = bytes.len() as u64;
    Part::open(Arc::new(Bytes::from(bytes)), len, catalogue)
}

fn written(catalogue: &Arc<Catalogue>, size: Downsampling, rows: &Rows) -> Part {
    let bytes = bytes_of(|sink| {
        write(catalogue, size, rows, sink).unwrap();
    });
    let part = opened(bytes, catalogue).unwrap();
    part.check().unwrap();
    part
}

/// Everything that a part answers, as rows.
fn read(
    part: &Part,
    catalogue: &Catalogue,
    entities: &EntitySelection,
    columns: &dyn Fn(TableId, ColumnId) -> bool,
    sees: &dyn Fn(Origin) -> bool,
) -> BTreeMap<Key, Row> {
    let mut found: BTreeMap<Key, Row> = BTreeMap::new();
    for (number, table) in (0..).map(TableId).zip(catalogue.tables()) {
        let all = (0..table.columns.len() as u16).map(ColumnId);
        let wanted = ColumnSelection::these(all.filter(|id| columns(number, *id)).collect());
        let selection = part.select(number, entities, &wanted, sees).unwrap();
        let Some(mut selection) = selection else { continue };
        let buckets = selection.buckets(Minute(i64::MIN), Minute(i64::MAX)).unwrap();
        assert!(buckets.is_sorted_by(|before, after| before < after));
        for bucket in buckets {
            let mut take = |block: MetricBlock| {
                assert_eq!((block.table, block.bucket), (number, bucket));
                assert!(block.entities.is_sorted_by(|before, after| before < after));
                for (place, entity) in block.entities.iter().enumerate() {
                    let key = (table.name.clone(), bucket, *entity);
                    // Columns without values count as those of nothing seen.
                    let mut row = block.row(place);
                    for (id, (cell, column)) in row.cells.iter_mut().zip(&table.columns).enumerate()
                    {
                        if !columns(number, ColumnId(id as u16)) {
                            *cell = Cell::empty(column.merge);
                        }
                    }
                    found.entry(key).or_insert_with(|| Row::empty(table)).merge(table, &row);
                }
                true
            };
            assert!(selection.read(bucket, &mut take).unwrap());
        }
    }
    found
}

const ALL: fn(TableId, ColumnId) -> bool = |_, _| true;

proptest! {
    #[test]
    fn what_is_written_is_read(
        rows in rows(&old_catalogue(), true),
        sees in prop::collection::btree_set((0_u16..3, 1_u64..6), 0..16),
        some in prop::collection::vec(0_u64..30, 0..9),
        columns in any::<u64>(),
    ) {
        let (old, new) = (old_catalogue(), new_catalogue());
        let part = written(&old, Downsampling::Minute, &rows);
        let sees = |origin: Origin| sees.contains(&(origin.shard, origin.sequence));
        let model = model(&old, &rows, &sees, &|bucket| Some(bucket));
        prop_assert_eq!(part.rows(), rows.iter().map(|(_, block)| block.len() as u64).sum::<u64>());
        let found = read(&part, &old, &EntitySelection::All, &ALL, &sees);
        prop_assert_eq!(found, seen_with(&old, &model, &ALL));
        // Some entities, and some columns.
        let some: Vec<_> = some.into_iter().map(id).collect();
        let is_some = |model: &Model| -> Model {
            model.clone().into_iter().filter(|(key, _)| some.contains(&key.2)).collect()
        };
        let wanted = |table: TableId, column: ColumnId| columns >> (table.0 * 7 + column.0) & 1 == 1;
        let found = read(&part, &old, &EntitySelection::these(some.clone()), &wanted, &sees);
        prop_assert_eq!(found, seen_with(&old, &is_some(&model), &wanted));
        // With another catalogue.
        let bytes = bytes_of(|sink| { write(&old, Downsampling::Minute, &rows, sink).unwrap(); });
        let part = opened(bytes, &new).unwrap();
        let found = read(&part, &new, &EntitySelection::All, &ALL, &sees);
        prop_assert_eq!(found, seen_with(&new, &model, &ALL));
    }

    #[test]
    fn merged_parts_are_merged_rows(
        first in rows(&old_catalogue(), true),
        second in rows(&old_catalogue(), false),
        third in rows(&new_catalogue(), true),
        size in prop_oneof![Just(Downsampling::Minute), Just(Downsampling::Hour), Just(Downsampling::Day)],
        zone in prop_oneof![Just("UTC"), Just("+0530"), Just("-0300")],
        cut in prop_oneof![Just(i64::MIN), 29_000_000_i64..29_000_150],
    ) {
        let (old, new) = (old_catalogue(), new_catalogue());
        let parts = [
            written(&old, Downsampling::Minute, &first),
            written(&old, Downsampling::Minute, &second),
            written(&new, Downsampling::Minute, &third),
        ];
        let zone = Zone::parse(zone).unwrap();
        let target = Target { downsampling: size, zone: &zone, from: Minute(cut) };
        let mut info = None;
        let bytes = bytes_of(|sink| {
            info = Some(merge(&[&parts[0], &parts[1], &parts[2]], &target, sink).unwrap());
        });
        let bucket = |minute| Some(zone.bucket(size, minute)).filter(|bucket| bucket.0 >= cut);
        let all = |_| true;
        let models = [(&old, &first), (&old, &second), (&new, &third)]
            .map(|(catalogue, rows)| model(catalogue, rows, &all, &bucket));
        let expected = models.into_iter().reduce(unite).unwrap();
        let entities: std::collections::BTreeSet<_> = expected.keys().map(|key| key.2).collect();
        for catalogue in [&old, &new] {
            let part = opened(bytes.clone(), catalogue).unwrap();
            part.check().unwrap();
            prop_assert_eq!((part.downsampling(), part.has_origins()), (size, false));
            prop_assert_eq!((part.rows(), part.buckets()), info.map(|info| (info.rows, info.range)).unwrap());
            prop_assert_eq!(part.rows(), expected.len() as u64);
            prop_assert_eq!(part.entities() as usize, entities.len());
            let found = read(&part, catalogue, &EntitySelection::All, &ALL, &|_| false);
            prop_assert_eq!(found, seen_with(catalogue, &expected, &ALL));
        }
        // By way of whole minutes it comes to the same.
        let step = |parts: &[&Part], target: Target<'_>| {
            let merged = bytes_of(|sink| {
                merge(parts, &target, sink).unwrap();
            });
            opened(merged, &new).unwrap()
        };
        let utc = Zone::utc();
        let whole =
            Target { downsampling: Downsampling::Minute, zone: &utc, from: Minute(i64::MIN) };
        let minutes = step(&[&parts[0], &parts[1]], whole);
        let minutes = step(&[&minutes, &parts[2]], whole);
        let part = step(&[&minutes], target);
        part.check().unwrap();
        let found = read(&part, &new, &EntitySelection::All, &ALL, &|_| false);
        prop_assert_eq!(found, seen_with(&new, &expected, &ALL));
    }
}

#[test]
fn rows_of_a_table_that_is_not_known_are_refused() {
    let block = MetricBlock {
        table: TableId(9),
        bucket: Minute(1),
        entities: vec![id(1)],
        columns: Vec::new(),
    };
    let rows = vec![(None, Arc::new(block))];
    let refused = write(&old_catalogue(), Downsampling::Minute, &rows, &mut |_| Ok(()));
    assert!(refused.is_err());
}

#[test]
fn larger_buckets_do_not_become_smaller_ones() {
    let old = old_catalogue();
    let part = written(&old, Downsampling::Hour, &Vec::new());
    let zone = Zone::utc();
    let target = Target { downsampling: Downsampling::Minute, zone: &zone, from: Minute(0) };
    assert!(merge(&[&part], &target, &mut |_| Ok(())).is_err());
}
