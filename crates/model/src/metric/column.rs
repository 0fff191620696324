//! Columns of metric tables, and the tables.

use crate::scope::Scope;

/// Labels per cell; the protocol's limit.
pub const MAX_LABELS: usize = 50;

/// Index of a table in [`Catalogue::tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u16);

/// Index of a column in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u16);

/// How two values of a column become one. Every rule is associative and
/// commutative, so rows merge in any order and any grouping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Merge {
    /// Whole numbers are added; nothing seen is 0.
    Sum,
    /// The larger wins; nothing seen is `i64::MIN`.
    Max,
    /// The smaller wins; nothing seen is `i64::MAX`.
    Min,
    /// Histograms are counted together.
    Histogram,
    /// Whole numbers are added label by label, at most
    /// [`MAX_LABELS`] labels.
    Labels,
}

impl Merge {
    /// The value of a whole-number column when nothing was seen.
    pub fn identity(self) -> i64 {
        match self {
            Self::Max => i64::MIN,
            Self::Min => i64::MAX,
            Self::Sum | Self::Histogram | Self::Labels => 0,
        }
    }

    /// Merges two whole numbers; saturates at the ends of 64 bits.
    pub fn merge_ints(self, left: i64, right: i64) -> i64 {
        match self {
            Self::Max => left.max(right),
            Self::Min => left.min(right),
            Self::Sum | Self::Histogram | Self::Labels => left.saturating_add(right),
        }
    }
}

/// A column of a table. Several metrics may read one column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    /// What it counts, in canonical words: `count[status == true]`. Stores key
    /// persisted columns by it.
    pub name: String,
    /// How values merge.
    pub merge: Merge,
}

/// Rows of one source: one per entity and bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name of the source (`Service`, `ServiceInstanceJVMCPU`).
    pub name: String,
    /// What its entities are.
    pub scope: Scope,
    /// Its columns.
    pub columns: Vec<Column>,
}
