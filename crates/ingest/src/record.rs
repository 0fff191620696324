//! What the journal keeps of a batch, and how the batch comes back from it.
//!
//! A message that came before is in no record: whether it did was decided when
//! it was received, and replay takes everything that it finds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use skytrail_base::journal::Record;
use skytrail_model::batch::Batch;

use crate::decode::{Decoder, Limits};
use crate::duplicates::{DuplicateLimits, Window, identity, keep, restore};
use crate::frame::{self, Frames, Kind};
use crate::intake::shard_of;
use crate::otlp;
use crate::skywalking::report::{self, ReportLimits};
use crate::symbols::SymbolLimits;
use crate::wire::{glance, len};

/// The number of the decoder in journal records. It changes when the same bytes
/// would decode to something else, and when a kind of frame is added, so that an
/// earlier version says that it cannot read what it would take for damaged.
/// 1 knew segments and reports, 2 knows `ResourceSpans` as well.
pub const DECODER: u16 = 2;

/// The oldest decoder of which records are still read.
const OLDEST: u16 = 1;

/// The record of a batch of `shard` that was closed at `arrival` (nanoseconds
/// since the Unix epoch); the buffer of the batch is its payload.
pub fn record(shard: u16, arrival: i64, buffer: &[u8]) -> Record<'_> {
    Record { shard, decoder: DECODER, arrival, payload: Cow::Borrowed(buffer) }
}

pub(crate) fn of_batch(batch: &Batch) -> Record<'_> {
    record(batch.shard, batch.arrival, &batch.spans.bytes)
}

/// Why a record does not become a batch again: it was damaged, or written by
/// a later version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayError {
    /// A message for the operator.
    pub message: String,
    /// Whether a later version of the program would read it.
    pub is_newer: bool,
}

impl ReplayError {
    fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), is_newer: false }
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReplayError {}

/// What replay fills, one of each per shard: the tables of names, and the
/// messages that are recognised when they come again. The receivers go on with
/// them, so that a symbol means the same before and after the start.
#[derive(Debug)]
pub struct Replayer {
    decoders: BTreeMap<u16, Decoder>,
    symbols: SymbolLimits,
    known: Vec<Window>,
}

impl Replayer {
    /// Empty tables with the limits of `ingest.names`, which recognise nothing.
    pub fn new(symbols: SymbolLimits) -> Self {
        Self { decoders: BTreeMap::new(), symbols, known: Vec::new() }
    }

    /// The same for so many shards that remember messages, with the limits of
    /// `ingest.duplicates`.
    #[must_use]
    pub fn remembering(mut self, limits: DuplicateLimits, shards: u16) -> Self {
        let limits = limits.share_of(usize::from(shards));
        self.known = (0..shards).map(|_| Window::new(limits)).collect();
        self
    }

    /// Remembers what a checkpoint kept. Where there were more or fewer shards,
    /// every shard remembers what all of them did.
    pub fn restore(&mut self, kept: &[u8]) -> Result<(), ReplayError> {
        if kept.is_empty() {
            return Ok(());
        }
        let runs = restore(kept, self.known.len() as u16);
        let runs = runs.ok_or_else(|| {
            ReplayError::new("what the checkpoint kept of known messages cannot be read")
        })?;
        for run in runs {
            for (shard, window) in (0_u16..).zip(&mut self.known) {
                if run.shard.is_none_or(|of| of == shard) {
                    window.replayed(run.arrival, run.hashes.iter().copied());
                }
            }
        }
        Ok(())
    }

    /// What a checkpoint keeps of what is remembered so far.
    pub fn kept(&self) -> Vec<u8> {
        keep(&self.known)
    }

    /// Decodes a record to the batch it was made from. Symbols need not be
    /// those of the first time; everything else is equal.
    pub fn replay(&mut self, record: &Record<'_>) -> Result<Batch, ReplayError> {
        let batch = self.decode(record)?;
        self.remember(&batch);
        Ok(batch)
    }

