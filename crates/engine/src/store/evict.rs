//! Room on the disk: the oldest parts go when all of them take more than they may,
//! spans and records first, metrics last, an hour's worth at a time.

use skytrail_model::time::{Downsampling, Minute, Zone};

use super::core::Core;
use super::manifest::{Family, Gone, Manifest, PartEntry, STRAY};
use crate::error::Result;

/// What goes at a time is at most so much younger than the oldest, nanoseconds.
const HOUR: i64 = 3_600_000_000_000;

/// Removes the oldest parts if all take more than they may; whether there were any.
///
/// # Errors
/// The disk refuses.
pub(crate) fn evict(core: &Core) -> Result<bool> {
    let limit = limit(core);
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
    core.edit(&[], None, |manifest, version| {
        let is_chosen = |entry: &PartEntry| chosen.iter().any(|one| one.number == entry.number);
        let old = manifest.take(is_chosen);
        old.iter().for_each(|entry| note(&mut manifest.gone, entry, &core.zone));
        version.parts.forget(&old);
    })?;
    Ok(true)
}

/// Bytes that all parts may take. What others have on the disk makes it no less: data
/// does not go because somebody else needs room.
fn limit(core: &Core) -> u64 {
    let config = &core.config;
    let by_size = if config.disk_bytes == 0 { u64::MAX } else { config.disk_bytes };
    if config.disk_percent == 0 || config.disk_percent >= 100 {
        return by_size;
    }
    // A disk that does not tell its size is one without a limit.
    let Ok(space) = core.folder.fs().space() else { return by_size };
    by_size.min(space.total / 100 * u64::from(config.disk_percent))
}

/// The parts that are to go now.
fn choose(manifest: &Manifest, limit: u64) -> Vec<PartEntry> {
    let mut held: u64 = manifest.parts.iter().map(|entry| entry.bytes).sum();
    let mut parts: Vec<&PartEntry> = manifest.parts.iter().collect();
    parts.sort_by_key(|entry| (worth(entry.family), entry.age, entry.number));
    let mut chosen: Vec<PartEntry> = Vec::new();
    for entry in parts {
        let is_near = chosen.first().is_none_or(|oldest| {
            let is_alike = worth(oldest.family) == worth(entry.family);
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

/// What goes first has the least.
fn worth(family: Family) -> u8 {
    match family {
        Family::Spans | Family::Records => 0,
        Family::FoldedMinutes | Family::Relations => 1,
        // Its hours and days are nowhere else.
        Family::Minutes => 2,
        Family::Hours => 3,
        Family::Days => 4,
    }
}

/// What answers are to know of a part that goes: from where on they are whole. Rows
/// of odd times say nothing about the others.
fn note(gone: &mut Gone, entry: &PartEntry, zone: &Zone) {
    gone.evicted += entry.rows;
    if entry.day == STRAY {
        return;
    }
    if entry.family != Family::Spans {
        gone.lose(entry, entry.last);
    }
    let last = Minute::of_nanos(entry.last);
    let behind = |size| zone.next_bucket(size, zone.bucket(size, last)).0;
    let mut later = Gone::default();
    match entry.family {
        Family::Spans => {
            later.records_before = entry.last.saturating_add(1);
            later.spans_gone_to = Some(entry.last);
        }
        Family::Records | Family::Relations => {}
        Family::FoldedMinutes => later.minutes_before = last.plus(1).0,
        Family::Hours => later.hours_before = behind(Downsampling::Hour),
        Family::Days => later.days_before = behind(Downsampling::Day),
        Family::Minutes => {
            later.minutes_before = last.plus(1).0;
            later.hours_before = behind(Downsampling::Hour);
            later.days_before = behind(Downsampling::Day);
        }
    }
    gone.raise(&later);
}

#[cfg(test)]
mod tests {
    use skytrail_model::time::Zone;

    use super::{HOUR, choose, note};
    use crate::store::manifest::{Family, Gone, Manifest, PartEntry, STRAY};

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

    #[test]
    fn what_is_left_is_answered_whole_and_odd_times_say_nothing() {
        let hour = HOUR + HOUR / 2;
        let noted = |entry: PartEntry| {
            let mut gone = Gone::default();
            note(&mut gone, &entry, &Zone::utc());
            gone
        };
        let minutes = noted(part(1, Family::Minutes, hour));
        assert_eq!(minutes.minutes_before, 91);
        assert_eq!((minutes.hours_before, minutes.days_before), (120, 1440));
        assert_eq!(noted(part(1, Family::Hours, hour)).hours_before, 120);
        assert_eq!(noted(part(1, Family::Days, 0)).days_before, 1440);
        assert_eq!(noted(part(1, Family::Spans, hour)).records_before, hour + 1);
        for family in [Family::Spans, Family::Minutes, Family::Days] {
            let stray = noted(PartEntry { day: STRAY, ..part(1, family, i64::MAX) });
            assert_eq!(stray, Gone { evicted: 1, ..Gone::default() }, "{family:?}");
        }
    }
}
