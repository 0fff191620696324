//! How cost and answers change while a store grows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use skytrail_engine::store::EmbeddedStorage;
use skytrail_storage::SegmentFilter;

use super::bench::{Bench, RowMaker};
use crate::draw::{Curve, Point, chart};
use crate::embedded::ask::{self, Times};
use crate::embedded::feed::{Feeder, Sample, open_store};
use crate::embedded::folder;
use crate::embedded::grow::{grow, merged};
use crate::ids::Ids;
use crate::process::scratch_dir;
use crate::table::{Row, three_digits};

pub(super) const ROW: RowMaker =
    RowMaker { name: "scale", what: "embedded store while it grows", make };

/// Stored spans at which it is measured, unless told otherwise.
const SIZES: [u64; 2] = [1_000_000, 10_000_000];

/// Questions of each kind at each size, asked in turns.
const QUESTIONS: usize = 200;

/// Segments of a page.
const PAGE: usize = 20;

/// The most that a figure may grow from the first size to the last.
const GROWTH: f64 = 1.2;

/// What is measured at a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    Write,
    Merge,
    Disk,
    Trace,
    Newest,
    Absent,
}

impl Figure {
    const ALL: [Self; 6] =
        [Self::Write, Self::Merge, Self::Disk, Self::Trace, Self::Newest, Self::Absent];

    fn what(self) -> (&'static str, &'static str) {
        match self {
            Self::Write => ("append, encode and write, CPU a span", "µs"),
            Self::Merge => ("merges, CPU a span", "µs"),
            Self::Disk => ("disk a span", "B"),
            Self::Trace => ("trace by id", "ms"),
            Self::Newest => ("newest 20 of a service", "ms"),
            Self::Absent => ("a tag value that is nowhere", "ms"),
        }
    }

    /// Merges are done in levels, and a value that is nowhere is looked for in each part.
    fn has_goal(self) -> bool {
        !matches!(self, Self::Merge | Self::Absent)
    }
}

/// The figures at a size, in their order.
struct Size {
    spans: u64,
    parts: u64,
    figures: [f64; 6],
}

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let sizes = sizes()?;
    let folder = scratch_dir("scale")?;
    let found = bench.wait(measure(folder.path(), &sizes))?;
    if let Some(file) = std::env::var_os("BENCH_DRAW") {
        let file = PathBuf::from(file);
        std::fs::write(&file, draw(&found)).with_context(|| file.display().to_string())?;
    }
    Ok(Figure::ALL.into_iter().enumerate().map(|(at, figure)| row(figure, at, &found)).collect())
}

fn sizes() -> Result<Vec<u64>> {
    let Ok(text) = std::env::var("BENCH_SIZES") else { return Ok(SIZES.to_vec()) };
    let sizes = text.split(',').map(|size| size.trim().parse());
    sizes.collect::<Result<_, _>>().context("BENCH_SIZES are no whole numbers")
}

async fn measure(path: &Path, sizes: &[u64]) -> Result<Vec<Size>> {
    let last = sizes.iter().copied().max().context("no size to grow to")?;
    let store = open_store(path)?;
    let mut feeder = Feeder::new(store.clone(), last, Ids::SkyWalking).await?;
    let mut found = Vec::new();
    let mut merges = std::time::Duration::ZERO;
    for spans in sizes {
        let (spent, began) = (feeder.spent, feeder.spans);
        let seal = grow(&mut feeder, *spans).await?;
        let all_merges = merged().await?;
        let new = (feeder.spans - began).max(1) as f64;
        let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / new;
        let appended = feeder.spent.spans + feeder.spent.rows - spent.spans - spent.rows;
        let shares = folder::shares(path)?;
        let (bytes, parts) = shares.get("spans").copied().unwrap_or_default();
        let [trace, newest, absent] = answers(&store, &feeder.samples).await?;
        found.push(Size {
            spans: feeder.spans,
            parts,
            figures: [
                each(appended + seal),
                each(all_merges.saturating_sub(merges)),
                bytes as f64 / feeder.spans as f64,
                trace,
                newest,
                absent,
            ],
        });
        merges = all_merges;
    }
    Ok(found)
}

/// Milliseconds of a trace by id, a page of a service, and a value that is nowhere.
async fn answers(store: &Arc<EmbeddedStorage>, samples: &[Sample]) -> Result<[f64; 3]> {
    ensure!(!samples.is_empty(), "too few spans to ask for any");
    let mut times = [(); 3].map(|()| Times::default());
    let step = (samples.len() / QUESTIONS).max(1);
    for (number, sample) in samples.iter().step_by(step).enumerate() {
        // What the first one reads is there for the second.
        ask::trace(&**store, &sample.trace).await?;
        let of_service = SegmentFilter { service: Some(sample.service), ..ask::newest() };
        let nowhere = ask::with_tag("customer", &format!("none-{number}"));
        let [trace, newest, absent] = &mut times;
        trace.push(ask::trace(&**store, &sample.trace).await?);
        newest.push(ask::page(&**store, &of_service, PAGE).await?.millis);
        absent.push(ask::page(&**store, &nowhere, PAGE).await?.millis);
    }
    Ok(times.map(|times| times.percentile(50)))
}

fn row(figure: Figure, at: usize, sizes: &[Size]) -> Row {
    let (what, unit) = figure.what();
    let of = |size: &Size| size.figures.get(at).copied().unwrap_or(0.0);
    let (first, last) = (sizes.first().map_or(0.0, of), sizes.last().map_or(0.0, of));
    let each = sizes.iter().map(|size| {
        format!("{} {unit} at {} in {} parts", three_digits(of(size)), size.spans, size.parts)
    });
    let note = each.collect::<Vec<_>>().join(", ");
    let what = format!("{what}: growth");
    match figure.has_goal() {
        true => Row::ratio(&what, last, first, GROWTH, "").note(note),
        false => Row::shown(&what, format!("{:.2}×", last / first.max(1e-9))).note(note),
    }
}

fn draw(sizes: &[Size]) -> String {
    let curves = Figure::ALL.into_iter().enumerate().map(|(at, figure)| {
        let (what, unit) = figure.what();
        let points = sizes.iter().map(|size| Point {
            x: size.spans as f64,
            y: size.figures.get(at).copied().unwrap_or(0.0),
        });
        Curve { title: format!("{what}, {unit}"), points: points.collect() }
    });
    chart("stored spans", &curves.collect::<Vec<_>>())
}
