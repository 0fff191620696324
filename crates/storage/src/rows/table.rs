//! The batches that are kept.

pub(super) mod compact;
mod index;
pub(super) mod join;

use std::collections::BTreeMap;
use std::sync::Arc;

#[cfg(test)]
pub(crate) use index::GENERATION_ENTRIES;
use index::{BatchKey, Gone, Index};

use super::kept::{KeptBatch, trace_hash};
use crate::spi::{Cut, SegmentEntry, SegmentFilter};

/// A batch and the generation that indexes it; none while it may be joined with
/// another: those few are searched one by one.
#[derive(Debug)]
struct Held {
    kept: Arc<KeptBatch>,
    generation: Option<u64>,
}

/// Batches in the order they came, and where the segments of a trace are. Small
/// batches that come one after another are joined.
///
/// Readers take what they need of it, which never changes, and search it when
/// the table is unlocked. `std::mem::take` empties it.
#[derive(Debug, Default)]
pub struct SpanTable {
    /// By key, which is never used again.
    batches: BTreeMap<BatchKey, Held>,
    next: u64,
    index: Index,
    bytes: usize,
    spans: u64,
    /// The latest start of what was evicted or expired, ever.
    gone_to: Option<i64>,
    evicted: u64,
    expired: u64,
}

/// What the caller drops when the table is unlocked.
#[derive(Debug, Default)]
pub(crate) struct Removed {
    batches: Vec<Arc<KeptBatch>>,
    index: Vec<Gone>,
}

impl SpanTable {
    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Spans held.
    pub fn spans(&self) -> u64 {
        self.spans
    }

    /// The latest start of what was evicted or expired.
    pub(crate) fn gone_to(&self) -> Option<i64> {
        self.gone_to
    }

    /// Spans that were evicted, and that expired.
    pub(crate) fn gone(&self) -> (u64, u64) {
        (self.evicted, self.expired)
    }

    /// Adds a batch as the newest one; one without segments is left out.
    pub fn push(&mut self, kept: KeptBatch) {
        if kept.entries().is_empty() {
            return;
        }
        let key = (self.next, 0);
        self.next += 1;
        self.insert(key, kept, None);
        while self.join_last_two() {}
        let last = self.batches.last_key_value();
        if last.is_some_and(|(_, held)| !held.kept.is_small()) {
            self.index_all();
        }
    }

    fn insert(&mut self, key: BatchKey, kept: KeptBatch, generation: Option<u64>) {
        self.bytes += kept.bytes();
        self.spans += kept.spans();
        self.batches.insert(key, Held { kept: Arc::new(kept), generation });
    }

    /// Indexes what can no longer be joined, as a large batch follows or is it.
    fn index_all(&mut self) {
        let newest_first = self.batches.iter_mut().rev();
        let open = newest_first.take_while(|(_, held)| held.generation.is_none());
        let mut open: Vec<_> = open.collect();
        while let Some((key, held)) = open.pop() {
            held.generation = Some(self.index.add(*key, held.kept.traces()));
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
        self.bytes = self.bytes + joined.bytes() - left.kept.bytes() - right.kept.bytes();
        self.batches.remove(&right_key);
        self.batches.insert(left_key, Held { kept: Arc::new(joined), generation: None });
        true
    }

    /// Forgets a batch; with whether it was indexed.
    fn remove(&mut self, key: BatchKey, removed: &mut Removed) -> Option<(Arc<KeptBatch>, bool)> {
        let held = self.batches.remove(&key)?;
        self.bytes -= held.kept.bytes();
        self.spans -= held.kept.spans();
        removed.batches.push(held.kept.clone());
        removed.index.extend(held.generation.and_then(|gone| self.index.forget(gone)));
        Some((held.kept, held.generation.is_some()))
    }

    /// Forgets the oldest batches until the rest fits; the newest one stays.
    pub(crate) fn make_room(&mut self, limit_bytes: usize) -> Removed {
        let mut removed = Removed::default();
        while self.bytes > limit_bytes && self.batches.len() > 1 {
            let Some(oldest) = self.batches.keys().next().copied() else { break };
            if let Some((kept, _)) = self.remove(oldest, &mut removed) {
                self.gone_to = self.gone_to.max(Some(kept.latest()));
                self.evicted += kept.spans();
            }
        }
        removed
    }

    /// Forgets segments that started before `before`.
    pub(crate) fn expire(&mut self, before: i64) -> Removed {
        let old = self.batches.iter().filter(|(_, held)| held.kept.earliest() < before);
        let old: Vec<_> = old.map(|(key, _)| *key).collect();
        let held = self.spans;
        let mut removed = Removed::default();
        for key in old {
            let Some((kept, is_indexed)) = self.remove(key, &mut removed) else { continue };
            let starts = kept.entries().iter().map(|entry| entry.start);
            self.gone_to = self.gone_to.max(starts.filter(|start| *start < before).max());
            if let Some(young) = kept.filtered(|_, entry| entry.start >= before) {
                // Under a key of its own: what is indexed of the old one leads nowhere.
                let key = (key.0, key.1.saturating_add(1));
                let generation = is_indexed.then(|| self.index.add(key, young.traces()));
                self.insert(key, young, generation);
            }
        }
        self.expired += held - self.spans;
        removed
    }

    /// Segments of a trace, each with its batch, in no order. Rarely there are
    /// some of another trace among them.
    pub fn of_trace(&self, trace_id: &str) -> Vec<(Arc<KeptBatch>, SegmentEntry)> {
        let hash = trace_hash(trace_id.as_bytes());
        let place_of =
            |kept: &Arc<KeptBatch>, place: usize| Some((kept.clone(), *kept.entries().get(place)?));
        let places = self.index.places(hash);
        let indexed = places
            .filter_map(|(key, place)| place_of(&self.batches.get(&key)?.kept, place as usize));
        let newest_first = self.batches.values().rev();
        let open = newest_first.take_while(|held| held.generation.is_none());
        let open = open.flat_map(|held| {
            let places = held.kept.traces().iter().enumerate().filter(move |(_, of)| **of == hash);
            places.filter_map(move |(place, _)| place_of(&held.kept, place))
        });
        indexed.chain(open).collect()
    }

    /// Batches that may hold what a search asks for, newest first.
    pub fn candidates(&self, filter: &SegmentFilter) -> Vec<Arc<KeptBatch>> {
        let Some(trace_id) = &filter.trace_id else { return self.newest_first() };
        let places = self.of_trace(trace_id).into_iter();
        let mut batches: Vec<_> = places.map(|(kept, _)| kept).collect();
        batches.dedup_by(|a, b| Arc::ptr_eq(a, b));
        batches
    }

    /// All batches, newest first.
    pub fn newest_first(&self) -> Vec<Arc<KeptBatch>> {
        self.batches.values().rev().map(|held| held.kept.clone()).collect()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Batches held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.batches.len()
    }

    /// Batches that are searched one by one.
    #[cfg(test)]
    pub(crate) fn open(&self) -> usize {
        self.batches.values().filter(|held| held.generation.is_none()).count()
    }

    /// Places in the index.
    #[cfg(test)]
    pub(crate) fn indexed(&self) -> usize {
        self.index.entries()
    }

    /// A table of what came with the appends within a cut.
    pub(crate) fn within(&self, cut: &Cut) -> Self {
        let mut table = Self { gone_to: self.gone_to, ..Self::default() };
        for held in self.batches.values() {
            if let Some(kept) = held.kept.filtered(|origin, _| cut.contains(origin)) {
                table.push(kept);
            }
        }
        table
    }
}
