//! All of one trace.

use std::cmp::Reverse;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use skytrail_model::batch::SpanBatch;
use skytrail_model::extract::Extract;
use skytrail_model::span::{Segment, Span};

use super::window::Copying;
use crate::error::Result;
use crate::spi::{Completeness, SegmentEntry, SpanAppend, Spans, TraceAnswer};

/// What makes a span this one and no other: segment, number and own id.
type Identity<'a> = (&'a str, i32, &'a str);

/// Start, segment id, first span, number of spans.
type Place<'a> = (i64, &'a str, Option<Identity<'a>>, Reverse<usize>);

type Seen<'a> = HashSet<Identity<'a>, RandomState>;

/// Spans beyond the limit that are collected before they are sorted out.
const SLACK_SPANS: usize = 1_024;

/// What a span takes while parts are sorted out, beside its batch.
const SEEN_BYTES: usize = 2 * size_of::<Identity<'static>>();

/// A segment as one source has it.
#[derive(Debug, Clone)]
struct Part {
    batch: Arc<SpanBatch>,
    entry: SegmentEntry,
}

impl Part {
    fn segment(&self) -> Option<&Segment> {
        self.batch.segments.get(self.entry.segment as usize)
    }

    fn spans(&self) -> &[Span] {
        self.segment().map(|segment| self.batch.spans_of(segment)).unwrap_or_default()
    }

    fn segment_id(&self) -> &str {
        self.segment().map(|segment| self.batch.text(segment.segment_id)).unwrap_or_default()
    }

    fn identities(&self) -> impl Iterator<Item = Identity<'_>> {
        let segment_id = self.segment_id();
        self.spans().iter().map(move |span| identity(&self.batch, segment_id, span))
    }

    /// Its place in the answer, which does not depend on who offered it first: of
    /// two parts of a segment that begin alike, the one with more spans leads.
    fn place(&self) -> Place<'_> {
        let first = self.identities().next();
        (self.entry.start, self.segment_id(), first, Reverse(self.spans().len()))
    }

    /// What it takes beside its batch.
    fn own_bytes(&self) -> usize {
        2 * size_of::<Self>() + self.spans().len() * SEEN_BYTES
    }

    /// What it takes of its batch.
    fn share_of_batch(&self) -> usize {
        self.batch.memory() / self.batch.spans.len().max(1) * self.spans().len()
    }

    /// The same without the rest of its batch.
    fn alone(self) -> Self {
        let mut copying = Copying::default();
        copying.add(&self.batch, self.entry);
        let copied = copying.finish().into_iter().next();
        let alone = copied
            .and_then(|spans| Some(Self { entry: *spans.entries.first()?, batch: spans.batch }));
        alone.unwrap_or(self)
    }

    /// Whether each of its spans is there once and now only; then they are seen.
    fn is_new<'a>(&'a self, seen: &mut Seen<'a>) -> bool {
        if self.identities().any(|identity| seen.contains(&identity)) {
            return false;
        }
        let before = seen.len();
        seen.extend(self.identities());
        let is_new = seen.len() - before == self.spans().len();
        if !is_new {
            for identity in self.identities() {
                seen.remove(&identity);
            }
        }
        is_new
    }

    /// The segment alone with the spans that were not yet seen.
    fn answer<'a>(&'a self, seen: &mut Seen<'a>) -> Option<SpanAppend> {
        let (batch, entry) = (&*self.batch, &self.entry);
        if batch.segments.len() == 1 && self.is_new(seen) {
            return Some(SpanAppend { batch: self.batch.clone(), entries: vec![*entry] });
        }
        let named = batch.spans.get(entry.endpoint_span as usize).map(|span| span.number);
        let segment_id = self.segment_id();
        let mut extract = Extract::new(batch);
        let keep = |span: &Span| seen.insert(identity(batch, segment_id, span));
        if !extract.segment(entry.segment as usize, keep) {
            return None;
        }
        let copied = extract.finish();
        let place = copied.spans.iter().position(|span| Some(span.number) == named).unwrap_or(0);
        let entry = SegmentEntry { segment: 0, endpoint_span: place as u32, ..*entry };
        Some(SpanAppend { batch: Arc::new(copied), entries: vec![entry] })
    }
}

