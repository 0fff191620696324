//! Measures and prints the table.
//!
//! `cargo run --release --package skytrail-bench -- decode e2e` runs some rows,
//! without words all. `BENCH_ROUNDS` sets the rounds per contender (7),
//! `BENCH_SPANS` the spans that the embedded store gets (1,000,000),
//! `BENCH_SIZES` the sizes at which one that grows is measured
//! (1000000,10000000), `BENCH_DRAW` the file that its curves are drawn into,
//! `BENCH_MINUTES` how long memory is watched: 10 minutes when `rss` is asked
//! for by name, else 1.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use mimalloc::MiMalloc;
use skytrail_bench::rows::{ALL, Bench, RowMaker};
use skytrail_bench::table::{Row, render};

/// The allocator of the server, for both sides of every ratio.
#[global_allocator]
static GLOBAL: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chosen = choose(&words)?;
    let bench = Bench::new(minutes(&words)?)?;
    let mut rows = Vec::new();
    let mut is_whole = true;
    for maker in chosen {
        say(&format!("bench: {}", maker.name));
        match (maker.make)(&bench) {
            Ok(more) => rows.extend(more),
            Err(error) => {
                is_whole = false;
                rows.push(Row::skipped(maker.what, format!("failed: {error:#}")));
            }
        }
    }
    say(&format!("\n{}\n{}", render(&rows), conditions(&bench)));
    Ok(is_whole)
}

fn choose(words: &[String]) -> Result<Vec<&'static RowMaker>> {
    for word in words {
        if !ALL.iter().any(|maker| maker.name == word) {
            let names: Vec<_> = ALL.iter().map(|maker| maker.name).collect();
            bail!("there is no row '{word}'; there are {}", names.join(", "));
        }
    }
    let is_chosen = |maker: &&RowMaker| words.is_empty() || words.iter().any(|w| w == maker.name);
    Ok(ALL.iter().filter(is_chosen).collect())
}

fn minutes(words: &[String]) -> Result<f64> {
    match std::env::var("BENCH_MINUTES") {
        Ok(text) => text.parse().context("BENCH_MINUTES is no number"),
        Err(_) if words.iter().any(|word| word.starts_with("rss")) => Ok(10.0),
        Err(_) => Ok(1.0),
    }
}

fn conditions(bench: &Bench) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("", |line| line.trim_start_matches([' ', '\t', ':']));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    let build =
        if cfg!(debug_assertions) { "debug build: figures mean nothing" } else { "release" };
    format!(
        "Median of {} interleaved rounds after one to warm up, CPU time unless said otherwise; \
         mimalloc on both sides; {build}; {cores} cores, {model}; load average {load}.\n\
         A ratio holds on other machines, an absolute figure does not.",
        bench.rounds
    )
}

fn say(text: &str) {
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{text}");
}
