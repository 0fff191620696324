//! Segments of a batch to rows, while the batch is in the cache of the core that has just read it.

use skytrail_columns::write::{put_bytes, put_varint};
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Attribute, Link, Rows as Run, Segment, Span, Value};
use skytrail_model::text::{NameId, Text};
use skytrail_storage::SegmentEntry;

use super::rows::{Cell, EventRow, Extra, How, LinkRow, Rows, SegmentRow, SpanRow};
use crate::dictionary::{Endpoint, Grow, Hashed, Owner, Shape, Source, UNKNOWN, ValueKind, Word};
use crate::ids::{CodedId, Id};
use crate::row::trace_hash;

/// Codes of the names of a batch, each looked up once.
#[derive(Debug, Default)]
pub(super) struct Names {
    codes: Vec<u32>,
}

/// Codes that the segment before had: mostly the next one has them too, as an agent sends many together.
#[derive(Debug, Default)]
struct Last {
    source: Option<(Source, u32)>,
    nothing: Option<(u32, u32)>,
}

/// Takes segments of a batch.
pub(super) struct Fill<'a> {
    batch: &'a SpanBatch,
    names: &'a mut Names,
    grow: &'a mut Grow,
    rows: &'a mut Rows,
    last: Last,
}

impl<'a> Fill<'a> {
    pub(super) fn new(
        batch: &'a SpanBatch,
        names: &'a mut Names,
        grow: &'a mut Grow,
        rows: &'a mut Rows,
    ) -> Self {
        let known = grow.symbols.of(batch.space);
        let code = |symbol: u32| known.get(symbol as usize).copied().unwrap_or(UNKNOWN);
        names.codes.clear();
        names.codes.extend(batch.names.iter().map(|name| code(name.symbol.0)));
        Self { batch, names, grow, rows, last: Last::default() }
    }

    /// Adds a segment. One that the batch does not hold is left out.
    pub(super) fn segment(&mut self, entry: &SegmentEntry) {
        let Some(segment) = self.batch.segments.get(entry.segment as usize) else { return };
        let (batch, starts) = (self.batch, self.rows.ends());
        let spans = batch.spans_of(segment);
        let id_text = batch.bytes_at(segment.segment_id);
        let trace_text = batch.bytes_at(segment.trace_id);
        let id = self.id(id_text);
        let process = match id {
            CodedId::Java { process, .. } => process,
            _ => 0,
        };
        let named = i64::from(entry.endpoint_span) - i64::from(segment.spans.start);
        let named = usize::try_from(named).ok().filter(|place| *place < spans.len());
        let (service_name, instance_name) =
            (self.name(segment.service), self.name(segment.instance));
        let (resource, scope) = self.origin(segment);
        let row = SegmentRow {
            service: entry.service,
            start: entry.start,
            duration: entry.duration,
            id,
            id_hash: trace_hash(id_text),
            trace: self.id(trace_text),
            trace_hash: trace_hash(trace_text),
            spans: spans.len() as u32,
            starts,
            source: self.source(Source {
                service: entry.service,
                instance: entry.instance,
                service_name,
                instance_name,
                process,
            }),
            service_name,
            instance_name,
            process,
            endpoint: self.endpoint(entry, named.and_then(|place| spans.get(place))),
            named: named.map_or(-1, |place| place as i32),
            resource,
            scope,
            is_error: entry.is_error,
            is_size_limited: segment.is_size_limited,
        };
        self.rows.segments.push(row);
        for span in spans {
            self.span(span, entry.start);
        }
    }

    fn source(&mut self, source: Source) -> u32 {
        if let Some((_, code)) = self.last.source.filter(|(last, _)| *last == source) {
            return code;
        }
        let code = self.grow.sources.code(&source);
        self.last.source = Some((source, code));
        code
    }

    /// Codes of resource and scope, which segments of SkyWalking do not have.
    fn origin(&mut self, segment: &Segment) -> (u32, u32) {
        let has_none = segment.resource.len == 0 && segment.scope.is_empty();
        if let Some(codes) = self.last.nothing.filter(|_| has_none) {
            return codes;
        }
        let scope = self.grow.names.code(self.batch.bytes_at(segment.scope));
        let codes = (self.resource(segment), scope);
        if has_none {
            self.last.nothing = Some(codes);
        }
        codes
    }

    fn endpoint(&mut self, entry: &SegmentEntry, named: Option<&Span>) -> u32 {
        let name = match named {
            Some(span) => self.name(span.operation),
            None => self.grow.names.code(b""),
        };
        self.grow.endpoints.code(&Endpoint { id: entry.endpoint, name })
    }

    fn name(&mut self, name: NameId) -> u32 {
        let Some(code) = self.names.codes.get_mut(name.0 as usize) else {
            return self.grow.names.code(b"");
        };
        if *code == UNKNOWN {
            let named = self.batch.names.get(name.0 as usize);
            let text = named.map_or(&[][..], |named| self.batch.bytes_at(named.text));
            *code = self.grow.names.code(text);
            if let Some(named) = named {
                self.grow.symbols.learn(self.batch.space, named.symbol, *code);
            }
        }
        *code
    }

    fn id(&mut self, text: &[u8]) -> CodedId<Text> {
        match Id::parse(text) {
            Id::Empty => CodedId::Empty,
            Id::Java { process, thread, number } => {
                let process = self.grow.process(process) + 1;
                CodedId::Java { process, thread, number }
            }
            Id::Hex32(bytes) => CodedId::Hex32(bytes),
            Id::Hex16(bytes) => CodedId::Hex16(bytes),
            Id::Text(text) => CodedId::Text(self.rows.put_text(text)),
        }
    }

