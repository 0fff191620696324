//! ClickHouse with the same spans, and how the store compares.

use std::fs;
use std::path::Path;

use anyhow::Result;
use skytrail_demo::workload::Workload as Stream;

use super::write::Written;
use crate::embedded::ask::Times;
use crate::ids::Ids;
use crate::peer::chdb::{BY_SERVICE, BY_TRACE, Tables, Taken, install};
use crate::peer::rowbinary;
use crate::process::scratch_dir;
use crate::table::{Row, three_digits};
use crate::workload::{SEED, Workload};

/// Spans that ClickHouse gets at most; it takes 10 µs for each in both tables.
const MOST: u64 = 2_000_000;

/// Segments of an insert: 50,000 spans, five times the collector's.
const INSERT: usize = 10_000;

/// Traces that are asked for in each table.
const TRACES: usize = 60;

/// The rows that compare; they say so where there is no ClickHouse.
pub(super) fn rows(written: &Written, warm: f64) -> Vec<Row> {
    compared(written, warm).unwrap_or_else(|error| {
        vec![Row::skipped("embedded store vs ClickHouse", format!("chdb: {error:#}"))]
    })
}

fn compared(written: &Written, warm: f64) -> Result<Vec<Row>> {
    let python = install()?;
    let folder = scratch_dir("chdb")?;
    let mut tables = Tables::start(&python, folder.path())?;
    feed(&mut tables, folder.path(), written)?;
    let (taken, version) = tables.finish()?;
    let mut traces = [Times::default(), Times::default()];
    for (table, times) in [BY_SERVICE, BY_TRACE].into_iter().zip(&mut traces) {
        let step = (written.samples.len() / TRACES).max(1);
        // Those that came first: ClickHouse may have fewer spans.
        let within = written.samples.iter().filter(|sample| sample.place < MOST);
        for sample in within.step_by(step).take(TRACES) {
            tables.trace(table, &sample.trace)?;
            times.push(tables.trace(table, &sample.trace)?);
        }
    }
    Ok(ratios(written, warm, (&taken, &traces), &version))
}

/// The same segments from their beginning on.
fn feed(tables: &mut Tables, folder: &Path, written: &Written) -> Result<()> {
    let mut stream = Stream::new(SEED);
    stream.set_time(written.begin);
    let spans = written.spans.min(MOST);
    let file = folder.join("rows.bin");
    let mut done = 0;
    while done < spans {
        let workload = Workload::take(&mut stream, INSERT);
        let mut bytes = Vec::new();
        let segments = workload.decoded.iter();
        segments.for_each(|segment| rowbinary::rows(&mut bytes, segment, written.ids));
        fs::write(&file, bytes)?;
        tables.insert(&file)?;
        done += workload.spans;
    }
    Ok(())
}

fn ratios(
    written: &Written,
    warm: f64,
    (taken, traces): (&[Taken; 2], &[Times; 2]),
    version: &str,
) -> Vec<Row> {
    let [first, second] = taken;
    let micros = |seconds: f64, table: &Taken| seconds * 1e6 / table.rows.max(1.0);
    let bytes = |table: &Taken| table.bytes / table.rows.max(1.0);
    let ours = written.span_bytes as f64 / written.spans.max(1) as f64;
    let cost = (written.insert + written.merge).as_secs_f64() * 1e6;
    let theirs = micros(first.insert + first.merge, first);
    let disk = format!(
        "ours {} B; ClickHouse {version} {} B in the collector's table, {} B sorted by trace, after \
         OPTIMIZE FINAL; {} spans, the same ids",
        three_digits(ours),
        three_digits(bytes(first)),
        three_digits(bytes(second)),
        first.rows
    );
    let insert = format!(
        "ours {} µs and {} for merges; theirs {} µs and {} for OPTIMIZE FINAL, sorted by trace {} \
         and {}; theirs reads a table in memory, which is taken off",
        three_digits(written.insert.as_secs_f64() * 1e6),
        three_digits(written.merge.as_secs_f64() * 1e6),
        three_digits(micros(first.insert, first)),
        three_digits(micros(first.merge, first)),
        three_digits(micros(second.insert, second)),
        three_digits(micros(second.merge, second)),
    );
    let [by_service, by_trace] = traces;
    let trace = format!(
        "ours {} ms; theirs {} ms, sorted by trace {} ms, one thread, warm, with about 1 ms for \
         any question",
        three_digits(warm),
        three_digits(by_service.percentile(50)),
        three_digits(by_trace.percentile(50))
    );
    let at_most = if written.ids == Ids::SkyWalking { 0.5 } else { 0.4 };
    vec![
        Row::ratio("disk a span vs ClickHouse", ours, bytes(first), at_most, "").note(disk),
        Row::ratio("insert and merge vs ClickHouse", cost, theirs, 0.4, "0.17×").note(insert),
        Row::ratio("trace by id vs ClickHouse, p50", warm, by_service.percentile(50), 0.1, "")
            .note(trace),
    ]
}
