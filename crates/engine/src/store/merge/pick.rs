//! Which parts are merged next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::store::manifest::{Family, PartEntry, STRAY};
use crate::store::part::Stored;
use crate::store::state::Version;

/// Parts of one level and day that become one of the next level. More means that
/// a row is written less often, and that a reader looks into more parts.
const FAN_IN: usize = 8;

/// A part with so many spans is large enough: a look into its index is short, and
/// its dictionaries cost little.
const ENOUGH_SPANS: u64 = 250_000;

/// And one with so many bytes, however few spans they are.
const ENOUGH_SPAN_BYTES: u64 = 4 << 20;

/// Bytes of spans that are merged at once, all of which the merge holds encoded.
const MOST_SPAN_BYTES: u64 = 16 << 20;

/// Bytes of other rows that are merged at once, of which it holds some frames.
const MOST_BYTES: u64 = 1 << 30;

/// Parts to be merged; none where nothing is. What was written less than `settle`
/// ago may still be hidden from a reader in part, and is left alone.
pub(crate) fn pick(version: &Version, settle: Duration, today: i64) -> Option<Vec<PartEntry>> {
    let now = Instant::now();
    let mut groups: BTreeMap<(Family, i64, u8), Vec<PartEntry>> = BTreeMap::new();
    let mut add = |entry: &PartEntry| {
        let key = (entry.family, entry.day, entry.level);
        groups.entry(key).or_default().push(entry.clone());
    };
    settled(&version.parts.spans, now, settle)
        .filter(|entry| entry.rows < ENOUGH_SPANS && entry.bytes < ENOUGH_SPAN_BYTES)
        .for_each(&mut add);
    settled(&version.parts.metrics, now, settle).for_each(&mut add);
    settled(&version.parts.relations, now, settle).for_each(&mut add);
    settled(&version.parts.records, now, settle).for_each(&mut add);
    let is_due = |((family, day, _), group): &((Family, i64, u8), Vec<PartEntry>)| {
        // Of a day that is over few more will come; its hours and days are to be made.
        let is_over = *day != STRAY && *day < today.saturating_sub(1);
        let least = match (is_over, family) {
            (true, Family::Minutes) => 1,
            (true, _) => 2,
            (false, _) => FAN_IN,
        };
        group.len() >= least
    };
    groups.into_iter().filter(is_due).map(|(_, group)| bounded(group)).next()
}

fn settled<P>(
    parts: &[Arc<Stored<P>>],
    now: Instant,
    settle: Duration,
) -> impl Iterator<Item = &PartEntry> {
    let is_settled = move |part: &&Arc<Stored<P>>| {
        part.is_settled || now.saturating_duration_since(part.opened) >= settle
    };
    // What was deleted goes first, with rows of one part only.
    let parts = parts.iter().filter(|part| !part.is_masked);
    parts.filter(is_settled).map(|part| &part.entry)
}

/// As many of a group, oldest first, as one merge may read; two at least.
fn bounded(mut group: Vec<PartEntry>) -> Vec<PartEntry> {
    group.sort_by_key(|entry| entry.number);
    let (mut bytes, mut count) = (0_u64, 0_usize);
    group.retain(|entry| {
        count += 1;
        bytes += entry.bytes;
        let most = if entry.family == Family::Spans { MOST_SPAN_BYTES } else { MOST_BYTES };
        count <= 2 || bytes <= most
    });
    group
}
