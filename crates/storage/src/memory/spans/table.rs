//! The batches that are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrail_model::batch::SpanBatch;

use super::compact::compact;
use super::index::{BatchKey, Gone, Index};
use super::join::join;
use crate::spi::{Cut, Origin, SegmentEntry, SpanAppend};

/// Batches below this size are joined with their neighbours, so that a quiet
/// system does not pay for a batch, its name table and its allocations with
/// every segment.
const SMALL_BYTES: usize = 32 << 10;

/// What an index entry costs: hash, place, and the room that maps keep free.
const INDEX_BYTES: usize = 72;

/// Entries up to a place came with one append.
#[derive(Debug, Clone, Copy)]
struct Run {
    origin: Origin,
    end: usize,
}

/// A batch that is kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) batch: Arc<SpanBatch>,
    pub(super) entries: Vec<SegmentEntry>,
    /// Hashes of the trace ids of `entries`.
    traces: Vec<u64>,
    runs: Vec<Run>,
    /// Earliest and latest start of its segments.
    pub(super) starts: (i64, i64),
    /// Longest duration of its segments.
    pub(super) longest: i64,
    spans: u64,
    bytes: usize,
}

/// A batch and the generation that indexes it; none while it may be joined with
/// another: those few are searched one by one.
#[derive(Debug)]
struct Held {
    kept: Arc<Kept>,
    generation: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    /// By key, which is never used again.
    batches: BTreeMap<BatchKey, Held>,
    next: u64,
    index: Index,
    pub(super) bytes: usize,
    pub(super) spans: u64,
    /// The latest start of what was evicted or expired, ever.
    pub(super) gone_to: Option<i64>,
    pub(super) evicted: u64,
    pub(super) expired: u64,
}

/// What the caller drops when the table is unlocked.
#[derive(Debug, Default)]
pub(super) struct Removed {
    batches: Vec<Arc<Kept>>,
    index: Vec<Gone>,
}

pub(super) fn trace_hash(trace_id: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(trace_id)
}

pub(super) fn trace_of<'a>(batch: &'a SpanBatch, entry: &SegmentEntry) -> &'a [u8] {
    let segment = batch.segments.get(entry.segment as usize);
    segment.map(|segment| batch.bytes_at(segment.trace_id)).unwrap_or_default()
}

/// What nobody reads any more is filled again: as long as a reader holds the
/// batch it is not for this one to take apart.
impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(batch) = Arc::get_mut(&mut self.batch) {
            batch.recycle();
        }
    }
}

impl Kept {
    pub(super) fn new(origin: Origin, spans: SpanAppend) -> Self {
        let runs = vec![Run { origin, end: spans.entries.len() }];
        Self::of(compact(spans), runs)
    }

    fn of(spans: SpanAppend, mut runs: Vec<Run>) -> Self {
        let SpanAppend { mut batch, mut entries } = spans;
        // A batch that somebody else still reads cannot give anything back.
        if let Some(batch) = Arc::get_mut(&mut batch) {
            batch.shrink();
        }
        entries.shrink_to_fit();
        runs.shrink_to_fit();
        let traces = entries.iter().map(|entry| trace_hash(trace_of(&batch, entry)));
        let traces: Vec<_> = traces.collect();
        let starts = entries.iter().map(|entry| entry.start);
        let starts = (starts.clone().min().unwrap_or(0), starts.max().unwrap_or(0));
        let longest = entries.iter().map(|entry| entry.duration).max().unwrap_or(0);
        let kept = entries.iter().filter_map(|entry| batch.segments.get(entry.segment as usize));
        let spans = kept.map(|segment| u64::from(segment.spans.len)).sum();
        let bytes = batch.memory()
            + entries.capacity() * (size_of::<SegmentEntry>() + size_of::<u64>() + INDEX_BYTES)
            + runs.capacity() * size_of::<Run>()
            + size_of::<Self>();
        Self { batch, entries, traces, runs, starts, longest, spans, bytes }
    }

    /// The segments that `keep` wants, if there are any.
    fn filtered(&self, keep: impl Fn(Origin, &SegmentEntry) -> bool) -> Option<Self> {
        let (mut entries, mut runs, mut start) = (Vec::new(), Vec::new(), 0);
        for run in &self.runs {
            let came = self.entries.get(start..run.end).unwrap_or_default();
            entries.extend(came.iter().filter(|entry| keep(run.origin, entry)));
            runs.push(Run { end: entries.len(), ..*run });
            start = run.end;
        }
        runs.dedup_by(|later, earlier| later.end == earlier.end);
        let spans = SpanAppend { batch: self.batch.clone(), entries };
        (!spans.entries.is_empty()).then(|| Self::of(compact(spans), runs))
    }

    /// Both as one.
    fn joined(&self, right: &Self) -> Self {
        let batch = join(&self.batch, &right.batch);
        let (segments, spans) = (self.batch.segments.len() as u32, self.batch.spans.len() as u32);
        let moved = right.entries.iter().map(|entry| SegmentEntry {
            segment: entry.segment + segments,
            endpoint_span: entry.endpoint_span + spans,
            ..*entry
        });
        let moved: Vec<_> = moved.collect();
        let runs = right.runs.iter().map(|run| Run { end: run.end + self.entries.len(), ..*run });
        let runs: Vec<_> = runs.collect();
        let entries = [self.entries.as_slice(), &moved].concat();
        let spans = SpanAppend { batch: Arc::new(batch), entries };
        Self::of(spans, [self.runs.as_slice(), &runs].concat())
    }

