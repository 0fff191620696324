//! The batches that are kept, and the index from traces to segments.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_model::batch::SpanBatch;

use super::compact::compact;
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

/// A segment: number of the batch, place in its entries.
type Place = (u64, usize);

/// Where the segments of a trace are; most traces of one process have one.
#[derive(Debug)]
enum Places {
    One(Place),
    Many(VecDeque<Place>),
}

#[derive(Debug, Default)]
pub(super) struct Table {
    /// By number, which is never used again.
    batches: BTreeMap<u64, Arc<Kept>>,
    next: u64,
    /// Places by hash of the trace id; ids of equal hash share an entry.
    traces: HashMap<u64, Places, FixedState>,
    pub(super) bytes: usize,
    pub(super) spans: u64,
    /// The latest start of what was evicted or expired, ever.
    pub(super) gone_to: Option<i64>,
    pub(super) evicted: u64,
    pub(super) expired: u64,
}

pub(super) fn trace_hash(trace_id: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(trace_id)
}

pub(super) fn trace_of<'a>(batch: &'a SpanBatch, entry: &SegmentEntry) -> &'a [u8] {
    let segment = batch.segments.get(entry.segment as usize);
    segment.map(|segment| batch.bytes_at(segment.trace_id)).unwrap_or_default()
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
        let number = self.next;
        self.next += 1;
        self.insert(number, kept);
        while self.join_last_two() {}
    }

    fn insert(&mut self, number: u64, kept: Kept) {
        for (place, hash) in kept.traces.iter().enumerate() {
            self.add_place(*hash, (number, place));
        }
        self.bytes += kept.bytes;
        self.spans += kept.spans;
        self.batches.insert(number, Arc::new(kept));
    }

    fn add_place(&mut self, hash: u64, place: Place) {
        match self.traces.get_mut(&hash) {
            None => drop(self.traces.insert(hash, Places::One(place))),
            Some(Places::Many(places)) => places.push_back(place),
            Some(one) => {
                if let Places::One(first) = *one {
                    *one = Places::Many(VecDeque::from([first, place]));
                }
            }
        }
    }

    fn join_last_two(&mut self) -> bool {
        let mut last = self.batches.iter().rev();
        let (Some((right_number, right)), Some((left_number, left))) = (last.next(), last.next())
        else {
            return false;
        };
        if !left.is_joined_with(right) {
            return false;
        }
        let (left_number, left) = (*left_number, left.clone());
        let (right_number, right) = (*right_number, right.clone());
        for (place, hash) in right.traces.iter().enumerate() {
            self.move_place(
                *hash,
                (right_number, place),
                (left_number, left.entries.len() + place),
            );
        }
        let joined = left.joined(&right);
        self.bytes = self.bytes + joined.bytes - left.bytes - right.bytes;
        self.batches.remove(&right_number);
        self.batches.insert(left_number, Arc::new(joined));
        true
    }

    fn move_place(&mut self, hash: u64, from: Place, to: Place) {
        match self.traces.get_mut(&hash) {
            Some(Places::One(place)) if *place == from => *place = to,
            // What moves is among the newest.
            Some(Places::Many(places)) => {
                if let Some(place) = places.iter_mut().rev().find(|place| **place == from) {
                    *place = to;
                }
            }
            _ => {}
        }
    }

    /// Forgets a batch. The caller drops it when the table is unlocked.
    fn remove(&mut self, number: u64) -> Option<Arc<Kept>> {
        let kept = self.batches.remove(&number)?;
        let mut hashes = kept.traces.clone();
        hashes.sort_unstable();
        hashes.dedup();
        for hash in hashes {
            if self.traces.get_mut(&hash).is_some_and(|places| places.forget(number)) {
                self.traces.remove(&hash);
            }
        }
        self.bytes -= kept.bytes;
        self.spans -= kept.spans;
        Some(kept)
    }

    /// Forgets the oldest batches until the rest fits; the newest one stays.
    pub(super) fn make_room(&mut self, limit_bytes: usize) -> Vec<Arc<Kept>> {
        let mut gone = Vec::new();
        while self.bytes > limit_bytes && self.batches.len() > 1 {
            let Some(oldest) = self.batches.keys().next().copied() else { break };
            gone.extend(self.remove(oldest));
        }
        self.gone_to = self.gone_to.max(gone.iter().map(|kept| kept.starts.1).max());
        self.evicted += gone.iter().map(|kept| kept.spans).sum::<u64>();
        gone
    }

    /// Forgets segments that started before `before`.
    pub(super) fn expire(&mut self, before: i64) -> Vec<Arc<Kept>> {
        let old = self.batches.iter().filter(|(_, kept)| kept.starts.0 < before);
        let old: Vec<_> = old.map(|(number, _)| *number).collect();
        let held = self.spans;
        let mut gone = Vec::new();
        for number in old {
            let Some(kept) = self.remove(number) else { continue };
            let starts = kept.entries.iter().map(|entry| entry.start);
            self.gone_to = self.gone_to.max(starts.filter(|start| *start < before).max());
            if let Some(young) = kept.filtered(|_, entry| entry.start >= before) {
                self.insert(number, young);
            }
            gone.push(kept);
        }
        self.expired += held - self.spans;
        gone
    }

    /// Batches and places of everything whose trace id has a hash.
    pub(super) fn places(&self, hash: u64) -> Vec<(Arc<Kept>, usize)> {
        let kept = |(number, place): &Place| Some((self.batches.get(number)?.clone(), *place));
        match self.traces.get(&hash) {
            None => Vec::new(),
            Some(Places::One(place)) => kept(place).into_iter().collect(),
            Some(Places::Many(places)) => places.iter().filter_map(kept).collect(),
        }
    }

    /// Batches held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether nothing is held, in the index neither.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.traces.is_empty()
    }

    /// All batches, newest first.
    pub(super) fn newest_first(&self) -> Vec<Arc<Kept>> {
        self.batches.values().rev().cloned().collect()
    }

    /// A table of what came with the appends within a cut.
    pub(super) fn within(&self, cut: &Cut) -> Self {
        let mut table = Self { gone_to: self.gone_to, ..Self::default() };
        for kept in self.batches.values() {
            if let Some(kept) = kept.filtered(|origin, _| cut.contains(origin)) {
                table.push(kept);
            }
        }
        table
    }
}

impl Places {
    /// Removes the places in a batch; says whether none is left.
    fn forget(&mut self, number: u64) -> bool {
        match self {
            Self::One(place) => place.0 == number,
            Self::Many(places) => {
                // The oldest batch is the usual one to go, and stands in front.
                while places.front().is_some_and(|place| place.0 == number) {
                    places.pop_front();
                }
                if places.iter().any(|place| place.0 == number) {
                    places.retain(|place| place.0 != number);
                }
                places.is_empty()
            }
        }
    }
}
