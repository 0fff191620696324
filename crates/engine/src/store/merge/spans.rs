//! Parts of spans: blocks that are full are copied, others are filled up first.

use std::sync::Arc;

use skytrail_blocks::{
    BLOCK_SPANS, Limits, OpenBlock, Part, PartWriter, Sealed, Sealer, SpareRows, copy_parts,
};
use skytrail_storage::SpanAppend;

use super::at::At;
use crate::error::{Error, Result};
use crate::store::core::{About, Core, Sink};
use crate::store::manifest::Family;
use crate::store::part::SpanPart;

/// Blocks with so many spans, or so many bytes, are not worth being written anew.
const ENOUGH_SPANS: u64 = BLOCK_SPANS as u64 / 2;
const ENOUGH_BYTES: u64 = 96 << 10;

/// Bytes of rows that become a block, however few spans they are.
const MOST_ROW_BYTES: usize = 8 << 20;

/// After so many merges blocks are as full as they will ever be.
const ENOUGH_LEVELS: u8 = 4;

/// Whether the blocks of a part are as large as they should be, on average.
pub(super) fn is_filled(part: &SpanPart) -> bool {
    if part.entry.level >= ENOUGH_LEVELS {
        return true;
    }
    let blocks = u64::from(part.part.len());
    part.entry.rows >= blocks * ENOUGH_SPANS || part.entry.bytes >= blocks * ENOUGH_BYTES
}

/// One part of several.
pub(super) fn merge(core: &Core, parts: &[Arc<SpanPart>], at: At) -> Result<Arc<SpanPart>> {
    let At { day, level, age } = at;
    let about = |info: &skytrail_blocks::PartInfo| {
        let times = (info.earliest, info.latest);
        About { family: Family::Spans, level, day, rows: info.spans, times }
    };
    if parts.iter().all(|part| is_filled(part)) {
        let open = |part: &Arc<SpanPart>| {
            let opened = Part::open(core.fetch_once(&part.file), part.file.len());
            opened.map_err(|error| Error::format(part.file.describe(), &error))
        };
        let opened = parts.iter().map(open).collect::<Result<Vec<_>>>()?;
        let opened: Vec<_> = opened.iter().collect();
        let write = |sink: Sink<'_>| Ok(about(&copy_parts(&opened, sink)?));
        return core.merged(Family::Spans, age, write, Part::open);
    }
    let sealed = filled(parts)?;
    let write = |sink: Sink<'_>| Ok(about(&skytrail_blocks::write_part(&sealed, sink)?));
    core.merged(Family::Spans, age, write, Part::open)
}

/// Reads all of a part.
pub(super) fn check(part: &SpanPart) -> skytrail_columns::Result<()> {
    let mut blocks = 0..part.part.len();
    blocks.try_for_each(|number| part.part.block(number)?.rows().map(drop))?;
    copy_parts(&[&part.part], &mut |_| Ok(())).map(drop)
}

/// The rows of some parts in full blocks.
fn filled(parts: &[Arc<SpanPart>]) -> Result<Vec<Sealed>> {
    let mut filling = Filling::new();
    for part in parts {
        let format = |error| Error::format(part.file.describe(), &error);
        for number in 0..part.part.len() {
            let rows = part.part.block(number).and_then(|block| block.rows());
            filling.add(&rows.map_err(format)?);
        }
    }
    filling.seal();
    Ok(filling.sealed)
}

/// A block that is being filled, and the blocks before it.
struct Filling {
    writer: PartWriter,
    sealer: Sealer,
    spare: SpareRows,
    /// None where nothing came since the last block.
    open: Option<OpenBlock>,
    /// Of its rows as batches.
    bytes: usize,
    sealed: Vec<Sealed>,
}

impl Filling {
    fn new() -> Self {
        let spare = SpareRows::default();
        let writer = PartWriter::with_spare(Limits::default(), spare.clone());
        let (sealer, open) = (Sealer::default(), None);
        Self { writer, sealer, spare, open, bytes: 0, sealed: Vec::new() }
    }

    fn add(&mut self, rows: &SpanAppend) {
        let (spans, bytes) = (rows.batch.spans.len(), rows.batch.memory());
        let held = self.open.as_ref().map_or(0, OpenBlock::spans);
        if held + spans > BLOCK_SPANS || self.bytes + bytes > MOST_ROW_BYTES {
            self.seal();
        }
        self.bytes += bytes;
        self.open.get_or_insert_with(|| self.writer.open()).add(&rows.batch, &rows.entries);
    }

    fn seal(&mut self) {
        if let Some(open) = self.open.take().filter(|open| !open.is_empty()) {
            self.sealed.push(self.sealer.seal(&open));
        }
        if self.writer.is_full() {
            self.writer = PartWriter::with_spare(Limits::default(), self.spare.clone());
        }
        self.bytes = 0;
    }
}
