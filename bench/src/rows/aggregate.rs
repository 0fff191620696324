//! Aggregation of the full core catalogue, by the analysis and by the naive
//! version, over the same decoded batches.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use skytrail_analysis::{Config, Rules, Shard};
use skytrail_model::batch::{Batch, SpanBatch};
use skytrail_model::span::Span;
use skytrail_model::time::Zone;

use super::bench::{Bench, RowMaker};
use super::decode::{Decoding, decoder};
use crate::measure::cpu::spent;
use crate::measure::rounds::{Contender, interleave};
use crate::naive::Naive;
use crate::table::Row;
use crate::workload::Workload;

pub(super) const ROW: RowMaker =
    RowMaker { name: "aggregate", what: "core catalogue vs naive String-key maps", make };

/// Segments of a pass; enough for nine of ten scopes to occur.
const SEGMENTS: usize = 40_000;

/// Passes over them within a window. A million spans is what a minute brings at
/// 17,000 a second.
const PASSES: u32 = 5;

/// A shard with the rules and the configuration that the server has by default.
pub fn shard() -> Result<Shard> {
    let settings = Config::default().validate().context("the default configuration is wrong")?;
    let rules = Rules::load(&settings)?;
    Ok(Shard::alone(&rules, settings, Zone::utc()))
}

/// Decoded batches, as a shard gets them.
pub fn batches(workload: &Workload) -> Result<Vec<Batch>> {
    let mut batches = Vec::new();
    let mut decoder = decoder();
    Decoding::of(workload).run(&mut decoder, |spans| batches.push(arrived(spans)))?;
    Ok(batches)
}

/// A batch that arrives when its last span ends.
pub fn arrived(spans: SpanBatch) -> Batch {
    let arrival = spans.spans.iter().map(Span::end).max().unwrap_or(0);
    Batch { arrival, spans, ..Batch::default() }
}

fn per_span(time: Duration, workload: &Workload) -> f64 {
    time.as_nanos() as f64 / (workload.spans * u64::from(PASSES)) as f64
}

fn passes(batches: &[Batch], mut take: impl FnMut(&Batch)) {
    for _ in 0..PASSES {
        batches.iter().for_each(&mut take);
    }
}

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let workload = Workload::new(SEGMENTS);
    let batches = batches(&workload)?;
    let mut shard = shard()?;
    let mut rows = 0;
    let mut contenders: [Contender<'_>; 3] = [
        // Emptied after each round, outside of the time: a window begins with every round.
        Box::new(|| {
            let time = spent(|| passes(&batches, |batch| drop(black_box(shard.process(batch)))));
            rows = shard.drain().metrics.iter().map(|block| block.entities.len()).sum();
            Ok(per_span(time, &workload))
        }),
        Box::new(|| {
            let mut naive = Naive::default();
            let time = spent(|| passes(&batches, |batch| naive.take(&batch.spans)));
            ensure!(naive.entities() > 0, "nothing was counted");
            Ok(per_span(time, &workload))
        }),
        Box::new(|| hot(&batches, SEGMENTS / 20, workload.spans / 20)),
    ];
    let rounds = interleave(bench.rounds, &mut contenders)?;
    drop(contenders);
    let [ours, naive, hot] = [0, 1, 2].map(|at| rounds.get(at).map_or(0.0, |r| r.median()));
    let note = format!(
        "{ours:.0} ns a span, naive {naive:.0}; {} {PASSES} times a window, {rows} rows; ours also makes topology, \
         segment entries, entities, aliases, tags and slow statements",
        workload.describe()
    );
    let hot_row = Row::shown("aggregation, small working set", format!("{hot:.0} ns a span"))
        .note("the same 2,000 segments again and again".to_owned());
    Ok(vec![Row::ratio(ROW.what, ours, naive, 0.30, "0.18×").note(note), hot_row])
}

/// Nanoseconds per span where everything is in the caches of a core.
fn hot(batches: &[Batch], segments: usize, spans: u64) -> Result<f64> {
    let mut shard = shard()?;
    let count = segments / 100;
    let few = batches.get(..count).unwrap_or(batches);
    few.iter().for_each(|batch| drop(shard.process(batch)));
    let time = spent(|| {
        for _ in 0..10 {
            few.iter().for_each(|batch| drop(black_box(shard.process(batch))));
        }
    });
    Ok(time.as_nanos() as f64 / (spans * 10) as f64)
}
