//! A batch that is kept, and how it is searched.

use std::sync::Arc;

use skytrail_model::batch::SpanBatch;

use super::matching::{Matcher, matches_entry};
use super::page::Page;
use super::table::compact::compact;
use super::table::join::join;
use crate::spi::{Origin, SegmentEntry, SegmentRef, SegmentSummary, SpanAppend};

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

/// A batch that is kept, with the entries of its segments. It never changes.
#[derive(Debug)]
pub struct KeptBatch {
    batch: Arc<SpanBatch>,
    entries: Vec<SegmentEntry>,
    /// Hashes of the trace ids of `entries`.
    traces: Vec<u64>,
    runs: Vec<Run>,
    /// Earliest and latest start.
    starts: (i64, i64),
    longest: i64,
    spans: u64,
    bytes: usize,
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
impl Drop for KeptBatch {
    fn drop(&mut self) {
        if let Some(batch) = Arc::get_mut(&mut self.batch) {
            batch.recycle();
        }
    }
}

/// Offers what matches of some segments of a batch to a page; says how many it looked at.
pub fn offer_matches(batch: &SpanBatch, entries: &[SegmentEntry], page: &mut Page<'_>) -> u64 {
    let filter = page.filter();
    let mut matcher = None;
    // Of most batches the newest come last, and what came first has no chance then.
    for (looked_at, entry) in (1..).zip(entries.iter().rev()) {
        if !page.wants_key(page.key_of(entry)) || !matches_entry(filter, entry) {
            continue;
        }
        if matcher.is_none() {
            matcher = Matcher::new(filter, batch);
        }
        let Some(matcher) = &matcher else { return looked_at };
        if matcher.matches(entry) {
            offer(batch, entry, page);
        }
    }
    entries.len() as u64
}

fn offer(batch: &SpanBatch, entry: &SegmentEntry, page: &mut Page<'_>) {
    let Some(segment) = batch.segments.get(entry.segment as usize) else { return };
    let (segment_id, trace_id) = (batch.text(segment.segment_id), batch.text(segment.trace_id));
    if !page.wants(page.key_of(entry), segment_id, trace_id) {
        return;
    }
    let named = batch.spans.get(entry.endpoint_span as usize);
    let endpoint_name = named.map(|span| batch.name(span.operation)).unwrap_or_default();
    page.offer(SegmentSummary {
        segment: SegmentRef { trace_id: trace_id.to_owned(), segment_id: segment_id.to_owned() },
        service: entry.service,
        endpoint: entry.endpoint,
        service_name: batch.name(segment.service).to_owned(),
        instance_name: batch.name(segment.instance).to_owned(),
        endpoint_name: endpoint_name.to_owned(),
        start: entry.start,
        duration: entry.duration,
        is_error: entry.is_error,
    });
}

impl KeptBatch {
    /// The segments of an append that have an entry. Where they are few of many,
    /// they are copied into a batch of their own.
    pub fn new(origin: Origin, spans: SpanAppend) -> Self {
        let runs = vec![Run { origin, end: spans.entries.len() }];
        Self::of(compact(spans), runs)
    }

    /// The spans, those of segments without an entry included.
    pub fn batch(&self) -> &Arc<SpanBatch> {
        &self.batch
    }

    /// The segments, in the order they came.
    pub fn entries(&self) -> &[SegmentEntry] {
        &self.entries
    }

    /// The same by the append that they came with.
    pub fn appends(&self) -> impl Iterator<Item = (Origin, &[SegmentEntry])> {
        let starts = std::iter::once(0).chain(self.runs.iter().map(|run| run.end));
        let runs = starts.zip(&self.runs);
        runs.map(|(start, run)| (run.origin, self.entries.get(start..run.end).unwrap_or_default()))
    }

    /// The earliest start of a segment.
    pub fn earliest(&self) -> i64 {
        self.starts.0
    }

    /// The latest start of a segment.
    pub fn latest(&self) -> i64 {
        self.starts.1
    }

    /// The longest duration of a segment.
    pub fn longest(&self) -> i64 {
        self.longest
    }

    /// Spans of the segments.
    pub fn spans(&self) -> u64 {
        self.spans
    }

    /// Bytes of memory, with what a table indexes it by.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it can still be joined with a neighbour.
    pub(super) fn is_small(&self) -> bool {
        self.bytes < SMALL_BYTES
    }

    /// Hashes of the trace ids of the entries.
    pub(super) fn traces(&self) -> &[u64] {
        &self.traces
    }

    /// Offers what matches to a page; says how many segments it looked at.
    pub fn search_into(&self, page: &mut Page<'_>) -> u64 {
        let (first, last) = self.starts;
        if !page.may_gain(first, last, self.longest) {
            return 0;
        }
        offer_matches(&self.batch, &self.entries, page)
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
    pub(super) fn filtered(&self, keep: impl Fn(Origin, &SegmentEntry) -> bool) -> Option<Self> {
        let (mut entries, mut runs) = (Vec::new(), Vec::new());
        for (origin, came) in self.appends() {
            entries.extend(came.iter().filter(|entry| keep(origin, entry)));
            runs.push(Run { origin, end: entries.len() });
        }
        runs.dedup_by(|later, earlier| later.end == earlier.end);
        let spans = SpanAppend { batch: self.batch.clone(), entries };
        (!spans.entries.is_empty()).then(|| Self::of(compact(spans), runs))
    }

    /// Both as one.
    pub(super) fn joined(&self, right: &Self) -> Self {
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
    pub(super) fn is_joined_with(&self, right: &Self) -> bool {
        self.is_small() && right.is_small() && self.bytes < right.bytes.saturating_mul(2)
    }
}