    /// Joining when the left one is the smaller or little larger copies every
    /// byte a few times at most on its way to [`SMALL_BYTES`].
    fn is_joined_with(&self, right: &Self) -> bool {
        let (left, right) = (self.bytes, right.bytes);
        left < SMALL_BYTES && right < SMALL_BYTES && left < right.saturating_mul(2)
    }
}

impl Table {
    pub(super) fn push(&mut self, kept: Kept) {
        let key = (self.next, 0);
        self.next += 1;
        self.insert(key, kept, None);
        while self.join_last_two() {}
        let last = self.batches.last_key_value();
        if last.is_some_and(|(_, held)| held.kept.bytes >= SMALL_BYTES) {
            self.index_all();
        }
    }

    fn insert(&mut self, key: BatchKey, kept: Kept, generation: Option<u64>) {
        self.bytes += kept.bytes;
        self.spans += kept.spans;
        self.batches.insert(key, Held { kept: Arc::new(kept), generation });
    }

    /// Indexes what can no longer be joined, as a large batch follows or is it.
    fn index_all(&mut self) {
        let newest_first = self.batches.iter_mut().rev();
        let open = newest_first.take_while(|(_, held)| held.generation.is_none());
        let mut open: Vec<_> = open.collect();
        while let Some((key, held)) = open.pop() {
            held.generation = Some(self.index.add(*key, &held.kept.traces));
        }
    }

    fn join_last_two(&mut self) -> bool {
        let mut last = self.batches.iter().rev();
        let (Some((right_key, right)), Some((left_key, left))) = (last.next(), last.next()) else {
            return false;
        };
        if left.generation.is_some() || !left.kept.is_joined_with(&right.kept) {
            return false;
        }
        let (left_key, right_key) = (*left_key, *right_key);
        let joined = left.kept.joined(&right.kept);
        self.bytes = self.bytes + joined.bytes - left.kept.bytes - right.kept.bytes;
        self.batches.remove(&right_key);
        self.batches.insert(left_key, Held { kept: Arc::new(joined), generation: None });
        true
    }

    /// Forgets a batch; with whether it was indexed.
    fn remove(&mut self, key: BatchKey, removed: &mut Removed) -> Option<(Arc<Kept>, bool)> {
        let held = self.batches.remove(&key)?;
        self.bytes -= held.kept.bytes;
        self.spans -= held.kept.spans;
        removed.batches.push(held.kept.clone());
        removed.index.extend(held.generation.and_then(|gone| self.index.forget(gone)));
        Some((held.kept, held.generation.is_some()))
    }

    /// Forgets the oldest batches until the rest fits; the newest one stays.
    pub(super) fn make_room(&mut self, limit_bytes: usize) -> Removed {
        let mut removed = Removed::default();
        while self.bytes > limit_bytes && self.batches.len() > 1 {
            let Some(oldest) = self.batches.keys().next().copied() else { break };
            if let Some((kept, _)) = self.remove(oldest, &mut removed) {
                self.gone_to = self.gone_to.max(Some(kept.starts.1));
                self.evicted += kept.spans;
            }
        }
        removed
    }

    /// Forgets segments that started before `before`.
    pub(super) fn expire(&mut self, before: i64) -> Removed {
        let old = self.batches.iter().filter(|(_, held)| held.kept.starts.0 < before);
        let old: Vec<_> = old.map(|(key, _)| *key).collect();
        let held = self.spans;
        let mut removed = Removed::default();
        for key in old {
            let Some((kept, is_indexed)) = self.remove(key, &mut removed) else { continue };
            let starts = kept.entries.iter().map(|entry| entry.start);
            self.gone_to = self.gone_to.max(starts.filter(|start| *start < before).max());
            if let Some(young) = kept.filtered(|_, entry| entry.start >= before) {
                // Under a key of its own: what is indexed of the old one leads nowhere.
                let key = (key.0, key.1.saturating_add(1));
                let generation = is_indexed.then(|| self.index.add(key, &young.traces));
                self.insert(key, young, generation);
            }
        }
        self.expired += held - self.spans;
        removed
    }

    /// Batches and places of everything whose trace id has a hash.
    pub(super) fn places(&self, hash: u64) -> Vec<(Arc<Kept>, usize)> {
        let indexed = self.index.places(hash).filter_map(|(key, place)| {
            Some((self.batches.get(&key)?.kept.clone(), place as usize))
        });
        let newest_first = self.batches.values().rev();
        let open = newest_first.take_while(|held| held.generation.is_none());
        let open = open.flat_map(|held| {
            let places = held.kept.traces.iter().enumerate().filter(move |(_, of)| **of == hash);
            places.map(|(place, _)| (held.kept.clone(), place))
        });
        indexed.chain(open).collect()
    }

    /// Batches held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.batches.len()
    }

    /// Batches that are searched one by one.
    #[cfg(test)]
    pub(super) fn open(&self) -> usize {
        self.batches.values().filter(|held| held.generation.is_none()).count()
    }

    /// Whether nothing is held, in the index neither.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.indexed() == 0
    }

    /// Places in the index.
    #[cfg(test)]
    pub(super) fn indexed(&self) -> usize {
        self.index.entries()
    }

    /// All batches, newest first.
    pub(super) fn newest_first(&self) -> Vec<Arc<Kept>> {
        self.batches.values().rev().map(|held| held.kept.clone()).collect()
    }

    /// A table of what came with the appends within a cut.
    pub(super) fn within(&self, cut: &Cut) -> Self {
        let mut table = Self { gone_to: self.gone_to, ..Self::default() };
        for held in self.batches.values() {
            if let Some(kept) = held.kept.filtered(|origin, _| cut.contains(origin)) {
                table.push(kept);
            }
        }
        table
    }
}
