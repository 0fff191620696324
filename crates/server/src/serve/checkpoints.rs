//! Checkpoints, and the log that they make shorter.

use std::sync::Arc;
use std::time::Duration;

use skytrail_analysis::Analysis;
use skytrail_base::frontier::Frontier;
use skytrail_base::journal::{Journal, Position};
use skytrail_base::shutdown::Shutdown;
use skytrail_ingest::Duplicates;
use skytrail_storage::SharedStorage;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::health::{Health, Part};
use super::looks::Looks;
use super::pace::Pace;

/// How often a checkpoint is made while the log takes nothing.
const HELP: Duration = Duration::from_secs(5);

/// How often one is made while nothing asks for it: what is not in parts is not in backups
/// either, and what was deleted stays in the log.
const AT_LEAST: Duration = Duration::from_secs(3600);

/// How often the log's length and the store's memory are looked at. Memory runs
/// short within a second.
const LOOK: Duration = Duration::from_millis(100);

/// Makes checkpoints, and trims the log to them.
#[derive(Clone)]
pub struct Checkpoints {
    pub(super) analysis: Arc<Analysis>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) frontier: Arc<Frontier>,
    pub(super) storage: SharedStorage,
    pub(super) duplicates: Duplicates,
    pub(super) health: Arc<Health>,
    /// Held by who makes one; others wait.
    pub(super) turn: Arc<Mutex<()>>,
}

impl std::fmt::Debug for Checkpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkpoints").finish_non_exhaustive()
    }
}

impl Checkpoints {
    /// Makes everything durable that was handed over so far, up to the position
    /// that it gives.
    pub async fn save(&self) -> anyhow::Result<Position> {
        let _turn = self.turn.lock().await;
        self.save_now().await
    }

    async fn save_now(&self) -> anyhow::Result<Position> {
        // Most of what the receivers keep is known before the shards stand still.
        let known = self.duplicates.prepare();
        let asked = |last| self.analysis.begin_checkpoint(last).map(|pending| (last, pending));
        let (last, pending) = self.frontier.still(asked)?;
        pending.finish(|| known.finish()).await?;
        Ok(last)
    }

    /// The same, and the log is trimmed. That is done last, so whatever fails is
    /// replayed. Says how many bytes the log keeps of what it held before.
    pub(super) async fn make(&self) -> anyhow::Result<usize> {
        let _turn = self.turn.lock().await;
        let held = self.journal.used_bytes();
        let last = self.save_now().await?;
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
    /// last, or the store runs short of memory, until the shutdown: the next start
    /// has at most about that to replay.
    pub(super) async fn keep_short(self, limit_bytes: usize, stop: Shutdown) {
        let mut pace = Pace::new(limit_bytes);
        let mut looks = Looks::after_each(LOOK, stop);
        let mut helped: Option<Instant> = None;
        let mut made = Instant::now();
        while looks.next().await {
            let now = Instant::now();
            // One gives a log that has no room some of its own back.
            let is_stuck = self.journal.refusal().is_some()
                && helped.is_none_or(|last| now.duration_since(last) >= HELP);
            let is_old = now.duration_since(made) >= AT_LEAST;
            let wants = self.storage.wants_checkpoint() || is_stuck || is_old;
            if !pace.is_due(self.journal.used_bytes(), wants, now) {
                continue;
            }
            helped = Some(now);
            match self.make().await {
                Ok(left) => {
                    made = now;
                    pace.made(left);
                    self.health.set(Part::Store, None);
                }
                Err(error) => {
                    let pause = pace.failed(Instant::now());
                    tracing::debug!(next_try = ?pause, "the log keeps growing");
                    let why = format!("no checkpoint could be made: {error}");
                    self.health.set(Part::Store, Some(why));
                }
            }
        }
    }
}
