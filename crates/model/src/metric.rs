//! Metrics as data: which columns a source keeps, how they merge, and what
//! value a metric reads out of them.

pub mod block;
pub mod catalogue;
pub mod column;
pub mod formula;
pub mod histogram;
pub mod row;

pub use block::{ColumnData, HistogramColumn, LabelColumn, MetricBlock};
pub use catalogue::{Catalogue, Metric, MetricId};
pub use column::{Column, ColumnId, MAX_LABELS, Merge, Table, TableId};
pub use formula::{Formula, MetricValue};
pub use histogram::Histogram;
pub use row::{Cell, Row};
