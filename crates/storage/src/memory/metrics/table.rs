//! Blocks by table, precision and bucket.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrail_model::metric::{ColumnData, MetricBlock, TableId};
use skytrail_model::time::{Downsampling, Minute, Zone};

use crate::spi::{Cut, Origin, Visible};

/// A row that so many appends of its shard followed is no longer live anywhere,
/// and no reader is left that took its cut before; it may be merged with others.
/// A reader goes through the live rows of all shards between its cut and its
/// look at the store, some 50 ms each; a shard makes 2,500 appends a second at
/// most (500 batches of five).
const SETTLED_APPENDS: u64 = 8_192;

/// Which appends rows came with.
#[derive(Debug, Clone)]
pub(super) enum Origins {
    One(Origin),
    /// Several that are settled: every reader sees them. The cut names the last
    /// one of each shard.
    Merged(Cut),
}

/// Rows sorted by entity.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) origins: Origins,
    pub(super) block: Arc<MetricBlock>,
}

/// Which rows may be merged with which.
#[derive(Debug)]
pub(super) struct Settled {
    appends: Cut,
    /// The cut of the last checkpoint: what is within is not merged with what is
    /// not, so that a crash can leave exactly that.
    durable: Cut,
}

/// Rows of one side are merged with each other only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Durable,
    Later,
}

impl Settled {
    /// The side of rows that may be merged; none while they may be live.
    pub(super) fn side(&self, stored: &Stored) -> Option<Side> {
        let is_settled = match &stored.origins {
            Origins::Merged(_) => true,
            Origins::One(origin) => self.appends.contains(*origin),
        };
        let side = if stored.is_within(&self.durable) { Side::Durable } else { Side::Later };
        is_settled.then_some(side)
    }
}

/// Blocks by start of their bucket.
pub(super) type Buckets = BTreeMap<Minute, Vec<Stored>>;

/// Blocks of each precision. What became part of a coarser bucket stays there:
/// rows that come later go there as well, so that no minute or hour is answered
/// with its late rows alone.
#[derive(Debug, Default, Clone)]
pub(super) struct Table {
    pub(super) minutes: Buckets,
    pub(super) hours: Buckets,
    pub(super) days: Buckets,
    /// Minutes before it are in their hours.
    minutes_from: Option<Minute>,
    /// Hours that start before it are in their days.
    hours_from: Option<Minute>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Tables {
    pub(super) by_id: BTreeMap<TableId, Table>,
    /// The last append of each shard.
    last: Cut,
    /// The cut of the last checkpoint.
    pub(super) durable: Cut,
    pub(super) bytes: usize,
    pub(super) rows: u64,
    pub(super) evicted: u64,
    pub(super) expired: u64,
}

fn shrink(column: &mut ColumnData) {
    match column {
        ColumnData::Ints(values) => values.shrink_to_fit(),
        ColumnData::Histograms(column) => {
            column.ends.shrink_to_fit();
            column.buckets.shrink_to_fit();
            column.counts.shrink_to_fit();
        }
        ColumnData::Labels(column) => {
            column.rows.shrink_to_fit();
            column.rows.iter_mut().for_each(Vec::shrink_to_fit);
        }
    }
}

impl Origins {
    /// The cut that covers them all.
    pub(super) fn widen(&self, cut: &mut Cut) {
        match self {
            Self::One(origin) => cut.widen(*origin),
            Self::Merged(merged) => cut.unite(merged),
        }
    }
}

impl Stored {
    pub(super) fn new(origin: Origin, block: MetricBlock) -> Self {
        let mut block = block.sorted();
        block.entities.shrink_to_fit();
        block.columns.iter_mut().for_each(shrink);
        Self { origins: Origins::One(origin), block: Arc::new(block) }
    }

    pub(super) fn is_seen(&self, visible: &Visible, settled: &Cut) -> bool {
        match &self.origins {
            Origins::One(origin) => settled.contains(*origin) || visible.sees(*origin),
            Origins::Merged(_) => true,
        }
    }

    fn is_within(&self, cut: &Cut) -> bool {
        match &self.origins {
            Origins::One(origin) => cut.contains(*origin),
            Origins::Merged(merged) => cut.covers(merged),
        }
    }

    fn bytes(&self) -> usize {
        self.block.memory() + size_of::<Self>()
    }

    /// The same rows in another bucket.
    pub(super) fn moved(mut self, bucket: Minute) -> Self {
        if self.block.bucket != bucket {
            let block = Arc::unwrap_or_clone(self.block);
            self.block = Arc::new(MetricBlock { bucket, ..block });
        }
        self
    }
}

impl Table {
    pub(super) fn of_mut(&mut self, size: Downsampling) -> &mut Buckets {
        match size {
            Downsampling::Minute => &mut self.minutes,
            Downsampling::Hour => &mut self.hours,
            Downsampling::Day => &mut self.days,
        }
    }

    /// The first bucket of a size that no row has left for a coarser one.
    pub(super) fn whole_from(&self, size: Downsampling) -> Option<Minute> {
        match size {
            Downsampling::Minute => self.minutes_from,
            Downsampling::Hour => self.hours_from,
            Downsampling::Day => None,
        }
    }

