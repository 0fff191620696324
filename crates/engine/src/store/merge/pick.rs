//! Which parts are merged next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::store::manifest::{Family, PartEntry};
use crate::store::part::Stored;
use crate::store::state::Version;

/// Parts of one level and day that become one of the next level. More means that
/// a row is written less often, and that a reader looks into more parts.
const FAN_IN: usize = 8;

/// A part with so many spans is large enough: a look into its index is short, and
/// its dictionaries cost little.
const ENOUGH_SPANS: u64 = 250_000;

/// Spans that are merged at once: what bounds the memory of a merge.
const MOST_SPANS: u64 = 1_000_000;

/// Bytes of other rows that are merged at once.
const MOST_BYTES: u64 = 1 << 30;

/// The parts that are most due; none where nothing is. What was written less than
/// `settle` ago may still be hidden from a reader in part, and is left alone.
pub(crate) fn pick(version: &Version, settle: Duration) -> Option<Vec<PartEntry>> {
    let now = Instant::now();
    let mut groups: BTreeMap<(Family, i64, u8), Vec<PartEntry>> = BTreeMap::new();
    let mut add = |entry: &PartEntry| {
        let key = (entry.family, entry.day, entry.level);
        groups.entry(key).or_default().push(entry.clone());
    };
    settled(&version.spans, now, settle)
        .filter(|entry| entry.rows < ENOUGH_SPANS)
        .for_each(&mut add);
    settled(&version.metrics, now, settle).for_each(&mut add);
    settled(&version.relations, now, settle).for_each(&mut add);
    settled(&version.records, now, settle).for_each(&mut add);
    groups.into_values().filter(|group| group.len() >= FAN_IN).map(bounded).next()
}

fn settled<P>(
    parts: &[Arc<Stored<P>>],
    now: Instant,
    settle: Duration,
) -> impl Iterator<Item = &PartEntry> {
    let is_settled = move |part: &&Arc<Stored<P>>| {
        part.is_settled || now.saturating_duration_since(part.opened) >= settle
    };
    parts.iter().filter(is_settled).map(|part| &part.entry)
}

/// As many of a group, oldest first, as one merge may read; two at least.
fn bounded(mut group: Vec<PartEntry>) -> Vec<PartEntry> {
    group.sort_by_key(|entry| entry.number);
    let (mut spans, mut bytes, mut count) = (0_u64, 0_u64, 0_usize);
    group.retain(|entry| {
        count += 1;
        spans += if entry.family == Family::Spans { entry.rows } else { 0 };
        bytes += entry.bytes;
        count <= 2 || (spans <= MOST_SPANS && bytes <= MOST_BYTES)
    });
    group
}
