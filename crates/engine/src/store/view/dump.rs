//! A part as people read it: what the manifest says, the frames with their bytes, and what is in
//! its blocks.

use std::sync::Arc;

use skytrail_blocks::{About, Sizes};
use skytrail_columns::frame::{MOST_HEAD, Outline};
use skytrail_model::metric::{Catalogue, MetricBlock, Table, TableId};
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{
    ColumnSelection, Edge, EntitySelection, HourMinutes, RecordRead, RelationRead, SpanAppend,
    Visible,
};

use super::View;
use crate::error::{Error, Result};
use crate::store::cache::Cache;
use crate::store::files::Files;
use crate::store::folder::{Folder, StoredFile};
use crate::store::manifest::{Family, PartEntry};
use crate::store::part::{MetricPart, RecordPart, RelationPart, SpanPart};
use crate::store::state::Version;

/// Bytes before the first frame, and behind the last.
const HEADER: u64 = 16;
const FOOTER: u64 = 40;

/// Takes what is dumped.
pub trait Take {
    /// A line for people.
    fn line(&mut self, text: &str);

    /// Spans of a block, where rows are asked for.
    fn spans(&mut self, rows: &SpanAppend);
}

impl View {
    /// Numbers of all parts.
    pub fn parts(&self) -> Vec<u64> {
        self.manifest.parts.iter().map(|entry| entry.number).collect()
    }

    /// Tells everything about a part, with its rows or without. Rows that were deleted are left
    /// out.
    ///
    /// # Errors
    /// There is no such part, or it cannot be read.
    pub fn dump(&self, number: u64, with_rows: bool, take: &mut dyn Take) -> Result<()> {
        let entry = self.manifest.parts.iter().find(|entry| entry.number == number);
        let entry = entry.ok_or_else(|| {
            Error::mismatch(format!("the store has no file with number {number} that counts"))
        })?;
        if let Some((_, error)) = self.damaged.iter().find(|(damaged, _)| damaged == entry) {
            return Err(Error::corrupt(error.to_string()));
        }
        outline(entry, take);
        let parts = &self.version.parts;
        match entry.family {
            Family::Spans => {
                let part = parts.spans.iter().find(|part| part.entry == *entry);
                part.map_or(Ok(()), |part| spans(part, with_rows, take))
            }
            Family::Minutes | Family::FoldedMinutes | Family::Hours | Family::Days => {
                let part = parts.metrics.iter().find(|part| part.entry == *entry);
                part.map_or(Ok(()), |part| metrics(self, part, with_rows, take))
            }
            Family::Relations => {
                let part = parts.relations.iter().find(|part| part.entry == *entry);
                part.map_or(Ok(()), |part| relations(part, with_rows, take))
            }
            Family::Records => {
                let part = parts.records.iter().find(|part| part.entry == *entry);
                part.map_or(Ok(()), |part| records(part, with_rows, take))
            }
        }
    }
}

impl View {
    /// A part of metrics with the tables of a catalogue.
    fn reopened(&self, entry: &PartEntry, catalogue: &Arc<Catalogue>) -> Result<Arc<MetricPart>> {
        let (folder, cache) = (Folder::new(self.fs.clone(), 0), Cache::new(0));
        let masks = &self.manifest.masks;
        let files = Files { folder: &folder, cache: &cache, catalogue, masks };
        let mut version = Version::default();
        files.add(&mut version, entry)?;
        let part = version.parts.metrics.pop();
        part.ok_or_else(|| Error::mismatch("the file holds no metrics"))
    }
}

fn outline(entry: &PartEntry, take: &mut dyn Take) {
    take.line(&format!(
        "file {:012}.{}: {:?}, level {}, day {}, {} rows, {} bytes, checksum {:016x}",
        entry.number,
        entry.family.extension(),
        entry.family,
        entry.level,
        entry.day,
        entry.rows,
        entry.bytes,
        entry.checksum
    ));
    take.line(&format!("times {} to {}, age from {}", entry.first, entry.last, entry.age));
}

/// All frames from a place to another, one behind the other.
fn frames(file: &StoredFile, from: u64, to: u64, take: &mut dyn Take) -> Result<()> {
    let mut at = from;
    while at < to {
        let left = usize::try_from(to - at).map_or(MOST_HEAD, |left| left.min(MOST_HEAD));
        let mut head = vec![0; left];
        file.read(&mut head, at).map_err(|error| Error::io(file.describe(), error))?;
        let outline = Outline::read(&head);
        let outline = outline.map_err(|error| Error::format(file.describe(), &error))?;
        take.line(&format!(
            "  {at:>12}  {:>9} bytes: {:>8} plain, {:>9} stream, stored as {:>8}",
            outline.bytes, outline.plain, outline.stream, outline.stored
        ));
        at = at.saturating_add(outline.bytes);
    }
    Ok(())
}

fn all_frames(file: &StoredFile, take: &mut dyn Take) -> Result<()> {
    take.line("frames, by their places:");
    frames(file, HEADER, file.len().saturating_sub(FOOTER), take)
}

