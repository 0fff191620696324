use std::sync::Arc;

use skytrail_base::budget::Budget;
use skytrail_model::batch::Batch;
use skytrail_model::metric::{ColumnId, MetricBlock, TableId};
use skytrail_model::relation::RelationRow;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::contract::build::{batch, entry, exit, segment};
use skytrail_storage::{ColumnSelection, EntitySelection, MetricRead, RelationRead, Visible};

use super::{Common, Shard};
use crate::config::{Config, Settings};
use crate::oal::rules::Rules;
use crate::pair::Pairing;
use crate::window::Slice;

const START: i64 = 1_772_359_200_000_000_000;

fn settings() -> Settings {
    let mut config = Config::default();
    config.endpoint_grouping.max_endpoints_per_service = 100_000;
    config.validate().unwrap()
}

/// Calls so many endpoints of one service.
fn call(shard: &mut Shard, endpoints: usize) {
    let spans = (0..endpoints).map(|number| entry(format!("/{number}")).at(START));
    let spans = batch([segment("t", "s").of("shop", "i").with(spans)]);
    shard.process(&Batch { arrival: START, spans, ..Batch::default() });
}

/// A shard to which so many endpoints of one service were called.
fn shard(endpoints: usize) -> Shard {
    let rules = Rules::load(&settings()).unwrap();
    let mut shard = Shard::alone(&rules, settings(), Zone::utc());
    call(&mut shard, endpoints);
    shard
}

fn live_blocks(shard: &Shard, table: usize, columns: ColumnSelection) -> Vec<MetricBlock> {
    let read = MetricRead {
        table: TableId(table as u16),
        entities: EntitySelection::All,
        columns,
        downsampling: Downsampling::Minute,
        from: Minute(0),
        to: Minute(i64::MAX),
        visible: Visible::All,
    };
    let mut blocks = Vec::new();
    shard.live_metrics(&read, &mut blocks);
    blocks
}

fn live_rows(shard: &Shard) -> usize {
    let tables = 0..shard.common.plan.tables.len();
    let blocks = tables.flat_map(|table| live_blocks(shard, table, ColumnSelection::All));
    blocks.map(|block| block.len()).sum()
}

fn live_relations(shard: &Shard) -> usize {
    let mut rows: Vec<RelationRow> = Vec::new();
    for scope in Scope::ALL {
        let read = RelationRead {
            scope,
            touching: EntitySelection::All,
            from: Minute(0),
            to: Minute(i64::MAX),
            visible: Visible::All,
        };
        shard.live_relations(&read, &mut rows);
    }
    rows.len()
}

#[test]
fn rows_are_live_until_the_store_has_confirmed_them_and_hidden_in_it_as_long() {
    // Endpoints and their relations to the user, in more rows than one append takes.
    let endpoints = 17_000;
    let mut shard = shard(endpoints);
    let (rows, relations) = (2 * endpoints + 4, endpoints + 2);
    assert_eq!((live_rows(&shard), live_relations(&shard)), (rows, relations));
    assert_eq!(shard.visible(), shard.sequence());
    shard.close_all();
    let (mut left, mut left_relations) = (rows, relations);
    let tables = 0..shard.common.plan.tables.len();
    let mut left_of: Vec<usize> = tables
        .map(|table| live_blocks(&shard, table, ColumnSelection::All))
        .map(|blocks| blocks.iter().map(MetricBlock::len).sum())
        .collect();
    let mut tables_done = 0;
    let mut appends = 0;
    let mut bytes = shard.gauges().window_bytes;
    while let Some(append) = shard.next_append() {
        appends += 1;
        assert!(shard.next_append().is_none(), "one at a time");
        // Other appends of the shard do not make it visible.
        shard.next_origin();
        assert_eq!(shard.visible(), append.origin.sequence - 1);
        assert_eq!((live_rows(&shard), live_relations(&shard)), (left, left_relations));
        // For a store that did not take it.
        assert_eq!(shard.slice_under_way().as_ref(), Some(&append.slice));
        // Whatever is stored as a whole gives its memory back before the window is done.
        let mut is_whole = false;
        match append.slice {
            Slice::Metrics(blocks) => {
                for block in blocks {
                    left -= block.len();
                    let of_table = &mut left_of[usize::from(block.table.0)];
                    *of_table -= block.len();
                    is_whole |= *of_table == 0;
                    tables_done += usize::from(*of_table == 0);
                }
            }
            Slice::Relations(rows) => {
                left_relations -= rows.len();
                is_whole = left_relations == 0;
            }
        }
        shard.confirm();
        let before = std::mem::replace(&mut bytes, shard.gauges().window_bytes);
        assert!(bytes < before || (!is_whole && bytes == before), "{before}, then {bytes}");
        assert_eq!(shard.visible(), append.origin.sequence + 1);
        assert_eq!((live_rows(&shard), live_relations(&shard)), (left, left_relations));
    }
    assert_eq!((left, left_relations), (0, 0));
    assert!(tables_done > 2, "some while others were left");
    assert!(shard.slice_under_way().is_none());
    assert_eq!(appends, rows.div_ceil(4_096) + relations.div_ceil(4_096));
    assert_eq!(shard.gauges().window_bytes, 0);
}

