//! Records of memory to parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrail_model::record::TopRecord;
use skytrail_series::records::Part;

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
    for rows in memtable.close() {
        let mut days: BTreeMap<i64, Vec<TopRecord>> = BTreeMap::new();
        for record in rows.rows() {
            days.entry(core.day_of(record.time)).or_default().push(record.clone());
        }
        let parts = days.into_iter().map(|(day, rows)| write_day(core, day, rows));
        let parts = parts.collect::<Result<_>>()?;
        memtable.written(&rows, parts);
    }
    Ok(())
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
