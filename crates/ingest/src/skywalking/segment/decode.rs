//! The segment itself, and the all-or-nothing of a message.

use skytrail_model::batch::{NO_NAME, SpanBatch};
use skytrail_model::span::{Rows, Segment};
use skytrail_model::text::{Name, Symbol, SymbolSpace, Text};

use super::{Decoded, Limits, Notes, Refusal};
use crate::frame::{self, Kind};
use crate::skywalking::wire::{Cursor, DEPTH, int, len};
use crate::symbols::{EMPTY, SymbolLimits, SymbolTable};

/// Places in a batch are 32 bits; a batch this large takes no more messages.
const MAX_BUFFER: usize = 1 << 31;

/// Number of the last field of a `SegmentObject`.
const LAST_FIELD: u64 = 6;

/// Decodes segments of one shard, batch after batch.
#[derive(Debug)]
pub struct Decoder {
    pub(super) symbols: SymbolTable,
    pub(super) limits: Limits,
    /// Logs of the span being read: they are decoded after its tags, wherever
    /// they stand, so that the attributes of a span are one run.
    pub(super) logs: Vec<(u32, u32)>,
}

impl Decoder {
    /// A decoder with an empty table of names.
    pub fn new(shard: u16, limits: Limits, symbols: SymbolLimits) -> Self {
        Self { symbols: SymbolTable::new(shard, symbols), limits, logs: Vec::new() }
    }

    /// The table of names.
    pub fn symbols(&self) -> &SymbolTable {
        &self.symbols
    }

    /// Other limits, from the next batch on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Other limits of the table of names, from the next batch on.
    pub fn set_symbol_limits(&mut self, limits: SymbolLimits) {
        self.symbols.set_limits(limits);
    }

    /// Begins a batch: puts the limits frame and the empty name into `batch`,
    /// which must be empty.
    pub fn begin(&mut self, batch: &mut SpanBatch) {
        self.symbols.begin_batch();
        batch.space = self.symbols.space();
        frame::push(&mut batch.bytes, Kind::Limits, &self.limits.to_bytes());
        self.symbols.set_local(EMPTY, NO_NAME);
        batch.names.push(Name { text: Text::EMPTY, symbol: Symbol(EMPTY) });
    }

    /// Appends one message to the batch that [`Decoder::begin`] began. On an
    /// error the batch is as it was.
    pub fn decode(&mut self, message: &[u8], batch: &mut SpanBatch) -> Result<Decoded, Refusal> {
        debug_assert_eq!(batch.space, self.symbols.space());
        let mark = Mark::of(batch);
        let decoded = self.append(message, batch);
        if decoded.is_err() {
            mark.restore(batch, &mut self.symbols);
        }
        decoded
    }

    fn append(&mut self, message: &[u8], batch: &mut SpanBatch) -> Result<Decoded, Refusal> {
        let most =
            (self.limits.message_bytes as usize).min(MAX_BUFFER.saturating_sub(batch.bytes.len()));
        if message.len() > most {
            return Err(Refusal::Limit {
                what: "message_bytes",
                found: message.len() as u64,
                key: "ingest.segment.max_size",
                limit: most as u64,
            });
        }
        let place = frame::push(&mut batch.bytes, Kind::Segment, message);
        let (first_span, first_row) = (batch.spans.len(), rows(batch));
        let mut run = Run {
            symbols: &mut self.symbols,
            batch,
            logs: &mut self.logs,
            limits: self.limits,
            notes: Notes::default(),
            first_span,
            first_row,
            most_spans: first_span.saturating_add(self.limits.spans as usize),
            most_rows: first_row.saturating_add(self.limits.rows as usize),
            message,
            place,
        };
        let spans = run.segment()?;
        Ok(Decoded { spans, notes: run.notes })
    }
}

/// Attributes, events and links of a batch.
pub(super) fn rows(batch: &SpanBatch) -> usize {
    batch.attributes.len() + batch.events.len() + batch.links.len()
}

/// Where a batch ended before a message.
struct Mark {
    space: SymbolSpace,
    lens: [usize; 7],
}

impl Mark {
    fn of(batch: &SpanBatch) -> Self {
        let lens = [
            batch.bytes.len(),
            batch.names.len(),
            batch.segments.len(),
            batch.spans.len(),
            batch.attributes.len(),
            batch.links.len(),
            batch.events.len(),
        ];
        Self { space: batch.space, lens }
    }

    fn restore(self, batch: &mut SpanBatch, symbols: &mut SymbolTable) {
        let [bytes, names, segments, spans, attributes, links, events] = self.lens;
        batch.space = self.space;
        batch.bytes.truncate(bytes);
        for name in batch.names.drain(names.min(batch.names.len())..) {
            symbols.forget_local(name.symbol.0);
        }
        batch.segments.truncate(segments);
        batch.spans.truncate(spans);
        batch.attributes.truncate(attributes);
        batch.links.truncate(links);
        batch.events.truncate(events);
    }
}

/// One message being read.
pub(super) struct Run<'a> {
    pub(super) symbols: &'a mut SymbolTable,
    pub(super) batch: &'a mut SpanBatch,
    pub(super) logs: &'a mut Vec<(u32, u32)>,
    pub(super) limits: Limits,
    pub(super) notes: Notes,
    pub(super) first_span: usize,
    pub(super) first_row: usize,
    /// Spans and rows that the batch may hold after this message.
    pub(super) most_spans: usize,
    pub(super) most_rows: usize,
    pub(super) message: &'a [u8],
    /// Where the message stands in the batch.
    pub(super) place: u32,
}

const EMPTY_TEXT: &[u8] = &[];

const TRACE_ID: u64 = len(1);
const SEGMENT_ID: u64 = len(2);
const SPAN: u64 = len(3);
const SERVICE: u64 = len(4);
const INSTANCE: u64 = len(5);
const SIZE_LIMITED: u64 = int(6);

impl Run<'_> {
    fn segment(&mut self) -> Result<u32, Refusal> {
        let mut cursor = Cursor::new(self.message);
        let first = self.first_span as u32;
        let row = self.batch.segments.len() as u32;
        let (mut trace, mut id) = (EMPTY_TEXT, EMPTY_TEXT);
        let (mut service, mut instance) = (EMPTY_TEXT, EMPTY_TEXT);
        let mut is_size_limited = false;
        while let Some(key) = cursor.key()? {
            match key {
                SPAN => loop {
                    self.span(cursor.bytes()?, row)?;
                    if !cursor.is_next(SPAN) {
                        break;
                    }
                },
                TRACE_ID => trace = cursor.bytes()?,
                SEGMENT_ID => id = cursor.bytes()?,
                SERVICE => service = cursor.bytes()?,
                INSTANCE => instance = cursor.bytes()?,
                SIZE_LIMITED => is_size_limited = cursor.bool()?,
                _ => cursor.skip(key, LAST_FIELD, DEPTH)?,
            }
        }
        let len = self.batch.spans.len() as u32 - first;
        let segment = Segment {
            trace_id: self.id(trace)?,
            segment_id: self.id(id)?,
            service: self.name(service).0,
            instance: self.name(instance).0,
            spans: Rows { start: first, len },
            resource: Rows::default(),
            scope: Text::EMPTY,
            raw: Text { start: self.place, len: self.message.len() as u32 },
            is_size_limited,
        };
        self.batch.segments.push(segment);
        Ok(len)
    }
}