fn identity<'a>(batch: &'a SpanBatch, segment_id: &'a str, span: &Span) -> Identity<'a> {
    (segment_id, span.number, batch.text(span.id))
}

/// Spans of a trace, in the order of their segments.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Batches that hold them, among other segments of the trace that are left out.
    pub batches: Vec<Arc<SpanBatch>>,
    /// Batch and row of each span.
    pub spans: Vec<(u32, u32)>,
    /// Whether a limit left spans out.
    pub truncated: bool,
}

/// Collects everything of one trace from several sources, in any order. Holds little more than
/// the spans of the answer: what gets no place in it is let go.
#[derive(Debug)]
pub struct Gather<'a> {
    trace_id: &'a str,
    max_spans: usize,
    max_bytes: usize,
    parts: Vec<Part>,
    /// Spans and bytes of `parts`, and how many of them are too many.
    spans: usize,
    bytes: usize,
    too_many: usize,
    too_large: usize,
    /// The first part that got no place: what comes at or behind it gets none.
    beyond: Option<Part>,
    is_squeezed: bool,
}

impl<'a> Gather<'a> {
    /// Nothing of a trace yet; at most `max_spans` spans in the answer.
    pub fn new(trace_id: &'a str, max_spans: usize) -> Self {
        Self::within(trace_id, max_spans, usize::MAX)
    }

    /// The same, of which no more than about `max_bytes` are held. What they leave out of the
    /// answer are the segments that `max_spans` would, and the first is always there.
    pub fn within(trace_id: &'a str, max_spans: usize, max_bytes: usize) -> Self {
        Self {
            trace_id,
            max_spans,
            max_bytes: max_bytes / 2,
            parts: Vec::new(),
            spans: 0,
            bytes: 0,
            too_many: max_spans.saturating_mul(2).saturating_add(SLACK_SPANS),
            too_large: max_bytes,
            beyond: None,
            is_squeezed: false,
        }
    }

