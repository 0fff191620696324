//! What durability costs the sender, and how long a restart takes after a kill.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use skytrail_proto::raw::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::bench::{Bench, RowMaker};
use crate::embedded::ask::Times;
use crate::load::{Connections, channel};
use crate::process::{Server, Settings, scratch_dir, sum_of};
use crate::table::Row;
use crate::wire::protobuf;
use crate::workload::{SEED, Workload, now_ms, stream_from_now};

pub(super) const ROW: RowMaker =
    RowMaker { name: "durable", what: "acknowledgement at 20,000 spans/s, durable", make };

/// Spans per second.
const RATE: f64 = 20_000.0;

/// Agents, each with a connection of its own.
const AGENTS: usize = 8;

/// Segments of a call, which is answered when they are on the disk.
const CALL: usize = 10;

/// How long they send, and for how long the answers do not count.
const LENGTH: Duration = Duration::from_secs(30);
const WARM_UP: Duration = Duration::from_secs(5);

/// Bytes of log that are replayed.
const LOG: f64 = 1_073_741_824.0;

/// Segments that are sent before the log is looked at.
const CHUNK: usize = 40_000;

/// How long a replay may take before it is given up.
const REPLAY: Duration = Duration::from_secs(300);

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let binary = bench.binary()?.to_owned();
    let acknowledged = bench.wait(acknowledgement(&binary))?;
    let recovered = bench.wait(recovery(&binary))?;
    Ok(vec![acknowledged, recovered])
}

/// A store of its own; the log is replayed from its beginning.
fn settings(folder: &Path) -> Settings {
    let keys = [
        "storage.selector=embedded",
        "storage.log.limit=8GiB",
        "storage.log.checkpoint_every=3GiB",
    ];
    let keys = keys.map(str::to_owned).to_vec();
    Settings { wrapper: Vec::new(), keys, data: Some(folder.join("data")) }
}

async fn acknowledgement(binary: &Path) -> Result<Row> {
    let keys = vec!["storage.selector=embedded".to_owned()];
    let settings = Settings { wrapper: Vec::new(), keys, data: None };
    let server = Server::start(binary, &settings).await?;
    let mut agents = JoinSet::new();
    for agent in 0..AGENTS {
        agents.spawn(agent_at_work(server.grpc, SEED + agent as u64));
    }
    let (mut times, mut spans) = (Times::default(), 0);
    while let Some(ended) = agents.join_next().await {
        let (more, sent) = ended??;
        more.into_iter().for_each(|time| times.push(time));
        spans += sent;
    }
    let books = server.span_books().await?;
    ensure!(books.stored >= spans as f64, "{spans} spans were acknowledged: {books:?}");
    let note = format!(
        "{}; {} calls of {CALL} segments over {AGENTS} connections, {:.0} spans/s, by the clock \
         from when each was due",
        times.describe(),
        times.len(),
        spans as f64 / LENGTH.as_secs_f64()
    );
    Ok(Row::absolute(ROW.what, times.percentile(99), 25.0, " ms p99").note(note))
}

/// Milliseconds of its calls, and the spans it sent.
async fn agent_at_work(port: u16, seed: u64) -> Result<(Vec<f64>, u64)> {
    let mut client = TraceSegmentReportServiceClient::new(channel(port).await?);
    let mut traffic = stream_from_now(seed);
    let pace = (CALL * 5 * AGENTS) as f64 / RATE;
    let mut due = interval(Duration::from_secs_f64(pace));
    // A call that came late does not make the next ones later.
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begin = Instant::now();
    let (mut times, mut spans) = (Vec::new(), 0);
    while begin.elapsed() < LENGTH {
        traffic.set_time(now_ms());
        let workload = Workload::take(&mut traffic, CALL);
        let mut collection = Vec::new();
        workload.encoded.iter().for_each(|bytes| protobuf::field(&mut collection, 1, bytes));
        let since = due.tick().await;
        client.collect_in_sync(tonic::Request::new(Bytes::from(collection))).await?;
        spans += workload.spans;
        if begin.elapsed() > WARM_UP {
            times.push(since.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok((times, spans))
}

async fn recovery(binary: &Path) -> Result<Row> {
    let folder = scratch_dir("recovery")?;
    let settings = settings(folder.path());
    let mut server = Server::start(binary, &settings).await?;
    let connections = Connections::open(server.grpc, AGENTS).await?;
    let mut traffic = stream_from_now(SEED);
    let mut spans = 0;
    let written = loop {
        traffic.set_time(now_ms());
        let workload = Workload::take(&mut traffic, CHUNK);
        connections.send(&Arc::new(workload.encoded)).await?;
        spans += workload.spans;
        let written = sum_of(&server.samples().await?, "skytrail_log_written_bytes_total", &[]);
        ensure!(written > 0.0, "the log tells nothing");
        if written >= LOG {
            break written;
        }
    };
    server.child.kill()?;
    drop(server);
    let begin = Instant::now();
    let server = Server::start_within(binary, &settings, REPLAY).await?;
    let seconds = begin.elapsed().as_secs_f64();
    let memory = server.child.memory().context("no memory")?;
    let note = format!(
        "{:.0} MiB of log, {spans} spans, from the disk, until it is healthy; at most {:.0} MiB \
         resident",
        written / 1_048_576.0,
        memory.peak as f64 / 1_048_576.0
    );
    Ok(Row::absolute("recover 1 GiB of log after a kill", seconds, 5.0, " s").note(note))
}