#[test]
fn windows_close_when_their_minute_is_over_and_late_ones_soon() {
    let second = 1_000_000_000;
    let mut shard = shard(1);
    let mut effects = super::Effects::default();
    shard.advance(START + 69 * second, &mut effects);
    assert!(!shard.has_closed());
    shard.advance(START + 70 * second, &mut effects);
    assert!(shard.has_closed());
    shard.drain();
    let late = batch([segment("t", "s").with([entry("/late").at(START)])]);
    let now = START + 600 * second;
    shard.process(&Batch { arrival: now, spans: late, ..Batch::default() });
    shard.advance(now + 9 * second, &mut effects);
    assert!(!shard.has_closed());
    shard.advance(now + 10 * second, &mut effects);
    assert!(shard.has_closed());
}

#[test]
fn memory_is_taken_back_from_the_shard_that_has_too_much() {
    let settings = settings();
    let common = Common {
        plan: Rules::load(&settings).unwrap().plan(),
        pairing: Arc::new(Pairing::new(2, settings.pairing)),
        budget: Budget::new(1 << 20),
        shards: 2,
        settings: Arc::new(settings),
        zone: Zone::utc(),
    };
    let mut large = Shard::new(0, common.clone());
    let mut small = Shard::new(1, common.clone());
    call(&mut large, 17_000);
    assert!(large.has_closed() && common.budget.is_over());
    call(&mut small, 1);
    assert!(!small.has_closed());
    assert_eq!(large.gauges().closed_early, 1);
}

const MINUTE: i64 = 60_000_000_000;

/// Calls of so many different minutes, the latest one so many minutes ago.
fn flood(shard: &mut Shard, minutes: i64, ago: i64) -> super::Effects {
    let spans = (0..minutes).map(|number| entry("/x").at(START - (ago + number) * MINUTE));
    let spans = batch([segment("t", "s").of("shop", "i").with(spans)]);
    shard.process(&Batch { arrival: START, spans, ..Batch::default() })
}

#[test]
fn small_windows_share_appends_and_are_live_until_the_store_has_them() {
    let mut shard = shard(0);
    let minutes = 1000;
    flood(&mut shard, minutes, 0);
    shard.close_all();
    assert_eq!(shard.gauges().closed_windows, 1000);
    let (mut left, mut left_relations) = (live_rows(&shard), live_relations(&shard));
    assert!(left >= 4 * 1000 && left_relations >= 1000, "{left}, {left_relations}");
    let (most, mut appends) = ((left + left_relations).div_ceil(4_096) + 4, 0);
    while let Some(append) = shard.next_append() {
        appends += 1;
        assert!(append.slice.len() <= 4_096);
        assert_eq!((live_rows(&shard), live_relations(&shard)), (left, left_relations));
        assert_eq!(shard.slice_under_way().as_ref(), Some(&append.slice));
        match &append.slice {
            Slice::Metrics(_) => left -= append.slice.len(),
            Slice::Relations(_) => left_relations -= append.slice.len(),
        }
        shard.confirm();
        let weighed: usize = shard.closed.iter().map(super::ClosedWindow::memory).sum();
        assert_eq!(shard.gauges().window_bytes, weighed);
        assert_eq!((live_rows(&shard), live_relations(&shard)), (left, left_relations));
    }
    assert_eq!((left, left_relations, shard.gauges().window_bytes), (0, 0, 0));
    assert!(appends <= most, "{appends} appends, at most {most}");
}

