//! All of one trace.

use std::cmp::Reverse;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use skytrail_model::batch::SpanBatch;
use skytrail_model::extract::Extract;
use skytrail_model::span::{Segment, Span};

use crate::spi::{SegmentEntry, SpanAppend, TraceAnswer};

/// What makes a span this one and no other: segment, number and own id.
type Identity<'a> = (&'a str, i32, &'a str);

/// Start, segment id, first span, number of spans.
type Place<'a> = (i64, &'a str, Option<Identity<'a>>, Reverse<usize>);

type Seen<'a> = HashSet<Identity<'a>, RandomState>;

/// Spans beyond the limit that are collected before they are sorted out.
const SLACK_SPANS: usize = 1_024;

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

/// Collects everything of one trace from several sources, in any order, as
/// [`crate::Spans::trace`] answers it. Holds little more than the spans of the
/// answer: what gets no place in it is let go.
#[derive(Debug)]
pub struct Gather<'a> {
    trace_id: &'a str,
    max_spans: usize,
    parts: Vec<Part>,
    /// Spans of `parts`, and how many of them are too many.
    spans: usize,
    too_many: usize,
    /// The first part that got no place: what comes at or behind it gets none.
    beyond: Option<Part>,
}

impl<'a> Gather<'a> {
    /// Nothing of a trace yet; at most `max_spans` spans in the answer.
    pub fn new(trace_id: &'a str, max_spans: usize) -> Self {
        let too_many = max_spans.saturating_mul(2).saturating_add(SLACK_SPANS);
        Self { trace_id, max_spans, parts: Vec::new(), spans: 0, too_many, beyond: None }
    }

    /// The start behind which nothing gets a place any more; none as long as
    /// everything does.
    pub fn until(&self) -> Option<i64> {
        self.beyond.as_ref().map(|part| part.entry.start)
    }

    /// Adds a segment, if it is one of the trace. Nothing is copied yet.
    pub fn offer(&mut self, batch: &Arc<SpanBatch>, entry: &SegmentEntry) {
        let part = Part { batch: batch.clone(), entry: *entry };
        let trace_id = part.segment().map(|segment| batch.bytes_at(segment.trace_id));
        let is_beyond = self.beyond.as_ref().is_some_and(|beyond| part.place() >= beyond.place());
        if trace_id != Some(self.trace_id.as_bytes()) || is_beyond {
            return;
        }
        self.spans += part.spans().len();
        self.parts.push(part);
        if self.spans > self.too_many {
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
            self.beyond = Some(beyond.clone());
        }
        let mut adds = adds.into_iter();
        self.parts.retain(|_| adds.next().unwrap_or(false));
        self.spans = self.parts.iter().map(|part| part.spans().len()).sum();
    }

    /// The answer.
    pub fn finish(mut self) -> TraceAnswer {
        self.sort_out();
        let mut seen = Seen::default();
        let parts = self.parts.iter().filter_map(|part| part.answer(&mut seen)).collect();
        TraceAnswer { parts, truncated: self.beyond.is_some() }
    }
}
