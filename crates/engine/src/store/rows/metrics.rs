//! Metric rows in memory: blocks as they came, by table and minute.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use skytrail_model::metric::{MetricBlock, TableId};
use skytrail_model::time::Minute;
use skytrail_storage::Origin;

use crate::store::memtable::Rows;

/// A block, and the append that it came with.
pub(crate) type Came = (Origin, Arc<MetricBlock>);

#[derive(Debug, Default)]
pub(crate) struct MetricRows {
    blocks: BTreeMap<(TableId, Minute), Vec<Came>>,
    bytes: usize,
    rows: u64,
}

impl Rows for MetricRows {
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

impl MetricRows {
    pub(crate) fn push(&mut self, origin: Origin, block: MetricBlock) {
        if block.is_empty() {
            return;
        }
        let block = block.sorted();
        self.bytes += block.memory();
        self.rows += block.len() as u64;
        let key = (block.table, block.bucket);
        self.blocks.entry(key).or_default().push((origin, Arc::new(block)));
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows of minutes before one.
    pub(crate) fn before(&self, minute: Minute) -> u64 {
        let old = self.blocks.iter().filter(|((_, of), _)| *of < minute);
        old.flat_map(|(_, came)| came).map(|(_, block)| block.len() as u64).sum()
    }

    /// Blocks of a table by minute.
    pub(crate) fn of(
        &self,
        table: TableId,
        minutes: RangeInclusive<Minute>,
    ) -> impl Iterator<Item = (Minute, &[Came])> {
        let range = (table, *minutes.start())..=(table, *minutes.end());
        let is_empty = minutes.is_empty();
        let found = (!is_empty).then(|| self.blocks.range(range)).into_iter().flatten();
        found.map(|((_, minute), came)| (*minute, came.as_slice()))
    }

    /// All blocks.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Came> {
        self.blocks.values().flatten()
    }
}
