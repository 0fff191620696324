//! Hours and days, as the zone of the store cuts them.

use std::collections::BTreeMap;

use skytrail_model::metric::Row;
use skytrail_model::time::{Downsampling, Minute, Zone};

use super::data::{START, block, catalogue, cut, every, origin, read_rows, row, service_id};
use super::harness::{Check, Harness, checks};
use crate::error::{Error, ErrorKind, Result};
use crate::spi::{Checkpoint, Storage};

pub(super) const CHECKS: &[Check] = checks!("zones":
    hours_and_days_are_the_merge_of_their_minutes,
    hours_of_a_half_hour_zone_start_at_its_own,
    days_across_clock_changes_have_their_own_length,
    only_the_buckets_asked_for_are_answered,
    a_store_keeps_its_zone,
    a_zone_may_be_written_in_other_ways,
    a_checkpoint_of_another_zone_is_refused,
);

fn zone(name: &str) -> Result<Zone> {
    Zone::parse(name).map_err(|reason| Error::new(ErrorKind::Invalid, reason))
}

/// Appends one value a step over `minutes`, and compares hours and days with
/// what the calendar says.
async fn check(
    harness: &dyn Harness,
    zone: &Zone,
    from: Minute,
    minutes: i64,
    step: i64,
) -> Result<()> {
    let opened = harness.open(catalogue(), zone.clone()).await?;
    let store = opened.store();
    let mut expected: BTreeMap<(Downsampling, Minute), Vec<i64>> = BTreeMap::new();
    let mut minute = from;
    let mut sequence = 0;
    while minute < from.plus(minutes) {
        sequence += 1;
        let value = minute.0 - from.0;
        store
            .metrics()
            .append(origin(0, sequence), vec![block(minute, &[("a", &[value])])])
            .await?;
        for size in [Downsampling::Hour, Downsampling::Day] {
            expected.entry((size, zone.bucket(size, minute))).or_default().push(value);
        }
        minute = minute.plus(step);
    }
    for size in [Downsampling::Hour, Downsampling::Day] {
        let first = zone.bucket(size, from);
        let last = zone.bucket(size, from.plus(minutes - 1));
        let answered = read_rows(store, &every(size, first, last)).await?;
        let wanted: BTreeMap<_, Row> = expected
            .iter()
            .filter(|((of, _), _)| *of == size)
            .map(|((_, bucket), values)| ((*bucket, service_id("a")), row(values)))
            .collect();
        assert_eq!(answered, wanted, "{size:?} in {}", zone.name());
    }
    Ok(())
}

async fn hours_and_days_are_the_merge_of_their_minutes(harness: &dyn Harness) -> Result<()> {
    check(harness, &Zone::utc(), START.plus(-90), 2 * 1440, 17).await
}

async fn hours_of_a_half_hour_zone_start_at_its_own(harness: &dyn Harness) -> Result<()> {
    for name in ["+0530", "-0330", "+0545", "Asia/Kolkata"] {
        check(harness, &zone(name)?, START.plus(-45), 1500, 13).await?;
    }
    Ok(())
}

async fn days_across_clock_changes_have_their_own_length(harness: &dyn Harness) -> Result<()> {
    // 2026-03-29 and 2026-10-25 in Berlin, 2026-03-08 and 2026-11-01 in New York.
    let days = [
        ("Europe/Berlin", 19),
        ("Europe/Berlin", 229),
        ("America/New_York", -2),
        ("America/New_York", 236),
    ];
    for (name, days) in days {
        check(harness, &zone(name)?, START.plus((days - 1) * 1440), 3 * 1440, 29).await?;
    }
    Ok(())
}

