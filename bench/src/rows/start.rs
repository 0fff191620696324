//! From the start of the process to the first segment that it has acknowledged.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bytes::Bytes;

use super::bench::{Bench, RowMaker};
use super::e2e::memory_store;
use crate::load::Connections;
use crate::measure::rounds::Rounds;
use crate::process::{Server, Settings};
use crate::table::Row;
use crate::workload::{SEED, Workload, stream_from_now};

pub(super) const ROW: RowMaker =
    RowMaker { name: "start", what: "cold start to the first accepted segment", make };

/// How often the sender tries; also how exact the figure is.
const RETRY: Duration = Duration::from_millis(2);

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let segment = Arc::new(Workload::take(&mut stream_from_now(SEED), 1).encoded);
    let binary = bench.binary()?.to_owned();
    let settings = Settings { wrapper: Vec::new(), keys: memory_store(64), data: None };
    let mut rounds = Rounds::default();
    for _ in 0..bench.rounds {
        rounds.push(bench.wait(start(&binary, &settings, &segment))?);
    }
    let (least, most) = rounds.range();
    let note = format!("wall clock, {} starts, {least:.3} to {most:.3} s", rounds.len());
    Ok(vec![Row::absolute(ROW.what, rounds.median(), 0.3, " s").note(note)])
}

async fn start(binary: &Path, settings: &Settings, segment: &Arc<Vec<Bytes>>) -> Result<f64> {
    let begin = Instant::now();
    let mut server = Server::spawn(binary, settings)?;
    loop {
        if let Ok(connections) = Connections::open(server.grpc, 1).await
            && connections.send(segment).await.is_ok()
        {
            return Ok(begin.elapsed().as_secs_f64());
        }
        server.child.ensure_alive()?;
        if begin.elapsed() > Duration::from_secs(30) {
            bail!("no segment was accepted within 30 s");
        }
        tokio::time::sleep(RETRY).await;
    }
}
