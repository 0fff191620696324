//! Room on the disk: the oldest parts go when all of them take more than they may,
//! spans and records first, metrics last, an hour's worth at a time.

use skytrail_model::time::Minute;

use super::core::Core;
use super::manifest::{Family, Gone, Manifest, PartEntry};
use crate::error::{Error, Result};

/// What goes at a time is at most so much younger than the oldest, nanoseconds.
const HOUR: i64 = 3_600_000_000_000;

/// Removes the oldest parts if all take more than they may; whether there were any.
///
/// # Errors
/// The disk refuses.
pub(crate) fn evict(core: &Core) -> Result<bool> {
    let limit = limit(core)?;
    let chosen = choose(&core.manifest.lock(), limit);
    let Some(oldest) = chosen.first() else { return Ok(false) };
    let bytes: u64 = chosen.iter().map(|entry| entry.bytes).sum();
    tracing::warn!(
        limit_bytes = limit,
        family = oldest.family.extension(),
        parts = chosen.len(),
        bytes,
        "the store takes more of the disk than it may (storage.embedded.disk_size, \
         storage.embedded.disk_percent); the oldest parts are removed"
    );
    core.edit(&[], |manifest, version| {
        let is_chosen = |entry: &PartEntry| chosen.iter().any(|one| one.number == entry.number);
        let old = manifest.take(is_chosen);
        old.iter().for_each(|entry| note(&mut manifest.gone, entry));
        version.forget(&old);
    })?;
    Ok(true)
}

/// Bytes that all parts may take.
fn limit(core: &Core) -> Result<u64> {
    let config = &core.config;
    let by_size = if config.disk_bytes == 0 { u64::MAX } else { config.disk_bytes };
    if config.disk_percent == 0 || config.disk_percent >= 100 {
        return Ok(by_size);
    }
    let space = core.folder.fs().space();
    let space = space.map_err(|error| Error::io("cannot tell the room on the disk", error))?;
    Ok(by_size.min(space.total / 100 * u64::from(config.disk_percent)))
}

/// The parts that are to go now.
fn choose(manifest: &Manifest, limit: u64) -> Vec<PartEntry> {
    let mut held: u64 = manifest.parts.iter().map(|entry| entry.bytes).sum();
    let mut parts: Vec<&PartEntry> = manifest.parts.iter().collect();
    parts.sort_by_key(|entry| (is_kept_longest(entry.family), entry.age, entry.number));
    let mut chosen: Vec<PartEntry> = Vec::new();
    for entry in parts {
        let is_near = chosen.first().is_none_or(|oldest| {
            let is_alike = is_kept_longest(oldest.family) == is_kept_longest(entry.family);
            is_alike && entry.age.saturating_sub(oldest.age) <= HOUR
        });
        if held <= limit || !is_near {
            break;
        }
        held -= entry.bytes;
        chosen.push(entry.clone());
    }
    chosen
}

fn is_kept_longest(family: Family) -> bool {
    !matches!(family, Family::Spans | Family::Records)
}

/// What answers are to know of a part that goes.
fn note(gone: &mut Gone, entry: &PartEntry) {
    let behind = Minute::of_nanos(entry.last).0.saturating_add(1);
    let is_gone = |before: &mut i64| *before = (*before).max(behind);
    match entry.family {
        Family::Spans => gone.spans_lost_to = gone.spans_lost_to.max(Some(entry.last)),
        Family::Records | Family::Relations => {}
        Family::FoldedMinutes => is_gone(&mut gone.minutes_before),
        Family::Hours => is_gone(&mut gone.hours_before),
        Family::Days => is_gone(&mut gone.days_before),
        // Its hours and days are nowhere else.
        Family::Minutes => {
            is_gone(&mut gone.minutes_before);
            is_gone(&mut gone.hours_before);
            is_gone(&mut gone.days_before);
        }
    }
    gone.evicted += entry.rows;
}

#[cfg(test)]
mod tests {
    use super::{HOUR, choose};
    use crate::store::manifest::{Family, Manifest, PartEntry};

    fn part(number: u64, family: Family, age: i64) -> PartEntry {
        let (level, day, bytes, checksum, rows) = (0, 0, 100, 0, 1);
        PartEntry { number, family, level, day, bytes, checksum, rows, first: age, last: age, age }
    }

    fn chosen(limit: u64) -> Vec<u64> {
        let parts = vec![
            part(1, Family::FoldedMinutes, 0),
            part(2, Family::Spans, 3 * HOUR),
            part(3, Family::Spans, HOUR),
            part(4, Family::Records, HOUR + HOUR / 2),
            part(5, Family::Spans, 5 * HOUR),
        ];
        let manifest = Manifest { parts, ..Manifest::default() };
        choose(&manifest, limit).iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn the_oldest_go_an_hour_at_a_time_and_metrics_last() {
        assert!(chosen(500).is_empty());
        assert_eq!(chosen(499), [3]);
        assert_eq!(chosen(350), [3, 4]);
        assert_eq!(chosen(0), [3, 4], "no more than an hour at once");
        let metrics = Manifest { parts: vec![part(1, Family::Days, 0)], ..Manifest::default() };
        assert_eq!(choose(&metrics, 0).len(), 1);
    }
}
