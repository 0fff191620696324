//! The server of a round.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::plan::{CONNECTIONS, SETTLE};
use crate::embedded::threads;
use crate::load::Connections;
use crate::measure::rounds::Rounds;
use crate::process::{Server, Settings};
use crate::workload::Workload;

/// The thread that merges parts.
const MERGES: &str = "merge";

/// A part is merged a minute after it was written, and merges are over when
/// none has begun for so long.
const REST: Duration = Duration::from_secs(65);

/// How long merges may take.
const MOST: Duration = Duration::from_secs(600);

/// A server, and what it took in the rounds so far.
pub(super) struct Ours {
    server: Server,
    connections: Connections,
    /// Microseconds a span, merges left out.
    pub(super) rounds: Rounds,
    spans: u64,
}

impl Ours {
    pub(super) async fn start(binary: &Path, settings: &Settings) -> Result<Self> {
        let server = Server::start(binary, settings).await?;
        let connections = Connections::open(server.grpc, CONNECTIONS).await?;
        Ok(Self { server, connections, rounds: Rounds::default(), spans: 0 })
    }

    /// Sends everything once.
    pub(super) async fn round(&mut self, workload: &Workload, counts: bool) -> Result<()> {
        let segments = Arc::new(workload.encoded.clone());
        let stored = self.server.span_books().await?.stored;
        let before = self.spent()?;
        self.connections.send(&segments).await?;
        let wanted = stored + workload.spans as f64;
        let books = self.server.wait_stored(wanted, Duration::from_secs(30)).await?;
        ensure!(books.refused + books.dropped == 0.0, "not everything was stored: {books:?}");
        tokio::time::sleep(SETTLE).await;
        let time = self.spent()?.saturating_sub(before);
        self.spans += workload.spans;
        if counts {
            self.rounds.push(time.as_secs_f64() * 1e6 / workload.spans as f64);
        }
        Ok(())
    }

    /// Processor time so far, merges left out.
    fn spent(&self) -> Result<Duration> {
        Ok(self.server.child.cpu()?.saturating_sub(self.merging()))
    }

    fn merging(&self) -> Duration {
        threads::named_of(self.server.child.pid(), MERGES)
    }

    /// Waits until nothing is left to merge; gives the microseconds that merges
    /// took for each span that was sent.
    pub(super) async fn merges(&self) -> Result<f64> {
        let begin = Instant::now();
        let (mut spent, mut since) = (self.merging(), Instant::now());
        while since.elapsed() < REST && begin.elapsed() < MOST {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now = self.merging();
            // To look whether there is something to merge takes a little.
            if now.saturating_sub(spent) > Duration::from_millis(10) {
                since = Instant::now();
            }
            spent = now;
        }
        Ok(spent.as_secs_f64() * 1e6 / self.spans.max(1) as f64)
    }
}
