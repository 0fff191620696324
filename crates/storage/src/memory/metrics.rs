//! Metric rows: the newest minutes as they came, older ones folded to hours
//! and days as memory runs out.

mod fold;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::metric::{Catalogue, MetricBlock, TableId};
use skytrail_model::time::{Downsampling, Minute, Zone};
use table::{Stored, Tables};

use crate::error::Result;
use crate::spi::{Completeness, Cut, FamilyUsage, MetricRead, Metrics, Origin};

/// Buckets between two chances for other work and for cancelling.
const BUCKETS_PER_TURN: usize = 64;

#[derive(Debug)]
pub(super) struct MemoryMetrics {
    tables: RwLock<Tables>,
    catalogue: Arc<Catalogue>,
    zone: Zone,
    limit_bytes: usize,
    /// What was here before this process started: seen by every reader.
    settled: Cut,
}

impl MemoryMetrics {
    pub(super) fn new(catalogue: Arc<Catalogue>, zone: Zone, limit_bytes: usize) -> Self {
        let (tables, settled) = (RwLock::default(), Cut::default());
        Self { tables, catalogue, zone, limit_bytes, settled }
    }

    pub(super) fn within(&self, cut: &Cut) -> Self {
        Self {
            tables: RwLock::new(self.tables.read().within(cut)),
            catalogue: self.catalogue.clone(),
            zone: self.zone.clone(),
            limit_bytes: self.limit_bytes,
            settled: cut.clone(),
        }
    }

    pub(super) fn usage(&self) -> FamilyUsage {
        let tables = self.tables.read();
        FamilyUsage {
            name: "metrics",
            rows: tables.rows,
            bytes: tables.bytes as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: tables.evicted,
            expired: tables.expired,
        }
    }

    /// What is within the cut of a checkpoint is kept apart from the rest, so that
    /// a crash can leave exactly that.
    pub(super) fn keep(&self, cut: &Cut) {
        self.tables.write().durable = cut.clone();
    }

    pub(super) fn expire(&self, before: Minute) {
        fold::expire(&mut self.tables.write(), self.rules(), before);
    }

    fn append_now(&self, origin: Origin, blocks: Vec<MetricBlock>) {
        let blocks = blocks.into_iter().filter(|block| !block.is_empty());
        let blocks: Vec<_> = blocks.map(|block| Stored::new(origin, block)).collect();
        let mut tables = self.tables.write();
        blocks.into_iter().for_each(|stored| tables.push(&self.zone, stored));
        tables.widen(origin);
        while tables.bytes > self.limit_bytes && fold::make_room(&mut tables, self.rules()) {}
    }

    fn rules(&self) -> fold::Rules<'_> {
        fold::Rules { catalogue: &self.catalogue, zone: &self.zone }
    }

    /// The blocks that answer a question, by bucket. Nothing is copied.
    fn snapshot(&self, read: &MetricRead) -> Vec<(Minute, Vec<Arc<MetricBlock>>)> {
        let tables = self.tables.read();
        let Some(table) = tables.table(read.table) else { return Vec::new() };
        let is_seen = |stored: &&Stored| stored.is_seen(&read.visible, &self.settled);
        let buckets = table.buckets(&self.zone, read.downsampling, read.from, read.to);
        buckets
            .into_iter()
            .map(|(bucket, stored)| {
                let seen = stored.into_iter().filter(is_seen).map(|one| one.block.clone());
                (bucket, seen.collect())
            })
            .collect()
    }
}

impl Metrics for MemoryMetrics {
    fn append<'a>(&'a self, origin: Origin, blocks: Vec<MetricBlock>) -> BoxFuture<'a, Result<()>> {
        self.append_now(origin, blocks);
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(
        &'a self,
        read: &'a MetricRead,
        take: &'a mut (dyn FnMut(&MetricBlock) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>> {
        let snapshot = self.snapshot(read);
        Box::pin(async move {
            for (turn, (bucket, blocks)) in snapshot.into_iter().enumerate() {
                if turn % BUCKETS_PER_TURN == BUCKETS_PER_TURN - 1 {
                    tokio::task::yield_now().await;
                }
                if !blocks.iter().all(|block| read.give(block, bucket, take)) {
                    break;
                }
            }
            // What went for want of room is before what is answered at all.
            Ok(Completeness::Complete)
        })
    }

    fn whole_from(&self, table: TableId, downsampling: Downsampling) -> Minute {
        let first = self.tables.read().table(table).and_then(|held| held.whole_from(downsampling));
        first.unwrap_or(Minute(i64::MIN))
    }
}
