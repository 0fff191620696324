//! What the bytes of a part of spans are.

use std::sync::Arc;

use anyhow::Result;
use skytrail_blocks::{BLOCK_SPANS, Limits, PartInfo, PartWriter, Row as Segment, write_part};
use skytrail_storage::SpanAppend;

use crate::rows::{batches, shard};
use crate::table::{Row, three_digits};
use crate::workload::Workload;

/// Segments of the part: 20 blocks of spans.
const SEGMENTS: usize = 20 * BLOCK_SPANS / 5;

/// Bytes a span by stream, of one part that is written at once.
pub(super) fn row() -> Result<Row> {
    let info = part()?;
    let of = |bytes: u64| three_digits(bytes as f64 / info.spans.max(1) as f64);
    let streams = info.streams.iter().map(|(name, bytes)| format!("{name} {}", of(*bytes)));
    let streams: Vec<_> = streams.collect();
    let shown = format!("{} B", of(info.bytes));
    let note = format!("{}; {} spans in {} blocks", streams.join(", "), info.spans, info.blocks);
    Ok(Row::shown("a part of spans, bytes a span by stream", shown).note(note))
}

fn part() -> Result<PartInfo> {
    let mut shard = shard()?;
    let appends = batches(&Workload::new(SEGMENTS))?.into_iter().map(|batch| {
        let entries = shard.process(&batch).segments;
        SpanAppend { batch: Arc::new(batch.spans), entries }
    });
    let appends: Vec<SpanAppend> = appends.collect();
    let mut writer = PartWriter::new(Limits::default());
    let (mut sealed, mut open, mut spans) = (Vec::new(), Vec::new(), 0);
    for append in &appends {
        if spans + append.batch.spans.len() > BLOCK_SPANS {
            sealed.push(writer.seal(&open));
            (open, spans) = (Vec::new(), 0);
        }
        spans += append.batch.spans.len();
        open.extend(append.entries.iter().map(|entry| Segment { batch: &append.batch, entry }));
    }
    sealed.push(writer.seal(&open));
    Ok(write_part(&sealed, &mut |_| Ok(()))?)
}
