//! Relation rows, by minute.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::relation::RelationRow;
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::{Cut, FamilyUsage, Origin, RelationRead, Relations, Visible};

/// A row and an append that brought it.
type Stored = (RelationRow, Origin);

const ROW_BYTES: usize = size_of::<Stored>();
/// What a minute costs beside its rows.
const MINUTE_BYTES: usize = 128;

/// Rows between two chances for other work and for cancelling, to the minute.
const ROWS_PER_TURN: usize = 8_192;

/// Rows sorted and distinct. Readers keep what they read from.
type MinuteRows = Arc<Vec<Stored>>;

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
    /// What was here before this process started: seen by every reader.
    settled: Cut,
}

impl Table {
    fn push(&mut self, minute: Minute, rows: impl Iterator<Item = Stored>) {
        let held = Arc::make_mut(self.minutes.entry(minute).or_default());
        self.rows -= held.len() as u64;
        held.extend(rows);
        // Two sorted runs, which a stable sort merges in one pass.
        held.sort();
        held.dedup();
        held.shrink_to_fit();
        self.rows += held.len() as u64;
    }

    fn drop_first(&mut self) -> u64 {
        let Some((_, rows)) = self.minutes.pop_first() else { return 0 };
        self.rows -= rows.len() as u64;
        rows.len() as u64
    }

    fn bytes(&self) -> usize {
        self.rows as usize * ROW_BYTES + self.minutes.len() * MINUTE_BYTES
    }

    /// Removes the oldest minutes, and of the last one what does not fit.
    fn make_room(&mut self, limit_bytes: usize) {
        while self.bytes() > limit_bytes && self.minutes.len() > 1 {
            self.evicted += self.drop_first();
        }
        let fitting = limit_bytes.saturating_sub(MINUTE_BYTES) / ROW_BYTES;
        if let Some(mut last) = self.minutes.first_entry().filter(|last| last.get().len() > fitting)
        {
            let rows = Arc::make_mut(last.get_mut());
            let gone = (rows.len() - fitting) as u64;
            rows.truncate(fitting);
            rows.shrink_to_fit();
            self.rows -= gone;
            self.evicted += gone;
        }
    }
}

impl MemoryRelations {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), limit_bytes, settled: Cut::default() }
    }

    pub(super) fn within(&self, cut: &Cut) -> Self {
        let mut table = Table::default();
        for (minute, rows) in &self.table.read().minutes {
            let within: Vec<_> =
                rows.iter().filter(|(_, origin)| cut.contains(*origin)).copied().collect();
            if !within.is_empty() {
                table.push(*minute, within.into_iter());
            }
        }
        Self { table: RwLock::new(table), limit_bytes: self.limit_bytes, settled: cut.clone() }
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

    fn append_now(&self, origin: Origin, mut rows: Vec<RelationRow>) {
        rows.sort_unstable();
        let mut table = self.table.write();
        for minute in rows.chunk_by(|a, b| a.minute == b.minute) {
            if let Some(first) = minute.first() {
                table.push(first.minute, minute.iter().map(|row| (*row, origin)));
            }
        }
        table.make_room(self.limit_bytes);
    }

    fn snapshot(&self, read: &RelationRead) -> Vec<MinuteRows> {
        if read.from > read.to {
            return Vec::new();
        }
        let table = self.table.read();
        table.minutes.range(read.from..=read.to).map(|(_, rows)| rows.clone()).collect()
    }

    fn sees(&self, visible: &Visible, origin: Origin) -> bool {
        self.settled.contains(origin) || visible.sees(origin)
    }

    /// Gives the rows of a minute to `take`; whether it wants more.
    fn give(
        &self,
        rows: &[Stored],
        read: &RelationRead,
        take: &mut (dyn FnMut(&RelationRow) -> bool + Send),
    ) -> bool {
        rows.chunk_by(|a, b| a.0 == b.0).all(|equal| {
            let seen = equal.iter().find(|(_, origin)| self.sees(&read.visible, *origin));
            seen.is_none_or(|(row, _)| !read.wants(row) || take(row))
        })
    }
}

impl Relations for MemoryRelations {
    fn append<'a>(&'a self, origin: Origin, rows: Vec<RelationRow>) -> BoxFuture<'a, Result<()>> {
        self.append_now(origin, rows);
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(
        &'a self,
        read: &'a RelationRead,
        take: &'a mut (dyn FnMut(&RelationRow) -> bool + Send),
    ) -> BoxFuture<'a, Result<()>> {
        let snapshot = self.snapshot(read);
        Box::pin(async move {
            let mut looked_at = 0;
            for rows in snapshot {
                looked_at += rows.len() + 1;
                if looked_at > ROWS_PER_TURN {
                    looked_at = 0;
                    tokio::task::yield_now().await;
                }
                if !self.give(&rows, read, take) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn examined(&self, read: &RelationRead) -> u64 {
        self.snapshot(read).iter().map(|rows| rows.len() as u64).sum()
    }
}