    /// Everything that a store keeps of a trace, at most `max_spans` spans.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn whole(spans: &dyn Spans, trace_id: &str, max_spans: usize) -> Result<TraceAnswer> {
        let mut gather = Gather::new(trace_id, max_spans);
        let mut take = |window: SpanAppend| {
            gather.offer_all(&window);
            true
        };
        let completeness = spans.trace(trace_id, &mut take).await?;
        let mut answer = gather.finish();
        answer.truncated |= completeness == Completeness::Incomplete;
        Ok(answer)
    }

    /// The start behind which nothing gets a place any more; none as long as
    /// everything does.
    pub fn until(&self) -> Option<i64> {
        self.beyond.as_ref().map(|part| part.entry.start)
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether spans were left out that would be there if more bytes might be held.
    pub fn is_squeezed(&self) -> bool {
        self.is_squeezed
    }

    /// Adds a segment, if it is one of the trace. Nothing is copied yet.
    pub fn offer(&mut self, batch: &Arc<SpanBatch>, entry: &SegmentEntry) {
        let part = Part { batch: batch.clone(), entry: *entry };
        let trace_id = part.segment().map(|segment| batch.bytes_at(segment.trace_id));
        let is_beyond = self.beyond.as_ref().is_some_and(|beyond| part.place() >= beyond.place());
        if trace_id != Some(self.trace_id.as_bytes()) || is_beyond {
            return;
        }
        let is_held = self.parts.last().is_some_and(|last| Arc::ptr_eq(&last.batch, batch));
        self.bytes += if is_held { 0 } else { batch.memory() };
        self.bytes += part.own_bytes();
        self.spans += part.spans().len();
        self.parts.push(part);
        if self.spans > self.too_many || self.bytes > self.too_large {
            self.sort_out();
            // Where little can go, looking again must wait.
            self.too_many = self.too_many.max(self.spans.saturating_mul(2));
        }
    }

    /// Adds every segment of a batch that is one of the trace.
    pub fn offer_all(&mut self, spans: &SpanAppend) {
        spans.entries.iter().for_each(|entry| self.offer(&spans.batch, entry));
    }

    /// Puts the parts in order, and lets those go that add nothing or get no place.
    fn sort_out(&mut self) {
        self.parts.sort_by(|a, b| a.place().cmp(&b.place()));
        let mut seen = Seen::default();
        let mut adds = Vec::with_capacity(self.parts.len());
        let mut end = None;
        for (place, part) in self.parts.iter().enumerate() {
            let new = part.identities().filter(|identity| !seen.contains(identity)).count();
            if new > 0 && !seen.is_empty() && seen.len() + new > self.max_spans {
                end = Some(place);
                break;
            }
            adds.push(new > 0);
            seen.extend(part.identities());
        }
        drop(seen);
        if let Some(beyond) = end.and_then(|end| self.parts.get(end)) {
            self.beyond = Some(beyond.clone().alone());
        }
        let mut adds = adds.into_iter();
        self.parts.retain(|_| adds.next().unwrap_or(false));
        self.count();
        if self.bytes > self.max_bytes {
            self.copy();
            self.cut();
        }
    }

    fn count(&mut self) {
        self.spans = self.parts.iter().map(|part| part.spans().len()).sum();
        let of_batches: usize = batches(&self.parts).values().map(|(bytes, _)| bytes).sum();
        self.bytes = of_batches + self.parts.iter().map(Part::own_bytes).sum::<usize>();
    }

    /// Copies what is held out of batches that hold more of what is not, so that these can go.
    fn copy(&mut self) {
        let held = batches(&self.parts);
        let mut copying = Copying::default();
        for part in &mut self.parts {
            let of_batch = held.get(&Arc::as_ptr(&part.batch));
            if of_batch.is_some_and(|(_, spans)| spans * 2 < part.batch.spans.len()) {
                copying.add(&part.batch, part.entry);
            }
        }
        let copied = copying.finish();
        if copied.is_empty() {
            return;
        }
        self.parts.retain(|part| {
            let of_batch = held.get(&Arc::as_ptr(&part.batch));
            of_batch.is_none_or(|(_, spans)| spans * 2 >= part.batch.spans.len())
        });
        for spans in copied {
            let parts = spans.entries.iter();
            self.parts
                .extend(parts.map(|entry| Part { batch: spans.batch.clone(), entry: *entry }));
        }
        self.parts.sort_by(|a, b| a.place().cmp(&b.place()));
        self.count();
    }

    /// Lets go of the last parts, until the others are no more than may be held.
    fn cut(&mut self) {
        let mut bytes = 0;
        let mut end = self.parts.len();
        for (place, part) in self.parts.iter().enumerate() {
            bytes += part.own_bytes() + part.share_of_batch();
            if bytes > self.max_bytes && place > 0 {
                end = place;
                break;
            }
        }
        if let Some(beyond) = self.parts.get(end) {
            self.beyond = Some(beyond.clone().alone());
            self.is_squeezed = true;
            self.parts.truncate(end);
        }
        self.copy();
        self.count();
    }

    /// The answer, each segment in a batch of its own.
    pub fn finish(mut self) -> TraceAnswer {
        self.sort_out();
        let mut seen = Seen::default();
        let parts = self.parts.iter().filter_map(|part| part.answer(&mut seen)).collect();
        TraceAnswer { parts, truncated: self.beyond.is_some() }
    }

    /// The spans of the answer, uncopied.
    pub fn spans(&mut self) -> Gathered {
        self.sort_out();
        let mut gathered = Gathered { truncated: self.beyond.is_some(), ..Gathered::default() };
        let mut numbers: HashMap<*const SpanBatch, u32, RandomState> = HashMap::default();
        let mut seen = Seen::default();
        for part in &self.parts {
            let Some(segment) = part.segment() else { continue };
            let number = *numbers.entry(Arc::as_ptr(&part.batch)).or_insert_with(|| {
                gathered.batches.push(part.batch.clone());
                gathered.batches.len() as u32 - 1
            });
            for (row, identity) in (segment.spans.start..).zip(part.identities()) {
                if seen.insert(identity) {
                    gathered.spans.push((number, row));
                }
            }
        }
        gathered
    }
}

/// Bytes of each batch of some parts, and spans of it that are in them.
fn batches(parts: &[Part]) -> HashMap<*const SpanBatch, (usize, usize), RandomState> {
    let mut batches = HashMap::<_, (usize, usize), RandomState>::default();
    for part in parts {
        let batch =
            batches.entry(Arc::as_ptr(&part.batch)).or_insert_with(|| (part.batch.memory(), 0));
        batch.1 += part.spans().len();
    }
    batches
}
