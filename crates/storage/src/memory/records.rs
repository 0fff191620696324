//! Slow statements and commands.

use std::collections::{HashSet, VecDeque};

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::record::TopRecord;

use crate::error::Result;
use crate::spi::{Completeness, Cut, FamilyUsage, Origin, RecordRead, Records};

#[derive(Debug, Default, Clone)]
struct Table {
    /// In order of arrival. A record that came twice is there twice, so that a
    /// cut that leaves out one append keeps what another one brought.
    rows: VecDeque<(Origin, TopRecord)>,
    bytes: usize,
    /// The latest time of what was evicted.
    evicted_to: Option<i64>,
    evicted: u64,
    expired: u64,
}

#[derive(Debug)]
pub(super) struct MemoryRecords {
    table: RwLock<Table>,
    limit_bytes: usize,
}

/// Bytes of a record with its allocations and the room that the queue keeps.
fn cost(record: &TopRecord) -> usize {
    let text = record.id.capacity() + record.statement.capacity() + record.trace_id.capacity();
    text + 2 * size_of::<(Origin, TopRecord)>()
}

impl Table {
    fn push(&mut self, origin: Origin, mut record: TopRecord) {
        for text in [&mut record.id, &mut record.statement, &mut record.trace_id] {
            text.shrink_to_fit();
        }
        self.bytes += cost(&record);
        self.rows.push_back((origin, record));
    }

    fn pop(&mut self) -> bool {
        let Some((_, record)) = self.rows.pop_front() else { return false };
        self.bytes -= cost(&record);
        self.evicted_to = self.evicted_to.max(Some(record.time));
        true
    }

    fn top(&self, read: &RecordRead) -> Vec<TopRecord> {
        let wanted = |record: &&TopRecord| {
            record.stream == read.stream
                && read.entity.is_none_or(|entity| entity == record.entity)
                && (read.from..=read.to).contains(&record.time)
        };
        let mut found: Vec<_> = self.rows.iter().map(|(_, record)| record).filter(wanted).collect();
        found.sort_by(|a, b| {
            let latency = a.latency_ms.cmp(&b.latency_ms);
            let latency = if read.descending { latency.reverse() } else { latency };
            latency.then(b.time.cmp(&a.time)).then_with(|| a.id.cmp(&b.id))
        });
        let mut ids = HashSet::new();
        let distinct = found.into_iter().filter(|record| ids.insert(record.id.as_str()));
        distinct.take(read.limit).cloned().collect()
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

    /// Removes records that are older than `before`, wherever they stand.
    pub(super) fn expire(&self, before: i64) {
        let mut table = self.table.write();
        let held = table.rows.len();
        table.rows.retain(|(_, record)| record.time >= before);
        table.expired += (held - table.rows.len()) as u64;
        table.bytes = table.rows.iter().map(|(_, record)| cost(record)).sum();
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

    fn top<'a>(
        &'a self,
        read: &'a RecordRead,
    ) -> BoxFuture<'a, Result<(Vec<TopRecord>, Completeness)>> {
        Box::pin(async move {
            // One scan is short; a request of many gives way between them.
            tokio::task::yield_now().await;
            let table = self.table.read();
            let is_missing = table.evicted_to.is_some_and(|last| last >= read.from);
            Ok((table.top(read), Completeness::unless(is_missing)))
        })
    }

    fn examined(&self, _: &RecordRead) -> u64 {
        self.table.read().rows.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use skytrail_model::entity::EntityId;
    use skytrail_model::record::{TopRecord, TopStream};

    use super::MemoryRecords;
    use crate::spi::{Completeness, Origin, RecordRead, Records};

    fn record(n: i64) -> TopRecord {
        TopRecord {
            stream: TopStream::DatabaseStatement,
            entity: EntityId(1),
            id: format!("{n}"),
            statement: "x".repeat(200),
            trace_id: "t".to_owned(),
            latency_ms: n,
            time: n,
        }
    }

    #[tokio::test]
    async fn the_newest_stay_within_the_limit() {
        let records = MemoryRecords::new(64 << 10);
        for n in 0..1_000 {
            let origin = Origin { shard: 0, sequence: n as u64 + 1 };
            records.append(origin, vec![record(n)]).await.unwrap();
            assert!(records.usage().bytes <= 64 << 10);
        }
        let usage = records.usage();
        assert!(usage.rows > 50, "{usage:?}");
        assert_eq!(usage.rows + usage.evicted, 1_000);
        let read = RecordRead {
            stream: TopStream::DatabaseStatement,
            entity: None,
            from: 0,
            to: i64::MAX,
            descending: true,
            limit: 1_000,
        };
        let (held, completeness) = records.top(&read).await.unwrap();
        assert_eq!(completeness, Completeness::Incomplete, "the oldest are gone");
        assert_eq!((held.len() as u64, held.first().map(|one| one.time)), (usage.rows, Some(999)));
        records.expire(999);
        assert_eq!((records.usage().rows, records.usage().expired), (1, usage.rows - 1));
        records.expire(1_000);
        assert_eq!(records.usage().bytes, 0);
    }
}
