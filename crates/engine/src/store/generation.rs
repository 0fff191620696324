//! Everything that came between two checkpoints.

use super::core::Core;
use super::memtable::Memtable;
use super::metrics::{self, MetricPart, MetricRows};
use super::records::{self, RecordPart, RecordRows};
use super::relations::{self, RelationPart, RelationRows};
use super::spans::{self, SpanMemtable};
use crate::error::Result;

/// Rows of all families that one checkpoint will cover.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    pub(crate) spans: SpanMemtable,
    pub(crate) metrics: Memtable<MetricRows, MetricPart>,
    pub(crate) relations: Memtable<RelationRows, RelationPart>,
    pub(crate) records: Memtable<RecordRows, RecordPart>,
}

impl Generation {
    /// Encodes spans that fill a block, and writes families that take more memory
    /// than they may.
    ///
    /// # Errors
    /// The disk refuses; what could not be written stays readable, and is written
    /// by the next try.
    pub(crate) fn relieve(&self, core: &Core) -> Result<()> {
        let limits = &core.config;
        spans::seal(core, &self.spans)?;
        if self.spans.sealed_bytes() > limits.sealed_bytes {
            spans::write(core, &self.spans)?;
        }
        if self.metrics.bytes() > limits.metric_bytes {
            metrics::write(core, &self.metrics)?;
        }
        if self.relations.bytes() > limits.relation_bytes {
            relations::write(core, &self.relations)?;
        }
        if self.records.bytes() > limits.top_record_bytes {
            records::write(core, &self.records)?;
        }
        Ok(())
    }

    /// Writes everything.
    ///
    /// # Errors
    /// As [`Self::relieve`].
    pub(crate) fn write(&self, core: &Core) -> Result<()> {
        self.spans.close();
        spans::seal(core, &self.spans)?;
        spans::write(core, &self.spans)?;
        metrics::write(core, &self.metrics)?;
        relations::write(core, &self.relations)?;
        records::write(core, &self.records)
    }
}
