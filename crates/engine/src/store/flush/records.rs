//! Records of memory to parts.

use std::sync::Arc;

use skytrail_model::record::TopRecord;
use skytrail_series::records::Part;

use super::days::by_day;
use crate::error::Result;
use crate::store::core::{About, Core, Sink};
use crate::store::manifest::Family;
use crate::store::memtable::Memtable;
use crate::store::part::RecordPart;
use crate::store::rows::RecordRows;

/// Writes rows in memory as parts, one for each day of UTC.
///
/// # Errors
/// The disk refuses; the rows stay.
pub(crate) fn write(core: &Core, memtable: &Memtable<RecordRows, RecordPart>) -> Result<()> {
    by_day(
        core,
        memtable,
        |rows, give| rows.rows().iter().for_each(|record| give(record.time, record.clone())),
        |day, rows| write_day(core, day, rows),
    )
}

fn write_day(core: &Core, day: i64, rows: Vec<TopRecord>) -> Result<Arc<RecordPart>> {
    let family = Family::Records;
    let times = rows.iter().map(|record| record.time);
    let times = (times.clone().min().unwrap_or(0), times.max().unwrap_or(0));
    let count = rows.len() as u64;
    let write = |sink: Sink<'_>| {
        skytrail_series::records::write(rows, sink)?;
        Ok(About { family, level: 0, day, rows: count, times })
    };
    core.part(family, write, Part::open)
}
