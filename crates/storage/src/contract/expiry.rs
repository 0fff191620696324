//! Time to live: nothing goes early, and nothing stays for ever.

use skytrail_model::entity::Entity;
use skytrail_model::time::{Downsampling, MINUTE_NANOS, Minute};

use super::build::{append, entry, segment};
use super::data::{
    START, any_segment, block, call, calls, child, cut, every, open, origin, read_calls, read_rows,
    seen, seen_entity, service_id,
};
use super::harness::{Check, Harness, checks};
use super::records::{record, slowest};
use crate::error::Result;
use crate::rows::Gather;
use crate::spi::{Checkpoint, Storage};

pub(super) const CHECKS: &[Check] = checks!("expiry":
    nothing_younger_than_its_time_goes,
    what_is_old_goes,
    rows_from_the_future_keep_nothing_else,
    a_clock_that_jumps_back_removes_nothing,
    a_clock_that_jumped_back_is_forgotten_by_a_crash,
    hours_and_days_stay_while_a_minute_of_them_is_young,
);

/// Two days: stores may remove by day, and a day only when it is over.
const SLACK: i64 = 2 * 1440 * MINUTE_NANOS;

/// One row in every family, all of one minute, under names that end in `tag`.
async fn fill(store: &dyn Storage, shard: u16, minute: Minute, tag: &str) -> Result<()> {
    let time = minute.start_nanos();
    let name = |kind: &str| format!("{kind}-{tag}");
    let spans = append([segment(name("t"), name("s")).with([entry("/").at(time)])]);
    let relative = minute.0 - START.0;
    let instance = seen_entity(Entity::Instance(child("a", &name("i"))), relative, relative);
    store.spans().append(origin(shard, 1), spans).await?;
    store.records().append(origin(shard, 2), vec![record(&name("r"), "db", 1, time)]).await?;
    store.metrics().append(origin(shard, 3), vec![block(minute, &[(&name("m"), &[1])])]).await?;
    store.relations().append(origin(shard, 4), vec![call(minute, "ui", &name("d"))]).await?;
    let entities = vec![seen(&name("e"), relative, relative), instance];
    store.entities().upsert(origin(shard, 5), entities).await
}

/// Which families still answer what [`fill`] put there: spans, traces, records;
/// minutes, relations, entities.
async fn held(store: &dyn Storage, minute: Minute, tag: &str) -> Result<([bool; 3], [bool; 3])> {
    let name = |kind: &str| format!("{kind}-{tag}");
    let page = store.spans().search(&any_segment(), None, 100).await?;
    let spans = page.segments.iter().any(|found| found.segment.segment_id == name("s"));
    let trace = !Gather::whole(store.spans(), &name("t"), 10).await?.parts.is_empty();
    let records = store.records().top(&slowest()).await?.0;
    let record = records.iter().any(|record| record.id == name("r"));
    let rows = read_rows(store, &every(Downsampling::Minute, minute, minute)).await?;
    let metric = rows.contains_key(&(minute, service_id(&name("m"))));
    let rows = read_calls(store, &calls(minute, minute)).await?;
    let relation = rows.iter().any(|row| row.dest == service_id(&name("d")));
    let ids = [service_id(&name("e")), Entity::Instance(child("a", &name("i"))).id()];
    let entities = store.entities().get(&ids).await?.len() == 2;
    Ok(([spans, trace, record], [metric, relation, entities]))
}

async fn nothing_younger_than_its_time_goes(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let (store, ttl) = (opened.store(), harness.ttl());
    fill(store, 0, START, "old").await?;
    let time = START.start_nanos();
    let shorter = ttl.records.min(ttl.metrics);
    for now in [time, time + shorter / 2, time + shorter - 1, time + shorter] {
        store.expire(now).await?;
        assert_eq!(held(store, START, "old").await?, ([true; 3], [true; 3]));
    }
    store.expire(time + ttl.records).await?;
    assert_eq!(held(store, START, "old").await?.0, [true; 3], "spans and records");
    store.expire(time + ttl.metrics).await?;
    assert_eq!(held(store, START, "old").await?.1, [true; 3], "metrics, relations, entities");
    Ok(())
}

async fn what_is_old_goes(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let (store, ttl) = (opened.store(), harness.ttl());
    let young = START.plus((ttl.records.max(ttl.metrics) + 2 * SLACK) / MINUTE_NANOS);
    fill(store, 0, START, "old").await?;
    fill(store, 1, young, "young").await?;
    store.expire(START.start_nanos() + ttl.records.max(ttl.metrics) + SLACK).await?;
    assert_eq!(held(store, START, "old").await?, ([false; 3], [false; 3]));
    assert_eq!(held(store, young, "young").await?, ([true; 3], [true; 3]));
    for size in [Downsampling::Hour, Downsampling::Day] {
        let rows = read_rows(store, &every(size, START, START.plus(59))).await?;
        assert!(rows.is_empty(), "{size:?}");
    }
    let usage = store.usage();
    for name in ["spans", "records", "metrics", "relations", "entities"] {
        let family = usage.families.iter().find(|family| family.name == name);
        assert!(family.is_some_and(|family| family.expired > 0), "{name} in {usage:?}");
    }
    Ok(())
}

async fn rows_from_the_future_keep_nothing_else(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let (store, ttl) = (opened.store(), harness.ttl());
    // A sender's clock is ten years ahead.
    let future = START.plus(3_650 * 1440);
    fill(store, 0, future, "future").await?;
    fill(store, 1, START, "old").await?;
    store.expire(START.start_nanos() + ttl.records.max(ttl.metrics) + SLACK).await?;
    assert_eq!(held(store, START, "old").await?, ([false; 3], [false; 3]));
    assert_eq!(held(store, future, "future").await?, ([true; 3], [true; 3]));
    Ok(())
}

async fn a_clock_that_jumps_back_removes_nothing(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    fill(store, 0, START, "old").await?;
    for now in [START.start_nanos(), 0, i64::MIN, -1] {
        store.expire(now).await?;
        assert_eq!(held(store, START, "old").await?, ([true; 3], [true; 3]), "at {now}");
    }
    Ok(())
}

/// What arrives while the clock is behind is no older for it once the clock is right.
async fn a_clock_that_jumped_back_is_forgotten_by_a_crash(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    // Further than any clock of a harness is.
    let (minute, ttl) = (START.plus(60 * 1440), harness.ttl());
    let time = minute.start_nanos();
    opened.store().expire(time).await?;
    opened.store().expire(time - 2 * ttl.records.max(ttl.metrics)).await?;
    let opened = opened.crash().await?;
    fill(opened.store(), 0, minute, "new").await?;
    let zone = "UTC".to_owned();
    let checkpoint = Checkpoint { cut: cut(&[(0, 5)]), zone, ..Checkpoint::default() };
    opened.store().checkpoints().save(checkpoint).await?;
    opened.store().expire(time).await?;
    assert_eq!(held(opened.store(), minute, "new").await?, ([true; 3], [true; 3]));
    Ok(())
}

async fn hours_and_days_stay_while_a_minute_of_them_is_young(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let (store, ttl) = (opened.store(), harness.ttl());
    let last = START.plus(1439);
    store.metrics().append(origin(0, 1), vec![block(last, &[("a", &[9])])]).await?;
    store.expire(last.start_nanos() + ttl.metrics).await?;
    for (size, bucket) in [(Downsampling::Hour, last.plus(-59)), (Downsampling::Day, START)] {
        let rows = read_rows(store, &every(size, bucket, bucket)).await?;
        assert_eq!(rows.len(), 1, "{size:?}");
    }
    Ok(())
}
