//! Everything that came between two checkpoints.

use super::memtable::Memtable;
use super::part::{MetricPart, RecordPart, RelationPart};
use super::rows::{MetricRows, RecordRows, RelationRows, SpanMemtable};

/// Rows of all families that one checkpoint will cover.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    pub(crate) spans: SpanMemtable,
    pub(crate) metrics: Memtable<MetricRows, MetricPart>,
    pub(crate) relations: Memtable<RelationRows, RelationPart>,
    pub(crate) records: Memtable<RecordRows, RecordPart>,
}
