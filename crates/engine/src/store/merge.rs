//! Few large parts in place of many small ones. A merge reads parts, writes one
//! or more, and one edit replaces them: a crash leaves the ones or the others.

mod at;
mod metrics;
mod pick;
mod spans;

use std::sync::Arc;

use at::At;

use super::core::{About, Core, Sink};
use super::manifest::{Family, PartEntry};
use super::part::Stored;
use super::state::{Parts, Version};
use crate::error::{ErrorKind, Result};

/// Does one merge, if there is one to be done; whether there was.
///
/// # Errors
/// The disk refuses, or a part is damaged. All is as before then.
pub(crate) fn step(core: &Core) -> Result<bool> {
    let _alone = core.merging.lock();
    let version = core.state.snapshot().version;
    let picked = pick::pick(&version, &core.config, core.today());
    let Some(entries) = picked else { return Ok(false) };
    let merged = merge(core, &version, &entries).inspect_err(|error| {
        if error.kind == ErrorKind::Corrupt {
            accuse(core, &version, &entries);
        }
    })?;
    core.edit(&[], None, |manifest, version| {
        let is_merged = |entry: &PartEntry| entries.iter().any(|one| one.number == entry.number);
        let old = manifest.take(is_merged);
        if old.len() < entries.len() {
            // Some of it went meanwhile: the rest stays as it is, and what was written goes.
            manifest.parts.extend(old);
            return;
        }
        version.parts.forget(&old);
        manifest.parts.extend(merged.entries().cloned());
        version.parts.extend(merged);
    })?;
    Ok(true)
}

/// Reads the parts of a merge that failed one by one, to find which is damaged.
pub(crate) fn accuse(core: &Core, version: &Version, entries: &[PartEntry]) {
    for part in chosen(&version.parts.spans, entries) {
        report(core, &part, spans::check(&part));
    }
    chosen(&version.parts.metrics, entries)
        .iter()
        .for_each(|one| report(core, one, one.part.check()));
    chosen(&version.parts.relations, entries)
        .iter()
        .for_each(|one| report(core, one, one.part.check()));
    chosen(&version.parts.records, entries)
        .iter()
        .for_each(|one| report(core, one, one.part.check()));
}

fn report<P>(core: &Core, part: &Stored<P>, read: skytrail_columns::Result<()>) {
    // What is not damage is told by the merge.
    let _ = core.suspects.judge(part, read);
}

/// What parts of one family and day become.
///
/// # Errors
/// The disk refuses, or a part is damaged.
pub(crate) fn merge(core: &Core, version: &Version, entries: &[PartEntry]) -> Result<Parts> {
    let mut merged = Parts::default();
    let Some(first) = entries.first() else { return Ok(merged) };
    let day = first.day;
    let age = entries.iter().map(|entry| entry.age).max().unwrap_or(0);
    let level = entries.iter().map(|entry| entry.level).max().unwrap_or(0).saturating_add(1);
    match first.family {
        Family::Spans => {
            let parts = chosen(&version.parts.spans, entries);
            merged.spans.push(spans::merge(core, &parts, At { day, level, age })?);
        }
        family @ (Family::Minutes | Family::FoldedMinutes | Family::Hours | Family::Days) => {
            let parts = chosen(&version.parts.metrics, entries);
            merged.metrics = metrics::merge(core, parts, family, At { day, level, age })?;
        }
        Family::Relations => {
            let parts = chosen(&version.parts.relations, entries);
            let inputs: Vec<_> = parts.iter().map(|part| &part.part).collect();
            let write = |sink: Sink<'_>| {
                let info = skytrail_series::relations::merge(&inputs, sink)?;
                Ok(About::series(Family::Relations, level, day, &info))
            };
            let open = skytrail_series::relations::Part::open;
            merged.relations.push(core.merged(Family::Relations, age, write, open)?);
        }
        Family::Records => {
            let parts = chosen(&version.parts.records, entries);
            let inputs: Vec<_> = parts.iter().map(|part| &part.part).collect();
            let times = times(entries);
            let write = |sink: Sink<'_>| {
                let info = skytrail_series::records::merge(&inputs, sink)?;
                Ok(About { family: Family::Records, level, day, rows: info.rows, times })
            };
            let open = skytrail_series::records::Part::open;
            merged.records.push(core.merged(Family::Records, age, write, open)?);
        }
    }
    Ok(merged)
}

fn chosen<P>(parts: &[Arc<Stored<P>>], entries: &[PartEntry]) -> Vec<Arc<Stored<P>>> {
    let is_chosen = |number: u64| entries.iter().any(|entry| entry.number == number);
    parts.iter().filter(|part| is_chosen(part.entry.number)).cloned().collect()
}

fn times(entries: &[PartEntry]) -> (i64, i64) {
    let first = entries.iter().map(|entry| entry.first).min().unwrap_or(0);
    (first, entries.iter().map(|entry| entry.last).max().unwrap_or(0))
}
