//! What readers see: rows of this moment, and the parts of a version.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;

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
    /// than `most_bytes` of memory; gives the bytes that it takes then.
    pub(crate) fn forget_beyond(&self, most_bytes: usize) -> usize {
        let mut held: usize = self.spans.iter().map(|part| part.part.memory()).sum();
        if held <= most_bytes {
            return held;
        }
        let mut parts: Vec<_> = self.spans.iter().collect();
        parts.sort_by_key(|part| part.entry.last);
        for part in parts {
            if held <= most_bytes {
                break;
            }
            held = held.saturating_sub(part.part.forget());
        }
        held
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
