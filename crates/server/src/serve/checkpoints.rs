//! Checkpoints, and the log that they make shorter.

use std::sync::Arc;
use std::time::Duration;

use skytrail_analysis::Analysis;
use skytrail_base::frontier::Frontier;
use skytrail_base::journal::{Journal, Position};
use skytrail_base::shutdown::Shutdown;
use tokio::time::{Instant, MissedTickBehavior};

/// How often the length of the log is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Makes checkpoints, and trims the log to them.
#[derive(Clone)]
pub(super) struct Checkpoints {
    pub(super) analysis: Arc<Analysis>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) frontier: Arc<Frontier>,
}

impl Checkpoints {
    /// Makes everything durable that was handed over so far. The log is trimmed
    /// only when that is done, so whatever fails is replayed.
    pub(super) async fn make(&self) -> anyhow::Result<()> {
        let asked = |last| self.analysis.begin_checkpoint(last).map(|pending| (last, pending));
        let (last, pending) = self.frontier.still(asked)?;
        pending.finish().await?;
        self.journal.trim(Position(last.0 + 1))?;
        Ok(())
    }

    /// Makes one whenever the log holds more than `limit_bytes`, until the
    /// shutdown: the next start has at most about that to replay.
    pub(super) async fn keep_short(self, limit_bytes: usize, mut stop: Shutdown) {
        let mut looks = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = stop.stopping() => return,
            }
            if self.journal.used_bytes() > limit_bytes
                && let Err(error) = self.make().await
            {
                tracing::warn!(%error, "no checkpoint could be made; the log keeps growing");
            }
        }
    }
}
