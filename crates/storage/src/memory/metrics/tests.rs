//! Limits and memory of the metric family.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use skytrail_model::entity::EntityId;
use skytrail_model::metric::{
    Catalogue, Cell, Column, ColumnId, Histogram, Merge, MetricBlock, Row, Table, TableId,
};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};

use super::MemoryMetrics;
use crate::spi::{ColumnSelection, Cut, EntitySelection, MetricRead, Metrics, Origin, Visible};

const TABLE: TableId = TableId(0);
/// 2026-03-10T00:00Z.
const START: Minute = Minute(29_551_680);
/// The last minute that is filled.
const LAST: Minute = Minute(START.0 + 617 * 7);
/// So far apart that the append before is settled.
const FAR: u64 = 10_000;

fn schema() -> Table {
    let column = |name: &str, merge| Column { name: name.to_owned(), merge };
    let columns = vec![
        column("count[]", Merge::Sum),
        column("max(latency)", Merge::Max),
        column("histogram(latency)", Merge::Histogram),
        column("labels(code)", Merge::Labels),
    ];
    Table { name: "Service".to_owned(), scope: Scope::Service, columns }
}

fn metrics(limit_bytes: usize) -> MemoryMetrics {
    let catalogue = Catalogue::new(vec![schema()], Vec::new());
    MemoryMetrics::new(Arc::new(catalogue), Zone::parse("+0530").unwrap(), limit_bytes)
}

fn row(value: i64) -> Row {
    let mut histogram = Histogram::default();
    histogram.add(value);
    let labels = BTreeMap::from([(format!("code-{}", value % 4), 1)]);
    let cells =
        vec![Cell::Int(1), Cell::Int(value), Cell::Histogram(histogram), Cell::Labels(labels)];
    Row { cells }
}

/// Entities `first..first + 40` of a minute, in descending order.
fn block(minute: i64, first: u128, value: i64) -> MetricBlock {
    let mut block = MetricBlock::empty(TABLE, &schema(), START.plus(minute));
    (first..first + 40).rev().for_each(|id| block.push(EntityId(id), &row(value)));
    block
}

fn every(downsampling: Downsampling, visible: Visible) -> MetricRead {
    let (from, to) = (START.plus(-1440), START.plus(5 * 1440));
    let from = Zone::parse("+0530").unwrap().bucket(Downsampling::Day, from);
    let (entities, columns) = (EntitySelection::All, ColumnSelection::All);
    MetricRead { table: TABLE, entities, columns, downsampling, from, to, visible }
}

type Rows = BTreeMap<(Minute, EntityId), Row>;

async fn rows(metrics: &MemoryMetrics, read: &MetricRead) -> Rows {
    let (schema, mut rows) = (schema(), Rows::new());
    let mut take = |block: &MetricBlock| {
        for (place, entity) in block.entities.iter().enumerate() {
            let row = rows.entry((block.bucket, *entity)).or_insert_with(|| Row::empty(&schema));
            row.merge(&schema, &block.row(place));
        }
        true
    };
    let _ = metrics.read(read, &mut take).await.unwrap();
    rows
}

/// Three days of a block every seven minutes, from two shards with overlapping entities.
async fn fill(metrics: &MemoryMetrics) -> u64 {
    let mut appended = 0;
    for (number, minute) in (0..3 * 1440).step_by(7).enumerate() {
        for shard in 0..2_u16 {
            let origin = Origin { shard, sequence: (number as u64 + 1) * FAR };
            let block = block(minute, u128::from(shard) * 20, minute % 997);
            appended += block.len() as u64;
            metrics.append(origin, vec![block]).await.unwrap();
        }
    }
    appended
}

#[tokio::test]
async fn folding_keeps_hours_and_days_exact() {
    let (whole, folded) = (metrics(256 << 20), metrics(1 << 20));
    fill(&whole).await;
    fill(&folded).await;
    let usage = folded.usage();
    assert!(whole.usage().bytes > 4 << 20, "{:?}", whole.usage());
    assert!(usage.bytes <= 1 << 20 && usage.evicted == 0, "{usage:?}");
    for size in [Downsampling::Hour, Downsampling::Day] {
        let read = every(size, Visible::All);
        let (exact, answered) = (rows(&whole, &read).await, rows(&folded, &read).await);
        let days = size == Downsampling::Day;
        assert!(answered.len() > 100 && (!days || answered == exact), "{size:?}");
        // Hours that became part of their day are gone; the others are exact.
        assert!(answered.iter().all(|(key, row)| exact.get(key) == Some(row)), "{size:?}");
    }
    let minutes = rows(&folded, &every(Downsampling::Minute, Visible::All)).await;
    assert!(minutes.contains_key(&(LAST, EntityId(0))), "the newest stay");
}

