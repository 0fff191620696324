//! How long questions wait.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use skytrail_engine::store::EmbeddedStorage;
use skytrail_storage::SegmentFilter;

use super::write::Written;
use crate::embedded::ask::{self, Times};
use crate::embedded::feed::{Feeder, Sample, open_store};
use crate::embedded::folder;
use crate::ids::Ids;
use crate::table::{Row, three_digits};

/// Traces that are asked for.
const TRACES: usize = 300;

/// Traces that are asked for with nothing in memory.
const COLD: usize = 30;

/// Questions of each kind of search.
const SEARCHES: usize = 40;

/// Segments of a page.
const PAGE: usize = 20;

/// Spans that are appended and not yet encoded when they are asked for.
const FRESH: u64 = 10_000;

/// More than any search here finds.
const MANY: usize = 1_000_000;

const SECOND: i64 = 1_000_000_000;

/// Reads what was written; gives the milliseconds of a trace by id, too.
pub(super) async fn read(folder: &Path, written: &Written) -> Result<(Vec<Row>, f64)> {
    let spans = written.spans;
    let samples = spread(&written.samples, TRACES);
    ensure!(!samples.is_empty(), "too few spans to ask for any");
    let mut rows = vec![cold(folder, &samples).await?];
    let (store, open) = reopen(folder, true)?;
    let (again, warm_open) = {
        drop(store);
        reopen(folder, false)?
    };
    let note = format!("{spans} spans; {open:.3} s with nothing in memory");
    rows.push(Row::absolute("open the store", warm_open, 0.5, " s").note(note));
    let (row, millis) = warm(&again, &samples).await?;
    rows.push(row);
    rows.extend(searches(&again, &samples, spans).await?);
    rows.push(fresh(again, spans).await?);
    Ok((rows, millis))
}

/// Only traces by id, with everything in the page cache.
pub(super) async fn warm_traces(folder: &Path, written: &Written) -> Result<(Row, f64)> {
    let (store, _) = reopen(folder, false)?;
    warm(&store, &spread(&written.samples, TRACES)).await
}

/// So many of them, spread over all.
fn spread(samples: &[Sample], count: usize) -> Vec<Sample> {
    let step = (samples.len() / count.max(1)).max(1);
    samples.iter().step_by(step).take(count).cloned().collect()
}

