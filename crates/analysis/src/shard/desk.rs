//! Goes through the spans of a segment and gives each to the stages that it
//! concerns.

use skytrail_base::ahead::read_ahead;
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Segment, Span, Value};
use skytrail_model::text::SymbolSpace;
use skytrail_model::time::{Minute, Zone};

use crate::crossthread;
use crate::directory::NO_NODE;
use crate::logic::logic;
use crate::oal::event::Tags;
use crate::oal::key::{KeyMask, KeySet, TagSlots};
use crate::oal::schema::Source;
use crate::pair::{Pairing, offer_client, offer_server};
use crate::rpc::{Ahead, called_alone, entry, exit, references, waits_for_nobody};
use crate::segment::{Home, TagMemory, entry_of, home};
use crate::source::{Sources, TagReader, call_event};
use crate::virtuals::{Visit, visit};

/// Segments that are looked at before they are counted: enough for the
/// processor to wait for many places at once, few enough for the cache.
const AT_ONCE: usize = 16;

/// What is used again from span to span.
#[derive(Debug)]
pub(super) struct Desk {
    reader: TagReader,
    slots: TagSlots,
    memory: TagMemory,
    ahead: Ahead,
}

impl Desk {
    pub(super) fn new(keys: &KeySet, searchable_tags: &[String], zone: Zone) -> Self {
        let mut searchable = KeyMask::default();
        for key in searchable_tags {
            if let Some(key) = keys.find(key) {
                searchable.insert(key);
            }
        }
        Self {
            reader: TagReader::default(),
            slots: TagSlots::new(keys.len()),
            memory: TagMemory::new(searchable, zone),
            ahead: Ahead::default(),
        }
    }

    pub(super) fn begin(&mut self, space: SymbolSpace) {
        self.reader.begin(space);
    }

    pub(super) fn forget_symbols(&mut self) {
        self.reader = TagReader::default();
    }

    /// Segments of a batch, the first of which stands in this row.
    pub(super) fn segments(
        &mut self,
        sources: &mut Sources<'_>,
        pairing: &Pairing,
        first: usize,
        segments: &[Segment],
    ) {
        let mut rows = first..;
        for some in segments.chunks(AT_ONCE) {
            self.ahead.look(sources, some);
            for (segment, row) in some.iter().zip(&mut rows) {
                self.segment(sources, pairing, row, segment);
            }
        }
    }

    /// One segment. One without spans is nothing.
    fn segment(
        &mut self,
        sources: &mut Sources<'_>,
        pairing: &Pairing,
        row: usize,
        segment: &Segment,
    ) {
        let batch = sources.batch;
        let spans = batch.spans_of(segment);
        if spans.is_empty() {
            sources.effects.counts.empty_segments += 1;
            return;
        }
        sources.effects.counts.spans += spans.len() as u64;
        fetch_tags(batch, spans);
        let home = home(sources, segment);
        let mut called = NO_NODE;
        for span in spans {
            let endpoint = self.span(sources, pairing, home, segment, span);
            if span.kind.is_entry() {
                called = endpoint;
            }
        }
        let entry = entry_of(sources, home, row, segment, called);
        sources.effects.segments.extend(entry);
    }

    /// One span; gives the endpoint that an Entry span called.
    fn span(
        &mut self,
        sources: &mut Sources<'_>,
        pairing: &Pairing,
        home: Home,
        segment: &Segment,
        span: &Span,
    ) -> u32 {
        let batch = sources.batch;
        self.reader.read(batch, span, &sources.plan.keys, &mut self.slots);
        let tags = Tags { batch, span, slots: &self.slots };
        let minute = Minute::of_nanos(span.start);
        if !sources.admits(span.start) {
            return NO_NODE;
        }
        let sightings = &mut sources.effects.tags;
        self.memory.look(tags, minute, &sources.plan.keys, sightings);
        let mut called = NO_NODE;
        if !span.skip_analysis {
            called = call(sources, pairing, segment, span, tags);
        }
        // SkyWalking reads the tag on Local spans even when they are skipped.
        if !span.kind.is_exit() && (!span.kind.is_entry() || !span.skip_analysis) {
            logic(sources, segment, span, tags);
        }
        visit(sources, &Visit { segment, span, tags, caller: home.service });
        called
    }
}

/// Has the tags of a segment in the cache. They stand all over the batch.
fn fetch_tags(batch: &SpanBatch, spans: &[Span]) {
    let attributes = spans.iter().flat_map(|span| batch.attributes_of(span.attributes));
    read_ahead(attributes.filter_map(|attribute| match attribute.value {
        Value::Text(text) => batch.bytes_at(text).first().map(|byte| u32::from(*byte)),
        _ => None,
    }));
}

/// A span that is not skipped: what it says about calls.
fn call(
    sources: &mut Sources<'_>,
    pairing: &Pairing,
    segment: &Segment,
    span: &Span,
    tags: Tags<'_>,
) -> u32 {
    // Local spans without references, the most frequent ones of some agents, say nothing.
    if !span.kind.is_entry() && !span.kind.is_exit() && span.links.len == 0 {
        return NO_NODE;
    }
    let family = sources.plan.family(Source::Service);
    let mut event = call_event(family, span, tags);
    if span.kind.is_entry() {
        if span.parent_id.is_empty() || references(sources, span).next().is_some() {
            return entry(sources, segment, span, &mut event);
        }
        let called = called_alone(sources, segment, span, &mut event);
        offer_server(sources, pairing, segment, span, &event);
        return called;
    }
    if span.kind.is_exit() {
        if waits_for_nobody(span) {
            exit(sources, segment, span, &mut event);
        } else {
            offer_client(sources, pairing, segment, span, &event);
        }
    }
    crossthread::refer(sources, segment, span, &mut event);
    NO_NODE
}
