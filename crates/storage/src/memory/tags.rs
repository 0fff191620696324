//! Searchable tags.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::{FamilyUsage, Origin, TagKind, TagRead, TagSighting, Tags};

const MAX_VALUES_PER_KEY: usize = 10_000;
/// What an entry costs beside its text: the string, its allocation and the
/// room that nodes of the set keep free.
const ENTRY_BYTES: usize = 56;

/// Values by key.
type Day = BTreeMap<(TagKind, String), BTreeSet<String>>;

#[derive(Debug, Default, Clone)]
struct Table {
    days: BTreeMap<Minute, Day>,
    rows: u64,
    bytes: usize,
    evicted: u64,
    expired: u64,
}

#[derive(Debug)]
pub(super) struct MemoryTags {
    table: RwLock<Table>,
    limit_bytes: usize,
}

impl MemoryTags {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), limit_bytes }
    }

    pub(super) fn copy(&self) -> Self {
        Self { table: RwLock::new(self.table.read().clone()), limit_bytes: self.limit_bytes }
    }

    pub(super) fn usage(&self) -> FamilyUsage {
        let table = self.table.read();
        FamilyUsage {
            name: "tags",
            rows: table.rows,
            bytes: table.bytes as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: table.evicted,
            expired: table.expired,
        }
    }

    pub(super) fn expire(&self, before: Minute) {
        let mut table = self.table.write();
        while table.days.first_key_value().is_some_and(|(day, _)| *day < before) {
            let gone = table.drop_first();
            table.expired += gone;
        }
    }
}

impl Table {
    fn drop_first(&mut self) -> u64 {
        let Some((_, day)) = self.days.pop_first() else { return 0 };
        let mut rows = 0;
        for ((_, key), values) in &day {
            rows += values.len() as u64;
            self.bytes -= values.iter().map(|value| cost(key, value)).sum::<usize>();
        }
        self.rows -= rows;
        rows
    }

    fn add(&mut self, sighting: TagSighting, limit_bytes: usize) {
        let cost = cost(&sighting.key, &sighting.value);
        let is_full = self.bytes + cost > limit_bytes && self.days.len() <= 1;
        let day = self.days.entry(sighting.day).or_default();
        let key = (sighting.kind, sighting.key);
        let held = day.get(&key);
        if held.is_some_and(|values| values.contains(&sighting.value)) {
            return;
        }
        if is_full || held.is_some_and(|values| values.len() >= MAX_VALUES_PER_KEY) {
            self.evicted += 1;
            return;
        }
        day.entry(key).or_default().insert(sighting.value);
        self.bytes += cost;
        self.rows += 1;
        while self.bytes > limit_bytes && self.days.len() > 1 {
            self.evicted += self.drop_first();
        }
    }
}

fn cost(key: &str, value: &str) -> usize {
    key.len() + value.len() + ENTRY_BYTES
}

impl Tags for MemoryTags {
    fn upsert<'a>(&'a self, _: Origin, sightings: Vec<TagSighting>) -> BoxFuture<'a, Result<()>> {
        let mut table = self.table.write();
        sightings.into_iter().for_each(|sighting| table.add(sighting, self.limit_bytes));
        Box::pin(std::future::ready(Ok(())))
    }

    fn list<'a>(&'a self, read: &'a TagRead) -> BoxFuture<'a, Result<Vec<String>>> {
        let table = self.table.read();
        let mut found = BTreeSet::new();
        if read.from <= read.to {
            for day in table.days.range((Bound::Included(read.from), Bound::Included(read.to))) {
                for ((kind, key), values) in day.1 {
                    match &read.key {
                        _ if *kind != read.kind => {}
                        None => drop(found.insert(key.clone())),
                        Some(wanted) if wanted == key => found.extend(values.iter().cloned()),
                        Some(_) => {}
                    }
                }
            }
        }
        Box::pin(std::future::ready(Ok(found.into_iter().take(read.limit).collect())))
    }
}

#[cfg(test)]
mod tests {
    use skytrail_model::time::Minute;

    use super::MemoryTags;
    use crate::spi::{Origin, TagKind, TagSighting, Tags};

    const ORIGIN: Origin = Origin { shard: 0, sequence: 1 };

    fn sighting(key: usize, day: i64) -> TagSighting {
        let (key, value) = (format!("key-{key:05}"), "x".repeat(90));
        TagSighting { kind: TagKind::Trace, key, value, day: Minute(day * 1440) }
    }

    #[tokio::test]
    async fn a_single_day_keeps_to_the_limit_and_counts_the_rest() {
        let tags = MemoryTags::new(64 << 10);
        let flood = (0..2_000).map(|key| sighting(key, 1)).collect();
        tags.upsert(ORIGIN, flood).await.unwrap();
        let usage = tags.usage();
        assert!(usage.bytes <= 64 << 10 && usage.rows > 100, "{usage:?}");
        assert_eq!(usage.rows + usage.evicted, 2_000);
    }

    #[tokio::test]
    async fn older_days_give_way_to_newer_ones() {
        let tags = MemoryTags::new(64 << 10);
        for day in 0..20 {
            let some = (0..100).map(|key| sighting(key, day)).collect();
            tags.upsert(ORIGIN, some).await.unwrap();
            assert!(tags.usage().bytes <= 64 << 10);
        }
        let usage = tags.usage();
        assert_eq!((usage.rows % 100, usage.rows + usage.evicted), (0, 2_000));
        tags.expire(Minute(20 * 1440));
        assert_eq!((tags.usage().rows, tags.usage().bytes), (0, 0));
    }
}