    /// The code of the attributes of a resource, all together.
    fn resource(&mut self, segment: &Segment) -> u32 {
        let mut bytes = Vec::new();
        for Attribute { key, value } in self.batch.attributes_of(segment.resource) {
            put_varint(self.name(*key).into(), &mut bytes);
            let mut put = |kind: ValueKind, value: &[u8]| {
                bytes.push(kind as u8);
                put_bytes(value, &mut bytes);
            };
            match value {
                Value::Text(text) => put(ValueKind::Text, self.batch.bytes_at(*text)),
                Value::Bool(value) => put(ValueKind::Bool, &[u8::from(*value)]),
                Value::Int(value) => put(ValueKind::Int, &value.get().to_le_bytes()),
                Value::Float(value) => put(ValueKind::Float, &value.get().to_le_bytes()),
                Value::Bytes(text) => put(ValueKind::Bytes, self.batch.bytes_at(*text)),
                Value::Json(text) => put(ValueKind::Json, self.batch.bytes_at(*text)),
            }
        }
        self.grow.resources.code(&bytes)
    }

    fn span(&mut self, span: &Span, segment_start: i64) {
        let (operation, peer) = (self.name(span.operation), self.name(span.peer));
        let likely = self.grow.likely_shape(operation, peer);
        let cells = self.attributes(Owner::Span, span.attributes);
        let keys = self.grow.listed_keys(likely.map(|(_, shape)| shape.keys));
        let flavour =
            span.kind as u32 | (span.layer as u32) << 4 | u32::from(span.skip_analysis) << 8;
        let shape = Shape { operation, peer, flavour, component: span.component, keys };
        let texts = [span.id, span.parent_id, span.status_message, span.trace_state];
        let has_extra = texts.iter().any(|text| !text.is_empty());
        // As many as there are: of a run that is not whole there is none.
        let (links, events) = (self.batch.links_of(span), self.batch.events_of(span));
        let shape = match likely {
            Some((code, likely)) if likely == shape => code,
            _ => self.grow.shape(&shape),
        };
        self.rows.spans.push(SpanRow {
            start: span.start.wrapping_sub(segment_start),
            duration: span.duration,
            shape,
            operation,
            peer,
            number: span.number,
            parent: span.parent,
            flags: span.flags,
            cells,
            links: links.len() as u32,
            events: events.len() as u32,
            status: span.status,
            has_extra,
        });
        if has_extra {
            self.extra(span);
        }
        for link in links {
            self.link(link);
        }
        for event in events {
            let cells = self.attributes(Owner::Event, event.attributes);
            let keys = self.grow.listed_keys(None);
            let time = event.time.wrapping_sub(span.end());
            let name = self.rows.put_text(self.batch.bytes_at(event.name));
            self.rows.events.push(EventRow { time, name, keys, cells });
        }
    }

    fn extra(&mut self, span: &Span) {
        let batch = self.batch;
        let extra = Extra {
            id: self.id(batch.bytes_at(span.id)),
            parent_id: self.id(batch.bytes_at(span.parent_id)),
            message: self.rows.put_text(batch.bytes_at(span.status_message)),
            trace_state: self.rows.put_text(batch.bytes_at(span.trace_state)),
        };
        self.rows.extras.push(extra);
    }

    fn link(&mut self, link: &Link) {
        let batch = self.batch;
        let segment = batch.bytes_at(link.segment_id);
        let names =
            [link.parent_service, link.parent_instance, link.parent_endpoint, link.peer_address];
        let cells = self.attributes(Owner::Link, link.attributes);
        let keys = self.grow.listed_keys(None);
        let row = LinkRow {
            kind: link.kind,
            trace: self.id(batch.bytes_at(link.trace_id)),
            segment: self.id(segment),
            segment_hash: trace_hash(segment),
            span: self.id(batch.bytes_at(link.span_id)),
            number: link.span_number,
            names: names.map(|name| self.name(name)),
            keys,
            cells,
        };
        self.rows.links.push(row);
    }

    /// Adds cells and lists their keys; says how many there are.
    fn attributes(&mut self, owner: Owner, run: Run) -> u32 {
        let attributes = self.batch.attributes_of(run);
        self.grow.list.clear();
        for attribute in attributes {
            let (kind, number, text) = match attribute.value {
                Value::Text(text) => (ValueKind::Text, 0, Some(text)),
                Value::Bool(value) => (ValueKind::Bool, i64::from(value), None),
                Value::Int(value) => (ValueKind::Int, value.get(), None),
                Value::Float(value) => {
                    (ValueKind::Float, value.get().to_bits().cast_signed(), None)
                }
                Value::Bytes(text) => (ValueKind::Bytes, 0, Some(text)),
                Value::Json(text) => (ValueKind::Json, 0, Some(text)),
            };
            let name = self.name(attribute.key);
            let key = self.grow.key(name, owner, kind);
            self.grow.list.push(key);
            let cell = match text {
                None => Cell::new(key, How::Number, number, 0),
                Some(text) => self.text(key, text),
            };
            self.rows.cells.push(cell);
        }
        attributes.len() as u32
    }

    fn text(&mut self, key: u32, text: Text) -> Cell {
        let text = Hashed::new(self.batch.bytes_at(text));
        match self.grow.word(key, text) {
            Word::Decimal(number) => Cell::new(key, How::Decimal, number, text.half()),
            Word::Code(code) => Cell::code(key, code, text.text.len(), text.half()),
            Word::Text => Cell::text(key, self.rows.put_text(text.text), text.half()),
        }
    }
}