fn spans(part: &SpanPart, with_rows: bool, take: &mut dyn Take) -> Result<()> {
    let format = |error| Error::format(part.file.describe(), &error);
    all_frames(&part.file, take)?;
    for number in 0..part.part.len() {
        let block = part.part.block(number).map_err(format)?;
        let summary = block.summary();
        take.line(&format!(
            "block {number}: {} spans, {} segments, starts {} to {}, longest {} ns, {} services",
            summary.spans,
            summary.segments,
            summary.earliest,
            summary.latest,
            summary.longest,
            summary.services.len()
        ));
        let mut sizes = Sizes::new();
        block.add_sizes(&mut sizes).map_err(format)?;
        for (about, bytes) in sizes {
            let what = match about {
                About::Column(what) => what.to_owned(),
                About::Tag(key) => format!("tag {key}"),
            };
            take.line(&format!("  {bytes:>12} bytes: {what}"));
        }
        if with_rows {
            take.spans(&block.rows().map_err(format)?);
        }
    }
    Ok(())
}

fn metrics(view: &View, part: &MetricPart, with_rows: bool, take: &mut dyn Take) -> Result<()> {
    let held = &part.part;
    take.line(&format!(
        "buckets of a {:?}, {} to {} minutes; {} entities; origins: {}",
        held.downsampling(),
        held.buckets().map_or(0, |(first, _)| first.0),
        held.buckets().map_or(0, |(_, last)| last.0),
        held.entities(),
        held.has_origins()
    ));
    for (table, rows) in held.tables() {
        let columns: Vec<_> = table.columns.iter().map(|one| one.name.as_str()).collect();
        take.line(&format!("table {}: {rows} rows of {}", table.name, columns.join(", ")));
    }
    all_frames(&part.file, take)?;
    if !with_rows {
        return Ok(());
    }
    // The rules that the tables come from are not known here, but their names are.
    let tables = held.tables().map(|(table, _)| table).collect();
    let catalogue = Arc::new(Catalogue::new(tables, Vec::new()));
    let part = view.reopened(&part.entry, &catalogue)?;
    for (number, table) in (0..).map(TableId).zip(catalogue.tables()) {
        metric_rows(&part, number, table, take)?;
    }
    Ok(())
}

fn metric_rows(
    part: &MetricPart,
    number: TableId,
    table: &Table,
    take: &mut dyn Take,
) -> Result<()> {
    let format = |error| Error::format(part.file.describe(), &error);
    let (all, columns) = (EntitySelection::All, ColumnSelection::All);
    let selected = part.part.select(number, &all, &columns, &|_| true).map_err(format)?;
    let Some(mut selected) = selected else { return Ok(()) };
    for bucket in selected.buckets(Minute(i64::MIN), Minute(i64::MAX)).map_err(format)? {
        let mut give = |block: MetricBlock| {
            for (row, entity) in block.entities.iter().enumerate() {
                let cells = block.row(row).cells;
                let cells = cells.iter().zip(&table.columns);
                let cells: Vec<_> =
                    cells.map(|(cell, column)| format!("{}={cell:?}", column.name)).collect();
                let (name, id, cells) = (&table.name, entity.0, cells.join(" "));
                take.line(&format!("{name} {} {id:032x} {cells}", bucket.0));
            }
            true
        };
        selected.read(bucket, &mut give).map_err(format)?;
    }
    Ok(())
}

fn relations(part: &RelationPart, with_rows: bool, take: &mut dyn Take) -> Result<()> {
    take.line(&format!("{} edges; origins: {}", part.part.edges(), part.part.has_origins()));
    all_frames(&part.file, take)?;
    for scope in Scope::ALL.into_iter().filter(|_| with_rows) {
        let read = RelationRead {
            scope,
            touching: EntitySelection::All,
            from: Minute(i64::MIN / 2),
            to: Minute(i64::MAX / 2),
            visible: Visible::All,
        };
        let mut give = |edge: &Edge, hour: HourMinutes| {
            take.line(&format!(
                "{:?} hour {} minutes {:015x}: {:032x} to {:032x}, {:?}, component {}",
                edge.scope,
                hour.hour,
                hour.minutes,
                edge.source.0,
                edge.dest.0,
                edge.side,
                edge.component
            ));
            true
        };
        let given = part.part.read(&read, &|_| true, &mut give);
        given.map_err(|error| Error::format(part.file.describe(), &error))?;
    }
    Ok(())
}

fn records(part: &RecordPart, with_rows: bool, take: &mut dyn Take) -> Result<()> {
    all_frames(&part.file, take)?;
    for stream in TopStream::ALL.into_iter().filter(|_| with_rows) {
        let (from, to, limit) = (i64::MIN, i64::MAX, usize::MAX);
        let read = RecordRead { stream, entity: None, from, to, descending: true, limit };
        let mut give = |record: &TopRecord| {
            take.line(&format!("{record:?}"));
            true
        };
        let given = part.part.read(&read, &mut give);
        given.map_err(|error| Error::format(part.file.describe(), &error))?;
    }
    Ok(())
}