/// Opens the store once the one before has let go of the folder; gives seconds.
fn reopen(path: &Path, is_cold: bool) -> Result<(Arc<EmbeddedStorage>, f64)> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if is_cold {
            folder::forget(path)?;
        }
        let begin = Instant::now();
        match open_store(path) {
            Ok(store) => return Ok((store, begin.elapsed().as_secs_f64())),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

async fn cold(path: &Path, samples: &[Sample]) -> Result<Row> {
    let mut times = Times::default();
    for sample in samples.iter().step_by((samples.len() / COLD).max(1)).take(COLD) {
        let (store, _) = reopen(path, false)?;
        folder::forget(path)?;
        times.push(ask::trace(&*store, &sample.trace).await?);
    }
    let note =
        format!("{}; {} traces, the page cache emptied before each", times.describe(), times.len());
    Ok(Row::absolute("trace by id, cold", times.percentile(50), 2.0, " ms").note(note))
}

async fn warm(store: &EmbeddedStorage, samples: &[Sample]) -> Result<(Row, f64)> {
    let first = ask::traces(store, samples).await?;
    let times = ask::traces(store, samples).await?;
    let note = format!("{}; the first time {}", times.describe(), first.describe());
    let millis = times.percentile(50);
    Ok((Row::absolute("trace by id, warm", millis, 0.5, " ms").note(note), millis))
}

/// Traces that are still rows in memory.
async fn fresh(store: Arc<EmbeddedStorage>, spans: u64) -> Result<Row> {
    // The same traffic goes on behind what is stored.
    let mut feeder = Feeder::new(store.clone(), FRESH, Ids::SkyWalking).await?;
    feeder.feed(FRESH).await?;
    let samples = feeder.samples;
    ensure!(!samples.is_empty(), "nothing fresh to ask for");
    let mut times = Times::default();
    for sample in samples.iter().cycle().take(TRACES) {
        times.push(ask::trace(&*store, &sample.trace).await?);
    }
    let note = format!("{}; {} traces, {spans} spans behind them", times.describe(), samples.len());
    Ok(Row::absolute("trace by id, memtable", times.percentile(50), 0.1, " ms").note(note))
}

/// A search, and what it is for.
struct Search {
    what: &'static str,
    at_most: f64,
    filters: Vec<SegmentFilter>,
}

async fn searches(store: &EmbeddedStorage, samples: &[Sample], spans: u64) -> Result<Vec<Row>> {
    let of_service =
        |sample: &Sample| SegmentFilter { service: Some(sample.service), ..ask::newest() };
    let some = || samples.iter().cycle().take(SEARCHES);
    let mut searches = vec![
        Search {
            what: "newest 20 of a service",
            at_most: 1.0,
            filters: some().map(of_service).collect(),
        },
        Search {
            what: "newest 20 of a service, ≥ 1 s",
            at_most: 2.0,
            filters: some()
                .map(|sample| SegmentFilter { min_duration: Some(SECOND), ..of_service(sample) })
                .collect(),
        },
        Search {
            what: "a tag value that is nowhere",
            at_most: 3.0,
            filters: (0..SEARCHES)
                .map(|n| ask::with_tag("customer", &format!("none-{n}")))
                .collect(),
        },
    ];
    let tags = [
        ("a tag value of one segment", "cache.key"),
        ("a tag value of few segments", "customer"),
        ("a tag value of 1 segment in 100", "http.params"),
        ("a tag value of every segment", "http.status_code"),
    ];
    for (what, key) in tags {
        let filters = some().filter_map(|sample| filter_of(sample, key)).collect();
        searches.push(Search { what, at_most: 3.0, filters });
    }
    let mut rows = Vec::new();
    for search in &searches {
        rows.push(row_of(store, search).await?);
    }
    rows.push(scan(store, samples, spans).await?);
    Ok(rows)
}

fn filter_of(sample: &Sample, key: &str) -> Option<SegmentFilter> {
    let (_, value) = sample.tags.iter().find(|(of, _)| of == key)?;
    Some(ask::with_tag(key, value))
}

async fn row_of(store: &EmbeddedStorage, search: &Search) -> Result<Row> {
    let first = search.filters.first().context("nothing to search for")?;
    let all = ask::page(store, first, MANY).await?.found;
    let mut times = Times::default();
    let mut examined = 0;
    for filter in &search.filters {
        let page = ask::page(store, filter, PAGE).await?;
        if page.found != all.min(PAGE) && (all == 0 || page.found == 0) {
            bail!("{}: {} found where {all} are", search.what, page.found);
        }
        times.push(page.millis);
        examined += page.examined;
    }
    let examined = examined / times.len().max(1) as u64;
    let note =
        format!("{}; {all} hits, {examined} segments looked at for a page", times.describe());
    Ok(Row::absolute(search.what, times.percentile(50), search.at_most, " ms").note(note))
}

/// Service, duration and tag, each of which every block has.
async fn scan(store: &EmbeddedStorage, samples: &[Sample], spans: u64) -> Result<Row> {
    let mut times = Times::default();
    let mut found = 0;
    for sample in samples.iter().take(SEARCHES / 4) {
        let filter = SegmentFilter {
            service: Some(sample.service),
            min_duration: Some(SECOND / 4),
            ..ask::with_tag("region", "eu-central-1")
        };
        let page = ask::page(store, &filter, MANY).await?;
        found = page.found;
        times.push(page.millis);
    }
    let millis = times.percentile(50);
    let note = format!(
        "{} million spans a second, {found} hits, {millis:.2} ms on the wall, one core",
        three_digits(spans as f64 / millis / 1e3)
    );
    // 150 million spans a second.
    let each = millis * 1e6 / spans as f64;
    Ok(Row::absolute("scan by service, duration and tag, a span", each, 6.67, " ns").note(note))
}
