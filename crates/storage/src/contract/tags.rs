//! Searchable tags.

use skytrail_model::time::Minute;

use super::data::{START, open, origin};
use super::harness::{Check, Harness, checks};
use crate::error::Result;
use crate::spi::{Storage, TagKind, TagRead, TagSighting};

pub(super) const CHECKS: &[Check] = checks!("tags":
    keys_and_values_are_distinct_and_in_byte_order,
    kinds_are_apart,
    days_are_inclusive,
    limits_keep_the_first,
    what_is_left_out_is_counted,
);

const DAY: i64 = 1440;

fn sighting(key: &str, value: &str, day: i64) -> TagSighting {
    let (key, value) = (key.to_owned(), value.to_owned());
    TagSighting { kind: TagKind::Trace, key, value, day: START.plus(day * DAY) }
}

fn read(key: Option<&str>) -> TagRead {
    let key = key.map(str::to_owned);
    TagRead { kind: TagKind::Trace, key, from: START, to: START.plus(9 * DAY), limit: 100 }
}

async fn list(store: &dyn Storage, read: &TagRead) -> Result<String> {
    Ok(store.tags().list(read).await?.join(" "))
}

async fn keys_and_values_are_distinct_and_in_byte_order(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    assert_eq!(list(store, &read(None)).await?, "");
    let pairs = [("k2", "b"), ("k1", "x"), ("K", "x"), ("k2", "B"), ("k2", "b"), ("k2", "\u{e4}")];
    let sightings = pairs.map(|(key, value)| sighting(key, value, 0)).to_vec();
    store.tags().upsert(origin(0, 1), sightings).await?;
    let again = vec![sighting("k2", "b", 0), sighting("k2", "b", 1), sighting("k2", "a", 1)];
    store.tags().upsert(origin(1, 1), again).await?;
    assert_eq!(list(store, &read(None)).await?, "K k1 k2");
    assert_eq!(list(store, &read(Some("k2"))).await?, "B a b \u{e4}");
    assert_eq!(list(store, &read(Some("k"))).await?, "");
    Ok(())
}

async fn kinds_are_apart(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let log = TagSighting { kind: TagKind::Log, ..sighting("k", "log", 0) };
    store.tags().upsert(origin(0, 1), vec![log, sighting("k", "trace", 0)]).await?;
    for (kind, wanted) in [(TagKind::Trace, "trace"), (TagKind::Log, "log"), (TagKind::Alarm, "")] {
        let values = TagRead { kind, ..read(Some("k")) };
        assert_eq!(list(store, &values).await?, wanted, "{kind:?}");
    }
    Ok(())
}

async fn days_are_inclusive(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let sightings = (0..5).map(|day| sighting("k", &day.to_string(), day)).collect();
    store.tags().upsert(origin(0, 1), sightings).await?;
    for (from, to, wanted) in [(1, 3, "1 2 3"), (2, 2, "2"), (4, 9, "4"), (3, 1, "")] {
        let (from, to): (Minute, Minute) = (START.plus(from * DAY), START.plus(to * DAY));
        assert_eq!(list(store, &TagRead { from, to, ..read(Some("k")) }).await?, wanted);
        let keys = list(store, &TagRead { from, to, ..read(None) }).await?;
        assert_eq!(keys.is_empty(), wanted.is_empty());
    }
    Ok(())
}

async fn limits_keep_the_first(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let sightings = ["c", "a", "b"].map(|value| sighting(value, value, 0)).to_vec();
    store.tags().upsert(origin(0, 1), sightings).await?;
    for (limit, wanted) in [(0, ""), (1, "a"), (2, "a b"), (3, "a b c"), (4, "a b c")] {
        assert_eq!(list(store, &TagRead { limit, ..read(None) }).await?, wanted);
    }
    Ok(())
}

async fn what_is_left_out_is_counted(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let written = 10_050;
    let sightings = (0..written).map(|n| sighting("k", &format!("{n:05}"), 0)).collect();
    store.tags().upsert(origin(0, 1), sightings).await?;
    store.tags().upsert(origin(0, 2), vec![sighting("k", "00000", 0)]).await?;
    let answered = store.tags().list(&TagRead { limit: 20_000, ..read(Some("k")) }).await?.len();
    let usage = store.usage();
    let evicted = usage.families.iter().find(|family| family.name == "tags");
    let evicted = evicted.map_or(0, |family| family.evicted);
    assert!(answered >= 10_000, "{answered}");
    assert_eq!(answered as u64 + evicted, written);
    Ok(())
}
