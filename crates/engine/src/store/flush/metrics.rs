//! Metric rows of memory to parts of minutes.

use std::sync::Arc;

use skytrail_model::metric::MetricBlock;
use skytrail_model::time::Downsampling;
use skytrail_series::metrics::Part;
use skytrail_storage::Origin;

use super::days::by_day;
use crate::error::Result;
use crate::store::core::{About, Core, Sink};
use crate::store::manifest::Family;
use crate::store::memtable::Memtable;
use crate::store::part::MetricPart;
use crate::store::rows::MetricRows;

/// A block as a part is made of it.
type Written = (Option<Origin>, Arc<MetricBlock>);

/// Writes rows in memory as parts, one for each day of UTC.
///
/// # Errors
/// The disk refuses; the rows stay.
pub(crate) fn write(core: &Core, memtable: &Memtable<MetricRows, MetricPart>) -> Result<()> {
    by_day(
        core,
        memtable,
        |rows, give| {
            for (origin, block) in rows.iter() {
                give(block.bucket.start_nanos(), (Some(*origin), block.clone()));
            }
        },
        |day, rows: Vec<Written>| write_day(core, day, &rows),
    )
}

fn write_day(core: &Core, day: i64, rows: &[Written]) -> Result<Arc<MetricPart>> {
    let family = Family::Minutes;
    let write = |sink: Sink<'_>| {
        let info =
            skytrail_series::metrics::write(&core.catalogue, Downsampling::Minute, rows, sink)?;
        Ok(About::series(family, 0, day, &info))
    };
    core.part(family, write, |fetch, len| Part::open(fetch, len, &core.catalogue))
}
