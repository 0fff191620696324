//! Decoding of segments, by our reader and by prost, over the same bytes.

use std::hint::black_box;

use anyhow::{Result, bail};
use bytes::Bytes;
use prost::Message;
use skytrail_ingest::decode::{Decoder, Limits};
use skytrail_ingest::symbols::SymbolLimits;
use skytrail_model::batch::{BatchSize, SpanBatch, Spare};
use skytrail_proto::v3::SegmentObject;

use super::bench::{Bench, RowMaker};
use crate::measure::cpu::spent;
use crate::measure::rounds::{Contender, interleave};
use crate::table::Row;
use crate::workload::Workload;

pub(super) const ROW: RowMaker =
    RowMaker { name: "decode", what: "segment decode vs prost, table warm", make };

/// Segments of a run: 34 MB, more than the caches of a core hold.
const SEGMENTS: usize = 20_000;

/// Segments per batch: what a shard hands over at some load.
const BATCH: usize = 100;

/// A decoder with the limits of the default configuration's order of size.
pub fn decoder() -> Decoder {
    Decoder::new(0, Limits::NONE, SymbolLimits { entries: 200_000, bytes: 32 << 20 })
}

/// Decodes a workload batch by batch.
#[derive(Debug)]
pub struct Decoding<'a> {
    workload: &'a Workload,
}

impl<'a> Decoding<'a> {
    /// In batches of the size that the rows use.
    pub fn of(workload: &'a Workload) -> Self {
        Self { workload }
    }

    /// Decodes everything with a table that outlives batches.
    pub fn run(&self, decoder: &mut Decoder, take: impl FnMut(SpanBatch)) -> Result<u64> {
        self.each(|batch, segments| fill(batch, decoder, segments), take)
    }

    /// Decodes everything with an empty table for each batch.
    pub fn run_cold(&self, take: impl FnMut(SpanBatch)) -> Result<u64> {
        self.each(|batch, segments| fill(batch, &mut decoder(), segments), take)
    }

    /// Fills batch by batch. Every batch is made of what `take` recycled, as
    /// the receivers do it.
    fn each(
        &self,
        mut fill: impl FnMut(&mut SpanBatch, &[Bytes]) -> Result<u64>,
        mut take: impl FnMut(SpanBatch),
    ) -> Result<u64> {
        let mut spans = 0;
        let mut batch = Spare::new().batch(BatchSize::default());
        for segments in self.workload.encoded.chunks(BATCH) {
            spans += fill(&mut batch, segments)?;
            let (size, spare) = (batch.size(), batch.spare.clone());
            take(batch);
            batch = spare.batch(size);
        }
        Ok(spans)
    }
}

/// Decodes segments into a batch; gives the number of their spans.
fn fill(batch: &mut SpanBatch, decoder: &mut Decoder, segments: &[Bytes]) -> Result<u64> {
    let mut spans = 0;
    decoder.begin(batch);
    for bytes in segments {
        match decoder.segment(bytes, batch) {
            Ok(decoded) => spans += u64::from(decoded.spans),
            Err(refusal) => bail!("a segment was refused: {refusal}"),
        }
    }
    Ok(spans)
}

/// Nanoseconds per span of the thread.
fn per_span(workload: &Workload, work: impl FnOnce() -> Result<u64>) -> Result<f64> {
    let mut spans = Ok(0);
    let time = spent(|| spans = work());
    let spans = spans?;
    if spans != workload.spans {
        bail!("{spans} spans were decoded of {}", workload.spans);
    }
    Ok(time.as_nanos() as f64 / spans as f64)
}

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let workload = Workload::new(SEGMENTS);
    let decoding = Decoding::of(&workload);
    let mut warm = decoder();
    let mut contenders: [Contender<'_>; 3] = [
        Box::new(|| {
            per_span(&workload, || decoding.run(&mut warm, |batch| black_box(batch).recycle()))
        }),
        Box::new(|| per_span(&workload, || decoding.run_cold(|batch| black_box(batch).recycle()))),
        Box::new(|| per_span(&workload, || with_prost(&workload))),
    ];
    let rounds = interleave(bench.rounds, &mut contenders)?;
    let [warm, cold, prost] = [0, 1, 2].map(|at| rounds.get(at).map_or(0.0, |r| r.median()));
    let note = format!(
        "{warm:.0} ns a span, prost {prost:.0}; {}, batches of {BATCH}",
        workload.describe()
    );
    let cold_row =
        Row::shown("segment decode vs prost, table cold", format!("{:.2}×", cold / prost))
            .note(format!("{cold:.0} ns a span; an empty table for every batch"));
    Ok(vec![Row::ratio(ROW.what, warm, prost, 0.30, "0.18×").note(note), cold_row])
}

fn with_prost(workload: &Workload) -> Result<u64> {
    let mut spans = 0;
    for bytes in &workload.encoded {
        let segment = black_box(SegmentObject::decode(bytes.as_ref())?);
        spans += segment.spans.len() as u64;
    }
    Ok(spans)
}
