//! Writes parts anew without what was deleted, one at a time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use skytrail_blocks::{BLOCK_SPANS, Limits, PartWriter, Row, Sealed};

use super::core::{About, Core, Sink};
use super::delete::forget_names;
use super::folder::ENTITIES;
use super::manifest::{Family, MaskEntry, PartEntry};
use super::merge;
use super::part::{SpanPart, Stored};
use super::state::{Parts, Version};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of encoded spans that are held at once, about.
const MOST_BYTES: usize = 16 << 20;

/// Writes a part anew that holds something deleted, if there is one; whether there was.
///
/// # Errors
/// The disk refuses, or the part is damaged. All is as before then.
pub(crate) fn step(core: &Core) -> Result<bool> {
    if core.manifest.lock().masks.is_empty() {
        return Ok(false);
    }
    let _alone = core.merging.lock();
    forget_names(core)?;
    let version = core.state.snapshot().version;
    let Some(entry) = pick(core, &version) else {
        finish(core)?;
        return Ok(false);
    };
    let written = write(core, &version, &entry).inspect_err(|error| {
        if error.kind == ErrorKind::Corrupt {
            merge::accuse(core, &version, std::slice::from_ref(&entry));
        }
    })?;
    core.edit(&[], None, |manifest, version| {
        let old = manifest.take(|one| one.number == entry.number);
        if old.is_empty() {
            // It went meanwhile.
            return;
        }
        version.parts.forget(&old);
        manifest.parts.extend(written.entries().cloned());
        version.parts.extend(written);
    })?;
    finish(core)?;
    Ok(true)
}

/// A part that every reader may see all of: what is written says no more who may not.
fn pick(core: &Core, version: &Version) -> Option<PartEntry> {
    fn due<P>(core: &Core, parts: &[Arc<Stored<P>>]) -> Option<PartEntry> {
        let now = Instant::now();
        let is_due = |part: &&Arc<Stored<P>>| {
            let age = now.saturating_duration_since(part.opened);
            part.is_masked && (part.is_settled || age >= core.config.settle)
        };
        parts.iter().find(is_due).map(|part| part.entry.clone())
    }
    let parts = &version.parts;
    let first = due(core, &parts.spans).or_else(|| due(core, &parts.metrics));
    first.or_else(|| due(core, &parts.relations)).or_else(|| due(core, &parts.records))
}

/// Nothing, where nothing is left.
fn write(core: &Core, version: &Version, entry: &PartEntry) -> Result<Parts> {
    let mut written = match entry.family {
        Family::Spans => {
            let part = version.parts.spans.iter().find(|part| part.entry.number == entry.number);
            let spans = part.map(|part| write_spans(core, part)).transpose()?;
            Parts { spans: spans.unwrap_or_default(), ..Parts::default() }
        }
        // A merge of one part leaves out what is masked.
        _ => merge::merge(core, version, std::slice::from_ref(entry))?,
    };
    written.metrics.retain(|part| part.entry.rows > 0);
    written.relations.retain(|part| part.entry.rows > 0);
    written.records.retain(|part| part.entry.rows > 0);
    Ok(written)
}

/// What is left of a part, in as many as are written at once.
fn write_spans(core: &Core, part: &SpanPart) -> Result<Vec<Arc<SpanPart>>> {
    let format = |error| Error::format(part.file.describe(), &error);
    let mut writer = PartWriter::new(Limits::default());
    let (mut sealed, mut bytes, mut written): (Vec<Sealed>, usize, Vec<_>) = Default::default();
    for number in 0..part.part.len() {
        let rows = part.part.block(number).and_then(|block| block.rows()).map_err(format)?;
        let entries = rows.entries.iter().map(|entry| Row { batch: &rows.batch, entry });
        let entries: Vec<_> = entries.collect();
        debug_assert!(rows.batch.spans.len() <= BLOCK_SPANS || entries.len() == 1);
        if entries.is_empty() {
            continue;
        }
        let block = writer.seal(&entries);
        bytes += block.bytes();
        sealed.push(block);
        if bytes >= MOST_BYTES || writer.is_full() {
            written.push(write_part(core, part, &sealed)?);
            (bytes, writer) = (0, PartWriter::new(Limits::default()));
            sealed.clear();
        }
    }
    if !sealed.is_empty() {
        written.push(write_part(core, part, &sealed)?);
    }
    Ok(written)
}

fn write_part(core: &Core, part: &SpanPart, sealed: &[Sealed]) -> Result<Arc<SpanPart>> {
    let (level, day) = (part.entry.level, part.entry.day);
    let write = |sink: Sink<'_>| {
        let info = skytrail_blocks::write_part(sealed, sink)?;
        let times = (info.earliest, info.latest);
        Ok(About { family: Family::Spans, level, day, rows: info.spans, times })
    };
    core.merged(Family::Spans, part.entry.age, write, skytrail_blocks::Part::open)
}

/// Forgets parts that are gone or hold nothing of it, and deletions of which no part
/// is left.
fn finish(core: &Core) -> Result<()> {
    let masked: BTreeSet<u64> = {
        let parts = core.state.snapshot().version.parts.clone();
        parts.masked().collect()
    };
    let is_left = |number: &u64| masked.contains(number);
    let is_done = |mask: &MaskEntry| !mask.has_names && !mask.parts.iter().any(is_left);
    let masks = core.manifest.lock().masks.clone();
    if masks.iter().all(|mask| !is_done(mask) && mask.parts.iter().all(is_left)) {
        return Ok(());
    }
    core.edit(&[], None, |manifest, _| {
        manifest.masks.retain(|mask| !is_done(mask));
        manifest.masks.iter_mut().for_each(|mask| mask.parts.retain(is_left));
    })?;
    for mask in masks.into_iter().filter(is_done) {
        tracing::info!("nothing of {} is left in the store", mask.what);
        if let Some(blob) = mask.entities
            && let Ok(file) = core.folder.open(blob.number, ENTITIES)
        {
            file.doom();
        }
    }
    Ok(())
}
