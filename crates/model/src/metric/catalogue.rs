//! All metrics of the process and the tables they are kept in.

use std::collections::HashMap;

use crate::metric::formula::Formula;
use crate::scope::Scope;

/// Index of a table in [`Catalogue::tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u16);

/// Index of a column in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u16);

/// Index of a metric in [`Catalogue::metrics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricId(pub u16);

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
    /// [`crate::metric::block::MAX_LABELS`] labels.
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

/// A metric: a formula over the columns of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Name in queries.
    pub name: String,
    /// Where its columns are.
    pub table: TableId,
    /// How its value is read.
    pub formula: Formula,
    /// Whether `attr0` of its rows is the name of the service's layer, which
    /// top-N conditions may ask for.
    pub has_layer_attribute: bool,
}

/// Everything that can be asked for by name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    tables: Vec<Table>,
    metrics: Vec<Metric>,
    by_name: HashMap<String, MetricId>,
}

impl Catalogue {
    /// Puts the parts together; a metric whose name is taken is left out, which
    /// rule compilers report before they come here.
    pub fn new(tables: Vec<Table>, metrics: Vec<Metric>) -> Self {
        let mut catalogue = Self { tables, ..Self::default() };
        for metric in metrics {
            let id = MetricId(catalogue.metrics.len() as u16);
            if !catalogue.by_name.contains_key(&metric.name) {
                catalogue.by_name.insert(metric.name.clone(), id);
                catalogue.metrics.push(metric);
            }
        }
        catalogue
    }

    /// All tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// A table; none for a number that is not one.
    pub fn table(&self, id: TableId) -> Option<&Table> {
        self.tables.get(id.0 as usize)
    }

    /// The table of a source.
    pub fn table_of(&self, name: &str) -> Option<TableId> {
        let place = self.tables.iter().position(|table| table.name == name)?;
        Some(TableId(place as u16))
    }

    /// All metrics, in the order of their rules.
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// A metric by name.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.get(self.by_name.get(name)?.0 as usize)
    }
}
