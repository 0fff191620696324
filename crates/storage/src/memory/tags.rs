//! Searchable tags.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::time::Minute;

use super::changes::Changes;
use crate::error::Result;
use crate::spi::{FamilyUsage, Origin, TagKind, TagRead, TagSighting, Tags};

const MAX_VALUES_PER_KEY: usize = 10_000;
/// What an entry costs beside its text: the string, its allocation and the
/// room that nodes of the set keep free.
const ENTRY_BYTES: usize = 58;

/// Values by key, and whether they were taken.
type Day = BTreeMap<(TagKind, String), BTreeMap<String, bool>>;

#[derive(Debug, Default, Clone)]
struct Table {
    days: BTreeMap<Minute, Day>,
    /// Days held that something was taken or loaded of, and such that went.
    taken_days: BTreeSet<Minute>,
    gone: BTreeSet<Minute>,
    /// Values that are not yet taken.
    untaken: usize,
    rows: u64,
    bytes: usize,
    evicted: u64,
    expired: u64,
}

/// Tags up to a limit in bytes: days that exceed it go, the oldest first; what
/// exceeds it on a single day is left out.
///
/// A backend that writes them behind loads what it has with [`Self::load`], and
/// learns from [`Self::take_changes`] what to write.
#[derive(Debug)]
pub struct MemoryTags {
    table: RwLock<Table>,
    limit_bytes: usize,
}

impl MemoryTags {
    /// Nothing yet.
    pub fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), limit_bytes }
    }

    pub(super) fn copy(&self) -> Self {
        Self { table: RwLock::new(self.table.read().clone()), limit_bytes: self.limit_bytes }
    }

    /// How much is held.
    pub fn usage(&self) -> FamilyUsage {
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

    /// Adds sightings that were written before: none of them is a change.
    pub fn load(&self, sightings: Vec<TagSighting>) {
        let mut table = self.table.write();
        for sighting in sightings {
            table.taken_days.insert(sighting.day);
            table.add(sighting, true, self.limit_bytes);
        }
        table.forget_days_not_held();
    }

    /// What changed since the last look, at most `most` sightings. Days go whole:
    /// a day in `gone` went with everything that was taken of it.
    pub fn take_changes(&self, most: usize) -> Changes<TagSighting, Minute> {
        self.table.write().take(most)
    }

    /// What was taken last could not be written; it will be taken again.
    pub fn give_back(&self, changes: &Changes<TagSighting, Minute>) {
        let mut table = self.table.write();
        changes.put.iter().for_each(|sighting| table.untake(sighting));
        table.gone.extend(&changes.gone);
    }

    /// Removes the days that began before `before`.
    pub fn expire(&self, before: Minute) {
        let mut table = self.table.write();
        while table.days.first_key_value().is_some_and(|(day, _)| *day < before) {
            let gone = table.drop_first();
            table.expired += gone;
        }
    }
}

impl Table {
    fn drop_first(&mut self) -> u64 {
        let Some((day, values_by_key)) = self.days.pop_first() else { return 0 };
        let mut rows = 0;
        for ((_, key), values) in &values_by_key {
            rows += values.len() as u64;
            self.bytes -= values.keys().map(|value| cost(key, value)).sum::<usize>();
            self.untaken -= values.values().filter(|is_taken| !**is_taken).count();
        }
        if self.taken_days.remove(&day) {
            self.gone.insert(day);
        }
        self.rows -= rows;
        rows
    }

    /// Days that were loaded and found no room are gone.
    fn forget_days_not_held(&mut self) {
        let gone = self.taken_days.extract_if(.., |day| !self.days.contains_key(day));
        self.gone.extend(gone);
    }

    fn take(&mut self, most: usize) -> Changes<TagSighting, Minute> {
        let gone = std::mem::take(&mut self.gone).into_iter().collect();
        let mut put = Vec::new();
        for (day, values_by_key) in &mut self.days {
            if put.len() >= self.untaken.min(most) {
                break;
            }
            let before = put.len();
            for ((kind, key), values) in values_by_key {
                let untaken = values.iter_mut().filter(|(_, is_taken)| !**is_taken);
                put.extend(untaken.take(most - put.len()).map(|(value, is_taken)| {
                    *is_taken = true;
                    TagSighting { kind: *kind, key: key.clone(), value: value.clone(), day: *day }
                }));
            }
            if put.len() > before {
                self.taken_days.insert(*day);
            }
        }
        self.untaken -= put.len();
        Changes { put, gone, has_more: self.untaken > 0 }
    }

    fn untake(&mut self, sighting: &TagSighting) {
        let key = (sighting.kind, sighting.key.clone());
        let values = self.days.get_mut(&sighting.day).and_then(|day| day.get_mut(&key));
        let is_taken = values.and_then(|values| values.get_mut(&sighting.value));
        if is_taken.is_some_and(|is_taken| std::mem::replace(is_taken, false)) {
            self.untaken += 1;
        }
    }

    fn add(&mut self, sighting: TagSighting, is_taken: bool, limit_bytes: usize) {
        let cost = cost(&sighting.key, &sighting.value);
        let is_only_day = self.days.keys().all(|day| *day == sighting.day);
        let is_full = self.bytes + cost > limit_bytes && is_only_day;
        let key = (sighting.kind, sighting.key);
        let held = self.days.get(&sighting.day).and_then(|day| day.get(&key));
        if held.is_some_and(|values| values.contains_key(&sighting.value)) {
            return;
        }
        if is_full || held.is_some_and(|values| values.len() >= MAX_VALUES_PER_KEY) {
            self.evicted += 1;
            return;
        }
        let day = self.days.entry(sighting.day).or_default();
        day.entry(key).or_default().insert(sighting.value, is_taken);
        self.untaken += usize::from(!is_taken);
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
        sightings.into_iter().for_each(|sighting| table.add(sighting, false, self.limit_bytes));
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
                        Some(wanted) if wanted == key => found.extend(values.keys().cloned()),
                        Some(_) => {}
                    }
                }
            }
        }
        Box::pin(std::future::ready(Ok(found.into_iter().take(read.limit).collect())))
    }
}

#[cfg(test)]
mod tests;
