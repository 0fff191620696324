use std::sync::Arc;

use skytrail_model::entity::EntityId;
use skytrail_model::time::{MINUTE_NANOS, Minute};

use super::{Window, Windows};
use crate::config::Config;
use crate::oal::plan::Plan;
use crate::oal::rules::Rules;

const SECOND: i64 = 1_000_000_000;
const GRACE: i64 = 10 * SECOND;
const ROWS: u32 = 1_000;

/// Any minute, and the second in it.
fn at(minute: i64, second: i64) -> i64 {
    Minute(29_000_000 + minute).start_nanos() + second * SECOND
}

fn plan() -> Arc<Plan> {
    Rules::load(&Config::default().validate().unwrap()).unwrap().plan()
}

fn open<'a>(windows: &'a mut Windows, minute: i64, now: i64, plan: &Plan) -> &'a mut Window {
    windows.at(Minute(29_000_000 + minute), now, plan).unwrap()
}

/// Rows of the first table.
fn fill(window: &mut Window, rows: u32, plan: &Plan) {
    for node in 0..rows {
        window.tables[0].row(node, EntityId(u128::from(node)), &plan.tables[0]);
    }
}

fn room(window: &Window) -> usize {
    window.tables[0].ids.capacity()
}

/// Minute 0 is closed with so many rows, so that as many are expected.
fn expecting(rows: u32, plan: &Plan) -> Windows {
    let mut windows = Windows::new(GRACE);
    fill(open(&mut windows, 0, at(0, 0), plan), rows, plan);
    assert_eq!(windows.take_due(at(1, 10)).len(), 1);
    windows
}

#[test]
fn a_window_begins_with_room_for_what_the_last_one_had_whatever_comes_late() {
    let plan = plan();
    let mut windows = expecting(ROWS, &plan);
    // A row of minute 0 comes when its window is closed already.
    let late = open(&mut windows, 0, at(1, 20), &plan);
    assert_eq!(room(late), 0);
    fill(late, 1, &plan);
    assert_eq!(windows.take_due(at(1, 30)).len(), 1);
    let next = open(&mut windows, 2, at(2, 0), &plan);
    assert!(room(next) >= ROWS as usize);
    // Nor has a minute that never had a window, when a later one had.
    assert_eq!(room(open(&mut windows, 1, at(2, 50), &plan)), 0);
}

#[test]
fn a_window_that_was_closed_before_its_minute_was_over_leaves_room_for_a_whole_one() {
    let plan = plan();
    let mut windows = expecting(ROWS, &plan);
    for minute in 1..40 {
        fill(open(&mut windows, minute, at(minute, 0), &plan), 10, &plan);
        assert_eq!(windows.take_all().len(), 1);
        // The rest of the minute.
        let rest = open(&mut windows, minute, at(minute, 5), &plan);
        assert!(room(rest) >= ROWS as usize);
        fill(rest, ROWS, &plan);
        assert_eq!(windows.take_due(at(minute + 1, 10)).len(), 1);
    }
    // Once there is less for good, less is expected.
    for minute in 40..120 {
        fill(open(&mut windows, minute, at(minute, 0), &plan), 10, &plan);
        windows.take_due(at(minute + 1, 10));
    }
    assert!(room(open(&mut windows, 120, at(120, 0), &plan)) < 20);
}

#[test]
fn minutes_around_now_have_a_place_for_every_entity_and_others_for_those_that_occur() {
    let plan = plan();
    let far = 1 << 20;
    for (minute, is_current) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let mut windows = expecting(ROWS, &plan);
        let now = 10 * MINUTE_NANOS + at(0, 30);
        let window = open(&mut windows, 10 + minute, now, &plan);
        assert_eq!(room(window) >= ROWS as usize, is_current, "{minute}");
        window.tables[0].row(far, EntityId(7), &plan.tables[0]);
        assert_eq!(window.tables[0].memory() > far as usize, is_current, "{minute}");
    }
}

#[test]
fn what_is_expected_costs_the_budget_little_before_it_is_there() {
    let plan = plan();
    let bytes = |rows| {
        let mut windows = expecting(rows, &plan);
        open(&mut windows, 1, at(1, 0), &plan);
        windows.memory()
    };
    assert_eq!(bytes(100_000), bytes(0));
}
