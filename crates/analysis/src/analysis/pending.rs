//! A checkpoint on its way.

use std::sync::atomic::Ordering;
use std::time::Instant;

use skytrail_base::journal::Position;
use skytrail_storage::{Checkpoint, Cut};
use tokio::sync::oneshot;

use super::{Analysis, stopped};
use crate::checkpoint::State;
use crate::error::{Error, Result};
use crate::run::PausedAt;

/// A checkpoint that the shards were asked for. Dropped, it lets them go on.
pub struct PendingCheckpoint<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) position: Position,
    /// Where a shard tells that it stands still, and what lets it go on.
    pub(super) asked: Vec<(oneshot::Receiver<PausedAt>, oneshot::Sender<()>)>,
}

impl std::fmt::Debug for PendingCheckpoint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingCheckpoint")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl PendingCheckpoint<'_> {
    /// Waits until all shards stand still, asks the receivers what they want kept
    /// of everything up to the position, gives it all to the store, and lets the
    /// shards go on as soon as the store has taken hold of it. Returns when it is
    /// durable. `receivers` MUST NOT wait: nothing is analysed meanwhile.
    pub async fn finish(mut self, receivers: impl FnOnce() -> Vec<u8> + Send) -> Result<()> {
        let mut points = Vec::with_capacity(self.asked.len());
        for (replied, _) in &mut self.asked {
            points.push(replied.await.map_err(|_| stopped())?);
        }
        let start = Instant::now();
        if self.asked.is_empty() {
            points = self.analysis.stand_still().await?;
        }
        let checkpoint = self.checkpoint(points, receivers())?;
        let bytes = checkpoint.state.len();
        let storage = self.analysis.persister.storage.clone();
        let saving = storage.checkpoints().save(checkpoint);
        // All shards go on; what they store now is behind the cut.
        self.asked.clear();
        tracing::debug!(bytes, still = ?start.elapsed(), "a checkpoint is being saved");
        Ok(saving.await?)
    }

    fn checkpoint(&self, points: Vec<PausedAt>, receivers: Vec<u8>) -> Result<Checkpoint> {
        if let Some(beyond) = points.iter().map(|at| at.last).find(|last| *last > self.position) {
            return Err(Error::invalid(format!(
                "checkpoint: record {} was analysed before a checkpoint at {}",
                beyond.0, self.position.0
            )));
        }
        let mut cut = Cut::default();
        let mut shards = Vec::with_capacity(points.len());
        for (index, point) in points.into_iter().enumerate() {
            cut.include(index as u16, point.sequence);
            shards.push(point.saved);
        }
        Ok(Checkpoint {
            position: self.position,
            cut,
            state: State::encode(
                receivers,
                self.analysis.rules.source(),
                &shards,
                &self.analysis.pairing.save(),
            ),
            rules: self.analysis.rules.hash(),
            zone: self.analysis.zone.name().to_owned(),
        })
    }
}

impl Drop for PendingCheckpoint<'_> {
    fn drop(&mut self) {
        self.analysis.checkpointing.store(false, Ordering::Release);
    }
}
