//! The tasks of the parts, and the order in which they end.

#[cfg(test)]
mod tests;

use anyhow::{anyhow, bail};
use skytrail_base::code::Code;
use skytrail_base::shutdown::{self, Shutdown, Trigger};
use tokio::task::{JoinError, JoinHandle, JoinSet};

/// The code of a part that ended before its time.
const FAILED: Code = Code("ST-1006");

/// The code of a stop after which not everything is stored.
const UNFINISHED: Code = Code("ST-1008");

type Analysed = skytrail_analysis::Result<()>;

/// What the parts are told at the end.
#[derive(Debug)]
pub(super) struct Orders {
    /// To the ports and the upkeep.
    close: Trigger,
    /// To the receivers.
    drain: Trigger,
    /// To the analysis.
    finish: Trigger,
}

/// Where they hear it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) close: Shutdown,
    pub(super) drain: Shutdown,
    pub(super) finish: Shutdown,
}

impl Orders {
    pub(super) fn new() -> (Self, Told) {
        let (close, closing) = shutdown::channel();
        let (drain, draining) = shutdown::channel();
        let (finish, finishing) = shutdown::channel();
        let told = Told { close: closing, drain: draining, finish: finishing };
        (Self { close, drain, finish }, told)
    }
}

/// The tasks of the parts.
#[derive(Debug)]
pub(super) struct Running {
    listeners: JoinSet<()>,
    upkeep: JoinSet<()>,
    /// Those whose end was not seen yet: one that has ended keeps its answer
    /// here until somebody asks for it.
    ingest: Option<JoinHandle<()>>,
    analysis: Option<JoinHandle<Analysed>>,
}

/// The answer of a task; never comes for one that was asked before.
async fn end_of<T>(task: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    let Some(handle) = task else { return std::future::pending().await };
    let ended = handle.await;
    *task = None;
    ended
}

/// Whether the receivers handed over everything that is in the log.
fn all_handed_over(ended: Result<(), JoinError>) -> bool {
    ended.inspect_err(|error| tracing::error!(%error, "the receivers failed")).is_ok()
}

/// Whether everything that was handed over is stored.
fn all_stored(ended: Result<Analysed, JoinError>) -> bool {
    match ended {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::error!(%error, "the analysis did not end well"),
        Err(error) => tracing::error!(%error, "the analysis failed"),
    }
    false
}

/// How the process ends. `is_whole` is what [`Running::stop`] said, none when its
/// time was over. Why the parts ended is the better error of two.
pub(super) fn outcome(ended: anyhow::Result<()>, is_whole: Option<bool>) -> anyhow::Result<()> {
    let why = match is_whole {
        Some(true) => return ended,
        Some(false) => "not everything is stored",
        None => "server.shutdown_timeout is over",
    };
    let message =
        format!("{UNFINISHED}: the stop ended with work undone: {why}; the log says what");
    ended.and(Err(anyhow!(message)))
}

impl Running {
    pub(super) fn new(
        listeners: JoinSet<()>,
        upkeep: JoinSet<()>,
        ingest: JoinHandle<()>,
        analysis: JoinHandle<Analysed>,
    ) -> Self {
        Self { listeners, upkeep, ingest: Some(ingest), analysis: Some(analysis) }
    }

    /// Waits for the shutdown, or for a part that ends before it.
    pub(super) async fn watch(&mut self, mut stop: Shutdown) -> anyhow::Result<()> {
        let part = tokio::select! {
            () = stop.stopping() => return Ok(()),
            _ = self.listeners.join_next() => "a port",
            ended = end_of(&mut self.ingest) => {
                all_handed_over(ended);
                "the receivers"
            }
            ended = end_of(&mut self.analysis) => {
                all_stored(ended);
                "the analysis"
            }
        };
        bail!("{FAILED}: {part} ended while the server was running; the log says why")
    }

    /// Ends every part in the order of the data. Says whether all that is in the
    /// log is stored, so that the next start has nothing to replay; a part that
    /// ended before its time leaves that open.
    pub(super) async fn stop(&mut self, orders: &Orders) -> bool {
        orders.close.stop();
        while self.listeners.join_next().await.is_some() {}
        orders.drain.stop();
        let mut is_whole = match &self.ingest {
            Some(_) => all_handed_over(end_of(&mut self.ingest).await),
            None => false,
        };
        // A checkpoint that is under way needs the shards.
        while self.upkeep.join_next().await.is_some() {}
        orders.finish.stop();
        is_whole &= match &self.analysis {
            Some(_) => all_stored(end_of(&mut self.analysis).await),
            None => false,
        };
        is_whole
    }
}