#[test]
fn a_flood_of_minutes_leaves_a_bounded_number_of_windows_and_the_current_one_counts() {
    let mut shard = shard(0);
    let mut refused = 0;
    for round in 0..12 {
        refused += flood(&mut shard, 700, 100 + 700 * round).counts.no_window;
    }
    let closed = shard.gauges().closed_windows;
    assert!((4_096..4_096 + 1_280).contains(&closed), "{closed}");
    assert!(refused > 0);
    assert_eq!(flood(&mut shard, 1, 0).counts.no_window, 0, "the current minute");
    assert!(flood(&mut shard, 1, 9_000).counts.no_window > 0, "any other one");
    shard.drain();
    assert_eq!(flood(&mut shard, 1, 9_000).counts.no_window, 0, "the store has them");
}

#[test]
fn live_rows_have_the_columns_that_were_asked_for_and_no_others() {
    let mut shard = shard(3);
    let catalogue = shard.common.plan.catalogue.clone();
    for is_closed in [false, true] {
        if is_closed {
            shard.close_all();
        }
        for (number, table) in catalogue.tables().iter().enumerate() {
            let whole = live_blocks(&shard, number, ColumnSelection::All);
            for wanted in (0..table.columns.len()).map(|column| ColumnId(column as u16)) {
                let columns = ColumnSelection::these(vec![wanted]);
                let mut expected = whole.clone();
                for block in &mut expected {
                    let mut bare = MetricBlock::empty(block.table, table, block.bucket);
                    bare.columns.swap_remove(usize::from(wanted.0));
                    let kept = block.columns.swap_remove(usize::from(wanted.0));
                    block.columns = bare.columns;
                    block.columns.push(kept);
                    let last = block.columns.len() - 1;
                    block.columns.swap(usize::from(wanted.0), last);
                }
                assert_eq!(live_blocks(&shard, number, columns), expected);
            }
        }
    }
}

#[test]
fn lone_sides_of_many_minutes_open_few_windows_and_keep_their_relations() {
    let second = 1_000_000_000;
    let mut shard = shard(0);
    let callers = (0..2000).map(|number| {
        let span = exit("call").ids(&format!("a{number}"), "").peer("late:80");
        let spans = [span.at(START - number * 60 * second)];
        segment("t", format!("s{number}")).of("web", "w").with(spans)
    });
    shard.process(&Batch { arrival: START, spans: batch(callers), ..Batch::default() });
    let mut effects = super::Effects::default();
    let later = START + 600 * second;
    shard.common.pairing.go_on(later);
    shard.advance(later, &mut effects);
    let gauges = shard.gauges();
    assert_eq!((gauges.open_windows, gauges.closed_windows), (256, 1024));
    // No name that a window holds is idle, however long nothing else comes.
    let next = Batch { arrival: later + 3600 * second, ..Batch::default() };
    shard.begin(&next, &mut effects);
    // Each a relation of services and one of instances.
    assert_eq!(shard.drain().relations.len(), 2 * (256 + 1024));
}

#[test]
fn windows_that_were_closed_early_are_seen_and_stored() {
    let mut shard = shard(0);
    let minute = 60_000_000_000;
    let spans = (0..300).map(|number| entry("/x").at(START - number * minute));
    let spans = batch([segment("t", "s").of("shop", "i").with(spans)]);
    let batch = Batch { arrival: START, spans, ..Batch::default() };
    let mut effects = super::Effects::default();
    shard.begin(&batch, &mut effects);
    shard.segments(&batch, 0..1, &mut effects);
    // A reader may come before the batch is finished; a checkpoint stores everything.
    let rows = live_rows(&shard);
    assert!(rows >= 300 * 4, "{rows}");
    let stored: usize = shard.drain().metrics.iter().map(MetricBlock::len).sum();
    assert_eq!(stored, rows);
}
