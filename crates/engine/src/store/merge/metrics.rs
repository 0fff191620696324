//! Parts of metric rows: those of minutes become hours and days as well.

use std::sync::Arc;

use skytrail_model::time::{Downsampling, Minute};
use skytrail_series::metrics::{Part, Target};

use super::at::At;
use super::pick::is_over;
use crate::error::Result;
use crate::store::core::{About, Core, Sink};
use crate::store::manifest::Family;
use crate::store::part::MetricPart;

/// Merges of minutes before hours and days are made of them: rows of one minute come with many
/// checkpoints, and cost a third as long as they are only minutes. A reader of hours and days adds
/// up the minutes that are left.
const MERGES_BEFORE: u8 = 1;

/// Precisions that minutes are folded to, each of the one before.
const FOLDED: [(Family, Downsampling); 3] = [
    (Family::FoldedMinutes, Downsampling::Minute),
    (Family::Hours, Downsampling::Hour),
    (Family::Days, Downsampling::Day),
];

/// What parts of one family and day become. Rows that are too old are left out.
pub(super) fn merge(
    core: &Core,
    parts: Vec<Arc<MetricPart>>,
    family: Family,
    at: At,
) -> Result<Vec<Arc<MetricPart>>> {
    let size = FOLDED.iter().find(|(of, _)| *of == family).map(|(_, size)| *size);
    if let Some(size) = size {
        return Ok(vec![written(core, &parts, (family, size), from(core, size), at)?]);
    }
    if at.level <= MERGES_BEFORE && !is_over(at.day, core.today()) {
        // What is too old as a minute may not be as an hour.
        let from = FOLDED.iter().map(|(_, size)| from(core, *size)).min();
        let to = (Family::Minutes, Downsampling::Minute);
        return Ok(vec![written(core, &parts, to, from.unwrap_or(Minute(i64::MIN)), at)?]);
    }
    folded(core, parts, at)
}

fn folded(core: &Core, parts: Vec<Arc<MetricPart>>, at: At) -> Result<Vec<Arc<MetricPart>>> {
    let (mut sources, mut made) = (parts, Vec::with_capacity(FOLDED.len()));
    for (family, size) in FOLDED {
        let from = from(core, size);
        let part = written(core, &sources, (family, size), from, at)?;
        let is_whole = |source: &Arc<MetricPart>| {
            let first = source.part.buckets().map(|(first, _)| core.zone.bucket(size, first));
            first.is_none_or(|first| first >= from)
        };
        // Hours are in one day each, so that days come out the same.
        if sources.iter().all(is_whole) {
            sources = vec![part.clone()];
        }
        made.push(part);
    }
    Ok(made)
}

fn from(core: &Core, size: Downsampling) -> Minute {
    core.first_whole(&core.state.snapshot().version.gone, size)
}

/// Rows of one precision from parts of the same or a finer one.
fn written(
    core: &Core,
    parts: &[Arc<MetricPart>],
    (family, size): (Family, Downsampling),
    from: Minute,
    at: At,
) -> Result<Arc<MetricPart>> {
    let At { day, level, age } = at;
    let inputs: Vec<_> = parts.iter().map(|part| &part.part).collect();
    let write = |sink: Sink<'_>| {
        let target = Target { downsampling: size, zone: &core.zone, from };
        let info = skytrail_series::metrics::merge(&inputs, &target, sink)?;
        Ok(About::series(family, level, day, &info))
    };
    core.merged(family, age, write, |fetch, len| Part::open(fetch, len, &core.catalogue))
}
