//! Metric rows at minute precision.

use skytrail_model::metric::{Cell, ColumnId, MetricBlock, Row, TableId};
use skytrail_model::time::{Downsampling, Minute};

use super::data::{
    ENDPOINT, Lasts, Rows, SERVICE, START, block, cut, every, open, origin, read_rows, row, schema,
    service_id,
};
use super::harness::{Check, Harness, checks};
use crate::error::Result;
use crate::spi::{ColumnSelection, EntitySelection, MetricRead, Storage, Visible};

pub(super) const CHECKS: &[Check] = checks!("metrics":
    every_kind_of_column_comes_back,
    what_is_not_there_is_left_out,
    partials_merge_to_the_value,
    late_rows_go_into_their_own_minute,
    tables_are_apart,
    minutes_are_inclusive,
    entities_select,
    columns_select,
    readers_stop_when_they_want,
    readers_see_up_to_their_cut,
    an_append_may_hold_many_blocks,
    extreme_values_survive,
);

fn minutes(from: i64, to: i64) -> MetricRead {
    every(Downsampling::Minute, START.plus(from), START.plus(to))
}

fn rows<const N: usize>(rows: [(i64, &str, &[i64]); N]) -> Rows {
    let one = |(minute, name, values)| ((START.plus(minute), service_id(name)), row(values));
    rows.into_iter().map(one).collect()
}

async fn every_kind_of_column_comes_back(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    // Out of the order of ids, as an aggregation table would give them.
    let names = ["c", "a", "d", "b"];
    let written: Vec<(&str, &[i64])> = names.iter().map(|name| (*name, &[3, 1, 500][..])).collect();
    store.metrics().append(origin(0, 1), vec![block(START, &written)]).await?;
    let expected = names.map(|name| ((START, service_id(name)), row(&[3, 1, 500])));
    assert_eq!(read_rows(store, &minutes(0, 0)).await?, Rows::from(expected));
    Ok(())
}

async fn what_is_not_there_is_left_out(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    assert_eq!(read_rows(store, &minutes(-100, 100)).await?, Rows::new());
    store.metrics().append(origin(0, 1), vec![block(START, &[])]).await?;
    store.metrics().append(origin(0, 2), vec![]).await?;
    assert_eq!(read_rows(store, &minutes(-100, 100)).await?, Rows::new());
    for size in [Downsampling::Hour, Downsampling::Day] {
        let from = START.plus(-1440);
        assert_eq!(read_rows(store, &every(size, from, START)).await?, Rows::new());
    }
    Ok(())
}

async fn partials_merge_to_the_value(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let blocks = [
        (origin(0, 1), block(START, &[("a", &[10, 20]), ("b", &[1])])),
        (origin(1, 1), block(START, &[("a", &[5])])),
        (origin(0, 2), block(START, &[("c", &[7]), ("a", &[90])])),
        (origin(1, 2), block(START, &[("b", &[-4])])),
    ];
    for (origin, block) in blocks {
        store.metrics().append(origin, vec![block]).await?;
    }
    let expected = rows([(0, "a", &[10, 20, 5, 90]), (0, "b", &[1, -4]), (0, "c", &[7])]);
    assert_eq!(read_rows(store, &minutes(0, 0)).await?, expected);
    Ok(())
}

async fn late_rows_go_into_their_own_minute(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    for (sequence, minute) in [5, 2, 9, 2, 0].into_iter().enumerate() {
        let late = block(START.plus(minute), &[("a", &[minute])]);
        store.metrics().append(origin(0, sequence as u64 + 1), vec![late]).await?;
    }
    let expected = rows([(0, "a", &[0]), (2, "a", &[2, 2]), (5, "a", &[5]), (9, "a", &[9])]);
    assert_eq!(read_rows(store, &minutes(0, 9)).await?, expected);
    Ok(())
}

async fn tables_are_apart(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let mut other = MetricBlock::empty(ENDPOINT, &schema(ENDPOINT), START);
    other.push(service_id("a"), &Row { cells: vec![Cell::Int(77)] });
    let blocks = vec![block(START, &[("a", &[1])]), other];
    store.metrics().append(origin(0, 1), blocks).await?;
    assert_eq!(read_rows(store, &minutes(0, 0)).await?, rows([(0, "a", &[1])]));
    let read = MetricRead { table: ENDPOINT, ..minutes(0, 0) };
    let expected = ((START, service_id("a")), Row { cells: vec![Cell::Int(77)] });
    assert_eq!(read_rows(store, &read).await?, Rows::from([expected]));
    let mut calls = 0;
    let mut take = |_: &MetricBlock| {
        calls += 1;
        true
    };
    let read = MetricRead { table: TableId(99), ..minutes(0, 0) };
    let _ = store.metrics().read(&read, &mut take).await?;
    assert_eq!(calls, 0, "a table that is not there has no rows");
    Ok(())
}

