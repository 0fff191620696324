//! Spans: rows to blocks in memory, and these to parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrail_blocks::{BLOCK_SPANS, Limits, Part, PartWriter, Row, Sealed};
use skytrail_storage::rows::SpanTable;

use crate::error::Result;
use crate::store::core::{About, Core, Sink};
use crate::store::manifest::Family;
use crate::store::part::SpanPart;
use crate::store::rows::{Encoded, SpanMemtable};

/// Encodes the rows that are closed.
///
/// # Errors
/// A dictionary is full and its part cannot be written.
pub(crate) fn seal(core: &Core, memtable: &SpanMemtable) -> Result<()> {
    for rows in memtable.rows.closed() {
        let blocks = seal_rows(core, memtable, &rows);
        let encoded = blocks.into_iter().map(|(day, sealed)| Encoded::Sealed { day, sealed });
        memtable.rows.written(&rows, encoded.map(Arc::new).collect());
        memtable.count_sealed();
        // Bytes of rows became fewer.
        core.room.notify_waiters();
        if memtable.writers.lock().values().any(PartWriter::is_full) {
            write(core, memtable)?;
        }
    }
    Ok(())
}

fn seal_rows(core: &Core, memtable: &SpanMemtable, rows: &SpanTable) -> Vec<(i64, Sealed)> {
    let (batches, days) = (rows.newest_first(), core.days());
    let mut by_day: BTreeMap<i64, Vec<Row<'_>>> = BTreeMap::new();
    for kept in &batches {
        for entry in kept.entries() {
            let row = Row { batch: kept.batch(), entry };
            by_day.entry(days.of(entry.start)).or_default().push(row);
        }
    }
    let mut writers = memtable.writers.lock();
    let mut blocks = Vec::new();
    for (day, rows) in by_day {
        let writer = writers.entry(day).or_insert_with(|| PartWriter::new(Limits::default()));
        blocks.extend(cut(&rows).map(|block| (day, writer.seal(block))));
    }
    blocks
}

/// Runs of segments that make a block each.
fn cut<'a, 'b>(mut rows: &'b [Row<'a>]) -> impl Iterator<Item = &'b [Row<'a>]> {
    std::iter::from_fn(move || {
        let mut spans = 0;
        let fits = rows.iter().take_while(|row| {
            let segment = row.batch.segments.get(row.entry.segment as usize);
            spans += segment.map_or(0, |segment| segment.spans.len as usize);
            spans <= BLOCK_SPANS
        });
        // A segment that is larger than a block has one of its own.
        let count = fits.count().max(1);
        let (block, rest) = rows.split_at_checked(count)?;
        rows = rest;
        Some(block)
    })
}

/// Writes the blocks in memory as parts, one for each day.
///
/// # Errors
/// The disk refuses; the blocks stay.
pub(crate) fn write(core: &Core, memtable: &SpanMemtable) -> Result<()> {
    let days: Vec<i64> = memtable.writers.lock().keys().copied().collect();
    for day in days {
        let is_of_day = |encoded: &Encoded| match encoded {
            Encoded::Sealed { day: of, sealed } if *of == day => Some(sealed.clone()),
            _ => None,
        };
        let encoded = memtable.rows.parts();
        let sealed: Vec<Sealed> = encoded.iter().filter_map(|one| is_of_day(one)).collect();
        if !sealed.is_empty() {
            let part = write_part(core, day, &sealed)?;
            let part = Arc::new(Encoded::Part(part));
            memtable.rows.replace(|one| is_of_day(one).is_some(), part);
            memtable.count_sealed();
        }
        // The next part begins with dictionaries of its own.
        memtable.writers.lock().remove(&day);
    }
    core.room.notify_waiters();
    Ok(())
}

fn write_part(core: &Core, day: i64, sealed: &[Sealed]) -> Result<Arc<SpanPart>> {
    let family = Family::Spans;
    let write = |sink: Sink<'_>| {
        let info = skytrail_blocks::write_part(sealed, sink)?;
        let times = (info.earliest, info.latest);
        Ok(About { family, level: 0, day, rows: info.spans, times })
    };
    core.part(family, write, Part::open)
}
