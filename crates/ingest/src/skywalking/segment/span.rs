//! Spans with their references and logs.

use skytrail_model::batch::NO_NAME;
use skytrail_model::span::{Event, Link, LinkKind, Rows, Span, SpanKind, SpanLayer, Status};
use skytrail_model::text::Text;

use super::Refusal;
use super::bytes::is_ascii;
use super::decode::{Run, rows};
use super::pairs::Pairs;
use crate::skywalking::wire::{Cursor, DEPTH, Malformed, int, len};
use crate::symbols::{EMPTY, Follow};

const NUMBER: u64 = int(1);
const PARENT: u64 = int(2);
const START: u64 = int(3);
const END: u64 = int(4);
const REFERENCE: u64 = len(5);
const OPERATION: u64 = len(6);
const PEER: u64 = len(7);
const TYPE: u64 = int(8);
const LAYER: u64 = int(9);
const COMPONENT: u64 = int(10);
const ERROR: u64 = int(11);
const TAG: u64 = len(12);
const LOG: u64 = len(13);
const SKIP_ANALYSIS: u64 = int(14);
const LAST_FIELD: u64 = 14;

const NANOS_PER_MILLI: i64 = 1_000_000;

/// What is collected of a span before its row can be written.
struct Draft {
    span: Span,
    start_ms: i64,
    end_ms: i64,
    kind: i32,
    layer: i64,
    symbol: u32,
}

