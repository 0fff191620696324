//! From words to a batch.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use skytrail_model::batch::{NO_NAME, SpanBatch};
use skytrail_model::span::{Attribute, Event, Link, Rows, Segment, Span, Value};
use skytrail_model::text::{Name, NameId, Symbol, SymbolSpace, Text};

use super::link::LinkSpec;
use super::segment::SegmentSpec;
use super::span::{EventSpec, SpanSpec};
use super::value::ValueSpec;

/// Every table has an epoch of its own, so that nobody takes the symbols of one
/// for those of another.
static NEXT_EPOCH: AtomicU32 = AtomicU32::new(1);

/// The symbol table of a shard. Batches laid with one table share its symbols,
/// as batches that a receiver makes do.
#[derive(Debug)]
pub struct Symbols {
    space: SymbolSpace,
    by_name: HashMap<String, Symbol>,
}

impl Symbols {
    /// An empty table of a shard.
    pub fn of_shard(shard: u16) -> Self {
        let epoch = NEXT_EPOCH.fetch_add(1, Ordering::Relaxed);
        let by_name = HashMap::from([(String::new(), Symbol(0))]);
        Self { space: SymbolSpace { shard, epoch }, by_name }
    }

    fn symbol(&mut self, name: &str) -> Symbol {
        let next = Symbol(self.by_name.len() as u32);
        *self.by_name.entry(name.to_owned()).or_insert(next)
    }
}

/// A batch of its own table of symbols.
pub fn batch(segments: impl IntoIterator<Item = SegmentSpec>) -> SpanBatch {
    batch_in(&mut Symbols::of_shard(0), segments)
}

/// A batch whose symbols are those of a table.
pub fn batch_in(
    symbols: &mut Symbols,
    segments: impl IntoIterator<Item = SegmentSpec>,
) -> SpanBatch {
    let into = SpanBatch { space: symbols.space, ..SpanBatch::default() };
    let mut layer = Layer { into, symbols, known: HashMap::new() };
    layer.name("");
    segments.into_iter().for_each(|segment| layer.segment(&segment));
    layer.into
}

struct Layer<'a> {
    into: SpanBatch,
    symbols: &'a mut Symbols,
    known: HashMap<String, NameId>,
}

fn rows(start: usize, end: usize) -> Rows {
    Rows { start: start as u32, len: (end - start) as u32 }
}

impl Layer<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Text {
        if bytes.is_empty() {
            return Text::EMPTY;
        }
        let start = self.into.bytes.len() as u32;
        self.into.bytes.extend_from_slice(bytes);
        Text { start, len: bytes.len() as u32 }
    }

    fn text(&mut self, text: &str) -> Text {
        self.bytes(text.as_bytes())
    }

    fn name(&mut self, name: &str) -> NameId {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let text = self.text(name);
        let id = NameId(self.into.names.len() as u32);
        self.into.names.push(Name { text, symbol: self.symbols.symbol(name) });
        self.known.insert(name.to_owned(), id);
        id
    }

    fn attributes(&mut self, attributes: &[(String, ValueSpec)]) -> Rows {
        let start = self.into.attributes.len();
        for (key, value) in attributes {
            let value = match value {
                ValueSpec::Text(text) => Value::Text(self.text(text)),
                ValueSpec::Bool(value) => Value::Bool(*value),
                ValueSpec::Int(value) => Value::Int((*value).into()),
                ValueSpec::Float(value) => Value::Float((*value).into()),
                ValueSpec::Bytes(bytes) => Value::Bytes(self.bytes(bytes)),
                ValueSpec::Json(text) => Value::Json(self.text(text)),
            };
            let key = self.name(key);
            self.into.attributes.push(Attribute { key, value });
        }
        rows(start, self.into.attributes.len())
    }

    fn links(&mut self, links: &[LinkSpec]) -> Rows {
        let start = self.into.links.len();
        for link in links {
            let [service, instance, endpoint] = &link.parent;
            let laid = Link {
                kind: link.kind,
                trace_id: self.text(&link.trace_id),
                segment_id: self.text(&link.segment_id),
                span_number: link.span_number,
                span_id: self.text(&link.span_id),
                parent_service: self.name(service),
                parent_instance: self.name(instance),
                parent_endpoint: self.name(endpoint),
                peer_address: self.name(&link.address),
                attributes: self.attributes(&link.attributes),
            };
            self.into.links.push(laid);
        }
        rows(start, self.into.links.len())
    }

    fn events(&mut self, events: &[EventSpec]) -> Rows {
        let start = self.into.events.len();
        for event in events {
            let laid = Event {
                time: event.time,
                name: self.text(&event.name),
                attributes: self.attributes(&event.attributes),
            };
            self.into.events.push(laid);
        }
        rows(start, self.into.events.len())
    }

    fn span(&mut self, span: &SpanSpec, segment: u32) {
        let laid = Span {
            segment,
            number: span.number.unwrap_or(0),
            parent: span.parent.unwrap_or(-1),
            id: self.text(&span.id),
            parent_id: self.text(&span.parent_id),
            start: span.start,
            duration: span.duration,
            kind: span.kind,
            layer: span.layer,
            status: span.status,
            skip_analysis: span.skip_analysis,
            component: span.component,
            flags: span.flags,
            operation: self.name(&span.operation),
            endpoint: NO_NAME,
            peer: self.name(&span.peer),
            status_message: self.text(&span.status_message),
            trace_state: self.text(&span.trace_state),
            attributes: self.attributes(&span.attributes),
            links: self.links(&span.links),
            events: self.events(&span.events),
        };
        self.into.spans.push(laid);
    }

    fn segment(&mut self, segment: &SegmentSpec) {
        let number = self.into.segments.len() as u32;
        let start = self.into.spans.len();
        segment.spans.iter().for_each(|span| self.span(span, number));
        let laid = Segment {
            trace_id: self.text(&segment.trace_id),
            segment_id: self.text(&segment.segment_id),
            service: self.name(&segment.service),
            instance: self.name(&segment.instance),
            spans: rows(start, self.into.spans.len()),
            resource: self.attributes(&segment.resource),
            scope: self.text(&segment.scope),
            raw: Text::EMPTY,
            is_size_limited: segment.is_size_limited,
        };
        self.into.segments.push(laid);
    }
}
