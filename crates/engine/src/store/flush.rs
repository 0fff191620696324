//! Rows of memory to parts.

mod days;
mod metrics;
mod records;
mod relations;
mod spans;

use std::sync::Arc;

use super::core::Core;
use super::generation::Generation;
use crate::error::Result;

/// Encodes spans that fill a block, and writes rows of all generations, oldest
/// first, while all take more memory than they may.
///
/// # Errors
/// The disk refuses; what could not be written stays readable, and is written
/// by the next try.
pub(crate) fn relieve(core: &Core) -> Result<()> {
    let mut generations = core.state.snapshot().generations;
    generations.reverse();
    for generation in &generations {
        spans::seal(core, &generation.spans);
    }
    if core.span_bytes() > core.config.open_bytes {
        // What a checkpoint failed to write gets no more rows, and only who appends closes others.
        for generation in generations.iter().rev().skip(1) {
            generation.spans.close();
            spans::seal(core, &generation.spans);
        }
    }
    for generation in &generations {
        write_some(core, generation, &generations)?;
    }
    Ok(())
}

/// Writes families of a generation of which all generations hold too much.
fn write_some(core: &Core, generation: &Generation, generations: &[Arc<Generation>]) -> Result<()> {
    let limits = &core.config;
    let sum = |bytes: fn(&Generation) -> usize| -> usize {
        generations.iter().map(|generation| bytes(generation)).sum()
    };
    if sum(|one| one.spans.sealed_bytes()) > limits.sealed_bytes {
        spans::write(core, &generation.spans)?;
    }
    if sum(|one| one.metrics.bytes()) > limits.metric_bytes {
        metrics::write(core, &generation.metrics)?;
    }
    if sum(|one| one.relations.bytes()) > limits.relation_bytes {
        relations::write(core, &generation.relations)?;
    }
    if sum(|one| one.records.bytes()) > limits.top_record_bytes {
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
    spans::seal(core, &generation.spans);
    spans::write(core, &generation.spans)?;
    metrics::write(core, &generation.metrics)?;
    relations::write(core, &generation.relations)?;
    records::write(core, &generation.records)
}