impl Run<'_> {
    /// Appends a span and gives the symbol of its operation. `before` is the
    /// operation of the span before it.
    pub(super) fn span(&mut self, body: &[u8], segment: u32, before: u32) -> Result<u32, Refusal> {
        let mut draft = self.draft(segment);
        self.logs.clear();
        let mut tags = Pairs {
            depth: DEPTH - 2,
            before: EMPTY,
            left: self.limits.attributes,
            is_ascii: false,
            is_long: false,
        };
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                TAG => {
                    let pair = cursor.bytes()?;
                    if tags.left == self.limits.attributes {
                        // Tags mostly end a span, and one look over all of them is cheaper
                        // than one over each.
                        tags.is_ascii = is_ascii(pair) && is_ascii(cursor.rest());
                        tags.before = draft.symbol;
                    }
                    let mut next = Some(pair);
                    while let Some(pair) = next {
                        self.pair(pair, &mut tags)?;
                        next = cursor.next_short(TAG);
                    }
                }
                NUMBER => draft.span.number = cursor.varint()? as i32,
                PARENT => draft.span.parent = cursor.varint()? as i32,
                START => match cursor.two_times(END) {
                    Some((start, end)) => {
                        (draft.start_ms, draft.end_ms) = (start as i64, end as i64);
                    }
                    None => draft.start_ms = cursor.varint()? as i64,
                },
                END => draft.end_ms = cursor.varint()? as i64,
                OPERATION => {
                    (draft.span.operation, draft.symbol) =
                        self.name_after(cursor.bytes()?, before, Follow::Next);
                }
                PEER => {
                    let peer = self.name_after(cursor.bytes()?, draft.symbol, Follow::Peer);
                    draft.span.peer = peer.0;
                }
                TYPE => draft.kind = cursor.varint()? as i32,
                LAYER => draft.layer = i64::from(cursor.varint()? as i32),
                COMPONENT => draft.span.component = cursor.varint()? as i32,
                ERROR => draft.span.status = status(cursor.bool()?),
                REFERENCE => self.reference(cursor.bytes()?, draft.span.links.start)?,
                LOG => self.defer_log(cursor.bytes()?),
                SKIP_ANALYSIS => draft.span.skip_analysis = cursor.bool()?,
                _ => cursor.skip(key, LAST_FIELD, DEPTH - 1)?,
            }
        }
        self.finish(&mut draft)
    }

    fn draft(&self, segment: u32) -> Draft {
        let start = |len: usize| Rows { start: len as u32, len: 0 };
        let span = Span {
            segment,
            number: 0,
            parent: 0,
            id: Text::EMPTY,
            parent_id: Text::EMPTY,
            start: 0,
            duration: 0,
            kind: SpanKind::Server,
            layer: SpanLayer::Unknown,
            status: Status::Unset,
            skip_analysis: false,
            component: 0,
            flags: 0,
            operation: NO_NAME,
            peer: NO_NAME,
            status_message: Text::EMPTY,
            trace_state: Text::EMPTY,
            attributes: start(self.batch.attributes.len()),
            links: start(self.batch.links.len()),
            events: start(self.batch.events.len()),
        };
        Draft { span, start_ms: 0, end_ms: 0, kind: 0, layer: 0, symbol: EMPTY }
    }

    fn finish(&mut self, draft: &mut Draft) -> Result<u32, Refusal> {
        let span = &mut draft.span;
        span.attributes.len = self.batch.attributes.len() as u32 - span.attributes.start;
        span.links.len = self.batch.links.len() as u32 - span.links.start;
        if !self.logs.is_empty() {
            self.events(draft.symbol)?;
            span.events.len = self.batch.events.len() as u32 - span.events.start;
        }
        span.start = draft.start_ms.saturating_mul(NANOS_PER_MILLI);
        if draft.end_ms < draft.start_ms {
            self.notes.negative_durations += 1;
        } else {
            let end = draft.end_ms.saturating_mul(NANOS_PER_MILLI);
            span.duration = end.saturating_sub(span.start);
        }
        span.layer = SpanLayer::from_number(draft.layer);
        span.kind = kind_of(draft.kind, span.layer);
        self.batch.spans.push(*span);
        self.check_size()?;
        Ok(draft.symbol)
    }

    fn check_size(&self) -> Result<(), Refusal> {
        let spans = (self.batch.spans.len() - self.first_span) as u64;
        if spans > u64::from(self.limits.spans) {
            return Err(Refusal::Limit {
                what: "spans",
                found: spans,
                key: "ingest.segment.max_spans",
                limit: u64::from(self.limits.spans),
            });
        }
        let rows = (rows(self.batch) - self.first_row) as u64;
        if rows > u64::from(self.limits.rows) {
            return Err(Refusal::Limit {
                what: "rows",
                found: rows,
                key: "ingest.segment.max_rows",
                limit: u64::from(self.limits.rows),
            });
        }
        Ok(())
    }

    fn defer_log(&mut self, log: &[u8]) {
        let text = self.text_at(log);
        self.logs.push((text.start.saturating_sub(self.place), text.len));
    }

    fn events(&mut self, operation: u32) -> Result<(), Malformed> {
        for at in 0..self.logs.len() {
            let Some((start, len)) = self.logs.get(at).copied() else { break };
            let range = start as usize..start as usize + len as usize;
            let body = self.message.get(range).unwrap_or_default();
            let is_kept = at < self.limits.events as usize;
            self.event(body, operation, is_kept)?;
        }
        Ok(())
    }

    fn event(&mut self, body: &[u8], operation: u32, is_kept: bool) -> Result<(), Malformed> {
        let first = self.batch.attributes.len() as u32;
        let mut pairs = Pairs {
            depth: DEPTH - 3,
            before: operation,
            left: if is_kept { self.limits.attributes } else { 0 },
            is_ascii: false,
            is_long: true,
        };
        let mut time_ms = 0_i64;
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                LOG_TIME => time_ms = cursor.varint()? as i64,
                LOG_DATA => self.pair(cursor.bytes()?, &mut pairs)?,
                _ => cursor.skip(key, LOG_LAST_FIELD, DEPTH - 2)?,
            }
        }
        if !is_kept {
            self.notes.left_out_events += 1;
            return Ok(());
        }
        let len = self.batch.attributes.len() as u32 - first;
        self.batch.events.push(Event {
            time: time_ms.saturating_mul(NANOS_PER_MILLI),
            name: Text::EMPTY,
            attributes: Rows { start: first, len },
        });
        Ok(())
    }

    fn reference(&mut self, body: &[u8], first_link: u32) -> Result<(), Refusal> {
        let reference = Reference::read(body)?;
        if self.batch.links.len() as u32 - first_link >= self.limits.links {
            self.notes.left_out_links += 1;
            return Ok(());
        }
        let service_guess = self.symbols.follower(EMPTY, Follow::Peer);
        let (parent_service, service) = self.name(reference.service, service_guess);
        if service != service_guess {
            self.symbols.set_follower(EMPTY, Follow::Peer, service);
        }
        let link = Link {
            kind: link_kind(reference.kind),
            trace_id: self.id(reference.trace)?,
            segment_id: self.id(reference.segment)?,
            span_number: reference.number,
            span_id: Text::EMPTY,
            parent_service,
            parent_instance: self.name_after(reference.instance, service, Follow::Peer).0,
            parent_endpoint: self.name_after(reference.endpoint, service, Follow::Next).0,
            peer_address: self.name_after(reference.address, service, Follow::Address).0,
            attributes: Rows::default(),
        };
        self.batch.links.push(link);
        Ok(())
    }
}