#[tokio::test]
async fn what_does_not_fit_even_folded_goes_and_is_counted() {
    let limit = 24 << 10;
    let metrics = metrics(limit);
    fill(&metrics).await;
    let usage = metrics.usage();
    assert!(usage.evicted > 0 && usage.bytes <= limit as u64, "{usage:?}");
    let minutes = rows(&metrics, &every(Downsampling::Minute, Visible::All)).await;
    assert_eq!(minutes.keys().filter(|(minute, _)| *minute == LAST).count(), 60);
}

#[tokio::test]
async fn rows_that_may_be_live_are_not_merged() {
    let metrics = metrics(40 << 10);
    let read = |last| {
        let mut cut = Cut::default();
        cut.include(0, last);
        every(Downsampling::Minute, Visible::UpTo(cut))
    };
    for sequence in 1..=100 {
        let origin = Origin { shard: 0, sequence };
        metrics.append(origin, vec![block(sequence as i64 / 8, 0, 1)]).await.unwrap();
        // A reader that still holds the one before as live must not see this one stored.
        let seen = rows(&metrics, &read(sequence - 1)).await;
        let all = rows(&metrics, &every(Downsampling::Minute, Visible::All)).await;
        let count = |rows: &Rows| -> i64 { rows.values().map(|row| row.int(ColumnId(0))).sum() };
        assert_eq!(count(&seen) + 40, count(&all), "append {sequence}");
    }
    assert!(metrics.usage().bytes <= 40 << 10, "{:?}", metrics.usage());
}

#[tokio::test]
async fn partial_rows_of_one_minute_become_one() {
    let metrics = metrics(64 << 10);
    for number in 1..=1_000 {
        let origin = Origin { shard: 0, sequence: number * FAR };
        metrics.append(origin, vec![block(0, 0, 1)]).await.unwrap();
    }
    let usage = metrics.usage();
    assert!(usage.bytes <= 64 << 10 && usage.evicted == 0, "{usage:?}");
    let answered = rows(&metrics, &every(Downsampling::Minute, Visible::All)).await;
    assert!(answered.values().all(|row| row.cells.first() == Some(&Cell::Int(1_000))));
    assert_eq!(answered.len(), 40);
}

#[tokio::test]
async fn hours_and_days_stay_until_their_last_minute_is_old() {
    let metrics = metrics(1 << 20);
    fill(&metrics).await;
    let days: Vec<_> = {
        let tables = metrics.tables.read();
        tables.table(TABLE).unwrap().days.keys().copied().collect()
    };
    assert!(!days.is_empty(), "days are folded");
    for day in days {
        let next = metrics.zone.next_bucket(Downsampling::Day, day);
        metrics.expire(next.plus(-1));
        let left = rows(&metrics, &every(Downsampling::Day, Visible::All)).await;
        assert!(left.keys().any(|(left, _)| *left == day), "a minute of {day:?} is young");
        metrics.expire(next);
        let left = rows(&metrics, &every(Downsampling::Day, Visible::All)).await;
        assert!(left.keys().all(|(left, _)| *left > day), "{day:?} is over");
    }
}

#[tokio::test]
async fn merged_rows_survive_a_reopen_that_covers_them() {
    let folded = metrics(1 << 20);
    fill(&folded).await;
    let read = every(Downsampling::Day, Visible::UpTo(Cut::default()));
    let mut all = Cut::default();
    (0..2).for_each(|shard| all.include(shard, u64::MAX));
    let reopened = folded.within(&all);
    assert_eq!(
        rows(&reopened, &read).await,
        rows(&folded, &every(Downsampling::Day, Visible::All)).await
    );
    assert_eq!(reopened.usage().bytes, folded.usage().bytes);
    assert_eq!(folded.within(&Cut::default()).usage().bytes, 0);
}

#[tokio::test]
async fn the_books_cover_what_is_held_and_close_at_nothing() {
    let metrics = metrics(256 << 20);
    let appended = fill(&metrics).await;
    let usage = metrics.usage();
    // An id, two numbers, a histogram entry with its end and a label.
    let least = appended * (16 + 16 + 14 + 32);
    assert!(usage.rows == appended && usage.bytes >= least, "{least} in {usage:?}");
    metrics.expire(START.plus(9 * 1440));
    let usage = metrics.usage();
    assert_eq!((usage.rows, usage.bytes, usage.expired), (0, 0, appended));
}

