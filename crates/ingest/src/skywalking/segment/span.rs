//! Spans with their references and logs.

use skytrail_model::batch::NO_NAME;
use skytrail_model::span::{Event, Rows, Span, SpanKind, SpanLayer, Status};
use skytrail_model::text::{NameId, Text};

use super::pairs::Pairs;
use crate::decode::{Refusal, Run, behind_ascii};
use crate::symbols::EMPTY;
use crate::wire::{Cursor, DEPTH, Malformed, int, len};

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
/// Milliseconds of which the nanoseconds fit into 63 bits.
const NEAR_MS: u64 = 1 << 43;

/// What is collected of a span before its row can be written.
struct Draft {
    number: i32,
    parent: i32,
    kind: i32,
    layer: i32,
    component: i32,
    operation: NameId,
    /// The symbol of its operation.
    symbol: u32,
    peer: NameId,
    start_ms: i64,
    end_ms: i64,
    status: Status,
    skip_analysis: bool,
    /// Where its attributes and its links begin.
    attributes: u32,
    links: u32,
}

impl Draft {
    /// Reads the start, and the end with it where both are what they mostly are.
    #[inline(always)]
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
    #[inline]
    pub(super) fn span(&mut self, body: &[u8], segment: u32) -> Result<(), Refusal> {
        let mut draft = self.draft();
        self.deferred.clear();
        let mut cursor = Cursor::new(body);
        self.ordered(&mut cursor, &mut draft)?;
        if !cursor.rest().is_empty() {
            self.unordered(cursor, &mut draft)?;
        }
        self.finish(&draft, segment)
    }

