//! Slow statements and commands.

use std::collections::{HashMap, VecDeque};

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::record::{TopRecord, TopStream};

use crate::error::Result;
use crate::spi::{Cut, FamilyUsage, Origin, RecordRead, Records};

#[derive(Debug, Default, Clone)]
struct Table {
    /// In order of arrival.
    rows: VecDeque<(Origin, TopRecord)>,
    /// How often an id is in `rows`: at most once.
    ids: HashMap<(TopStream, String), ()>,
    bytes: usize,
    evicted: u64,
    expired: u64,
}

#[derive(Debug)]
pub(super) struct MemoryRecords {
    table: RwLock<Table>,
    limit_bytes: usize,
}

fn cost(record: &TopRecord) -> usize {
    let text = record.id.len() * 2 + record.statement.len() + record.trace_id.len();
    text + size_of::<TopRecord>() + 96
}

impl Table {
    fn push(&mut self, origin: Origin, record: TopRecord) {
        if self.ids.insert((record.stream, record.id.clone()), ()).is_none() {
            self.bytes += cost(&record);
            self.rows.push_back((origin, record));
        }
    }

    fn pop(&mut self) -> bool {
        let Some((_, record)) = self.rows.pop_front() else { return false };
        self.bytes -= cost(&record);
        self.ids.remove(&(record.stream, record.id));
        true
    }
}

impl MemoryRecords {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), limit_bytes }
    }

    pub(super) fn within(&self, cut: &Cut) -> Self {
        let mut table = Table::default();
        for (origin, record) in &self.table.read().rows {
            if cut.contains(*origin) {
                table.push(*origin, record.clone());
            }
        }
        Self { table: RwLock::new(table), limit_bytes: self.limit_bytes }
    }

    pub(super) fn usage(&self) -> FamilyUsage {
        let table = self.table.read();
        FamilyUsage {
            name: "records",
            rows: table.rows.len() as u64,
            bytes: table.bytes as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: table.evicted,
            expired: table.expired,
        }
    }

    /// Removes records from the front while they are older than `before`.
    pub(super) fn expire(&self, before: i64) {
        let mut table = self.table.write();
        while table.rows.front().is_some_and(|(_, record)| record.time < before) {
            table.pop();
            table.expired += 1;
        }
    }
}

impl Records for MemoryRecords {
    fn append<'a>(&'a self, origin: Origin, records: Vec<TopRecord>) -> BoxFuture<'a, Result<()>> {
        let mut table = self.table.write();
        records.into_iter().for_each(|record| table.push(origin, record));
        while table.bytes > self.limit_bytes && table.pop() {
            table.evicted += 1;
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn top<'a>(&'a self, read: &'a RecordRead) -> BoxFuture<'a, Result<Vec<TopRecord>>> {
        let table = self.table.read();
        let wanted = |record: &&TopRecord| {
            record.stream == read.stream
                && read.entity.is_none_or(|entity| entity == record.entity)
                && (read.from..=read.to).contains(&record.time)
        };
        let mut found: Vec<_> =
            table.rows.iter().map(|(_, record)| record).filter(wanted).collect();
        found.sort_by(|a, b| {
            let latency = a.latency_ms.cmp(&b.latency_ms);
            let latency = if read.descending { latency.reverse() } else { latency };
            latency.then(b.time.cmp(&a.time)).then_with(|| a.id.cmp(&b.id))
        });
        let answer = found.into_iter().take(read.limit).cloned().collect();
        Box::pin(std::future::ready(Ok(answer)))
    }
}
