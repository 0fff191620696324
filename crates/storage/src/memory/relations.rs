//! Relation rows, by minute.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::relation::RelationRow;
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::{Cut, FamilyUsage, Origin, RelationRead, Relations};

/// What a row costs in a map, roughly.
const ROW_BYTES: usize = size_of::<RelationRow>() + size_of::<Origin>() + 16;

/// Rows of a minute with every origin that brought them.
type MinuteRows = BTreeMap<RelationRow, BTreeSet<Origin>>;

#[derive(Debug, Default, Clone)]
struct Table {
    minutes: BTreeMap<Minute, MinuteRows>,
    rows: u64,
    evicted: u64,
    expired: u64,
}

#[derive(Debug)]
pub(super) struct MemoryRelations {
    table: RwLock<Table>,
    limit_bytes: usize,
}

impl Table {
    fn push(&mut self, origin: Origin, row: RelationRow) {
        let origins = self.minutes.entry(row.minute).or_default().entry(row).or_default();
        if origins.insert(origin) {
            self.rows += 1;
        }
    }

    fn drop_first(&mut self) -> u64 {
        let Some((_, rows)) = self.minutes.pop_first() else { return 0 };
        let gone = rows.values().map(|origins| origins.len() as u64).sum();
        self.rows -= gone;
        gone
    }

    fn bytes(&self) -> usize {
        self.rows as usize * ROW_BYTES
    }
}

impl MemoryRelations {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), limit_bytes }
    }

    pub(super) fn within(&self, cut: &Cut) -> Self {
        let mut table = Table::default();
        for rows in self.table.read().minutes.values() {
            for (row, origins) in rows {
                for origin in origins.iter().filter(|origin| cut.contains(**origin)) {
                    table.push(*origin, *row);
                }
            }
        }
        Self { table: RwLock::new(table), limit_bytes: self.limit_bytes }
    }

    pub(super) fn usage(&self) -> FamilyUsage {
        let table = self.table.read();
        FamilyUsage {
            name: "relations",
            rows: table.rows,
            bytes: table.bytes() as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: table.evicted,
            expired: table.expired,
        }
    }

    pub(super) fn expire(&self, before: Minute) {
        let mut table = self.table.write();
        while table.minutes.first_key_value().is_some_and(|(minute, _)| *minute < before) {
            let gone = table.drop_first();
            table.expired += gone;
        }
    }
}

impl Relations for MemoryRelations {
    fn append<'a>(&'a self, origin: Origin, rows: Vec<RelationRow>) -> BoxFuture<'a, Result<()>> {
        let mut table = self.table.write();
        rows.into_iter().for_each(|row| table.push(origin, row));
        while table.bytes() > self.limit_bytes && table.minutes.len() > 1 {
            let gone = table.drop_first();
            table.evicted += gone;
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(
        &'a self,
        read: &'a RelationRead,
        take: &'a mut (dyn FnMut(&RelationRow) -> bool + Send),
    ) -> BoxFuture<'a, Result<()>> {
        let table = self.table.read();
        if read.from <= read.to {
            let minutes = table.minutes.range(read.from..=read.to).map(|(_, rows)| rows);
            let seen = minutes.flatten().filter(|(row, origins)| {
                read.wants(row) && origins.iter().any(|origin| read.visible.sees(*origin))
            });
            for (row, _) in seen {
                if !take(row) {
                    break;
                }
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }
}
