//! Messages of all protocols, decoded straight into an open batch: what their
//! readers share, and the all-or-nothing of a message.
//!
//! The readers take what prost takes, and text that is not UTF-8 as well: it does
//! not cost the message, but is stored with U+FFFD in place of what cannot be
//! read, and counted. The reader of segments also refuses what prost refuses; that
//! of OpenTelemetry passes over fields of a wrong type in what it does not need.

mod bytes;
mod limits;
mod names;
mod outcome;

use skytrail_model::batch::{NO_NAME, SpanBatch};
use skytrail_model::text::{Name, Symbol, SymbolSpace, Text};

pub(crate) use self::bytes::{behind_ascii, is_ascii};
pub use self::limits::{LIMITS_BYTES, Limits};
pub(crate) use self::names::cut;
pub use self::outcome::{Decoded, LeftOut, Notes, Refusal, Surplus};
use crate::frame::{self, Kind};
use crate::otlp::Scratch;
use crate::symbols::{EMPTY, SymbolLimits, SymbolTable};

/// Places in a batch are 32 bits; a batch this large takes no more messages.
const MAX_BUFFER: usize = 1 << 31;

/// Places for which room is kept from batch to batch.
const KEPT_PLACES: usize = 4096;

/// Decodes messages of one shard, batch after batch.
#[derive(Debug)]
pub struct Decoder {
    symbols: SymbolTable,
    limits: Limits,
    deferred: Vec<(u32, u32)>,
    otlp: Scratch,
}

impl Decoder {
    /// A decoder with an empty table of names.
    pub fn new(shard: u16, limits: Limits, symbols: SymbolLimits) -> Self {
        Self {
            symbols: SymbolTable::new(shard, symbols),
            limits,
            deferred: Vec::new(),
            otlp: Scratch::default(),
        }
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
        let before = self.symbols.space();
        self.symbols.begin_batch();
        batch.space = self.symbols.space();
        if batch.space != before {
            self.otlp.forget_symbols();
        }
        self.deferred.shrink_to(KEPT_PLACES);
        frame::push(&mut batch.bytes, Kind::Limits, &self.limits.to_bytes());
        self.symbols.set_local(EMPTY, NO_NAME);
        batch.names.push(Name { text: Text::EMPTY, symbol: Symbol(EMPTY) });
    }

    /// Appends a `SegmentObject` to the batch that [`Decoder::begin`] began. On
    /// an error the batch is as it was.
    pub fn segment(&mut self, message: &[u8], batch: &mut SpanBatch) -> Result<Decoded, Refusal> {
        self.decode(Kind::Segment, message, batch, |run| run.segment())
    }

    /// Appends a `ResourceSpans` in the same way. Spans that are wrong by themselves
    /// are left out and told.
    pub fn resource_spans(
        &mut self,
        message: &[u8],
        batch: &mut SpanBatch,
    ) -> Result<Decoded, Refusal> {
        self.decode(Kind::ResourceSpans, message, batch, |run| run.resource_spans())
    }

    /// Appends one message, which `read` reads to tell its spans.
    #[inline(always)]
    fn decode(
        &mut self,
        kind: Kind,
        message: &[u8],
        batch: &mut SpanBatch,
        read: impl FnOnce(&mut Run<'_>) -> Result<u32, Refusal>,
    ) -> Result<Decoded, Refusal> {
        debug_assert_eq!(batch.space, self.symbols.space());
        let mark = Mark::of(batch);
        let decoded = self.append(kind, message, batch, read);
        if decoded.is_err() {
            mark.restore(batch, &mut self.symbols);
        }
        decoded
    }

    #[inline(always)]
    fn append(
        &mut self,
        kind: Kind,
        message: &[u8],
        batch: &mut SpanBatch,
        read: impl FnOnce(&mut Run<'_>) -> Result<u32, Refusal>,
    ) -> Result<Decoded, Refusal> {
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
        let place = frame::push(&mut batch.bytes, kind, message);
        let (first_span, first_row) = (batch.spans.len(), rows(batch));
        let first_link = batch.links.len();
        let mut run = Run {
            symbols: &mut self.symbols,
            batch,
            deferred: &mut self.deferred,
            otlp: &mut self.otlp,
            left_out: LeftOut::default(),
            limits: self.limits,
            notes: Notes::default(),
            first_span,
            first_row,
            first_link,
            most_spans: first_span.saturating_add(self.limits.spans as usize),
            most_rows: first_row.saturating_add(self.limits.rows as usize),
            message,
            place,
        };
        let spans = read(&mut run)?;
        Ok(Decoded { spans, notes: run.notes, left_out: run.left_out })
    }
}

/// Attributes, events and links of a batch.
fn rows(batch: &SpanBatch) -> usize {
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
pub(crate) struct Run<'a> {
    pub(crate) symbols: &'a mut SymbolTable,
    pub(crate) batch: &'a mut SpanBatch,
    /// Places in the message of what is decoded after the attributes of the span
    /// being read, wherever it stands, so that these are one run.
    pub(crate) deferred: &'a mut Vec<(u32, u32)>,
    pub(crate) otlp: &'a mut Scratch,
    pub(crate) limits: Limits,
    pub(crate) notes: Notes,
    pub(crate) left_out: LeftOut,
    pub(crate) first_span: usize,
    pub(crate) first_row: usize,
    pub(crate) first_link: usize,
    /// Spans and rows that the batch may hold after this message.
    pub(crate) most_spans: usize,
    pub(crate) most_rows: usize,
    pub(crate) message: &'a [u8],
    /// Where the message stands in the batch.
    pub(crate) place: u32,
}

impl<'a> Run<'a> {
    /// A part of the message, by where it begins in it and how long it is.
    pub(crate) fn part(&self, (start, len): (u32, u32)) -> Option<&'a [u8]> {
        self.message.get(start as usize..start as usize + len as usize)
    }

    /// Where a part of the message stands in it, and how long it is.
    pub(crate) fn place_of(&self, part: &[u8]) -> (u32, u32) {
        let text = self.text_at(part);
        (text.start.saturating_sub(self.place), text.len)
    }

    /// Whether spans and rows are within what a message may hold.
    pub(crate) fn check_rows(&self) -> Result<(), Refusal> {
        if self.batch.spans.len() > self.most_spans || rows(self.batch) > self.most_rows {
            return Err(self.too_large());
        }
        Ok(())
    }

    #[cold]
    fn too_large(&self) -> Refusal {
        let spans = (self.batch.spans.len() - self.first_span) as u64;
        if spans > u64::from(self.limits.spans) {
            return Refusal::Limit {
                what: "spans",
                found: spans,
                key: "ingest.segment.max_spans",
                limit: u64::from(self.limits.spans),
            };
        }
        Refusal::Limit {
            what: "rows",
            found: (rows(self.batch) - self.first_row) as u64,
            key: "ingest.segment.max_rows",
            limit: u64::from(self.limits.rows),
        }
    }
}
