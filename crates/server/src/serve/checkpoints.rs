//! Checkpoints, and the log that they make shorter.

use std::sync::Arc;
use std::time::Duration;

use skytrail_analysis::Analysis;
use skytrail_base::frontier::Frontier;
use skytrail_base::journal::{Journal, Position};
use skytrail_base::shutdown::Shutdown;
use tokio::time::{Instant, MissedTickBehavior};

use super::pace::Pace;

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
    /// only when that is done, so whatever fails is replayed. Says how many bytes
    /// the log keeps of what it held before.
    pub(super) async fn make(&self) -> anyhow::Result<usize> {
        let held = self.journal.used_bytes();
        let asked = |last| self.analysis.begin_checkpoint(last).map(|pending| (last, pending));
        let (last, pending) = self.frontier.still(asked)?;
        pending.finish(Vec::new).await?;
        // What came meanwhile stays, and counts for the next one.
        let before = self.journal.used_bytes();
        self.journal.trim(Position(last.0 + 1))?;
        Ok(held.saturating_sub(before.saturating_sub(self.journal.used_bytes())))
    }

    /// Everything is stored; the next start has nothing to replay.
    pub(super) async fn make_last(&self) {
        if let Err(error) = self.make().await {
            tracing::error!(%error, "the last checkpoint failed; the next start replays the log");
        }
    }

    /// Makes one whenever the log has grown by more than `limit_bytes` since the
    /// last, until the shutdown: the next start has at most about that to replay.
    pub(super) async fn keep_short(self, limit_bytes: usize, mut stop: Shutdown) {
        let mut pace = Pace::new(limit_bytes);
        let mut looks = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = stop.stopping() => return,
            }
            if !pace.is_due(self.journal.used_bytes(), Instant::now()) {
                continue;
            }
            match self.make().await {
                Ok(left) => pace.made(left),
                Err(error) => {
                    let pause = pace.failed(Instant::now());
                    tracing::warn!(
                        %error, next_try = ?pause,
                        "no checkpoint could be made; the log keeps growing"
                    );
                }
            }
        }
    }
}