    /// Reads fields while they come in the order of their numbers, as encoders
    /// write them: asking for the next one is cheaper than asking which one it
    /// is. What is left is for [`Self::unordered`].
    #[inline(always)]
    fn ordered(&mut self, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Refusal> {
        cursor.small_ints([(NUMBER, &mut draft.number), (PARENT, &mut draft.parent)]);
        if cursor.is_next(NUMBER) {
            draft.number = cursor.varint()? as i32;
        }
        if cursor.is_next(PARENT) {
            draft.parent = cursor.varint()? as i32;
        }
        if cursor.is_next(START) {
            draft.start(cursor)?;
        }
        if cursor.is_next(END) {
            draft.end_ms = cursor.varint()? as i64;
        }
        while cursor.is_next(REFERENCE) {
            self.reference(cursor.bytes()?, draft.links)?;
        }
        if cursor.is_next(OPERATION) {
            (draft.operation, draft.symbol) = self.name(cursor.bytes()?);
        }
        if cursor.is_next(PEER) {
            draft.peer = self.name(cursor.bytes()?).0;
        }
        cursor.small_ints([
            (TYPE, &mut draft.kind),
            (LAYER, &mut draft.layer),
            (COMPONENT, &mut draft.component),
        ]);
        if cursor.is_next(COMPONENT) {
            draft.component = cursor.varint()? as i32;
        }
        if cursor.is_next(ERROR) {
            draft.status = status(cursor.bool()?);
        }
        if cursor.is_at(TAG) {
            *cursor = self.tags(*cursor, draft)?;
        }
        Ok(())
    }

    /// Reads fields, whichever they are.
    #[inline(never)]
    fn unordered(&mut self, mut cursor: Cursor<'_>, draft: &mut Draft) -> Result<(), Refusal> {
        while let Some(key) = cursor.key()? {
            match key {
                NUMBER => draft.number = cursor.varint()? as i32,
                PARENT => draft.parent = cursor.varint()? as i32,
                START => draft.start(&mut cursor)?,
                END => draft.end_ms = cursor.varint()? as i64,
                REFERENCE => self.reference(cursor.bytes()?, draft.links)?,
                OPERATION => (draft.operation, draft.symbol) = self.name(cursor.bytes()?),
                PEER => draft.peer = self.name(cursor.bytes()?).0,
                TYPE => draft.kind = cursor.varint()? as i32,
                LAYER => draft.layer = cursor.varint()? as i32,
                COMPONENT => draft.component = cursor.varint()? as i32,
                ERROR => draft.status = status(cursor.bool()?),
                TAG => self.pair(cursor.bytes()?, &mut self.tag_pairs(draft))?,
                LOG => self.defer_log(cursor.bytes()?),
                SKIP_ANALYSIS => draft.skip_analysis = cursor.bool()?,
                _ => cursor.skip(key, LAST_FIELD, DEPTH - 1)?,
            }
        }
        Ok(())
    }

    /// Reads the tags that come next.
    #[inline(always)]
    fn tags<'m>(&mut self, mut cursor: Cursor<'m>, draft: &Draft) -> Result<Cursor<'m>, Malformed> {
        let mut tags = self.tag_pairs(draft);
        // Tags mostly end a span, and one look over all of them is cheaper than one over each.
        // No byte is looked at for each tag anew: a span may have very many.
        let mut beyond = behind_ascii(cursor.rest());
        loop {
            let rest = cursor.rest();
            let plain = rest.len().saturating_sub(beyond);
            let plain = rest.get(..plain).unwrap_or_default();
            cursor.advance_by(self.expected_pairs(TAG as u8, plain, &mut tags));
            if !cursor.is_next(TAG) {
                return Ok(cursor);
            }
            self.pair(cursor.bytes()?, &mut tags)?;
            if cursor.rest().len() < beyond {
                beyond = behind_ascii(cursor.rest());
            }
        }
    }

    fn tag_pairs(&self, draft: &Draft) -> Pairs {
        let count = self.batch.attributes.len() as u32 - draft.attributes;
        let left = self.limits.attributes.saturating_sub(count);
        self.pairs(DEPTH - 2, draft.symbol, left)
    }

    #[inline(always)]
    fn draft(&self) -> Draft {
        Draft {
            number: 0,
            parent: 0,
            kind: 0,
            layer: 0,
            component: 0,
            operation: NO_NAME,
            symbol: EMPTY,
            peer: NO_NAME,
            start_ms: 0,
            end_ms: 0,
            status: Status::Unset,
            skip_analysis: false,
            attributes: self.batch.attributes.len() as u32,
            links: self.batch.links.len() as u32,
        }
    }

    #[inline(always)]
    fn finish(&mut self, draft: &Draft, segment: u32) -> Result<(), Refusal> {
        let first_event = self.batch.events.len() as u32;
        let attributes_end = self.batch.attributes.len() as u32;
        if !self.deferred.is_empty() {
            self.events(draft.symbol)?;
        }
        if draft.end_ms < draft.start_ms {
            self.notes.negative_durations += 1;
        }
        let (links_end, events_end) =
            (self.batch.links.len() as u32, self.batch.events.len() as u32);
        // A row that is filled where it stands is not written twice.
        self.batch.spans.push(Span::BLANK);
        if let Some(row) = self.batch.spans.last_mut() {
            row.segment = segment;
            row.number = draft.number;
            row.parent = draft.parent;
            (row.start, row.duration) = times(draft.start_ms, draft.end_ms);
            row.layer = SpanLayer::from_number(i64::from(draft.layer));
            row.kind = kind_of(draft.kind, row.layer);
            row.status = draft.status;
            row.skip_analysis = draft.skip_analysis;
            row.component = draft.component;
            row.operation = draft.operation;
            row.peer = draft.peer;
            row.attributes = rows(draft.attributes, attributes_end);
            row.links = rows(draft.links, links_end);
            row.events = rows(first_event, events_end);
        }
        self.check_rows()
    }

    fn defer_log(&mut self, log: &[u8]) {
        self.deferred.push(self.place_of(log));
    }

    fn events(&mut self, operation: u32) -> Result<(), Malformed> {
        for at in 0..self.deferred.len() {
            let Some(body) = self.deferred.get(at).and_then(|place| self.part(*place)) else {
                break;
            };
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

const fn rows(start: u32, end: u32) -> Rows {
    Rows { start, len: end - start }
}

/// Start and duration in nanoseconds.
#[inline(always)]
fn times(start_ms: i64, end_ms: i64) -> (i64, i64) {
    if (start_ms | end_ms) as u64 >= NEAR_MS {
        return far_times(start_ms, end_ms);
    }
    (start_ms * NANOS_PER_MILLI, (end_ms - start_ms).max(0) * NANOS_PER_MILLI)
}

#[cold]
#[inline(never)]
fn far_times(start_ms: i64, end_ms: i64) -> (i64, i64) {
    let [start, end] = [start_ms, end_ms].map(|time| time.saturating_mul(NANOS_PER_MILLI));
    (start, end.saturating_sub(start).max(0))
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
