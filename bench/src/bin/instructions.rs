//! A fixed amount of work, to be counted in instructions by callgrind.
//!
//! `instructions WORK ROUNDS` does the work over the same segments so many
//! times; the difference between two counts of rounds is free of everything
//! that happens once. `instructions spans` tells the spans of a round.
//! `scripts/instructions` does the sums.

use std::hint::black_box;
use std::io::Write;

use anyhow::{Context, Result, bail};
use mimalloc::MiMalloc;
use skytrail_bench::rows::{Decoding, arrived, decoder, shard};
use skytrail_bench::workload::Workload;

#[global_allocator]
static GLOBAL: MiMalloc = MiMalloc;

/// Segments of a round; enough for most names to have occurred.
const SEGMENTS: usize = 4_000;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let workload = Workload::new(SEGMENTS);
    match words.as_slice() {
        ["spans"] => writeln!(std::io::stdout(), "{}", workload.spans)?,
        ["decode", rounds] => decode(&workload, rounds.parse().context("ROUNDS is no number")?)?,
        ["analyse", rounds] => analyse(&workload, rounds.parse().context("ROUNDS is no number")?)?,
        _ => bail!("say 'spans', or 'decode' or 'analyse' and a number of rounds"),
    }
    Ok(())
}

fn decode(workload: &Workload, rounds: usize) -> Result<()> {
    let mut decoder = decoder();
    for _ in 0..rounds {
        Decoding::of(workload).run(&mut decoder, |batch| drop(black_box(batch)))?;
    }
    Ok(())
}

/// Decodes, since a batch is used once, and analyses. Windows stay open.
fn analyse(workload: &Workload, rounds: usize) -> Result<()> {
    let mut decoder = decoder();
    let mut shard = shard()?;
    for _ in 0..rounds {
        Decoding::of(workload).run(&mut decoder, |spans| {
            drop(black_box(shard.process(&arrived(spans))));
        })?;
    }
    Ok(())
}
