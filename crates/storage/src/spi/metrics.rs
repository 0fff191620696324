//! Family of metric rows.

use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_model::entity::EntityId;
use skytrail_model::metric::{ColumnId, MetricBlock, TableId};
use skytrail_model::time::{Downsampling, Minute};

use crate::error::Result;
use crate::spi::completeness::Completeness;
use crate::spi::origin::{Origin, Visible};

/// Rows of which entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntitySelection {
    /// Every entity.
    All,
    /// These; sorted and distinct.
    These(Arc<[EntityId]>),
}

impl EntitySelection {
    /// These entities, in any order.
    pub fn these(mut ids: Vec<EntityId>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Self::These(ids.into())
    }

    /// Whether an entity is selected.
    pub fn contains(&self, id: EntityId) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.binary_search(&id).is_ok(),
        }
    }
}

/// Values of which columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnSelection {
    /// Every column.
    All,
    /// These; sorted and distinct.
    These(Arc<[ColumnId]>),
}

impl ColumnSelection {
    /// These columns, in any order.
    pub fn these(mut ids: Vec<ColumnId>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Self::These(ids.into())
    }

    /// Whether a column is selected.
    pub fn contains(&self, id: ColumnId) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.binary_search(&id).is_ok(),
        }
    }
}

/// A question for rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRead {
    /// The table.
    pub table: TableId,
    /// Which entities.
    pub entities: EntitySelection,
    /// Which columns. Blocks of an answer have every column of the table; one
    /// that was not asked for MAY be without values, as those of
    /// [`MetricBlock::empty`] are, and whoever copies rows SHOULD leave it so.
    pub columns: ColumnSelection,
    /// Size of the buckets.
    pub downsampling: Downsampling,
    /// Start of the first bucket.
    pub from: Minute,
    /// Start of the last bucket.
    pub to: Minute,
    /// Which appends to see.
    pub visible: Visible,
}

impl MetricRead {
    /// Gives the selected rows of a block, which is sorted by entity, to `take` as
    /// rows of `bucket`; whether it wants more. Nothing is copied that was not asked
    /// for.
    pub fn give(
        &self,
        block: &MetricBlock,
        bucket: Minute,
        take: &mut (dyn FnMut(&MetricBlock) -> bool + Send),
    ) -> bool {
        let places: Vec<usize> = match &self.entities {
            EntitySelection::All if block.bucket == bucket => return take(block),
            EntitySelection::All => (0..block.len()).collect(),
            EntitySelection::These(ids) => {
                ids.iter().filter_map(|id| block.entities.binary_search(id).ok()).collect()
            }
        };
        let is_wanted = |id| self.columns.contains(id);
        places.is_empty() || take(&block.gather_columns(&places, bucket, is_wanted))
    }
}

/// Metric rows.
///
/// - Blocks are appended at minute precision only. A store MUST answer hours
///   and days as the merge of their minutes, by the boundaries of the zone it
///   was opened with; it MAY keep merged rows and drop the minutes earlier, by
///   the time to live of each precision.
/// - `read` gives the rows bucket by bucket, in ascending order of buckets, to
///   `take`, each call one bucket or a part of one, until `take` says false.
///   Rows of one entity and bucket MAY come as several partials in several
///   calls; merged they are the value, in every column that was asked for.
/// - `read` MUST NOT hold more than one bucket in memory beyond what is stored.
/// - An entity or bucket without rows is left out.
/// - A bucket is answered whole or not at all: rows that come for one whose
///   other rows went to a coarser one, or are gone, MUST NOT be answered as it.
pub trait Metrics: Send + Sync {
    /// Adds partial rows.
    fn append<'a>(&'a self, origin: Origin, blocks: Vec<MetricBlock>) -> BoxFuture<'a, Result<()>>;

    /// Reads rows.
    fn read<'a>(
        &'a self,
        read: &'a MetricRead,
        take: &'a mut (dyn FnMut(&MetricBlock) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>>;

    /// The start of the first bucket of a size that can be answered whole.
    /// Whoever adds live rows MUST leave out those of buckets before it that were
    /// not read. MUST answer at once, and never a lower one than before.
    fn whole_from(&self, table: TableId, downsampling: Downsampling) -> Minute {
        let _ = (table, downsampling);
        Minute(i64::MIN)
    }
}