async fn columns_select(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let blocks = [block(START, &[("a", &[3, 9]), ("b", &[4])]), block(START, &[("a", &[-5])])];
    for (sequence, block) in blocks.into_iter().enumerate() {
        store.metrics().append(origin(0, sequence as u64 + 1), vec![block]).await?;
    }
    let sizes = [Downsampling::Minute, Downsampling::Hour, Downsampling::Day];
    for (ids, size) in [vec![0], vec![5, 4, 4], vec![3, 2]].into_iter().zip(sizes) {
        let ids: Vec<_> = ids.into_iter().map(ColumnId).collect();
        for entities in [EntitySelection::All, EntitySelection::these(vec![service_id("a")])] {
            let columns = ColumnSelection::these(ids.clone());
            let read = MetricRead { entities, columns, ..every(size, START, START) };
            let answered = read_rows(store, &read).await?;
            let found = answered.get(&(START, service_id("a"))).map(|row| &row.cells);
            for id in &ids {
                let cell = found.and_then(|cells| cells.get(usize::from(id.0)));
                let whole = row(&[3, 9, -5]);
                assert_eq!(cell, whole.cells.get(usize::from(id.0)), "{id:?} {size:?}");
            }
        }
    }
    Ok(())
}

/// One row of `a` in each of the minutes 0 to 9.
async fn ten_minutes(store: &dyn Storage) -> Result<()> {
    for minute in 0..10 {
        let block = block(START.plus(minute), &[("a", &[minute])]);
        store.metrics().append(origin(0, minute as u64 + 1), vec![block]).await?;
    }
    Ok(())
}

async fn minutes_are_inclusive(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    ten_minutes(store).await?;
    for (from, to, wanted) in
        [(3, 5, 3..6), (4, 4, 4..5), (9, 50, 9..10), (-9, 0, 0..1), (5, 3, 0..0)]
    {
        let read = read_rows(store, &minutes(from, to)).await?;
        let answered: Vec<_> = read.keys().map(|(bucket, _)| bucket.0 - START.0).collect();
        assert_eq!(answered, wanted.collect::<Vec<_>>(), "{from}..={to}");
    }
    Ok(())
}

async fn entities_select(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let names: Vec<_> = (0..50).map(|n| format!("service-{n}")).collect();
    let written: Vec<(&str, &[i64])> = names.iter().map(|name| (name.as_str(), &[1][..])).collect();
    store.metrics().append(origin(0, 1), vec![block(START, &written)]).await?;
    let ask = |names: &[&str]| MetricRead {
        entities: EntitySelection::these(names.iter().map(|name| service_id(name)).collect()),
        ..minutes(0, 0)
    };
    for names in [&["service-7"][..], &["service-0", "service-49", "nobody"], &["nobody"], &[]] {
        let answered = read_rows(store, &ask(names)).await?;
        let known = names.iter().filter(|name| **name != "nobody");
        let expected: Rows = known.map(|name| ((START, service_id(name)), row(&[1]))).collect();
        assert_eq!(answered, expected, "{names:?}");
    }
    Ok(())
}

async fn readers_stop_when_they_want(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    ten_minutes(store).await?;
    for size in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
        let mut calls = 0;
        let mut take = |_: &MetricBlock| {
            calls += 1;
            false
        };
        let from = START;
        let _ = store.metrics().read(&every(size, from, START.plus(9)), &mut take).await?;
        assert_eq!(calls, 1, "{size:?}");
    }
    Ok(())
}

async fn readers_see_up_to_their_cut(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    for (shard, sequence) in [(0, 1), (0, 2), (1, 1), (0, 3), (1, 2)] {
        let value = i64::from(shard) * 10 + sequence as i64;
        let block = block(START, &[("a", &[value])]);
        store.metrics().append(origin(shard, sequence), vec![block]).await?;
    }
    let cases: [(Lasts<'_>, &[i64]); 6] = [
        (&[], &[]),
        (&[(0, 2)], &[1, 2]),
        (&[(1, 1)], &[11]),
        (&[(0, 1), (1, 2)], &[1, 11, 12]),
        (&[(0, 9), (1, 9)], &[1, 2, 3, 11, 12]),
        (&[(7, 1)], &[]),
    ];
    for (last, values) in cases {
        let visible = Visible::UpTo(cut(last));
        let expected = if values.is_empty() { Rows::new() } else { rows([(0, "a", values)]) };
        for size in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
            let read = MetricRead { visible: visible.clone(), ..every(size, START, START) };
            assert_eq!(read_rows(store, &read).await?, expected, "{size:?} up to {last:?}");
        }
    }
    Ok(())
}

async fn an_append_may_hold_many_blocks(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let at = |minute, values: &[i64]| block(START.plus(minute), &[("a", values)]);
    let blocks = vec![at(2, &[1]), at(0, &[2]), at(2, &[3]), block(START.plus(2), &[("b", &[4])])];
    store.metrics().append(origin(0, 1), blocks).await?;
    let expected = rows([(0, "a", &[2]), (2, "a", &[1, 3]), (2, "b", &[4])]);
    assert_eq!(read_rows(store, &minutes(0, 9)).await?, expected);
    Ok(())
}

async fn extreme_values_survive(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let untouched = Row::empty(&schema(SERVICE));
    let mut written = block(START, &[("large", &[i64::MAX, i64::MAX]), ("small", &[i64::MIN])]);
    written.push(service_id("untouched"), &untouched);
    store.metrics().append(origin(0, 1), vec![written]).await?;
    let mut expected = rows([(0, "large", &[i64::MAX, i64::MAX]), (0, "small", &[i64::MIN])]);
    expected.insert((START, service_id("untouched")), untouched);
    assert_eq!(read_rows(store, &minutes(0, 0)).await?, expected);
    let far = Minute(i64::MAX);
    assert_eq!(read_rows(store, &every(Downsampling::Minute, far, far)).await?, Rows::new());
    Ok(())
}
