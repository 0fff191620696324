//! Rows of memory to parts.

mod metrics;
mod records;
mod relations;
mod spans;

use super::core::Core;
use super::generation::Generation;
use crate::error::Result;

/// Encodes spans that fill a block, and writes families that take more memory
/// than they may.
///
/// # Errors
/// The disk refuses; what could not be written stays readable, and is written
/// by the next try.
pub(crate) fn relieve(core: &Core, generation: &Generation) -> Result<()> {
    let limits = &core.config;
    spans::seal(core, &generation.spans)?;
    if generation.spans.sealed_bytes() > limits.sealed_bytes {
        spans::write(core, &generation.spans)?;
    }
    if generation.metrics.bytes() > limits.metric_bytes {
        metrics::write(core, &generation.metrics)?;
    }
    if generation.relations.bytes() > limits.relation_bytes {
        relations::write(core, &generation.relations)?;
    }
    if generation.records.bytes() > limits.top_record_bytes {
        records::write(core, &generation.records)?;
    }
    Ok(())
}

/// Writes everything.
///
/// # Errors
/// As [`relieve`].
pub(crate) fn write(core: &Core, generation: &Generation) -> Result<()> {
    generation.spans.close();
    spans::seal(core, &generation.spans)?;
    spans::write(core, &generation.spans)?;
    metrics::write(core, &generation.metrics)?;
    relations::write(core, &generation.relations)?;
    records::write(core, &generation.records)
}
