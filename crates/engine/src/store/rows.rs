//! Rows in memory, a file for each family.

mod metrics;
mod records;
mod relations;
mod spans;

pub(crate) use metrics::{Came, MetricRows};
pub(crate) use records::RecordRows;
pub(crate) use relations::RelationRows;
pub(crate) use spans::{Encoded, Filling, SharedBlock, SpanMemtable, windows};
