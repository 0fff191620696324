//! Slow statements and commands.

use skytrail_model::record::{TopRecord, TopStream};

use super::data::{open, origin, service_id};
use super::harness::{Check, Harness, Instance, checks};
use crate::error::Result;
use crate::spi::{RecordRead, Storage};

pub(super) const CHECKS: &[Check] = checks!("records":
    they_come_back_whole,
    the_slowest_come_first,
    equal_ids_of_a_stream_are_one,
    streams_and_entities_select,
    times_are_inclusive,
    limits_keep_the_first,
);

pub(super) fn record(id: &str, entity: &str, latency_ms: i64, time: i64) -> TopRecord {
    TopRecord {
        stream: TopStream::DatabaseStatement,
        entity: service_id(entity),
        id: id.to_owned(),
        statement: format!("select {id}"),
        trace_id: format!("trace-{id}"),
        latency_ms,
        time,
    }
}

pub(super) fn slowest() -> RecordRead {
    RecordRead {
        stream: TopStream::DatabaseStatement,
        entity: None,
        from: i64::MIN,
        to: i64::MAX,
        descending: true,
        limit: 1_000,
    }
}

async fn top(store: &dyn Storage, read: &RecordRead) -> Result<String> {
    let records = store.records().top(read).await?.0;
    assert!(store.records().examined(read) >= records.len() as u64, "each was looked at");
    Ok(records.iter().map(|record| record.id.as_str()).collect())
}

async fn they_come_back_whole(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    assert_eq!(store.records().top(&slowest()).await?.0, []);
    let written = record("a \u{1F422}", "db", -5, i64::MIN);
    store.records().append(origin(0, 1), vec![written.clone()]).await?;
    assert_eq!(store.records().top(&slowest()).await?.0, [written]);
    Ok(())
}

async fn filled(harness: &dyn Harness) -> Result<Box<dyn Instance>> {
    let opened = open(harness).await?;
    let rows = [("c", 20, 1), ("a", 10, 5), ("e", 20, 2), ("b", 30, 3), ("d", 20, 2), ("f", 5, 9)];
    for (sequence, (id, latency, time)) in rows.into_iter().enumerate() {
        let rows = vec![record(id, "db", latency, time)];
        opened.store().records().append(origin(0, sequence as u64 + 1), rows).await?;
    }
    Ok(opened)
}

async fn the_slowest_come_first(harness: &dyn Harness) -> Result<()> {
    let opened = filled(harness).await?;
    assert_eq!(top(opened.store(), &slowest()).await?, "bdecaf");
    let quickest = RecordRead { descending: false, ..slowest() };
    // Ties stay in one order: the newest first, then by id.
    assert_eq!(top(opened.store(), &quickest).await?, "fadecb");
    Ok(())
}

async fn equal_ids_of_a_stream_are_one(harness: &dyn Harness) -> Result<()> {
    let opened = filled(harness).await?;
    let store = opened.store();
    let again = record("b", "db", 30, 3);
    let other = TopRecord { stream: TopStream::CacheReadCommand, ..again.clone() };
    store.records().append(origin(1, 1), vec![again.clone(), again, other.clone()]).await?;
    assert_eq!(top(store, &slowest()).await?, "bdecaf");
    for (limit, wanted) in [(1, "b"), (2, "bd")] {
        assert_eq!(top(store, &RecordRead { limit, ..slowest() }).await?, wanted);
    }
    let reads = RecordRead { stream: TopStream::CacheReadCommand, ..slowest() };
    assert_eq!(store.records().top(&reads).await?.0, [other]);
    Ok(())
}

async fn streams_and_entities_select(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let one = |stream, id: &str, entity: &str| TopRecord { stream, ..record(id, entity, 1, 1) };
    let rows = vec![
        one(TopStream::DatabaseStatement, "a", "db"),
        one(TopStream::DatabaseStatement, "b", "other"),
        one(TopStream::ServiceDatabaseStatement, "c", "db"),
        one(TopStream::CacheReadCommand, "d", "db"),
        one(TopStream::CacheWriteCommand, "e", "db"),
    ];
    store.records().append(origin(0, 1), rows).await?;
    for (stream, entity, wanted) in [
        (TopStream::DatabaseStatement, None, "ab"),
        (TopStream::DatabaseStatement, Some("other"), "b"),
        (TopStream::DatabaseStatement, Some("nobody"), ""),
        (TopStream::ServiceDatabaseStatement, Some("db"), "c"),
        (TopStream::CacheReadCommand, None, "d"),
        (TopStream::CacheWriteCommand, Some("db"), "e"),
    ] {
        let entity = entity.map(service_id);
        assert_eq!(top(store, &RecordRead { stream, entity, ..slowest() }).await?, wanted);
    }
    Ok(())
}

async fn times_are_inclusive(harness: &dyn Harness) -> Result<()> {
    let opened = filled(harness).await?;
    for (from, to, wanted) in [(2, 3, "bde"), (9, 9, "f"), (6, 8, ""), (3, 2, "")] {
        assert_eq!(top(opened.store(), &RecordRead { from, to, ..slowest() }).await?, wanted);
    }
    Ok(())
}

async fn limits_keep_the_first(harness: &dyn Harness) -> Result<()> {
    let opened = filled(harness).await?;
    for limit in 0..8 {
        let read = RecordRead { limit, ..slowest() };
        assert_eq!(top(opened.store(), &read).await?, "bdecaf"[..limit.min(6)]);
    }
    Ok(())
}