/// One append: the minute, the first entity, how far the sequence goes on, the
/// shard, and whether time runs out for what is two days older afterwards.
type Step = (i64, u128, u64, u16, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let far = prop_oneof![4 => Just(FAR), 1 => Just(1_u64)];
    prop::collection::vec((0..3 * 1440_i64, 0..20_u128, far, 0..2_u16, any::<bool>()), 1..120)
}

/// What is answered must be whole: nothing of it was folded away before.
fn check_whole(size: Downsampling, answered: &Rows, exact: &Rows) {
    for (key, row) in answered {
        assert_eq!(Some(row), exact.get(key), "{size:?} {key:?}");
    }
    let days = size == Downsampling::Day;
    assert!(!days || answered.len() == exact.len(), "every day is there");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn hours_and_days_are_equal_whatever_the_order_and_lateness(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(steps));
    }
}

async fn play(steps: Vec<Step>) {
    let (whole, folded) = (metrics(256 << 20), metrics(192 << 10));
    let mut sequences = [0_u64; 2];
    let last = steps.len() - 1;
    for (number, (minute, first, further, shard, runs_out)) in steps.into_iter().enumerate() {
        sequences[usize::from(shard)] += further;
        let origin = Origin { shard, sequence: sequences[usize::from(shard)] };
        let block = block(minute, first, number as i64);
        whole.append(origin, vec![block.clone()]).await.unwrap();
        folded.append(origin, vec![block]).await.unwrap();
        let usage = folded.usage();
        assert!(usage.evicted == 0 && usage.bytes <= usage.limit_bytes, "{usage:?}");
        if runs_out {
            // Days that are not over stay whole.
            folded.expire(START.plus(600));
        }
        if number % 32 != 31 && number != last {
            continue;
        }
        for size in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
            let read = every(size, Visible::All);
            let answered = rows(&folded, &read).await;
            let exact = rows(&whole, &read).await;
            check_whole(size, &answered, &exact);
            let from = folded.whole_from(TABLE, size);
            let mut keys = exact.keys().filter(|(bucket, _)| *bucket >= from);
            assert!(keys.by_ref().eq(answered.keys()), "{size:?} from {from:?} on");
        }
    }
}

#[tokio::test]
async fn only_the_columns_asked_for_are_copied() {
    let metrics = metrics(256 << 20);
    fill(&metrics).await;
    for size in [Downsampling::Minute, Downsampling::Hour] {
        let entities = EntitySelection::these(vec![EntityId(7)]);
        let columns = ColumnSelection::these(vec![ColumnId(1)]);
        let read = MetricRead { entities, columns, ..every(size, Visible::All) };
        let mut blocks = 0;
        let mut take = |block: &MetricBlock| {
            blocks += 1;
            let empty = MetricBlock::empty(TABLE, &schema(), block.bucket);
            for (place, (copied, none)) in block.columns.iter().zip(&empty.columns).enumerate() {
                assert_eq!(copied == none, place != 1, "column {place} of {block:?}");
            }
            true
        };
        let _ = metrics.read(&read, &mut take).await.unwrap();
        assert!(blocks > 100);
    }
}

#[tokio::test]
async fn a_crash_leaves_the_cut_however_much_was_merged_behind_it() {
    let (limit, mut cut) = (128 << 10, Cut::default());
    let (folded, whole) = (metrics(limit), metrics(256 << 20));
    // Ever the same minutes, so that rows from before and behind the cut meet.
    let append = async |number: u64, stores: &[&MemoryMetrics]| {
        let minute = (number % 90) as i64 * 7;
        let origin = Origin { shard: 0, sequence: number * FAR };
        for store in stores {
            store.append(origin, vec![block(minute, 0, number as i64)]).await.unwrap();
        }
        origin
    };
    for number in 1..=200 {
        cut.widen(append(number, &[&folded, &whole]).await);
    }
    folded.keep(&cut);
    for number in 201..=400 {
        append(number, &[&folded]).await;
    }
    let usage = folded.usage();
    assert!(usage.evicted == 0 && usage.rows < 8_000, "{usage:?}");
    let days = every(Downsampling::Day, Visible::All);
    assert_eq!(rows(&folded.within(&cut), &days).await, rows(&whole, &days).await);
}
