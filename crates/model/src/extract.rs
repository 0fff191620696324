//! Copies single segments out of a batch into another one.

use std::collections::HashMap;

use crate::batch::SpanBatch;
use crate::span::{Attribute, Event, Link, Rows, Segment, Span, Value};
use crate::text::{Name, NameId, Symbol, Text};

/// Gathers segments of one batch in a new batch that holds nothing else.
/// Symbols mean nothing in it; names are those of the source.
#[derive(Debug)]
pub struct Extract<'a> {
    from: &'a SpanBatch,
    into: SpanBatch,
    names: HashMap<NameId, NameId>,
    /// The raw message of the segment being copied: where it was and where it is.
    raw: (Text, u32),
}

impl<'a> Extract<'a> {
    /// Starts an empty batch.
    pub fn new(from: &'a SpanBatch) -> Self {
        let mut extract =
            Self { from, into: SpanBatch::default(), names: HashMap::new(), raw: (Text::EMPTY, 0) };
        extract.into.names.push(Name { text: Text::EMPTY, symbol: Symbol(0) });
        extract
    }

    /// Copies a segment with those of its spans that `keep` wants. Says whether
    /// any was wanted; a segment without a wanted span is left out.
    pub fn segment(&mut self, row: usize, mut keep: impl FnMut(&Span) -> bool) -> bool {
        let from = self.from;
        let Some(segment) = from.segments.get(row) else { return false };
        let wanted: Vec<_> = from.spans_of(segment).iter().filter(|span| keep(span)).collect();
        if wanted.is_empty() {
            return false;
        }
        let raw = self.copy_raw(segment.raw);
        let number = self.into.segments.len() as u32;
        let start = self.into.spans.len() as u32;
        for span in &wanted {
            let span = self.span(span, number);
            self.into.spans.push(span);
        }
        let copied = Segment {
            trace_id: self.text(segment.trace_id),
            segment_id: self.text(segment.segment_id),
            service: self.name(segment.service),
            instance: self.name(segment.instance),
            spans: Rows { start, len: wanted.len() as u32 },
            resource: self.attributes(segment.resource),
            scope: self.text(segment.scope),
            raw,
            is_size_limited: segment.is_size_limited,
        };
        self.into.segments.push(copied);
        true
    }

    /// The new batch.
    pub fn finish(self) -> SpanBatch {
        self.into
    }

    /// Number of spans copied so far.
    pub fn spans(&self) -> usize {
        self.into.spans.len()
    }

    /// Bytes of memory that the new batch takes so far.
    pub fn memory(&self) -> usize {
        self.into.memory()
    }

    /// Number of segments copied so far.
    pub fn len(&self) -> usize {
        self.into.segments.len()
    }

    /// Whether nothing was copied yet.
    pub fn is_empty(&self) -> bool {
        self.into.segments.is_empty()
    }

    fn append(&mut self, bytes: &[u8]) -> Text {
        let start = self.into.bytes.len() as u32;
        self.into.bytes.extend_from_slice(bytes);
        Text { start, len: bytes.len() as u32 }
    }

    fn copy_raw(&mut self, raw: Text) -> Text {
        let copied = self.append(self.from.bytes_at(raw));
        self.raw = (raw, copied.start);
        copied
    }

    /// Texts that lie inside the raw message were copied with it.
    fn text(&mut self, text: Text) -> Text {
        if text.is_empty() {
            return Text::EMPTY;
        }
        let (raw, copied) = self.raw;
        let inside = text.start >= raw.start
            && u64::from(text.start) + u64::from(text.len)
                <= u64::from(raw.start) + u64::from(raw.len);
        if inside {
            return Text { start: copied + (text.start - raw.start), len: text.len };
        }
        self.append(self.from.bytes_at(text))
    }

    fn name(&mut self, name: NameId) -> NameId {
        if name.0 == 0 {
            return name;
        }
        if let Some(known) = self.names.get(&name) {
            return *known;
        }
        let Some(source) = self.from.names.get(name.0 as usize).copied() else { return NameId(0) };
        let text = self.append(self.from.bytes_at(source.text));
        let id = NameId(self.into.names.len() as u32);
        self.into.names.push(Name { text, symbol: source.symbol });
        self.names.insert(name, id);
        id
    }

    fn value(&mut self, value: Value) -> Value {
        match value {
            Value::Text(text) => Value::Text(self.text(text)),
            Value::Bytes(text) => Value::Bytes(self.text(text)),
            Value::Json(text) => Value::Json(self.text(text)),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => value,
        }
    }

    fn attributes(&mut self, rows: Rows) -> Rows {
        let copied: Vec<_> = self
            .from
            .attributes_of(rows)
            .iter()
            .map(|row| Attribute { key: self.name(row.key), value: self.value(row.value) })
            .collect();
        let start = self.into.attributes.len() as u32;
        self.into.attributes.extend(copied);
        Rows { start, len: rows.len }
    }

    fn links(&mut self, span: &Span) -> Rows {
        let start = self.into.links.len() as u32;
        for link in self.from.links_of(span) {
            let copied = Link {
                kind: link.kind,
                trace_id: self.text(link.trace_id),
                segment_id: self.text(link.segment_id),
                span_number: link.span_number,
                span_id: self.text(link.span_id),
                parent_service: self.name(link.parent_service),
                parent_instance: self.name(link.parent_instance),
                parent_endpoint: self.name(link.parent_endpoint),
                peer_address: self.name(link.peer_address),
                attributes: self.attributes(link.attributes),
            };
            self.into.links.push(copied);
        }
        Rows { start, len: span.links.len }
    }

    fn events(&mut self, span: &Span) -> Rows {
        let start = self.into.events.len() as u32;
        for event in self.from.events_of(span) {
            let copied = Event {
                time: event.time,
                name: self.text(event.name),
                attributes: self.attributes(event.attributes),
            };
            self.into.events.push(copied);
        }
        Rows { start, len: span.events.len }
    }

    fn span(&mut self, span: &Span, segment: u32) -> Span {
        Span {
            segment,
            id: self.text(span.id),
            parent_id: self.text(span.parent_id),
            operation: self.name(span.operation),
            endpoint: self.name(span.endpoint),
            peer: self.name(span.peer),
            status_message: self.text(span.status_message),
            trace_state: self.text(span.trace_state),
            attributes: self.attributes(span.attributes),
            links: self.links(span),
            events: self.events(span),
            ..*span
        }
    }
}