const LOG_TIME: u64 = int(1);
const LOG_DATA: u64 = len(2);
const LOG_LAST_FIELD: u64 = 2;

/// A `SegmentReference` with its texts in place.
struct Reference<'a> {
    kind: i32,
    trace: &'a [u8],
    segment: &'a [u8],
    number: i32,
    service: &'a [u8],
    instance: &'a [u8],
    endpoint: &'a [u8],
    address: &'a [u8],
}

const REF_TYPE: u64 = int(1);
const REF_TRACE: u64 = len(2);
const REF_SEGMENT: u64 = len(3);
const REF_SPAN: u64 = int(4);
const REF_SERVICE: u64 = len(5);
const REF_INSTANCE: u64 = len(6);
const REF_ENDPOINT: u64 = len(7);
const REF_ADDRESS: u64 = len(8);
const REF_LAST_FIELD: u64 = 8;

impl<'a> Reference<'a> {
    fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reference = Self {
            kind: 0,
            trace: &[],
            segment: &[],
            number: 0,
            service: &[],
            instance: &[],
            endpoint: &[],
            address: &[],
        };
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                REF_TYPE => reference.kind = cursor.varint()? as i32,
                REF_TRACE => reference.trace = cursor.bytes()?,
                REF_SEGMENT => reference.segment = cursor.bytes()?,
                REF_SPAN => reference.number = cursor.varint()? as i32,
                REF_SERVICE => reference.service = cursor.bytes()?,
                REF_INSTANCE => reference.instance = cursor.bytes()?,
                REF_ENDPOINT => reference.endpoint = cursor.bytes()?,
                REF_ADDRESS => reference.address = cursor.bytes()?,
                _ => cursor.skip(key, REF_LAST_FIELD, DEPTH - 2)?,
            }
        }
        Ok(reference)
    }
}

/// Only `CrossProcess` lets an address stand for a service, so a number that is
/// not known counts as the weaker of the two.
fn link_kind(number: i32) -> LinkKind {
    if number == 0 { LinkKind::CrossProcess } else { LinkKind::CrossThread }
}

/// A number that is not known is neither a way in nor a way out.
fn kind_of(number: i32, layer: SpanLayer) -> SpanKind {
    match (number, layer) {
        (0, SpanLayer::Mq) => SpanKind::Consumer,
        (0, _) => SpanKind::Server,
        (1, SpanLayer::Mq) => SpanKind::Producer,
        (1, _) => SpanKind::Client,
        _ => SpanKind::Internal,
    }
}

fn status(is_error: bool) -> Status {
    if is_error { Status::Error } else { Status::Unset }
}
