//! Spans: the batches as they came, with an index from trace to segment.

mod find;
mod gather;
mod matching;

use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::batch::SpanBatch;

use crate::error::Result;
use crate::spi::{
    Cut, FamilyUsage, Origin, SegmentCursor, SegmentEntry, SegmentFilter, SegmentPage, SpanAppend,
    Spans, TraceAnswer,
};

/// A batch that is kept.
#[derive(Debug)]
struct Kept {
    origin: Origin,
    append: SpanAppend,
    /// Earliest and latest start of its segments.
    starts: (i64, i64),
    spans: u64,
    bytes: usize,
}

/// A segment: number of the batch, place in its entries.
type Place = (u64, u32);

/// Where the segments of a trace are; most traces of one process have one.
#[derive(Debug)]
enum Places {
    One(Place),
    Many(Vec<Place>),
}

#[derive(Debug, Default)]
struct Table {
    batches: VecDeque<Arc<Kept>>,
    /// Number of the first batch in `batches`; numbers are never used again.
    first: u64,
    /// Places by hash of the trace id; ids of equal hash share an entry.
    traces: HashMap<u64, Places, FixedState>,
    bytes: usize,
    spans: u64,
    evicted: u64,
    expired: u64,
}

#[derive(Debug)]
pub(super) struct MemorySpans {
    table: RwLock<Table>,
    limit_bytes: usize,
}

/// What an index entry costs: hash, place, and the room that maps keep free.
const INDEX_BYTES: usize = 64;

fn trace_hash(trace_id: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(trace_id)
}

fn trace_of<'a>(batch: &'a SpanBatch, entry: &SegmentEntry) -> &'a [u8] {
    let segment = batch.segments.get(entry.segment as usize);
    segment.map(|segment| batch.bytes_at(segment.trace_id)).unwrap_or_default()
}

impl Kept {
    fn new(origin: Origin, append: SpanAppend) -> Self {
        let starts = append.entries.iter().map(|entry| entry.start);
        let starts = (starts.clone().min().unwrap_or(0), starts.max().unwrap_or(0));
        let segments = &append.batch.segments;
        let kept = append.entries.iter().filter_map(|entry| segments.get(entry.segment as usize));
        let spans = kept.map(|segment| u64::from(segment.spans.len)).sum();
        let index = append.entries.len() * INDEX_BYTES;
        let entries = append.entries.capacity() * size_of::<SegmentEntry>();
        let bytes = append.batch.memory() + entries + index + size_of::<Self>();
        Self { origin, append, starts, spans, bytes }
    }
}

impl Table {
    fn push(&mut self, kept: Kept) {
        let number = self.first + self.batches.len() as u64;
        for (place, entry) in kept.append.entries.iter().enumerate() {
            let hash = trace_hash(trace_of(&kept.append.batch, entry));
            self.add_place(hash, (number, place as u32));
        }
        self.bytes += kept.bytes;
        self.spans += kept.spans;
        self.batches.push_back(Arc::new(kept));
    }

    fn add_place(&mut self, hash: u64, place: Place) {
        match self.traces.get_mut(&hash) {
            None => drop(self.traces.insert(hash, Places::One(place))),
            Some(Places::Many(places)) => places.push(place),
            Some(one) => {
                if let Places::One(first) = *one {
                    *one = Places::Many(vec![first, place]);
                }
            }
        }
    }

    /// Forgets the oldest batch; says how many spans went with it.
    fn pop(&mut self) -> Option<u64> {
        let kept = self.batches.pop_front()?;
        let number = self.first;
        self.first += 1;
        for entry in &kept.append.entries {
            let hash = trace_hash(trace_of(&kept.append.batch, entry));
            let is_empty = match self.traces.get_mut(&hash) {
                Some(Places::Many(places)) => {
                    places.retain(|place| place.0 != number);
                    places.is_empty()
                }
                Some(Places::One(place)) => place.0 == number,
                None => false,
            };
            if is_empty {
                self.traces.remove(&hash);
            }
        }
        self.bytes -= kept.bytes;
        self.spans -= kept.spans;
        Some(kept.spans)
    }

    /// Batches and places of everything whose trace id has a hash.
    fn places(&self, hash: u64) -> Vec<(Arc<Kept>, u32)> {
        let places: &[Place] = match self.traces.get(&hash) {
            None => &[],
            Some(Places::One(place)) => std::slice::from_ref(place),
            Some(Places::Many(places)) => places,
        };
        let batch_of = |number: u64| self.batches.get(number.checked_sub(self.first)? as usize);
        places
            .iter()
            .filter_map(|(number, place)| Some((batch_of(*number)?.clone(), *place)))
            .collect()
    }
}

impl MemorySpans {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), limit_bytes }
    }

    pub(super) fn within(&self, cut: &Cut) -> Self {
        let mut table = Table::default();
        for kept in self.table.read().batches.iter().filter(|kept| cut.contains(kept.origin)) {
            table.push(Kept::new(kept.origin, kept.append.clone()));
        }
        Self { table: RwLock::new(table), limit_bytes: self.limit_bytes }
    }

    pub(super) fn usage(&self) -> FamilyUsage {
        let table = self.table.read();
        FamilyUsage {
            name: "spans",
            rows: table.spans,
            bytes: table.bytes as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: table.evicted,
            expired: table.expired,
        }
    }

    /// Removes batches from the front while every segment in them started
    /// before `before`.
    pub(super) fn expire(&self, before: i64) {
        let mut table = self.table.write();
        while table.batches.front().is_some_and(|kept| kept.starts.1 < before) {
            let gone = table.pop().unwrap_or(0);
            table.expired += gone;
        }
    }

    /// The batches of this moment, newest first.
    fn snapshot(&self) -> Vec<Arc<Kept>> {
        self.table.read().batches.iter().rev().cloned().collect()
    }
}

impl Spans for MemorySpans {
    fn append<'a>(&'a self, origin: Origin, spans: SpanAppend) -> BoxFuture<'a, Result<()>> {
        if !spans.entries.is_empty() {
            let kept = Kept::new(origin, spans);
            let mut table = self.table.write();
            table.push(kept);
            while table.bytes > self.limit_bytes && table.batches.len() > 1 {
                let gone = table.pop().unwrap_or(0);
                table.evicted += gone;
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn trace<'a>(
        &'a self,
        trace_id: &'a str,
        max_spans: usize,
    ) -> BoxFuture<'a, Result<TraceAnswer>> {
        let places = self.table.read().places(trace_hash(trace_id.as_bytes()));
        Box::pin(async move { Ok(gather::gather(trace_id, places, max_spans)) })
    }

    fn search<'a>(
        &'a self,
        filter: &'a SegmentFilter,
        after: Option<&'a SegmentCursor>,
        limit: usize,
    ) -> BoxFuture<'a, Result<SegmentPage>> {
        let batches = match &filter.trace_id {
            Some(trace_id) => {
                let places = self.table.read().places(trace_hash(trace_id.as_bytes()));
                let mut batches: Vec<_> = places.into_iter().map(|(kept, _)| kept).collect();
                batches.dedup_by(|a, b| Arc::ptr_eq(a, b));
                batches
            }
            None => self.snapshot(),
        };
        Box::pin(find::find(batches, filter, after, limit))
    }
}
