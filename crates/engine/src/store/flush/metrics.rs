//! Metric rows of memory to parts of minutes.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrail_model::metric::MetricBlock;
use skytrail_model::time::Downsampling;
use skytrail_series::metrics::Part;
use skytrail_storage::Origin;

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
    for rows in memtable.close() {
        let mut days: BTreeMap<i64, Vec<Written>> = BTreeMap::new();
        for (origin, block) in rows.iter() {
            let day = core.day_of(block.bucket.start_nanos());
            days.entry(day).or_default().push((Some(*origin), block.clone()));
        }
        let parts = days.into_iter().map(|(day, rows)| write_day(core, day, &rows));
        let parts = parts.collect::<Result<_>>()?;
        memtable.written(&rows, parts);
    }
    Ok(())
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
