//! Which parts are merged next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::spans::is_filled;
use crate::store::config::Config;
use crate::store::manifest::{Family, PartEntry, STRAY};
use crate::store::part::Stored;
use crate::store::state::Version;

/// Parts of one level and day that become one of the next level. More means that
/// a row is written less often, and that a reader looks into more parts.
const FAN_IN: usize = 8;

/// Bytes of spans whose blocks are filled up at once: the merge holds all of them
/// encoded.
const MOST_FILLED_BYTES: u64 = 16 << 20;

/// Bytes that are copied at once: so much more of the disk is needed meanwhile.
const MOST_COPIED_BYTES: u64 = 512 << 20;

/// Spans of more than an hour stay apart, so that a full disk costs the oldest hour
/// and not the oldest day, unless they are few.
const MOST_NANOS: i64 = 3_600_000_000_000;
const FEW_SPANS: u64 = 1_000_000;

/// Bytes of other rows that are merged at once, of which it holds some frames.
const MOST_BYTES: u64 = 1 << 30;

/// What is done with the rows of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// Rows with the same key become one.
    Merged,
    /// Blocks of spans become full.
    Filled,
    /// Blocks of spans stay as they are.
    Copied,
}

/// Parts that may be merged with each other.
type Group = (Family, i64, How, u8);

/// Parts to be merged; none where nothing is. What was written less than `settle`
/// ago may still be hidden from a reader in part, and is left alone.
pub(crate) fn pick(version: &Version, config: &Config, today: i64) -> Option<Vec<PartEntry>> {
    let (now, settle) = (Instant::now(), config.settle);
    let mut groups: BTreeMap<Group, Vec<PartEntry>> = BTreeMap::new();
    let mut add = |entry: &PartEntry, how: How| {
        let key = (entry.family, entry.day, how, entry.level);
        groups.entry(key).or_default().push(entry.clone());
    };
    for part in settled(&version.parts.spans, now, settle) {
        add(&part.entry, if is_filled(part) { How::Copied } else { How::Filled });
    }
    let merged = |entry: &PartEntry| add(entry, How::Merged);
    entries(version, now, settle).for_each(merged);
    groups.into_iter().find_map(|((family, day, how, _), group)| {
        let least = match (is_over(day, today), family) {
            (true, Family::Minutes) => 1,
            (true, _) => 2,
            (false, _) => FAN_IN,
        };
        due(group, how, least, config.part_spans)
    })
}

/// Whether few more rows of a day will come, so that its hours and days are to be made.
pub(super) fn is_over(day: i64, today: i64) -> bool {
    day != STRAY && day < today.saturating_sub(1)
}

fn settled<P>(
    parts: &[Arc<Stored<P>>],
    now: Instant,
    settle: Duration,
) -> impl Iterator<Item = &Stored<P>> {
    let is_settled = move |part: &&Arc<Stored<P>>| {
        part.is_settled || now.saturating_duration_since(part.opened) >= settle
    };
    // What was deleted goes first, with rows of one part only.
    let parts = parts.iter().filter(|part| !part.is_masked);
    parts.filter(is_settled).map(AsRef::as_ref)
}

/// Of all families but spans.
fn entries(version: &Version, now: Instant, settle: Duration) -> impl Iterator<Item = &PartEntry> {
    let parts = &version.parts;
    let metrics = settled(&parts.metrics, now, settle).map(|part| &part.entry);
    let relations = settled(&parts.relations, now, settle).map(|part| &part.entry);
    let records = settled(&parts.records, now, settle).map(|part| &part.entry);
    metrics.chain(relations).chain(records)
}

/// The oldest parts of a group that are enough for a merge, or have no room for the
/// part behind them.
fn due(
    mut group: Vec<PartEntry>,
    how: How,
    least: usize,
    part_spans: u64,
) -> Option<Vec<PartEntry>> {
    group.sort_by_key(|entry| entry.number);
    let mut run: Vec<PartEntry> = Vec::new();
    for entry in group {
        if run.is_empty() || has_room(&run, &entry, how, part_spans) {
            run.push(entry);
        } else if run.len() >= 2 {
            return Some(run);
        } else {
            run = vec![entry];
        }
    }
    (run.len() >= least).then_some(run)
}

