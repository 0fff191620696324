//! Servers with what the pages show: a shop that goes on, large traces, a large topology.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use prost::Message;
use serde_json::{Value, json};
use skytrail_demo::shop::Shop;
use skytrail_proto::v3::SegmentObject;

use super::{graph, large};
use crate::load::Connections;
use crate::process::{Child, Server, Settings, scratch_dir};
use crate::wire::http;
use crate::workload::{SEED, now_ms};

/// Spans per second of the shop.
pub(super) const RATE: f64 = 100.0;

/// Minutes that the shop has been open.
const HISTORY: u32 = 60;

/// How long the server may take to store what was sent.
const STORED: Duration = Duration::from_secs(240);

/// Nodes and edges of the topology.
pub(super) const GRAPH: (usize, usize) = (500, 2_000);

/// A server with its pages.
pub(super) async fn server(binary: &Path) -> Result<Server> {
    let server = Server::start(binary, &Settings::default()).await?;
    let page = http::get(server.rest, "/", Duration::from_secs(5)).await?;
    ensure!(page.body.contains("<script"), "the server was built without pages: scripts/web build");
    Ok(server)
}

/// Address of its pages.
pub(super) fn url(server: &Server) -> String {
    format!("http://127.0.0.1:{}", server.rest)
}

/// Opens the shop, with its past.
pub(super) async fn shop(binary: &Path, server: &Server) -> Result<Child> {
    let arguments = [
        "demo".to_owned(),
        "--address".to_owned(),
        format!("127.0.0.1:{}", server.grpc),
        "--rate".to_owned(),
        format!("{:.2}", RATE / spans_a_request()),
        "--history".to_owned(),
        HISTORY.to_string(),
    ];
    let mut demo = Child::start("demo", binary, &[], &arguments, scratch_dir("demo")?)?;
    // Queues lose messages to batches, so that a little less than the rate arrives.
    let past = f64::from(HISTORY) * 60.0 * RATE * 0.9;
    let deadline = Instant::now() + STORED;
    loop {
        demo.ensure_alive()?;
        let books = server.span_books().await?;
        if books.stored >= past {
            return Ok(demo);
        }
        if Instant::now() > deadline {
            bail!("the past of the shop was not stored in {} s: {books:?}", STORED.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn spans_a_request() -> f64 {
    const REQUESTS: i64 = 500;
    let mut shop = Shop::new(SEED);
    let asked = (0..REQUESTS).flat_map(|number| shop.request(number * 100_000_000));
    let spans: usize = asked.map(|segment| segment.spans.len()).sum();
    spans as f64 / REQUESTS as f64
}

/// Sends a trace of so many spans; gives it, and where the list of traces has it.
pub(super) async fn large_trace(
    server: &Server,
    spans: usize,
) -> Result<(Vec<SegmentObject>, Value)> {
    let id = format!("{:032x}", 0xb16_u128 << 64 | spans as u128);
    let segments = large::trace(spans, &id, now_ms() - 2_000);
    send(server, &segments).await?;
    let start = large::start_of(&segments);
    let place = json!({ "url": url(server), "id": id, "from": start - 200, "to": start + 200 });
    Ok((segments, place))
}

/// Sends the calls of the topology.
pub(super) async fn topology(server: &Server) -> Result<()> {
    send(server, &graph::segments(GRAPH.0, GRAPH.1, now_ms())).await
}

async fn send(server: &Server, segments: &[SegmentObject]) -> Result<()> {
    let before = server.span_books().await?.stored;
    let spans: usize = segments.iter().map(|one| one.spans.len()).sum();
    let encoded = segments.iter().map(|one| Bytes::from(one.encode_to_vec())).collect();
    Connections::open(server.grpc, 2).await?.send(&Arc::new(encoded)).await?;
    let deadline = Instant::now() + STORED;
    while server.span_books().await?.stored < before + spans as f64 {
        if Instant::now() > deadline {
            bail!("{spans} spans were not stored in {} s", STORED.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
