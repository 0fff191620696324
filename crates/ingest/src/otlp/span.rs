//! One span, with its events and links.

use skytrail_model::batch::NO_NAME;
use skytrail_model::span::{
    Attribute, Event, Link, LinkKind, Rows, Span, SpanKind, SpanLayer, Status, Value,
};
use skytrail_model::text::Text;

use super::conventions::{Role, component_of, side_of_message};
use super::scratch::Pending;
use super::value::Of;
use crate::decode::{Refusal, Run, Surplus};
use crate::wire::{Cursor, DEPTH, Malformed, fixed32, fixed64, int, len};

const TRACE_ID: u64 = len(1);
const SPAN_ID: u64 = len(2);
const TRACE_STATE: u64 = len(3);
const PARENT_ID: u64 = len(4);
const NAME: u64 = len(5);
const KIND: u64 = int(6);
const START: u64 = fixed64(7);
const END: u64 = fixed64(8);
const ATTRIBUTE: u64 = len(9);
const DROPPED_ATTRIBUTES: u64 = int(10);
const EVENT: u64 = len(11);
const DROPPED_EVENTS: u64 = int(12);
const LINK: u64 = len(13);
const DROPPED_LINKS: u64 = int(14);
const STATUS: u64 = len(15);
const FLAGS: u64 = fixed32(16);
const LAST_FIELD: u64 = 16;

/// What the sender left out, under the names that OpenTelemetry gives it where a
/// protocol has no place for it.
const DROPPED: [&str; 3] =
    ["otel.dropped_attributes_count", "otel.dropped_events_count", "otel.dropped_links_count"];

/// What is collected of a span before its row is written.
#[derive(Default)]
struct Draft<'a> {
    trace_state: &'a [u8],
    name: &'a [u8],
    kind: i32,
    start: u64,
    end: u64,
    flags: u32,
    dropped: [u64; 3],
    status: Status,
    status_message: &'a [u8],
}

impl<'a> Draft<'a> {
    fn status(&mut self, body: &'a [u8]) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                STATUS_MESSAGE => self.status_message = cursor.bytes()?,
                STATUS_CODE => {
                    self.status = match cursor.varint()? {
                        1 => Status::Ok,
                        2 => Status::Error,
                        _ => Status::Unset,
                    }
                }
                _ => cursor.skip(key, 0, DEPTH - 3)?,
            }
        }
        Ok(())
    }
}

/// The ids of a span as they came.
#[derive(Default)]
struct Ids<'a> {
    trace: &'a [u8],
    span: &'a [u8],
    parent: &'a [u8],
}

impl<'a> Ids<'a> {
    fn of(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut ids = Self::default();
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                TRACE_ID => ids.trace = cursor.bytes()?,
                SPAN_ID => ids.span = cursor.bytes()?,
                PARENT_ID => ids.parent = cursor.bytes()?,
                _ => cursor.skip(key, 0, DEPTH - 2)?,
            }
        }
        Ok(ids)
    }

    /// Trace, span and parent; none where trace or span are no ids.
    fn read(&self) -> Option<(u128, u64, u64)> {
        let trace = u128::from_be_bytes(self.trace.try_into().ok()?);
        let span = u64::from_be_bytes(self.span.try_into().ok()?);
        let parent = self.parent.try_into().map_or(0, u64::from_be_bytes);
        (trace != 0 && span != 0).then_some((trace, span, parent))
    }
}

const STATUS_MESSAGE: u64 = len(2);
const STATUS_CODE: u64 = int(3);