fn has_room(run: &[PartEntry], next: &PartEntry, how: How, part_spans: u64) -> bool {
    let sum = |of: fn(&PartEntry) -> u64| {
        run.iter().map(of).fold(of(next), |sum, one| sum.saturating_add(one))
    };
    let (rows, bytes) = (sum(|entry| entry.rows), sum(|entry| entry.bytes));
    match how {
        How::Merged => run.len() < 2 || bytes <= MOST_BYTES,
        How::Filled => run.len() < 2 || bytes <= MOST_FILLED_BYTES,
        How::Copied => {
            let first = run.iter().map(|entry| entry.first).fold(next.first, i64::min);
            let last = run.iter().map(|entry| entry.last).fold(next.last, i64::max);
            let is_near = last.saturating_sub(first) <= MOST_NANOS || rows <= FEW_SPANS;
            rows <= part_spans && bytes <= MOST_COPIED_BYTES && is_near
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FAN_IN, How, due};
    use crate::store::manifest::{Family, PartEntry};

    const SECOND: i64 = 1_000_000_000;

    fn part(number: u64, level: u8, rows: u64, times: (i64, i64)) -> PartEntry {
        let (first, last) = times;
        let (family, bytes, checksum) = (Family::Spans, rows * 13, 0);
        PartEntry { number, family, level, day: 0, bytes, checksum, rows, first, last, age: last }
    }

    /// Writes parts of `rows` spans of `seconds` each, and merges while it can; gives the parts that are left and how
    /// often a span was copied.
    fn written(parts: u64, rows: u64, seconds: i64, part_spans: u64) -> (Vec<PartEntry>, f64) {
        let (mut held, mut copied, mut number): (Vec<PartEntry>, u64, u64) = (Vec::new(), 0, 0);
        for flush in 0..parts {
            number += 1;
            let start = flush as i64 * seconds * SECOND;
            held.push(part(number, 0, rows, (start, start + seconds * SECOND)));
            loop {
                let levels = 0..8;
                let of = |level| held.iter().filter(|one| one.level == level).cloned().collect();
                let picked = levels
                    .filter_map(|level| due(of(level), How::Copied, FAN_IN, part_spans))
                    .next();
                let Some(picked) = picked else { break };
                number += 1;
                let rows = picked.iter().map(|one| one.rows).sum();
                let first = picked.iter().map(|one| one.first).min().unwrap();
                let last = picked.iter().map(|one| one.last).max().unwrap();
                copied += rows;
                held.retain(|one| picked.iter().all(|other| other.number != one.number));
                held.push(part(number, picked[0].level + 1, rows, (first, last)));
                assert!(rows <= part_spans);
                assert!(rows <= super::FEW_SPANS || last - first <= super::MOST_NANOS);
            }
        }
        (held, copied as f64 / (parts * rows) as f64)
    }

    #[test]
    fn three_busy_days_are_few_parts() {
        // 50,000 spans a second, a part every 16 seconds.
        let (left, copies) = written(3 * 5_400, 800_000, 16, 16_000_000);
        assert!(left.len() < 1_100, "{} parts", left.len());
        assert!(copies < 2.5, "{copies} times");
    }

    #[test]
    fn parts_of_a_quiet_day_reach_over_an_hour_at_most_or_are_small() {
        // 500 spans a second, a part every minute.
        let (left, copies) = written(1_440, 30_000, 60, 16_000_000);
        assert!(left.len() < 50, "{} parts", left.len());
        assert!(copies < 3.0, "{copies} times");
    }

    #[test]
    fn a_part_that_is_large_enough_stays() {
        let parts = (0..20).map(|number| part(number, 0, 900, (0, 0))).collect();
        assert_eq!(due(parts, How::Copied, 2, 1_000), None);
    }
}
