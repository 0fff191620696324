//! Agents that do nothing wrong, in the middle of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use skytrail_demo::workload::Workload as Traffic;
use tokio::sync::watch;
use tokio::time::{Instant, interval, timeout};

use crate::load::Connections;
use crate::workload::{Workload, now_ms, stream_from_now};

/// Segments of one stream.
const STREAM: usize = 20;

/// How often an agent sends a stream.
const PACE: Duration = Duration::from_millis(250);

/// How long an agent waits to be acknowledged: the server may stall it for 20 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// What honest agents have done.
#[derive(Debug, Default)]
pub struct Tally {
    /// Segments sent.
    pub sent: AtomicU64,
    /// Segments acknowledged.
    pub acknowledged: AtomicU64,
    /// Spans in the acknowledged segments.
    pub spans: AtomicU64,
}

impl Tally {
    /// Acknowledged segments per segment sent; 0 when nothing was sent.
    pub fn share(&self) -> f64 {
        let sent = self.sent.load(Ordering::Relaxed);
        self.acknowledged.load(Ordering::Relaxed) as f64 / sent.max(1) as f64
    }
}

/// The newest trace that was acknowledged.
pub type Latest = watch::Sender<String>;

/// An agent that sends a stream of segments at a steady pace until `end`.
pub async fn agent(port: u16, seed: u64, end: Instant, tally: Arc<Tally>, latest: Arc<Latest>) {
    let mut traffic = stream_from_now(seed);
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut connections = None;
    while Instant::now() < end {
        pace.tick().await;
        let work = next(&mut traffic);
        tally.sent.fetch_add(work.encoded.len() as u64, Ordering::Relaxed);
        if send(port, &mut connections, &work).await.is_ok() {
            tally.acknowledged.fetch_add(work.encoded.len() as u64, Ordering::Relaxed);
            tally.spans.fetch_add(work.spans, Ordering::Relaxed);
            if let Some(last) = work.decoded.last() {
                latest.send_replace(last.trace_id.clone());
            }
        } else {
            // As an agent does, it comes again on a new connection.
            connections = None;
        }
    }
}

fn next(traffic: &mut Traffic) -> Workload {
    traffic.set_time(now_ms());
    Workload::take(traffic, STREAM)
}

async fn send(port: u16, connections: &mut Option<Connections>, work: &Workload) -> Result<()> {
    if connections.is_none() {
        *connections = Some(Connections::open(port, 1).await?);
    }
    let connections = connections.as_ref().context("not connected")?;
    let segments = Arc::new(work.encoded.clone());
    timeout(PATIENCE, connections.send(&segments)).await.context("not acknowledged in time")?
}