impl Run<'_> {
    /// Reads a span of a scope into the scratch, or leaves it out and counts it.
    pub(super) fn otlp_span(&mut self, body: &[u8], of_scope: &[Attribute]) -> Result<(), Refusal> {
        // Before any of its names is kept.
        let Some((trace, id, parent)) = Ids::of(body)?.read() else {
            self.left_out.add(Surplus::InvalidIds);
            return Ok(());
        };
        if self.otlp.pending.len() >= self.limits.spans as usize {
            self.left_out.add(Surplus::Spans);
            return Ok(());
        }
        let before = self.rows();
        let mut span = self.row_of(body, of_scope)?;
        (span.events, span.links) = (self.otlp_events()?, self.otlp_links()?);
        if self.otlp.rows_left == 0 {
            self.forget_rows(before);
            self.left_out.add(Surplus::Rows);
            return Ok(());
        }
        self.otlp.pending.push(Pending { trace, id, parent, span });
        Ok(())
    }

    /// Attributes, events and links so far.
    fn rows(&self) -> [usize; 3] {
        [self.batch.attributes.len(), self.batch.events.len(), self.batch.links.len()]
    }

    fn forget_rows(&mut self, [attributes, events, links]: [usize; 3]) {
        self.batch.attributes.truncate(attributes);
        self.batch.events.truncate(events);
        self.batch.links.truncate(links);
    }

    fn draft_of<'b>(&mut self, body: &'b [u8]) -> Result<Draft<'b>, Malformed> {
        let mut draft = Draft::default();
        let mut left = self.limits.attributes;
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                TRACE_ID | SPAN_ID | PARENT_ID => drop(cursor.bytes()?),
                TRACE_STATE => draft.trace_state = cursor.bytes()?,
                NAME => draft.name = cursor.bytes()?,
                KIND => draft.kind = cursor.varint()? as i32,
                START => draft.start = cursor.eight_bytes()?,
                END => draft.end = cursor.eight_bytes()?,
                ATTRIBUTE => self.attribute(cursor.bytes()?, Of::Subject, &mut left)?,
                DROPPED_ATTRIBUTES => draft.dropped[0] = cursor.varint()?,
                EVENT => {
                    let place = self.place_of(cursor.bytes()?);
                    match self.deferred.len() < self.limits.events as usize {
                        true => self.deferred.push(place),
                        false => self.notes.left_out_events += 1,
                    }
                }
                DROPPED_EVENTS => draft.dropped[1] = cursor.varint()?,
                LINK => {
                    let place = self.place_of(cursor.bytes()?);
                    match self.otlp.links.len() < self.limits.links as usize {
                        true => self.otlp.links.push(place),
                        false => self.notes.left_out_links += 1,
                    }
                }
                DROPPED_LINKS => draft.dropped[2] = cursor.varint()?,
                STATUS => draft.status(cursor.bytes()?)?,
                FLAGS => draft.flags = cursor.four_bytes()?,
                _ => cursor.skip(key, LAST_FIELD, DEPTH - 2)?,
            }
        }
        Ok(draft)
    }

    /// The row without ids, events and links, which follow.
    fn row_of(&mut self, body: &[u8], of_scope: &[Attribute]) -> Result<Span, Malformed> {
        self.otlp.asked.clear();
        self.otlp.links.clear();
        self.deferred.clear();
        let first = self.batch.attributes.len() as u32;
        let draft = self.draft_of(body)?;
        self.otlp.take_rows(of_scope.len());
        self.batch.attributes.extend_from_slice(of_scope);
        Ok(self.filled(&draft, first))
    }

    fn filled(&mut self, draft: &Draft<'_>, first: u32) -> Span {
        let operation = self.name(draft.name).0;
        let mut kind = kind_of(draft.kind);
        let system = self.system();
        let layer = self.otlp.asked.layer(kind, &system);
        if layer == SpanLayer::Mq {
            kind = self.side_of_message(kind);
        }
        let component = component_of(layer, &system);
        let peer = if kind.is_exit() || kind == SpanKind::Consumer {
            self.peer_of(&system)
        } else {
            NO_NAME
        };
        let endpoint = if kind.is_entry() { self.endpoint_of(layer, draft.name) } else { NO_NAME };
        self.dropped(draft.dropped);
        if draft.end < draft.start {
            self.notes.negative_durations += 1;
        }
        let [start, end] = [draft.start, draft.end].map(|time| time.min(i64::MAX as u64) as i64);
        Span {
            start,
            duration: (end - start).max(0),
            kind,
            layer,
            status: draft.status,
            component,
            flags: draft.flags,
            operation,
            endpoint,
            peer,
            status_message: self.text(draft.status_message),
            trace_state: self.text(draft.trace_state),
            attributes: rows(first, self.batch.attributes.len()),
            ..Span::BLANK
        }
    }

    /// What the sender said that it left out.
    fn dropped(&mut self, counts: [u64; 3]) {
        for (key, count) in DROPPED.into_iter().zip(counts) {
            if count > 0 {
                let value = Value::Int((count.min(i64::MAX as u64) as i64).into());
                let key = self.made_name(key);
                self.batch.attributes.push(Attribute { key, value });
            }
        }
    }

    /// What an operation on messages says holds, whatever kind the span was given;
    /// that kind is kept as an attribute.
    fn side_of_message(&mut self, kind: SpanKind) -> SpanKind {
        let operation = self.asked_text(Role::MessagingOperation);
        let side = operation.and_then(|text| side_of_message(self.batch.bytes_at(text)));
        let Some(side) = side.filter(|side| *side != kind) else { return kind };
        let key = self.made_name(KIND_AS_SENT);
        let value = Value::Text(self.made_text(name_of_kind(kind)));
        self.batch.attributes.push(Attribute { key, value });
        side
    }

    fn otlp_events(&mut self) -> Result<Rows, Malformed> {
        let first = self.batch.events.len() as u32;
        for at in 0..self.deferred.len() {
            let Some(body) = self.deferred.get(at).and_then(|place| self.part(*place)) else {
                break;
            };
            self.otlp.take_rows(1);
            let event = self.otlp_event(body)?;
            self.batch.events.push(event);
        }
        Ok(rows(first, self.batch.events.len()))
    }

    fn otlp_event(&mut self, body: &[u8]) -> Result<Event, Malformed> {
        let first = self.batch.attributes.len() as u32;
        let mut left = self.limits.attributes;
        let (mut time, mut dropped) = (0, 0);
        let mut name: &[u8] = &[];
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                EVENT_TIME => time = cursor.eight_bytes()?,
                EVENT_NAME => name = cursor.bytes()?,
                EVENT_ATTRIBUTE => self.attribute(cursor.bytes()?, Of::Event, &mut left)?,
                EVENT_DROPPED => dropped = cursor.varint()?,
                _ => cursor.skip(key, 4, DEPTH - 3)?,
            }
        }
        self.dropped([dropped, 0, 0]);
        Ok(Event {
            time: time.min(i64::MAX as u64) as i64,
            name: self.text(name),
            attributes: rows(first, self.batch.attributes.len()),
        })
    }

    fn otlp_links(&mut self) -> Result<Rows, Malformed> {
        let first = self.batch.links.len() as u32;
        for at in 0..self.otlp.links.len() {
            let Some(body) = self.otlp.links.get(at).and_then(|place| self.part(*place)) else {
                break;
            };
            self.otlp.take_rows(1);
            let link = self.otlp_link(body)?;
            self.batch.links.extend(link);
        }
        Ok(rows(first, self.batch.links.len()))
    }

    /// None where it names no span. The places of its ids are those in the scratch
    /// until all ids of the message are in the batch.
    fn otlp_link(&mut self, body: &[u8]) -> Result<Option<Link>, Malformed> {
        let first = self.batch.attributes.len() as u32;
        let mut left = self.limits.attributes;
        let (mut trace, mut id, mut state): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
        let (mut dropped, mut flags) = (0, 0);
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                LINK_TRACE => trace = cursor.bytes()?,
                LINK_SPAN => id = cursor.bytes()?,
                LINK_STATE => state = cursor.bytes()?,
                LINK_ATTRIBUTE => self.attribute(cursor.bytes()?, Of::Other, &mut left)?,
                LINK_DROPPED => dropped = cursor.varint()?,
                LINK_FLAGS => flags = cursor.four_bytes()?,
                _ => cursor.skip(key, 6, DEPTH - 3)?,
            }
        }
        if trace.len() != 16 || id.len() != 8 {
            self.batch.attributes.truncate(first as usize);
            self.notes.left_out_links += 1;
            return Ok(None);
        }
        self.dropped([dropped, 0, 0]);
        if !state.is_empty() {
            let value = Value::Text(self.text(state));
            let key = self.made_name("otel.link.trace_state");
            self.batch.attributes.push(Attribute { key, value });
        }
        if flags != 0 {
            let key = self.made_name("otel.link.flags");
            let value = Value::Int(i64::from(flags).into());
            self.batch.attributes.push(Attribute { key, value });
        }
        Ok(Some(Link {
            kind: LinkKind::Follows,
            trace_id: self.otlp.put_hex(trace),
            segment_id: Text::EMPTY,
            span_number: -1,
            span_id: self.otlp.put_hex(id),
            parent_service: NO_NAME,
            parent_instance: NO_NAME,
            parent_endpoint: NO_NAME,
            peer_address: NO_NAME,
            attributes: rows(first, self.batch.attributes.len()),
        }))
    }
}

const EVENT_TIME: u64 = fixed64(1);
const EVENT_NAME: u64 = len(2);
const EVENT_ATTRIBUTE: u64 = len(3);
const EVENT_DROPPED: u64 = int(4);

const LINK_TRACE: u64 = len(1);
const LINK_SPAN: u64 = len(2);
const LINK_STATE: u64 = len(3);
const LINK_ATTRIBUTE: u64 = len(4);
const LINK_DROPPED: u64 = int(5);
const LINK_FLAGS: u64 = fixed32(6);

/// The kind that a span was given, where it counts as another one.
const KIND_AS_SENT: &str = "otel.span.kind";

fn rows(start: u32, end: usize) -> Rows {
    Rows { start, len: end as u32 - start }
}

fn kind_of(number: i32) -> SpanKind {
    match number {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn name_of_kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => "INTERNAL",
        SpanKind::Server => "SERVER",
        SpanKind::Client => "CLIENT",
        SpanKind::Producer => "PRODUCER",
        SpanKind::Consumer => "CONSUMER",
    }
}
