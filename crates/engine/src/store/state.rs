//! What readers see: rows of this moment, and the parts of a version.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;
use skytrail_blocks::Part;

use super::folder::StoredFile;
use super::generation::Generation;
use super::manifest::{Gone, PartEntry};
use super::part::{MetricPart, RecordPart, RelationPart, SpanPart, Stored};

/// Parts of all families.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    pub(crate) spans: Vec<Arc<SpanPart>>,
    /// Of all precisions.
    pub(crate) metrics: Vec<Arc<MetricPart>>,
    pub(crate) relations: Vec<Arc<RelationPart>>,
    pub(crate) records: Vec<Arc<RecordPart>>,
}

/// The parts that count. Never changed: an edit makes another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Version {
    pub(crate) parts: Parts,
    pub(crate) gone: Gone,
}

/// [`Parts::forget_beyond`], of parts with the oldest first.
fn forget_beyond(parts: &[&Part], most_bytes: usize) -> usize {
    let mut held: usize = parts.iter().map(|part| part.memory()).sum();
    if held <= most_bytes {
        return held;
    }
    let mut filters: usize = parts.iter().filter_map(|part| part.held_filter()).sum();
    for part in parts {
        if filters <= most_bytes / 2 {
            break;
        }
        let gone = part.forget_filter();
        (filters, held) = (filters.saturating_sub(gone), held.saturating_sub(gone));
    }
    for forget in [Part::forget, Part::forget_filter] {
        for part in parts {
            if held <= most_bytes {
                break;
            }
            held = held.saturating_sub(forget(part));
        }
    }
    held
}

impl Parts {
    /// What rows of a generation have become so far.
    pub(crate) fn of(generation: &Generation) -> Self {
        Self {
            spans: generation.spans.parts(),
            metrics: generation.metrics.parts(),
            relations: generation.relations.parts(),
            records: generation.records.parts(),
        }
    }

    /// What the manifest says of them.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &PartEntry> {
        let spans = self.spans.iter().map(|part| &part.entry);
        let metrics = self.metrics.iter().map(|part| &part.entry);
        let relations = self.relations.iter().map(|part| &part.entry);
        spans.chain(metrics).chain(relations).chain(self.records.iter().map(|part| &part.entry))
    }

    /// Adds parts.
    pub(crate) fn extend(&mut self, other: Self) {
        self.spans.extend(other.spans);
        self.metrics.extend(other.metrics);
        self.relations.extend(other.relations);
        self.records.extend(other.records);
    }

    /// Forgets what parts of spans are read by, the oldest parts first, while all of it takes more
    /// than `most_bytes` of memory; gives the bytes that it takes then. Without its filter a part is
    /// asked for every trace, so filters go last as long as they take no more than half of it.
    pub(crate) fn forget_beyond(&self, most_bytes: usize) -> usize {
        let mut parts: Vec<_> = self.spans.iter().collect();
        parts.sort_by_key(|part| part.entry.last);
        forget_beyond(&parts.into_iter().map(|part| &part.part).collect::<Vec<_>>(), most_bytes)
    }

    /// Parts whose filters of traces were forgotten and fit into so many bytes, the newest first.
    pub(crate) fn without_filter(&self, mut bytes: usize, most: usize) -> Vec<&Arc<SpanPart>> {
        let mut parts: Vec<_> = self.spans.iter().collect();
        parts.sort_by_key(|part| Reverse(part.entry.last));
        let fits = |part: &&Arc<SpanPart>| {
            let wanted = part.part.forgotten_filter();
            let left = wanted.and_then(|wanted| bytes.checked_sub(wanted));
            left.map(|left| bytes = left).is_some()
        };
        parts.into_iter().filter(fits).take(most).collect()
    }

    /// The file of every part.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Arc<StoredFile>> {
        let spans = self.spans.iter().map(|part| &part.file);
        let metrics = self.metrics.iter().map(|part| &part.file);
        let relations = self.relations.iter().map(|part| &part.file);
        spans.chain(metrics).chain(relations).chain(self.records.iter().map(|part| &part.file))
    }

    /// Those with some numbers.
    pub(crate) fn only(&self, wanted: &BTreeSet<u64>) -> Self {
        fn chosen<P>(parts: &[Arc<Stored<P>>], wanted: &BTreeSet<u64>) -> Vec<Arc<Stored<P>>> {
            parts.iter().filter(|part| wanted.contains(&part.entry.number)).cloned().collect()
        }
        Self {
            spans: chosen(&self.spans, wanted),
            metrics: chosen(&self.metrics, wanted),
            relations: chosen(&self.relations, wanted),
            records: chosen(&self.records, wanted),
        }
    }

    /// Numbers of parts of which some rows are left out.
    pub(crate) fn masked(&self) -> impl Iterator<Item = u64> {
        fn masked<P>(parts: &[Arc<Stored<P>>]) -> impl Iterator<Item = u64> {
            let masked = parts.iter().filter(|part| part.is_masked);
            masked.map(|part| part.entry.number)
        }
        let spans = masked(&self.spans).chain(masked(&self.metrics));
        spans.chain(masked(&self.relations)).chain(masked(&self.records))
    }

    /// Puts parts in the place of those with their numbers.
    pub(crate) fn replace(&mut self, others: Self) {
        let replaced: Vec<PartEntry> = others.entries().cloned().collect();
        self.forget(&replaced);
        self.extend(others);
    }

    /// Takes parts out.
    pub(crate) fn forget(&mut self, gone: &[PartEntry]) {
        let is_kept = |number: u64| gone.iter().all(|entry| entry.number != number);
        self.spans.retain(|part| is_kept(part.entry.number));
        self.metrics.retain(|part| is_kept(part.entry.number));
        self.relations.retain(|part| is_kept(part.entry.number));
        self.records.retain(|part| is_kept(part.entry.number));
    }

    /// Lets the files go that do not count any more, each with its last reader.
    pub(crate) fn doom_unless(&self, counts: impl Fn(u64) -> bool) {
        self.files().filter(|file| !counts(file.number())).for_each(|file| file.doom());
    }
}

