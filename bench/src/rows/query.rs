//! Questions as a dashboard asks them, over an hour of the traffic.

use std::sync::Arc;

use anyhow::{Result, ensure};
use skytrail_analysis::{Config, Rules, Shard};
use skytrail_base::clock::SystemClock;
use skytrail_demo::workload::Workload as Stream;
use skytrail_model::time::{MINUTE_NANOS, Zone};
use skytrail_query::{Ctx, Deps, Duration, EntityCondition, Query, Step};
use skytrail_storage::memory::{Config as MemoryConfig, MemoryStorage};
use skytrail_storage::{NoLiveMetrics, Origin, Storage};

use super::aggregate::batches;
use super::bench::{Bench, RowMaker};
use crate::measure::cpu::of_thread;
use crate::measure::rounds::Rounds;
use crate::table::Row;
use crate::workload::{SEED, Workload};

pub(super) const ROW: RowMaker =
    RowMaker { name: "query", what: "MQE, 60 minutes × 1 service, server time", make };

/// 2026-01-05T10:00:00Z, in Unix milliseconds.
const START: i64 = 1_767_607_200_000;
const MINUTES: i64 = 60;

/// Segments of a minute; by then nearly every service has called every other that it calls.
const SEGMENTS: usize = 3_000;

/// Times a question is asked in a round.
const TIMES: u32 = 20;

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(ask(bench.rounds))
}

async fn ask(rounds: usize) -> Result<Vec<Row>> {
    let (query, relations) = an_hour().await?;
    let mut times = [(); 3].map(|()| Rounds::default());
    let mut nodes = 0;
    for round in 0..=rounds {
        let average = expression(&query, "service_resp_time", 1).await?;
        let percentile = expression(&query, "service_percentile{p='50,75,90,95,99'}", 5).await?;
        let (topology, seen) = topology(&query).await?;
        nodes = seen;
        // The first is for warming up.
        if round > 0 {
            let found = [average, percentile, topology];
            times.iter_mut().zip(found).for_each(|(rounds, time)| rounds.push(time));
        }
    }
    let [average, percentile, topology] = times.map(|rounds| rounds.median());
    let note =
        format!("in-process, CPU; service_resp_time; all five percentiles {percentile:.3} ms");
    let about = format!("in-process, CPU; {nodes} nodes from {relations} stored relation rows");
    Ok(vec![
        Row::absolute(ROW.what, average.max(percentile), 1.0, " ms").note(note),
        Row::absolute(
            "service topology, 48 services × 60 minutes, server time",
            topology,
            5.0,
            " ms",
        )
        .note(about),
    ])
}

/// An hour of the traffic, analysed and stored; with the number of relation rows.
async fn an_hour() -> Result<(Query, usize)> {
    let settings = Config::default().validate()?;
    let rules = Rules::load(&settings)?;
    let config = MemoryConfig { max_bytes: 2 << 30, ..MemoryConfig::default() };
    let storage = Arc::new(MemoryStorage::new(config, Zone::utc(), rules.catalogue()));
    let mut shard = Shard::alone(&rules, settings, Zone::utc());
    let mut stream = Stream::new(SEED);
    let mut filling = Filling { storage: &storage, sequence: 0, relations: 0 };
    for minute in 0..MINUTES {
        // Spread over the first seconds of the minute, so that none runs into the next hour.
        stream.set_time(START + minute * MINUTE_NANOS / 1_000_000);
        let workload = Workload::take(&mut stream, SEGMENTS);
        filling.take(&mut shard, &workload).await?;
    }
    filling.drain(&mut shard).await?;
    let relations = filling.relations;
    let deps = Deps {
        storage,
        live: Arc::new(NoLiveMetrics),
        catalogue: rules.catalogue(),
        zone: Zone::utc(),
        clock: Arc::new(SystemClock),
        config: skytrail_query::Config::default(),
    };
    Ok((Query::new(deps), relations))
}

struct Filling<'a> {
    storage: &'a MemoryStorage,
    sequence: u64,
    relations: usize,
}

impl Filling<'_> {
    fn origin(&mut self) -> Origin {
        self.sequence += 1;
        Origin { shard: 0, sequence: self.sequence }
    }

    /// A minute: what a batch brings about at once, and then the rows of the window.
    async fn take(&mut self, shard: &mut Shard, workload: &Workload) -> Result<()> {
        for batch in batches(workload)? {
            let effects = shard.process(&batch);
            let origin = self.origin();
            self.storage.entities().upsert(origin, effects.entities).await?;
            let origin = self.origin();
            self.storage.entities().upsert_aliases(origin, effects.aliases).await?;
        }
        self.drain(shard).await
    }

    async fn drain(&mut self, shard: &mut Shard) -> Result<()> {
        let rows = shard.drain();
        self.relations += rows.relations.len();
        let origin = self.origin();
        self.storage.metrics().append(origin, rows.metrics).await?;
        let origin = self.origin();
        self.storage.relations().append(origin, rows.relations).await?;
        Ok(())
    }
}

fn hour() -> Duration {
    Duration {
        start: "2026-01-05 1000".to_owned(),
        end: "2026-01-05 1059".to_owned(),
        step: Step::Minute,
        cold_stage: false,
    }
}

/// Milliseconds of an expression, which must give so many series of 60 values.
async fn expression(query: &Query, expression: &str, series: usize) -> Result<f64> {
    let entity = EntityCondition {
        service_name: Some("orders-edge".to_owned()),
        normal: Some(true),
        ..EntityCondition::default()
    };
    let before = of_thread();
    for _ in 0..TIMES {
        let answer = query.exec_expression(&Ctx::default(), expression, &entity, &hour()).await?;
        let found = answer
            .results
            .iter()
            .map(|result| result.values.iter().filter(|value| value.value.is_some()).count());
        let found: Vec<_> = found.collect();
        ensure!(found == vec![MINUTES as usize; series], "{expression} gave {found:?} values");
    }
    Ok(millis_each(before))
}

/// Milliseconds of the topology, and its nodes.
async fn topology(query: &Query) -> Result<(f64, usize)> {
    let before = of_thread();
    let mut nodes = 0;
    for _ in 0..TIMES {
        let answer = query.get_global_topology(&Ctx::default(), &hour(), Some("GENERAL")).await?;
        nodes = answer.nodes.len();
        ensure!(nodes >= 48, "{nodes} nodes in the topology");
    }
    Ok((millis_each(before), nodes))
}

fn millis_each(before: std::time::Duration) -> f64 {
    of_thread().saturating_sub(before).as_secs_f64() * 1000.0 / f64::from(TIMES)
}
