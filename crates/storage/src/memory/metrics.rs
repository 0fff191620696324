//! Metric rows: the newest minutes as they came, older ones folded to hours
//! and days as memory runs out.

mod fold;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::metric::{Catalogue, MetricBlock, TableId};
use skytrail_model::time::{Downsampling, Minute, Zone};

use crate::error::Result;
use crate::spi::{Cut, EntitySelection, FamilyUsage, MetricRead, Metrics, Origin, Visible};

/// Minutes that are never folded for lack of memory: they may be read together
/// with live rows of the same age, which only minutes tell apart.
const FRESH_MINUTES: usize = 3;

/// Rows sorted by entity. Folded rows have no origin: they are seen by everyone.
#[derive(Debug, Clone)]
struct Stored {
    origin: Option<Origin>,
    block: MetricBlock,
}

/// Blocks by start of their bucket.
type Buckets = BTreeMap<Minute, Vec<Stored>>;

#[derive(Debug, Default, Clone)]
struct Table {
    minutes: Buckets,
    hours: Buckets,
    days: Buckets,
}

#[derive(Debug, Default, Clone)]
struct Tables {
    by_id: BTreeMap<TableId, Table>,
    bytes: usize,
    rows: u64,
    evicted: u64,
    expired: u64,
}

#[derive(Debug)]
pub(super) struct MemoryMetrics {
    tables: RwLock<Tables>,
    catalogue: Arc<Catalogue>,
    zone: Zone,
    limit_bytes: usize,
}

impl Stored {
    fn is_visible(&self, visible: &Visible) -> bool {
        self.origin.is_none_or(|origin| visible.sees(origin))
    }

    /// The selected rows as rows of `bucket`; none when nothing is selected.
    fn select(&self, entities: &EntitySelection, bucket: Minute) -> Option<MetricBlock> {
        let places: Vec<_> = match entities {
            EntitySelection::All => (0..self.block.len()).collect(),
            EntitySelection::These(ids) => {
                ids.iter().filter_map(|id| self.block.entities.binary_search(id).ok()).collect()
            }
        };
        (!places.is_empty()).then(|| self.block.gather(&places, bucket))
    }
}

impl Tables {
    fn push(&mut self, origin: Origin, block: MetricBlock) {
        let block = block.sorted();
        self.bytes += block.memory();
        self.rows += block.len() as u64;
        let table = self.by_id.entry(block.table).or_default();
        table.minutes.entry(block.bucket).or_default().push(Stored { origin: Some(origin), block });
    }

    fn forget(&mut self, gone: &[Stored]) -> u64 {
        let rows = gone.iter().map(|stored| stored.block.len() as u64).sum();
        self.bytes -= gone.iter().map(|stored| stored.block.memory()).sum::<usize>();
        self.rows -= rows;
        rows
    }
}

impl MemoryMetrics {
    pub(super) fn new(catalogue: Arc<Catalogue>, zone: Zone, limit_bytes: usize) -> Self {
        Self { tables: RwLock::default(), catalogue, zone, limit_bytes }
    }

    pub(super) fn within(&self, cut: &Cut) -> Self {
        let mut kept = Tables::default();
        for table in self.tables.read().by_id.values() {
            for stored in table.minutes.values().flatten() {
                if let Some(origin) = stored.origin.filter(|origin| cut.contains(*origin)) {
                    kept.push(origin, stored.block.clone());
                }
            }
        }
        Self {
            tables: RwLock::new(kept),
            catalogue: self.catalogue.clone(),
            zone: self.zone.clone(),
            limit_bytes: self.limit_bytes,
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

    pub(super) fn expire(&self, before: Minute) {
        let mut tables = self.tables.write();
        let mut gone = Vec::new();
        for table in tables.by_id.values_mut() {
            for buckets in [&mut table.minutes, &mut table.hours, &mut table.days] {
                while buckets.first_key_value().is_some_and(|(bucket, _)| *bucket < before) {
                    gone.extend(buckets.pop_first().map(|(_, blocks)| blocks).unwrap_or_default());
                }
            }
        }
        let rows = tables.forget(&gone);
        tables.expired += rows;
    }
}

/// Gives the selected rows of a bucket's blocks to `take`.
fn give(
    blocks: &[Stored],
    read: &MetricRead,
    bucket: Minute,
    take: &mut (dyn FnMut(&MetricBlock) -> bool + Send),
) -> bool {
    for stored in blocks.iter().filter(|stored| stored.is_visible(&read.visible)) {
        let whole = read.entities == EntitySelection::All && stored.block.bucket == bucket;
        let go_on = if whole {
            take(&stored.block)
        } else {
            stored.select(&read.entities, bucket).is_none_or(|block| take(&block))
        };
        if !go_on {
            return false;
        }
    }
    true
}

impl MemoryMetrics {
    /// All blocks that belong to one bucket of the question: the folded ones
    /// and every finer one that was not folded yet.
    fn read_bucket(
        &self,
        table: &Table,
        read: &MetricRead,
        bucket: Minute,
        take: &mut (dyn FnMut(&MetricBlock) -> bool + Send),
    ) -> bool {
        let end = self.zone.next_bucket(read.downsampling, bucket);
        let sizes: &[&Buckets] = match read.downsampling {
            Downsampling::Minute => &[&table.minutes],
            Downsampling::Hour => &[&table.hours, &table.minutes],
            Downsampling::Day => &[&table.days, &table.hours, &table.minutes],
        };
        sizes.iter().all(|buckets| {
            buckets.range(bucket..end).all(|(_, blocks)| give(blocks, read, bucket, take))
        })
    }
}

impl Metrics for MemoryMetrics {
    fn append<'a>(&'a self, origin: Origin, blocks: Vec<MetricBlock>) -> BoxFuture<'a, Result<()>> {
        let mut tables = self.tables.write();
        for block in blocks.into_iter().filter(|block| !block.is_empty()) {
            tables.push(origin, block);
        }
        while tables.bytes > self.limit_bytes && self.make_room(&mut tables) {}
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(
        &'a self,
        read: &'a MetricRead,
        take: &'a mut (dyn FnMut(&MetricBlock) -> bool + Send),
    ) -> BoxFuture<'a, Result<()>> {
        let tables = self.tables.read();
        if let Some(table) = tables.by_id.get(&read.table) {
            if read.downsampling == Downsampling::Minute {
                if read.from <= read.to {
                    let buckets = table.minutes.range(read.from..=read.to);
                    let mut each =
                        buckets.map(|(bucket, blocks)| give(blocks, read, *bucket, take));
                    each.all(|go_on| go_on);
                }
            } else {
                let buckets = self.zone.buckets(read.downsampling, read.from, read.to);
                buckets.into_iter().all(|bucket| self.read_bucket(table, read, bucket, take));
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }
}