/// One moment of the store.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Rows that no checkpoint covers, newest first.
    pub(crate) generations: Vec<Arc<Generation>>,
    pub(crate) version: Arc<Version>,
}

impl Snapshot {
    /// Numbers of all parts, those of generations included.
    pub(crate) fn numbers(&self) -> HashSet<u64> {
        let mut numbers: HashSet<u64> =
            self.version.parts.entries().map(|entry| entry.number).collect();
        for generation in &self.generations {
            numbers.extend(Parts::of(generation).entries().map(|entry| entry.number));
        }
        numbers
    }
}

/// The current moment.
#[derive(Debug)]
pub(crate) struct State {
    snapshot: RwLock<Snapshot>,
}

impl State {
    pub(crate) fn new(version: Version) -> Self {
        let generations = vec![Arc::default()];
        Self { snapshot: RwLock::new(Snapshot { generations, version: Arc::new(version) }) }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.snapshot.read().clone()
    }

    /// Has `append` add rows to the newest generation, which cannot be set aside
    /// meanwhile.
    pub(crate) fn append<T>(&self, append: impl FnOnce(&Arc<Generation>) -> T) -> T {
        let snapshot = self.snapshot.read();
        match snapshot.generations.first() {
            Some(newest) => append(newest),
            // There is always one.
            None => append(&Arc::default()),
        }
    }

    /// Sets aside what arrived so far, oldest first; what comes from now on is
    /// another generation.
    pub(crate) fn freeze(&self) -> Vec<Arc<Generation>> {
        let mut snapshot = self.snapshot.write();
        let frozen = snapshot.generations.iter().rev().cloned().collect();
        snapshot.generations.insert(0, Arc::default());
        frozen
    }

    /// Those generations that no version holds yet.
    pub(crate) fn still_held(&self, frozen: &[Arc<Generation>]) -> Vec<Arc<Generation>> {
        let held = &self.snapshot.read().generations;
        let is_held = |one: &&Arc<Generation>| held.iter().any(|other| Arc::ptr_eq(one, other));
        frozen.iter().filter(is_held).cloned().collect()
    }

    /// What is too old changes for readers; parts do not.
    pub(crate) fn forget(&self, later: &Gone) {
        let mut snapshot = self.snapshot.write();
        let mut version = (*snapshot.version).clone();
        version.gone.raise(later);
        snapshot.version = Arc::new(version);
    }

    /// An edit counts: its version is what readers see from now on, and `stored`
    /// is in it. Gives the version before.
    pub(crate) fn replace(&self, version: Version, stored: &[Arc<Generation>]) -> Arc<Version> {
        let mut snapshot = self.snapshot.write();
        let is_stored = |one: &Arc<Generation>| stored.iter().any(|other| Arc::ptr_eq(one, other));
        snapshot.generations.retain(|generation| !is_stored(generation));
        std::mem::replace(&mut snapshot.version, Arc::new(version))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use skytrail_blocks::{Limits, Part, PartWriter, Row, write_part};
    use skytrail_storage::contract::build::{append, entry, segment};

    use super::{Arc, forget_beyond};

    /// A part of some traces, with everything held that can be.
    fn part(number: usize) -> Part {
        let id = |n: usize| format!("trace-{number}-{n}");
        let spans = append((0..4_000).map(|n| segment(id(n), id(n)).with([entry(id(n))])));
        let rows = spans.entries.iter().map(|entry| Row { batch: &spans.batch, entry });
        let sealed = [PartWriter::new(Limits::default()).seal(&rows.collect::<Vec<_>>())];
        let mut file = Vec::new();
        let mut put = |bytes: &[u8]| {
            file.extend_from_slice(bytes);
            Ok(())
        };
        let len = write_part(&sealed, &mut put).unwrap().bytes;
        let part = Part::open(Arc::new(Bytes::from(file)), len).unwrap();
        part.block(0).unwrap().rows().unwrap();
        part
    }

    #[test]
    fn filters_are_forgotten_last_but_for_those_beyond_half_of_the_room() {
        let all = [0, 1, 2].map(part);
        let parts = all.each_ref();
        let memory = || all.each_ref().map(|part| part.memory());
        let held = || all.each_ref().map(|part| part.held_filter().is_some());
        let (before, filter) = (memory(), parts[0].held_filter().unwrap());
        let total = before.iter().sum();
        assert_eq!(forget_beyond(&parts, total), total);
        assert_eq!(memory(), before);
        // The oldest goes first, without its filter.
        let left = forget_beyond(&parts, total - 1);
        assert_eq!(left, memory().iter().sum::<usize>());
        assert!(memory()[0] < before[0] && memory()[1..] == before[1..]);
        assert_eq!(held(), [true; 3]);
        // Half of the room is for two.
        assert!(forget_beyond(&parts, 4 * filter) <= 4 * filter);
        assert_eq!(held(), [false, true, true]);
        // Everything goes when nothing has room.
        forget_beyond(&parts, 0);
        assert_eq!(held(), [false; 3]);
    }
}
