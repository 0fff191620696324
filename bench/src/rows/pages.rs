//! The pages in a browser: how soon they are there, what a step costs them, and
//! a large trace beside Zipkin Lens.

mod browser;
mod graph;
mod large;
mod scene;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use self::browser::{figure, measure, range};
use super::bench::{Bench, RowMaker};
use crate::peer::{lens, zipkin};
use crate::process::scratch_dir;
use crate::table::{Row, three_digits};

pub(super) const ROW: RowMaker = RowMaker { name: "pages", what: "pages in the browser", make };

/// Times that a page is opened.
const ROUNDS: usize = 10;

/// Times that a trace is opened in Lens and, by its address, in ours: it takes Lens long.
const ROUNDS_OF_LENS: usize = 3;

/// Spans of the traces, and milliseconds until they are to be seen.
const TRACES: [(usize, f64); 2] = [(10_000, 500.0), (100_000, 2_500.0)];

/// Id under which Lens knows its trace.
const LENS_TRACE: &str = "00000000000000000000000000b16b16";

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let binary = bench.binary()?.to_owned();
    let (first, then, lens) = bench.wait(figures(&binary))?;
    let mut rows = overview_rows(&first)?;
    for (place, (spans, goal)) in TRACES.iter().enumerate() {
        rows.extend(trace_rows(&then, place, *spans, *goal)?);
    }
    rows.extend(topology_rows(&then)?);
    rows.push(frames(&then)?);
    let what = "trace of 10000 spans by its address, vs Zipkin Lens";
    rows.push(match lens {
        Ok(found) => lens_row(what, &found)?,
        Err(error) => Row::skipped(what, format!("Lens: {error:#}")),
    });
    Ok(rows)
}

/// The overview while there is the shop alone, then the rest.
async fn figures(binary: &Path) -> Result<(Value, Value, Result<Value>)> {
    let server = scene::server(binary).await?;
    let _shop = scene::shop(binary, &server).await?;
    let first = measure(&json!({ "rounds": ROUNDS, "overview": { "url": scene::url(&server) } }))?;
    let mut places = Vec::new();
    let mut smallest = None;
    for (spans, _) in TRACES {
        let (segments, place) = scene::large_trace(&server, spans).await?;
        smallest.get_or_insert((segments, place.clone()));
        places.push(place);
    }
    let of_graph = scene::server(binary).await?;
    scene::topology(&of_graph).await?;
    let graph = json!({ "url": scene::url(&of_graph) });
    let then = measure(&json!({ "rounds": ROUNDS, "traces": places, "topology": graph }))?;
    let (segments, place) = smallest.context("no trace")?;
    let folder = scratch_dir("lens")?;
    let file = folder.path().join("trace.json");
    fs::write(&file, zipkin::trace(&segments, LENS_TRACE))?;
    let lens = lens::install().and_then(|files| {
        let root = segments.first().map(|first| first.service.clone());
        let ours =
            format!("{}/trace?id={}", scene::url(&server), place["id"].as_str().unwrap_or(""));
        measure(&json!({ "lens": {
            "folder": files, "trace": file, "id": LENS_TRACE, "service": root, "ours": ours,
            "rounds": ROUNDS_OF_LENS,
        } }))
    });
    Ok((first, then, lens))
}

fn overview_rows(found: &Value) -> Result<Vec<Row>> {
    let what = format!("overview until it can be used, shop of {} spans/s", scene::RATE);
    let usable = figure(found, "/overview/usable")?;
    Ok(vec![Row::absolute(&what, usable, 600.0, " ms").note(opened(found, "/overview/times"))])
}

fn opened(found: &Value, path: &str) -> String {
    let (least, most) = range(found, path);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    let version = found["browser"].as_str().unwrap_or("?");
    format!(
        "median of {ROUNDS}, {least:.0} to {most:.0} ms, browser warm; Chromium {version}, load {load}"
    )
}

fn trace_rows(found: &Value, place: usize, spans: usize, goal: f64) -> Result<Vec<Row>> {
    let of = |name: &str| figure(found, &format!("/traces/{place}/{name}"));
    let what = |part: &str| format!("trace of {spans} spans, {part}");
    let median = of("scrollMedian")?;
    let step = format!("median {} ms", three_digits(median));
    Ok(vec![
        Row::absolute(&what("click to first paint"), of("open")?, goal, " ms")
            .note(opened(found, &format!("/traces/{place}/times"))),
        Row::absolute(&what("main thread a step of scrolling, p95"), of("scroll")?, 8.0, " ms")
            .note(format!("{step}; empty page {} ms", shown(found, "/empty/step")?)),
        Row::absolute(&what("longest task after opening"), of("long")?, 50.0, " ms")
            .note("0 where none is over 50 ms".to_owned()),
        Row::absolute(&what("elements of the document"), of("elements")?, 3_000.0, ""),
        Row::absolute(&what("heap after a collection"), of("heap")?, 300.0, " MiB")
            .note("page and workers, with the memory of their arrays".to_owned()),
    ])
}

fn shown(found: &Value, path: &str) -> Result<String> {
    figure(found, path).map(three_digits)
}

fn topology_rows(found: &Value) -> Result<Vec<Row>> {
    let (nodes, edges) = scene::GRAPH;
    let what = |part: &str| format!("topology of {nodes} nodes, {edges} calls, {part}");
    let of = |name: &str| figure(found, &format!("/topology/{name}"));
    let drawn =
        format!("{} nodes drawn; empty page {} ms", of("nodes")?, shown(found, "/empty/step")?);
    Ok(vec![
        Row::absolute(&what("main thread a step of panning, p95"), of("pan")?, 8.0, " ms")
            .note(drawn),
        Row::absolute(&what("main thread a step of zooming, p95"), of("zoom")?, 8.0, " ms"),
        Row::absolute(&what("longest task after opening"), of("long")?, 50.0, " ms")
            .note("0 where none is over 50 ms".to_owned()),
        Row::absolute(&what("elements of the document"), of("elements")?, 3_000.0, ""),
    ])
}

fn frames(found: &Value) -> Result<Row> {
    let each = [
        ("empty page", "/empty/frame"),
        ("trace of 10000", "/traces/0/frame"),
        ("of 100000", "/traces/1/frame"),
        ("topology", "/topology/frame"),
    ];
    let mut texts = Vec::new();
    for (name, path) in each {
        texts.push(format!("{name} {}", shown(found, path)?));
    }
    let what = "time between frames while a page moves, p95";
    Ok(Row::shown(what, format!("{} ms", texts.join(", ")))
        .note("same size, 1440 × 900".to_owned()))
}

fn lens_row(what: &str, found: &Value) -> Result<Row> {
    let (ours, theirs) = (figure(found, "/lens/ours/open")?, figure(found, "/lens/theirs/open")?);
    let note = format!(
        "ours {ours:.0} ms, Lens {} {theirs:.0} ms, median of {ROUNDS_OF_LENS}",
        lens::VERSION
    );
    Ok(Row::ratio(what, ours, theirs, 0.2, "").note(note))
}
