//! What writing costs, and what it takes on disk.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::embedded::feed::{Feeder, Sample, open_store};
use crate::embedded::{folder, threads};
use crate::table::{Row, three_digits};

/// Spans between two checkpoints: two seconds of the traffic.
const CHECKPOINT: u64 = 100_000;

/// Merges are done when their thread has rested for so long.
const REST: Duration = Duration::from_secs(4);

/// How long merges may take.
const MERGES: Duration = Duration::from_secs(1_800);

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
}

/// Feeds so many spans into a new store of a folder.
pub(super) async fn write(folder: &Path, spans: u64) -> Result<Written> {
    let store = open_store(folder)?;
    let mut feeder = Feeder::new(store.clone(), spans).await?;
    while feeder.spans < spans {
        feeder.feed(CHECKPOINT.min(spans - feeder.spans)).await?;
        feeder.checkpoint().await?;
    }
    let seal = threads::named("store");
    let flushed = folder::shares(folder)?;
    merged().await?;
    let merge = threads::named("merge");
    let after = folder::shares(folder)?;

    let total = feeder.spans;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / total as f64;
    let per_span = |bytes: u64| three_digits(bytes as f64 / total as f64);
    let insert = feeder.spent.spans + feeder.spent.rows + seal;
    let span_bytes = after.get("spans").map_or(0, |share| share.0);
    let shares = |shares: &std::collections::BTreeMap<String, (u64, u64)>| {
        let shares = shares
            .iter()
            .map(|(name, (bytes, files))| format!("{name} {} B in {files}", per_span(*bytes)));
        shares.collect::<Vec<_>>().join(", ")
    };
    let cost = Row::shown(
        "embedded store: append, encode, write, CPU a span",
        format!("{} µs", three_digits(each(insert))),
    )
    .note(format!(
        "append of spans {:.3}, of other rows {:.3}, encode and write {:.3}; {total} spans of {} B, \
         a checkpoint every {CHECKPOINT}",
        each(feeder.spent.spans),
        each(feeder.spent.rows),
        each(seal),
        feeder.raw_bytes / total.max(1)
    ));
    let merges = Row::absolute("embedded store: merges, CPU a span", each(merge), 0.3, " µs");
    let bytes = span_bytes as f64 / total as f64;
    let disk = Row::absolute("disk a span after merges, all indexes", bytes, 18.0, " B");
    let before = flushed.get("spans").map_or(0, |share| share.0);
    let rows = vec![
        cost,
        merges,
        disk.note(format!("{} B before; whole folder: {}", per_span(before), shares(&after))),
    ];
    let (insert, merge) = (insert / u32::try_from(total)?, merge / u32::try_from(total)?);
    Ok(Written {
        rows,
        spans: total,
        begin: feeder.begin,
        span_bytes,
        insert,
        merge,
        samples: feeder.samples,
    })
}

/// Waits until nothing is left to merge.
async fn merged() -> Result<()> {
    let begin = Instant::now();
    let (mut spent, mut since) = (threads::named("merge"), Instant::now());
    while since.elapsed() < REST {
        if begin.elapsed() > MERGES {
            bail!("merges did not end within {} s", MERGES.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = threads::named("merge");
        // To look whether there is something to merge takes a little.
        if now.saturating_sub(spent) > Duration::from_millis(2) {
            since = Instant::now();
        }
        spent = now;
    }
    Ok(())
}