    /// Where rows of a minute are kept now.
    pub(super) fn home(&self, zone: &Zone, minute: Minute) -> (Downsampling, Minute) {
        if Some(minute) >= self.minutes_from {
            return (Downsampling::Minute, minute);
        }
        let hour = zone.bucket(Downsampling::Hour, minute);
        if Some(hour) >= self.hours_from {
            return (Downsampling::Hour, hour);
        }
        (Downsampling::Day, zone.bucket(Downsampling::Day, minute))
    }

    /// The first minute goes, and with it the precision of what is as old.
    pub(super) fn pop_minute(&mut self) -> Option<(Minute, Vec<Stored>)> {
        let (minute, blocks) = self.minutes.pop_first()?;
        self.minutes_from = self.minutes_from.max(Some(minute.plus(1)));
        Some((minute, blocks))
    }

    /// The same of the first hour.
    pub(super) fn pop_hour(&mut self, zone: &Zone) -> Option<(Minute, Vec<Stored>)> {
        let (hour, blocks) = self.hours.pop_first()?;
        self.hours_from = self.hours_from.max(Some(zone.next_bucket(Downsampling::Hour, hour)));
        Some((hour, blocks))
    }

    /// Takes out the buckets of days that ended before `before`.
    pub(super) fn pop_days(&mut self, zone: &Zone, before: Minute) -> Vec<Stored> {
        let mut gone = Vec::new();
        for held in [&mut self.minutes, &mut self.hours, &mut self.days] {
            while let Some(first) = held.first_entry() {
                let day = zone.bucket(Downsampling::Day, *first.key());
                if zone.next_bucket(Downsampling::Day, day) > before {
                    break;
                }
                gone.extend(first.remove());
            }
        }
        gone
    }

    /// Blocks from `from` to `to`, which are starts of buckets, by bucket. Rows
    /// of an hour or day that were not merged yet come as their minutes.
    pub(super) fn buckets(
        &self,
        zone: &Zone,
        size: Downsampling,
        from: Minute,
        to: Minute,
    ) -> Vec<(Minute, Vec<&Stored>)> {
        let sizes: &[&Buckets] = match size {
            Downsampling::Minute => &[&self.minutes],
            Downsampling::Hour => &[&self.hours, &self.minutes],
            Downsampling::Day => &[&self.days, &self.hours, &self.minutes],
        };
        let mut found = Vec::new();
        let mut next = match (size, self.hours_from) {
            (Downsampling::Hour, Some(first)) => from.max(first),
            _ => from,
        };
        loop {
            let held = sizes.iter().filter_map(|held| held.range(next..).next());
            let Some(first) = held.map(|(bucket, _)| *bucket).min() else { break };
            let bucket = zone.bucket(size, first);
            let end = zone.next_bucket(size, bucket).max(first.plus(1));
            if bucket > to {
                break;
            }
            let blocks = sizes.iter().flat_map(|held| held.range(bucket..end));
            found.push((bucket, blocks.flat_map(|(_, stored)| stored).collect()));
            next = end;
        }
        found
    }
}

impl Tables {
    pub(super) fn table(&self, id: TableId) -> Option<&Table> {
        self.by_id.get(&id)
    }

    pub(super) fn push(&mut self, zone: &Zone, stored: Stored) {
        let table = self.by_id.entry(stored.block.table).or_default();
        let (size, bucket) = table.home(zone, stored.block.bucket);
        let stored = stored.moved(bucket);
        table.of_mut(size).entry(bucket).or_default().push(stored.clone());
        self.count(&stored);
    }

    /// An append was taken.
    pub(super) fn widen(&mut self, origin: Origin) {
        self.last.widen(origin);
    }

    pub(super) fn count(&mut self, stored: &Stored) {
        self.bytes += stored.bytes();
        self.rows += stored.block.len() as u64;
    }

    /// Takes blocks out of the books; says how many rows they held.
    pub(super) fn forget(&mut self, gone: &[Stored]) -> u64 {
        let rows = gone.iter().map(|stored| stored.block.len() as u64).sum();
        self.bytes -= gone.iter().map(Stored::bytes).sum::<usize>();
        self.rows -= rows;
        rows
    }

    /// The appends whose rows may be merged with those of others.
    pub(super) fn settled(&self) -> Settled {
        Settled { appends: self.last.behind(SETTLED_APPENDS), durable: self.durable.clone() }
    }

    /// What came with the appends within a cut. Rows that were merged stay if
    /// all of them are within.
    pub(super) fn within(&self, cut: &Cut) -> Self {
        let mut kept = self.clone();
        let mut gone = Vec::new();
        for table in kept.by_id.values_mut() {
            for held in [&mut table.minutes, &mut table.hours, &mut table.days] {
                held.values_mut().for_each(|blocks| {
                    gone.extend(blocks.extract_if(.., |one| !one.is_within(cut)))
                });
                held.retain(|_, blocks| !blocks.is_empty());
            }
        }
        kept.forget(&gone);
        kept.last = cut.clone();
        kept.durable = cut.clone();
        kept
    }
}