async fn only_the_buckets_asked_for_are_answered(harness: &dyn Harness) -> Result<()> {
    let zone = zone("+0530")?;
    let opened = harness.open(catalogue(), zone.clone()).await?;
    let store: &dyn Storage = opened.store();
    let hours: Vec<_> = zone.buckets(Downsampling::Hour, START, START.plus(5 * 60 - 1));
    for (sequence, hour) in hours.iter().enumerate() {
        // The first and the last minute of each hour.
        let blocks = vec![block(*hour, &[("a", &[1])]), block(hour.plus(59), &[("a", &[2])])];
        store.metrics().append(origin(0, sequence as u64 + 1), blocks).await?;
    }
    let (from, to) = (hours[1], hours[3]);
    let answered = read_rows(store, &every(Downsampling::Hour, from, to)).await?;
    let wanted = hours[1..=3].iter().map(|hour| ((*hour, service_id("a")), row(&[1, 2])));
    assert_eq!(answered, wanted.collect());
    let none = read_rows(store, &every(Downsampling::Hour, to, from)).await?;
    assert!(none.is_empty(), "from after to");
    Ok(())
}

/// Both zones and what to do are in the message.
fn assert_refused(refusal: &Result<()>, made: &str, opened: &str) {
    let Err(error) = refusal else { unreachable!("{made} was opened as {opened}") };
    assert_eq!(error.kind, ErrorKind::Mismatch, "{error}");
    for text in [made, opened, "server.time_zone"] {
        assert!(error.context.contains(text), "{text} in {error}");
    }
}

async fn a_zone_may_be_written_in_other_ways(harness: &dyn Harness) -> Result<()> {
    for (made, other) in [("+05:30", "+0530"), ("+0100", "+01"), ("UTC", "+00:00")] {
        let opened = harness.open(catalogue(), zone(made)?).await?;
        opened.store().checkpoints().save(point(made)).await?;
        opened.store().checkpoints().save(point(other)).await?;
        let (same, again) = opened.crash_into(zone(other)?).await?;
        assert!(same.is_ok(), "{made} as {other}: {same:?}");
        let (same, _) = again.crash_into(zone(made)?).await?;
        assert!(same.is_ok(), "{other} as {made}: {same:?}");
    }
    Ok(())
}

async fn a_store_keeps_its_zone(harness: &dyn Harness) -> Result<()> {
    for (made, other) in [("+0530", "UTC"), ("Europe/Berlin", "Europe/Paris"), ("UTC", "+0100")] {
        let mut opened = harness.open(catalogue(), zone(made)?).await?;
        // An empty store has its zone as well, and one without a checkpoint.
        for sequence in [0, 1, 2] {
            if sequence > 0 {
                let rows = vec![block(START, &[("a", &[1])])];
                opened.store().metrics().append(origin(0, sequence), rows).await?;
            }
            if sequence == 2 {
                opened.store().checkpoints().save(point(made)).await?;
            }
            let (refusal, again) = opened.crash_into(zone(other)?).await?;
            assert_refused(&refusal, made, other);
            let (same, again) = again.crash_into(zone(made)?).await?;
            assert!(same.is_ok(), "{same:?}");
            opened = again;
        }
        let rows = read_rows(opened.store(), &every(Downsampling::Minute, START, START)).await?;
        assert_eq!(rows.len(), 1, "what was refused has changed nothing");
    }
    Ok(())
}

fn point(zone: &str) -> Checkpoint {
    Checkpoint { cut: cut(&[(0, 2)]), zone: zone.to_owned(), ..Checkpoint::default() }
}

async fn a_checkpoint_of_another_zone_is_refused(harness: &dyn Harness) -> Result<()> {
    let opened = harness.open(catalogue(), zone("+0530")?).await?;
    let checkpoints = opened.store().checkpoints();
    assert_refused(&checkpoints.save(point("UTC")).await, "UTC", "+0530");
    assert_eq!(checkpoints.load().await?, None);
    checkpoints.save(point("+0530")).await?;
    assert_refused(&checkpoints.save(point("+0545")).await, "+0545", "+0530");
    assert_eq!(checkpoints.load().await?, Some(point("+0530")));
    Ok(())
}
