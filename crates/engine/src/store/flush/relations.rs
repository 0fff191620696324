//! Relations of memory to parts.

use std::sync::Arc;

use skytrail_model::relation::RelationRow;
use skytrail_series::relations::Part;
use skytrail_storage::Origin;

use super::days::by_day;
use crate::error::Result;
use crate::store::core::{About, Core, Sink};
use crate::store::manifest::Family;
use crate::store::memtable::Memtable;
use crate::store::part::RelationPart;
use crate::store::rows::RelationRows;

/// Writes rows in memory as parts, one for each day of UTC.
///
/// # Errors
/// The disk refuses; the rows stay.
pub(crate) fn write(core: &Core, memtable: &Memtable<RelationRows, RelationPart>) -> Result<()> {
    by_day(
        core,
        memtable,
        |rows, give| {
            for (origin, row) in rows.iter() {
                give(row.minute.start_nanos(), (Some(origin), row));
            }
        },
        |day, rows| write_day(core, day, rows),
    )
}

fn write_day(
    core: &Core,
    day: i64,
    rows: Vec<(Option<Origin>, RelationRow)>,
) -> Result<Arc<RelationPart>> {
    let family = Family::Relations;
    let write = |sink: Sink<'_>| {
        let info = skytrail_series::relations::write(rows, sink)?;
        Ok(About::series(family, 0, day, &info))
    };
    core.part(family, write, Part::open)
}
