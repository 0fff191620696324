//! The whole path, from the socket to the store, against a collector that
//! throws away what it takes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::bench::{Bench, RowMaker};
use crate::load::{Connections, Exporters};
use crate::measure::rounds::Rounds;
use crate::peer::convert::Order;
use crate::peer::{convert, rotel};
use crate::process::{Child, Server, Settings, free_ports};
use crate::table::Row;
use crate::workload::{SEED, Workload, now_ms, stream_from_now};

pub(super) const ROW: RowMaker = RowMaker {
    name: "e2e",
    what: "socket to store, server CPU a span, vs rotel to blackhole",
    make,
};

/// Segments of a round: 300,000 spans, so that a tick of the kernel's clock
/// (10 ms) is 0.03 µs a span.
const SEGMENTS: usize = 60_000;

/// Connections, each with one stream.
const CONNECTIONS: usize = 8;

/// Spans per request of the peer, the usual size of an SDK's batch.
const OTLP_BATCH: usize = 500;

/// What the server still does after it has acknowledged, such as handing rows
/// to the store, is counted in as well.
const SETTLE: Duration = Duration::from_millis(1500);

fn make(bench: &Bench) -> Result<Vec<Row>> {
    let binary = bench.binary()?.to_owned();
    let settings = Settings { wrapper: bench.server_core(), keys: memory_store(256), data: None };
    let peer = rotel::install();
    let rounds = bench.wait(async {
        let server = Server::start(&binary, &settings).await?;
        let ours = Ours { connections: Connections::open(server.grpc, CONNECTIONS).await?, server };
        let theirs = match &peer {
            Ok(program) => Theirs::start(program, &settings.wrapper).await,
            Err(error) => Err(anyhow::anyhow!("{error:#}")),
        };
        run(bench.rounds, ours, theirs).await
    })?;
    let (ours, theirs) = rounds;
    let absolute = Row::absolute("socket to store, server CPU a span", ours.median(), 0.9, " µs")
        .note(format!("{} rounds, {:.2} to {:.2} µs", ours.len(), ours.range().0, ours.range().1));
    let ratio = match theirs {
        Ok([mixed, sorted]) => {
            let note = format!(
                "rotel {} {:.2} µs in requests of {OTLP_BATCH} spans as they come, {:.2} µs in \
                 requests of one instance; {}",
                rotel::VERSION,
                mixed.median(),
                sorted.median(),
                conditions(&settings)
            );
            Row::ratio(ROW.what, ours.median(), mixed.median(), 0.25, "").note(note)
        }
        Err(error) => Row::skipped(ROW.what, format!("rotel: {error:#}")),
    };
    Ok(vec![ratio, absolute])
}

/// Keys that choose the in-memory backend with so many MiB.
pub(super) fn memory_store(mib: usize) -> Vec<String> {
    vec!["storage.selector=memory".to_owned(), format!("storage.memory.budget={mib}MiB")]
}

fn conditions(settings: &Settings) -> String {
    let core = if settings.wrapper.is_empty() { "not pinned" } else { "each on core 0" };
    format!("servers {core}, {CONNECTIONS} connections, {SEGMENTS} segments a round")
}

async fn run(
    rounds: usize,
    ours: Ours,
    theirs: Result<Theirs>,
) -> Result<(Rounds, Result<[Rounds; 2]>)> {
    let mut figures = (Rounds::default(), [Rounds::default(), Rounds::default()]);
    let mut stream = stream_from_now(SEED);
    for round in 0..=rounds {
        stream.set_time(now_ms());
        let workload = Workload::take(&mut stream, SEGMENTS);
        let mine = ours.round(&workload).await?;
        // The first is for warming up.
        if round > 0 {
            figures.0.push(mine);
        }
        let Ok(theirs) = &theirs else { continue };
        for (order, rounds) in [Order::Arrival, Order::Instance].into_iter().zip(&mut figures.1) {
            let figure = theirs.round(&workload, order).await?;
            if round > 0 {
                rounds.push(figure);
            }
        }
    }
    Ok((figures.0, theirs.map(|_| figures.1)))
}

struct Ours {
    server: Server,
    connections: Connections,
}

impl Ours {
    /// Microseconds of the server per span.
    async fn round(&self, workload: &Workload) -> Result<f64> {
        let segments = Arc::new(workload.encoded.clone());
        let stored = self.server.span_books().await?.stored;
        let before = self.server.child.cpu()?;
        self.connections.send(&segments).await?;
        let wanted = stored + workload.spans as f64;
        let books = self.server.wait_stored(wanted, Duration::from_secs(30)).await?;
        ensure!(books.refused + books.dropped == 0.0, "not everything was stored: {books:?}");
        tokio::time::sleep(SETTLE).await;
        let time = self.server.child.cpu()?.saturating_sub(before);
        Ok(time.as_secs_f64() * 1e6 / workload.spans as f64)
    }
}

struct Theirs {
    child: Child,
    exporters: Exporters,
}

impl Theirs {
    async fn start(program: &Path, wrapper: &[String]) -> Result<Self> {
        let [grpc, http] = free_ports()?;
        let mut child = rotel::start(program, wrapper, grpc, http)?;
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            child.ensure_alive()?;
            match Exporters::open(grpc, CONNECTIONS).await {
                Ok(exporters) => return Ok(Self { child, exporters }),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Microseconds of the peer per span.
    async fn round(&self, workload: &Workload, order: Order) -> Result<f64> {
        let (requests, spans) = convert::batches(workload, OTLP_BATCH, order);
        let before = self.child.cpu()?;
        self.exporters.send(&Arc::new(requests)).await?;
        tokio::time::sleep(SETTLE).await;
        let time = self.child.cpu()?.saturating_sub(before);
        Ok(time.as_secs_f64() * 1e6 / spans as f64)
    }
}
