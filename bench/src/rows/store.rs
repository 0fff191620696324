//! The embedded store on a real folder, without a server: what writing costs,
//! what it takes on disk, and how long questions wait; and ClickHouse with the
//! same spans in the same run.

mod peer;
mod read;
mod streams;
mod write;

use anyhow::{Context, Result};

use super::bench::{Bench, RowMaker};
use crate::ids::Ids;
use crate::process::scratch_dir;
use crate::table::Row;

pub(super) const ROW: RowMaker =
    RowMaker { name: "store", what: "embedded store, in-process", make };

pub(super) const OTLP: RowMaker =
    RowMaker { name: "otlp", what: "embedded store, ids of OpenTelemetry", make: make_otlp };

/// Spans that are stored unless told otherwise.
const SPANS: u64 = 1_000_000;

fn spans() -> Result<u64> {
    match std::env::var("BENCH_SPANS") {
        Ok(text) => text.parse().context("BENCH_SPANS is no whole number"),
        Err(_) => Ok(SPANS),
    }
}

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let spans = spans()?;
    let folder = scratch_dir("store")?;
    bench.wait(async {
        let mut written = write::write(folder.path(), spans, Ids::SkyWalking).await?;
        let mut rows = std::mem::take(&mut written.rows);
        rows.push(streams::row()?);
        let (more, warm) = read::read(folder.path(), &written).await?;
        rows.extend(more);
        rows.extend(peer::rows(&written, warm));
        Ok(rows)
    })
}

/// The same spans with ids that cannot be compressed.
fn make_otlp(bench: &Bench) -> Result<Vec<Row>> {
    let spans = spans()?;
    let folder = scratch_dir("otlp")?;
    bench.wait(async {
        let written = write::write(folder.path(), spans, Ids::OpenTelemetry).await?;
        let each = written.span_bytes as f64 / written.spans.max(1) as f64;
        let (warm, millis) = read::warm_traces(folder.path(), &written).await?;
        let named = |row: Row| Row { what: format!("{}, ids of OpenTelemetry", row.what), ..row };
        let mut rows = vec![Row::absolute("disk a span after merges", each, 25.0, " B"), warm];
        rows.extend(peer::rows(&written, millis).into_iter().take(1));
        Ok(rows.into_iter().map(named).collect())
    })
}
