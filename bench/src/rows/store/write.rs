//! What writing costs, and what it takes on disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::embedded::feed::{Feeder, Sample, open_store};
use crate::embedded::folder;
use crate::embedded::grow::{CHECKPOINT, grow, merged};
use crate::ids::Ids;
use crate::table::{Row, three_digits};

/// What was written.
pub(super) struct Written {
    pub(super) rows: Vec<Row>,
    pub(super) spans: u64,
    /// When the first trace starts, Unix milliseconds.
    pub(super) begin: i64,
    /// Bytes of parts of spans once everything was merged.
    pub(super) span_bytes: u64,
    /// Processor time of one span, merges left out.
    pub(super) insert: Duration,
    /// Processor time of merges of one span.
    pub(super) merge: Duration,
    pub(super) samples: Vec<Sample>,
    pub(super) ids: Ids,
}

/// Bytes and files by kind.
type Shares = BTreeMap<String, (u64, u64)>;

/// Feeds so many spans into a new store of a folder.
pub(super) async fn write(folder: &Path, spans: u64, ids: Ids) -> Result<Written> {
    let store = open_store(folder)?;
    let mut feeder = Feeder::new(store.clone(), spans, ids).await?;
    let seal = grow(&mut feeder, spans).await?;
    let flushed = folder::shares(folder)?;
    let merge = merged().await?;
    let after = folder::shares(folder)?;
    let rows = vec![
        cost(&feeder, seal),
        Row::absolute("embedded store: merges, CPU a span", each(merge, feeder.spans), 0.3, " µs"),
        disk(feeder.spans, &flushed, &after),
    ];
    let total = u32::try_from(feeder.spans)?;
    Ok(Written {
        rows,
        spans: feeder.spans,
        begin: feeder.begin,
        span_bytes: bytes_of_spans(&after),
        insert: (feeder.spent.spans + feeder.spent.rows + seal) / total,
        merge: merge / total,
        samples: feeder.samples,
        ids,
    })
}

/// Microseconds.
fn each(time: Duration, spans: u64) -> f64 {
    time.as_secs_f64() * 1e6 / spans.max(1) as f64
}

fn bytes_of_spans(shares: &Shares) -> u64 {
    shares.get("spans").map_or(0, |share| share.0)
}

fn cost(feeder: &Feeder, seal: Duration) -> Row {
    let (spent, spans) = (feeder.spent, feeder.spans);
    let total = each(spent.spans + spent.rows + seal, spans);
    let shown = format!("{} µs", three_digits(total));
    Row::shown("embedded store: append, encode, write, CPU a span", shown).note(format!(
        "append of spans {:.3}, of other rows {:.3}, encode and write {:.3}; {spans} spans of {} B, \
         a checkpoint every {CHECKPOINT}",
        each(spent.spans, spans),
        each(spent.rows, spans),
        each(seal, spans),
        feeder.raw_bytes / spans.max(1)
    ))
}

fn disk(spans: u64, before: &Shares, after: &Shares) -> Row {
    let per_span = |bytes: u64| three_digits(bytes as f64 / spans.max(1) as f64);
    let shares = after
        .iter()
        .map(|(name, (bytes, files))| format!("{name} {} B in {files}", per_span(*bytes)));
    let note = format!(
        "{} B before; whole folder: {}",
        per_span(bytes_of_spans(before)),
        shares.collect::<Vec<_>>().join(", ")
    );
    let bytes = bytes_of_spans(after) as f64 / spans.max(1) as f64;
    Row::absolute("disk a span after merges, all indexes", bytes, 18.0, " B").note(note)
}
