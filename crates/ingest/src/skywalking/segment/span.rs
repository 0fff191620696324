//! Spans with their references and logs.

use skytrail_model::batch::NO_NAME;
use skytrail_model::span::{Event, Rows, Span, SpanKind, SpanLayer, Status};
use skytrail_model::text::Text;

use super::Refusal;
use super::bytes::is_ascii;
use super::decode::{Run, rows};
use super::pairs::Pairs;
use crate::skywalking::wire::{Cursor, DEPTH, Malformed, int, len};
use crate::symbols::EMPTY;

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
    layer: i32,
    /// The symbol of its operation.
    symbol: u32,
}

impl Draft {
    /// Reads the start, and the end with it where both are what they mostly are.
    #[inline]
    fn start(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Malformed> {
        match cursor.two_times(END) {
            Some((start, end)) => (self.start_ms, self.end_ms) = (start as i64, end as i64),
            None => self.start_ms = cursor.varint()? as i64,
        }
        Ok(())
    }
}

impl Run<'_> {
    /// Appends a span of the segment with this row.
    pub(super) fn span(&mut self, body: &[u8], segment: u32) -> Result<(), Refusal> {
        let mut draft = self.draft(segment);
        self.logs.clear();
        let mut cursor = Cursor::new(body);
        self.ordered(&mut cursor, &mut draft)?;
        while let Some(key) = cursor.key()? {
            self.field(key, &mut cursor, &mut draft)?;
        }
        self.finish(&mut draft)
    }

    /// Reads fields while they come in the order of their numbers, as encoders
    /// write them: asking for the next one is cheaper than asking which one it
    /// is. What is left is for [`Self::field`].
    #[inline(always)]
    fn ordered(&mut self, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Refusal> {
        if cursor.is_next(NUMBER) {
            draft.span.number = cursor.varint()? as i32;
        }
        if cursor.is_next(PARENT) {
            draft.span.parent = cursor.varint()? as i32;
        }
        if cursor.is_next(START) {
            draft.start(cursor)?;
        }
        if cursor.is_next(END) {
            draft.end_ms = cursor.varint()? as i64;
        }
        while cursor.is_next(REFERENCE) {
            self.reference(cursor.bytes()?, draft.span.links.start)?;
        }
        if cursor.is_next(OPERATION) {
            self.operation(cursor.bytes()?, draft);
        }
        if cursor.is_next(PEER) {
            self.peer(cursor.bytes()?, draft);
        }
        if cursor.is_next(TYPE) {
            draft.kind = cursor.varint()? as i32;
        }
        if cursor.is_next(LAYER) {
            draft.layer = cursor.varint()? as i32;
        }
        if cursor.is_next(COMPONENT) {
            draft.span.component = cursor.varint()? as i32;
        }
        if cursor.is_next(ERROR) {
            draft.span.status = status(cursor.bool()?);
        }
        if cursor.is_at(TAG) {
            self.tags(cursor, draft)?;
        }
        Ok(())
    }

    /// Reads a field, whichever it is.
    #[inline(never)]
    fn field(
        &mut self,
        key: u64,
        cursor: &mut Cursor<'_>,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        match key {
            NUMBER => draft.span.number = cursor.varint()? as i32,
            PARENT => draft.span.parent = cursor.varint()? as i32,
            START => draft.start(cursor)?,
            END => draft.end_ms = cursor.varint()? as i64,
            REFERENCE => self.reference(cursor.bytes()?, draft.span.links.start)?,
            OPERATION => self.operation(cursor.bytes()?, draft),
            PEER => self.peer(cursor.bytes()?, draft),
            TYPE => draft.kind = cursor.varint()? as i32,
            LAYER => draft.layer = cursor.varint()? as i32,
            COMPONENT => draft.span.component = cursor.varint()? as i32,
            ERROR => draft.span.status = status(cursor.bool()?),
            TAG => self.pair(cursor.bytes()?, &mut self.tag_pairs(draft, false))?,
            LOG => self.defer_log(cursor.bytes()?),
            SKIP_ANALYSIS => draft.span.skip_analysis = cursor.bool()?,
            _ => cursor.skip(key, LAST_FIELD, DEPTH - 1)?,
        }
        Ok(())
    }

    fn operation(&mut self, name: &[u8], draft: &mut Draft) {
        (draft.span.operation, draft.symbol) = self.name(name);
    }

    fn peer(&mut self, name: &[u8], draft: &mut Draft) {
        draft.span.peer = self.name(name).0;
    }

    /// Reads the tags that come next.
    fn tags(&mut self, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Malformed> {
        // Tags mostly end a span, and one look over all of them is cheaper than one over each.
        let mut tags = self.tag_pairs(draft, is_ascii(cursor.rest()));
        loop {
            self.expected_pairs(TAG, cursor, &mut tags);
            if !cursor.is_next(TAG) {
                return Ok(());
            }
            self.pair(cursor.bytes()?, &mut tags)?;
        }
    }

    fn tag_pairs(&self, draft: &Draft, is_ascii: bool) -> Pairs {
        let count = self.batch.attributes.len() as u32 - draft.span.attributes.start;
        let left = self.limits.attributes.saturating_sub(count);
        self.pairs(DEPTH - 2, draft.symbol, left, is_ascii)
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

    fn finish(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
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
        span.layer = SpanLayer::from_number(i64::from(draft.layer));
        span.kind = kind_of(draft.kind, span.layer);
        self.batch.spans.push(*span);
        self.check_size()
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
        let left = if is_kept { self.limits.attributes } else { 0 };
        let mut pairs = self.long_pairs(DEPTH - 3, operation, left);
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
}

const LOG_TIME: u64 = int(1);
const LOG_DATA: u64 = len(2);
const LOG_LAST_FIELD: u64 = 2;

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
