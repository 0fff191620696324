//! Searchable tags.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::{FamilyUsage, Origin, TagKind, TagRead, TagSighting, Tags};

const MAX_VALUES_PER_KEY: usize = 10_000;
/// What an entry costs beside its text.
const ENTRY_BYTES: usize = 48;

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

    fn add(&mut self, sighting: TagSighting) {
        let cost = cost(&sighting.key, &sighting.value);
        let day = self.days.entry(sighting.day).or_default();
        let values = day.entry((sighting.kind, sighting.key)).or_default();
        if values.len() >= MAX_VALUES_PER_KEY && !values.contains(&sighting.value) {
            self.evicted += 1;
        } else if values.insert(sighting.value) {
            self.bytes += cost;
            self.rows += 1;
        }
    }
}

fn cost(key: &str, value: &str) -> usize {
    key.len() + value.len() + ENTRY_BYTES
}

impl Tags for MemoryTags {
    fn upsert<'a>(&'a self, _: Origin, sightings: Vec<TagSighting>) -> BoxFuture<'a, Result<()>> {
        let mut table = self.table.write();
        sightings.into_iter().for_each(|sighting| table.add(sighting));
        while table.bytes > self.limit_bytes && table.days.len() > 1 {
            let gone = table.drop_first();
            table.evicted += gone;
        }
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
