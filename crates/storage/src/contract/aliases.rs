//! Address aliases.

use skytrail_model::alias::Alias;

use super::data::{START, open, origin, service};
use super::harness::{Check, Harness, checks};
use crate::error::Result;

pub(super) const CHECKS: &[Check] = checks!("aliases":
    rows_of_one_key_merge,
    keys_are_address_service_and_instance,
    they_come_by_address_and_time,
    the_version_grows_with_every_change,
);

fn alias(address: &str, name: &str, since: i64, last_seen: i64) -> Alias {
    Alias {
        address: address.to_owned(),
        service: service(name),
        instance: format!("{name}-1"),
        since: START.plus(since),
        last_seen: START.plus(last_seen),
    }
}

async fn rows_of_one_key_merge(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let entities = opened.store().entities();
    assert_eq!(entities.aliases().await?, []);
    let first = vec![alias("db:1", "a", 5, 6), alias("db:1", "a", 4, 5)];
    entities.upsert_aliases(origin(0, 1), first).await?;
    entities.upsert_aliases(origin(1, 1), vec![alias("db:1", "a", 8, 9)]).await?;
    assert_eq!(entities.aliases().await?, [alias("db:1", "a", 4, 9)]);
    Ok(())
}

async fn keys_are_address_service_and_instance(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let entities = opened.store().entities();
    let mut conjectured = alias("db:1", "a", 2, 2);
    conjectured.service.normal = false;
    let mut second = alias("db:1", "a", 3, 3);
    second.instance = "a-2".to_owned();
    let rows = vec![alias("db:1", "a", 1, 1), conjectured, second, alias("db:1", "b", 4, 4)];
    entities.upsert_aliases(origin(0, 1), rows.clone()).await?;
    assert_eq!(entities.aliases().await?, rows);
    Ok(())
}

async fn they_come_by_address_and_time(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let entities = opened.store().entities();
    let written = [("b", "x", 1), ("a", "y", 9), ("b", "a", 0), ("a", "z", 3), ("B", "c", 7)];
    for (sequence, (address, name, since)) in written.into_iter().enumerate() {
        let row = alias(address, name, since, 20);
        entities.upsert_aliases(origin(0, sequence as u64 + 1), vec![row]).await?;
    }
    let answered = entities.aliases().await?;
    let order: Vec<_> = answered.iter().map(|row| (&*row.address, &*row.service.name)).collect();
    assert_eq!(order, [("B", "c"), ("a", "z"), ("a", "y"), ("b", "a"), ("b", "x")]);
    Ok(())
}

async fn the_version_grows_with_every_change(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let entities = opened.store().entities();
    let mut last = entities.alias_version();
    let changes = [
        alias("db:1", "a", 5, 6),
        alias("db:1", "b", 7, 7),
        alias("db:1", "a", 4, 6),
        alias("db:1", "a", 4, 8),
    ];
    for (sequence, change) in changes.into_iter().enumerate() {
        entities.upsert_aliases(origin(0, sequence as u64 + 1), vec![change.clone()]).await?;
        let version = entities.alias_version();
        assert!(version > last, "{change:?}");
        last = version;
    }
    Ok(())
}