    /// Everything in a record was taken, so replay asks nobody whether it came
    /// before.
    fn remember(&mut self, batch: &Batch) {
        if self.known.iter().all(Window::is_off) {
            return;
        }
        let mut found = vec![Vec::new(); self.known.len()];
        let mut reports = batch.jvm.iter();
        for (kind, bytes) in Frames::new(&batch.spans.bytes).flatten() {
            let Some(hash) = identity(kind, bytes) else { continue };
            // By service, since the number of shards may have been another one.
            let shard = match kind {
                Kind::Jvm => {
                    reports.next().map(|report| shard_of(report.service.as_bytes(), found.len()))
                }
                Kind::ResourceSpans => {
                    otlp::glance(bytes).ok().map(|seen| shard_of(&seen.service(), found.len()))
                }
                _ => {
                    glance(bytes, len(4), len(3)).ok().map(|seen| shard_of(seen.text, found.len()))
                }
            };
            if let Some(hashes) = shard.and_then(|shard| found.get_mut(shard)) {
                hashes.push(hash);
            }
        }
        for (window, hashes) in self.known.iter_mut().zip(found) {
            window.replayed(batch.arrival, hashes);
        }
    }

    fn decode(&mut self, record: &Record<'_>) -> Result<Batch, ReplayError> {
        if !(OLDEST..=DECODER).contains(&record.decoder) {
            let message = format!("decoder {} is not known to this version", record.decoder);
            return Err(ReplayError { message, is_newer: record.decoder > DECODER });
        }
        let mut frames = Frames::new(&record.payload);
        let limits = match frames.next() {
            Some(Ok((Kind::Limits, bytes))) => Limits::from_bytes(bytes),
            _ => None,
        };
        let limits =
            limits.ok_or_else(|| ReplayError::new("a record does not begin with limits"))?;
        let decoder = self.decoder(record.shard);
        decoder.set_limits(limits);
        let mut batch = Batch { shard: record.shard, arrival: record.arrival, ..Batch::default() };
        decoder.begin(&mut batch.spans);
        for frame in frames {
            let (kind, bytes) = frame.map_err(ReplayError::new)?;
            append(decoder, kind, bytes, &mut batch)?;
        }
        Ok(batch)
    }

    fn decoder(&mut self, shard: u16) -> &mut Decoder {
        let symbols = self.symbols;
        self.decoders.entry(shard).or_insert_with(|| Decoder::new(shard, Limits::NONE, symbols))
    }

    /// What a shard remembers, to go on with.
    pub(crate) fn take_known(&mut self, shard: u16) -> Window {
        let nothing = || Window::new(DuplicateLimits::default());
        self.known
            .get_mut(usize::from(shard))
            .map_or_else(nothing, |window| std::mem::replace(window, nothing()))
    }

    /// The decoder of a shard, to go on with.
    pub(crate) fn take(&mut self, shard: u16, limits: Limits, symbols: SymbolLimits) -> Decoder {
        match self.decoders.remove(&shard) {
            Some(mut decoder) => {
                decoder.set_limits(limits);
                decoder.set_symbol_limits(symbols);
                decoder
            }
            None => Decoder::new(shard, limits, symbols),
        }
    }
}

fn append(
    decoder: &mut Decoder,
    kind: Kind,
    bytes: &[u8],
    batch: &mut Batch,
) -> Result<(), ReplayError> {
    let limits = ReportLimits::NONE;
    match kind {
        // The message before it has made it again.
        Kind::Made => return Ok(()),
        Kind::Limits => return Err(ReplayError::new("limits stand within a record")),
        Kind::Segment => {
            decoder.segment(bytes, &mut batch.spans).map_err(ReplayError::new)?;
            return Ok(());
        }
        Kind::ResourceSpans => {
            decoder.resource_spans(bytes, &mut batch.spans).map_err(ReplayError::new)?;
            return Ok(());
        }
        Kind::Properties => {
            batch.instances.push(report::properties(bytes, &limits).map_err(ReplayError::new)?);
        }
        Kind::KeepAlive => {
            batch.instances.push(report::keep_alive(bytes, &limits).map_err(ReplayError::new)?);
        }
        Kind::Jvm => batch.jvm.push(report::jvm(bytes, &limits).map_err(ReplayError::new)?),
    }
    frame::push(&mut batch.spans.bytes, kind, bytes);
    Ok(())
}

#[cfg(test)]
mod tests;
