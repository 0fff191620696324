//! Metric rows: minutes as they came, hours and days folded from them.
//!
//! A row of a minute is in memory, in a part of minutes, or in one of folded
//! minutes, whose hours and days are in parts of their own. Hours are answered as
//! the parts of hours together with the minutes that are not folded, and days
//! alike: every row counts once in each precision.

mod read;
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_model::metric::{MetricBlock, TableId};
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::{MetricRead, Metrics, Origin, Result};

use self::rows::Came;
pub(crate) use self::rows::MetricRows;
use super::core::{About, Core};
use super::manifest::Family;
use super::memtable::Memtable;
use super::part::Stored;
use super::storage::EmbeddedStorage;

/// A part of metric rows.
pub(crate) type MetricPart = Stored<skytrail_series::metrics::Part>;

/// A block as a part is made of it.
type Written = (Option<Origin>, Arc<MetricBlock>);

/// Writes rows in memory as parts, one for each day of UTC.
///
/// # Errors
/// The disk refuses; the rows stay.
pub(crate) fn write(
    core: &Core,
    memtable: &Memtable<MetricRows, MetricPart>,
) -> crate::error::Result<()> {
    for rows in memtable.close() {
        let mut days: BTreeMap<i64, Vec<Written>> = BTreeMap::new();
        for (origin, block) in rows.iter() {
            let day = core.day_of(block.bucket.start_nanos());
            days.entry(day).or_default().push((Some(*origin), block.clone()));
        }
        let parts = days.into_iter().map(|(day, rows)| write_day(core, day, &rows));
        let parts = parts.collect::<crate::error::Result<_>>()?;
        memtable.written(&rows, parts);
    }
    Ok(())
}

fn write_day(core: &Core, day: i64, rows: &[Written]) -> crate::error::Result<Arc<MetricPart>> {
    let family = Family::Minutes;
    let write = |sink: super::core::Sink<'_>| {
        let info =
            skytrail_series::metrics::write(&core.catalogue, Downsampling::Minute, rows, sink)?;
        Ok(about(family, 0, day, &info))
    };
    core.part(family, write, |fetch, len| open(core, fetch, len))
}

/// What a written part is about.
pub(crate) fn about(
    family: Family,
    level: u8,
    day: i64,
    info: &skytrail_series::PartInfo,
) -> About {
    let times = info.range.map(|(first, last)| (first.start_nanos(), last.start_nanos()));
    let times = times.unwrap_or_default();
    About { family, level, day, rows: info.rows, times }
}

/// Opens a part.
pub(crate) fn open(
    core: &Core,
    fetch: Arc<dyn skytrail_columns::Fetch>,
    len: u64,
) -> skytrail_columns::Result<skytrail_series::metrics::Part> {
    skytrail_series::metrics::Part::open(fetch, len, &core.catalogue)
}

impl Metrics for EmbeddedStorage {
    fn append<'a>(&'a self, origin: Origin, blocks: Vec<MetricBlock>) -> BoxFuture<'a, Result<()>> {
        let full = self.core.state.append(|generation| {
            let bytes = generation.metrics.append(|rows| {
                blocks.into_iter().for_each(|block| rows.push(origin, block));
            });
            (bytes > self.core.config.metric_bytes).then(|| generation.clone())
        });
        full.into_iter().for_each(|generation| self.relieve(generation));
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(
        &'a self,
        read: &'a MetricRead,
        take: &'a mut (dyn FnMut(&MetricBlock) -> bool + Send),
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(read::read(&self.core, read, take))
    }

    fn whole_from(&self, _: TableId, downsampling: Downsampling) -> Minute {
        let gone = self.core.state.snapshot().version.gone;
        first_whole(&self.core, &gone, downsampling)
    }
}

/// The start of the first bucket that is not too old.
pub(crate) fn first_whole(
    core: &Core,
    gone: &super::manifest::Gone,
    downsampling: Downsampling,
) -> Minute {
    let before = match downsampling {
        Downsampling::Minute => gone.minutes_before,
        Downsampling::Hour => gone.hours_before,
        Downsampling::Day => gone.days_before,
    };
    match before {
        i64::MIN => Minute(i64::MIN),
        before => core.zone.bucket(downsampling, Minute(before)),
    }
}

/// Blocks of one bucket, by the append that brought them.
type InMemory = BTreeMap<Minute, Vec<Came>>;
