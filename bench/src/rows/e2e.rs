//! The whole path, from the socket to the store, against a collector that
//! throws away what it takes.

mod ours;
mod plan;
mod theirs;

use anyhow::{Context, Result};

use self::ours::Ours;
use self::plan::CONNECTIONS;
use self::theirs::Theirs;
use super::bench::{Bench, RowMaker};
use crate::measure::rounds::Rounds;
use crate::peer::rotel;
use crate::process::Settings;
use crate::table::{Row, three_digits};
use crate::workload::{SEED, Workload, now_ms, stream_from_now};

pub(super) const ROW: RowMaker =
    RowMaker { name: "e2e", what: "socket to store, server CPU a span, vs rotel", make };

const MEMORY: &str = "socket to store in memory, server CPU a span";
const DURABLE: &str = "socket to durable columns, server CPU a span, with merges";

/// Segments of a round: 300,000 spans, so that a tick of the kernel's clock
/// (10 ms) is 0.03 µs a span.
const SEGMENTS: usize = 60_000;

/// What the rounds gave, in microseconds a span.
struct Figures {
    memory: Rounds,
    durable: Rounds,
    merges: f64,
    theirs: Result<[Rounds; 2]>,
}

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let figures = bench.wait(run(bench))?;
    let durable = figures.durable.median() + figures.merges;
    let parts = format!(
        "{} and {} µs for merges",
        three_digits(figures.durable.median()),
        three_digits(figures.merges)
    );
    let mut rows = vec![
        Row::absolute(MEMORY, figures.memory.median(), 0.9, " µs").note(spread(&figures.memory)),
        Row::absolute(DURABLE, durable, 1.6, " µs")
            .note(format!("{parts}; {}", spread(&figures.durable))),
    ];
    let contenders = [(MEMORY, figures.memory.median(), 0.25), (DURABLE, durable, 0.3)].into_iter();
    match &figures.theirs {
        Ok(theirs) => {
            let note = compared(bench, theirs);
            let of = |(what, ours, goal)| {
                let what = format!("{what}, vs rotel to nowhere");
                Row::ratio(&what, ours, theirs[0].median(), goal, "").note(note.clone())
            };
            rows.extend(contenders.map(of));
        }
        Err(error) => rows.push(Row::skipped(ROW.what, format!("rotel: {error:#}"))),
    }
    Ok(rows)
}

fn spread(rounds: &Rounds) -> String {
    format!("{} rounds, {:.2} to {:.2} µs", rounds.len(), rounds.range().0, rounds.range().1)
}

fn compared(bench: &Bench, [mixed, sorted]: &[Rounds; 2]) -> String {
    let core = if bench.server_core().is_empty() { "not pinned" } else { "each on core 0" };
    format!(
        "rotel {} {:.2} µs in requests of {} spans as they come, {:.2} µs in requests of one \
         instance; servers {core}, {CONNECTIONS} connections, {SEGMENTS} segments a round",
        rotel::VERSION,
        mixed.median(),
        theirs::BATCH,
        sorted.median(),
    )
}

/// Keys that choose the in-memory backend with so many MiB.
pub(super) fn memory_store(mib: usize) -> Vec<String> {
    vec!["storage.selector=memory".to_owned(), format!("storage.memory.budget={mib}MiB")]
}

/// The store on disk as it is without any key.
pub(super) fn embedded_store() -> Vec<String> {
    vec!["storage.selector=embedded".to_owned()]
}

async fn run(bench: &Bench) -> Result<Figures> {
    let binary = bench.binary()?.to_owned();
    let wrapper = bench.server_core();
    let on = |keys| Settings { wrapper: wrapper.clone(), keys, data: None };
    let mut memory = Ours::start(&binary, &on(memory_store(256))).await?;
    let mut durable = Ours::start(&binary, &on(embedded_store())).await?;
    let mut theirs = match rotel::install() {
        Ok(program) => Theirs::start(&program, &wrapper).await,
        Err(error) => Err(error),
    };
    let mut stream = stream_from_now(SEED);
    for round in 0..=bench.rounds {
        stream.set_time(now_ms());
        let workload = Workload::take(&mut stream, SEGMENTS);
        // The first is for warming up.
        let counts = round > 0;
        memory.round(&workload, counts).await.context("in memory")?;
        durable.round(&workload, counts).await.context("on disk")?;
        if let Ok(theirs) = &mut theirs {
            theirs.round(&workload, counts).await?;
        }
    }
    let merges = durable.merges().await?;
    let theirs = theirs.map(|theirs| theirs.rounds);
    Ok(Figures { memory: memory.rounds, durable: durable.rounds, merges, theirs })
}
