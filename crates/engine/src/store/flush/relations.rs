//! Relations of memory to parts.

use std::collections::BTreeSet;
use std::sync::Arc;

use skytrail_model::time::Minute;
use skytrail_series::relations::{Part, Seen};

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
    let days = core.days();
    let day_of = |hour: i64| days.of(Minute(hour.saturating_mul(60)).start_nanos());
    for rows in memtable.close() {
        let all: BTreeSet<i64> = rows.hours().map(day_of).collect();
        let part = |day: i64| write_day(core, day, || rows.seen_in(|hour| day_of(hour) == day));
        let parts = all.into_iter().map(part).collect::<Result<_>>()?;
        memtable.written(&rows, parts);
    }
    Ok(())
}

fn write_day<R: Iterator<Item = Seen>>(
    core: &Core,
    day: i64,
    rows: impl Fn() -> R,
) -> Result<Arc<RelationPart>> {
    let family = Family::Relations;
    let write = |sink: Sink<'_>| {
        let info = skytrail_series::relations::write(&rows, sink)?;
        Ok(About::series(family, 0, day, &info))
    };
    core.part(family, write, Part::open)
}
