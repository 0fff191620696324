//! The embedded store on a real folder, without a server: what writing costs,
//! what it takes on disk, and how long questions wait; and ClickHouse with the
//! same spans in the same run.

mod peer;
mod read;
mod streams;
mod write;

use anyhow::{Context, Result};

use super::bench::{Bench, RowMaker};
use crate::process::scratch_dir;
use crate::table::Row;

pub(super) const ROW: RowMaker =
    RowMaker { name: "store", what: "embedded store, in-process", make };

/// Spans that are stored unless told otherwise.
const SPANS: u64 = 1_000_000;

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let spans = match std::env::var("BENCH_SPANS") {
        Ok(text) => text.parse().context("BENCH_SPANS is no whole number")?,
        Err(_) => SPANS,
    };
    let folder = scratch_dir("store")?;
    bench.wait(async {
        let mut written = write::write(folder.path(), spans).await?;
        let mut rows = std::mem::take(&mut written.rows);
        rows.push(streams::row()?);
        let (more, warm) = read::read(folder.path(), &written).await?;
        rows.extend(more);
        rows.extend(peer::rows(&written, warm));
        Ok(rows)
    })
}
