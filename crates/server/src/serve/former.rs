//! A log whose records came under other metric rules. Replay counts a record as
//! it counted before, so what is in the log is finished with the rules of the last
//! checkpoint, and the new ones begin behind it.

use std::sync::Arc;

use anyhow::Context;
use skytrail_analysis::{Analysis, BatchReceiver, Rules, Settings};
use skytrail_base::clock::SharedClock;
use skytrail_base::handoff::Handoff;
use skytrail_base::journal::{Journal, Position, Record};
use skytrail_base::metrics::Registry;
use skytrail_base::queue::{self, Sender};
use skytrail_base::shutdown::Shutdown;
use skytrail_ingest::Replayer;
use skytrail_model::batch::Batch;
use skytrail_model::time::Zone;

use super::backend::{Backend, FOREIGN, Opening};
use super::replay::Replay;
use crate::config::Config;

/// What a log is replayed with, whatever the rules.
pub(super) struct Stage<'a> {
    pub(super) config: &'a Config,
    pub(super) settings: &'a Settings,
    pub(super) zone: &'a Zone,
    pub(super) clock: &'a SharedClock,
    pub(super) stop: &'a Shutdown,
}

/// A log that was replayed.
pub(super) struct Replayed {
    pub(super) analysis: Analysis,
    pub(super) tables: Replayer,
    pub(super) senders: Vec<Sender<Handoff<Batch>>>,
    /// The end of the log.
    pub(super) last: Position,
    /// Whether the last checkpoint was made with the same rules.
    pub(super) is_of_these: bool,
}

impl Stage<'_> {
    /// What a backend is opened with.
    pub(super) fn opening<'a>(&'a self, rules: &Rules, registry: &'a Registry) -> Opening<'a> {
        let (zone, clock) = (self.zone, self.clock);
        Opening { zone, catalogue: rules.catalogue(), registry, clock }
    }

    /// The rules that the records behind the last checkpoint came under, if these
    /// are not `rules` and there is such a record.
    pub(super) async fn former(
        &self,
        backend: &Backend,
        rules: &Rules,
    ) -> anyhow::Result<Option<Rules>> {
        let Some(checkpoint) = backend.storage.checkpoints().load().await? else {
            return Ok(None);
        };
        if checkpoint.rules == rules.hash()
            || !has_records(&backend.journal, checkpoint.position).await?
        {
            return Ok(None);
        }
        let former = Rules::of_checkpoint(&checkpoint, self.settings).with_context(|| {
            format!(
                "{FOREIGN}: the log holds records that came under other metric rules, which this \
                 release does not understand; start the release before once, and stop it in order"
            )
        })?;
        Ok(former)
    }

    /// Replays a log to its end, makes everything durable and leaves it empty.
    pub(super) async fn finish(&self, former: Rules, backend: Backend) -> anyhow::Result<()> {
        tracing::info!("the metric rules changed: the log is finished with those before");
        let journal = backend.journal.clone();
        let replayed = self.replay(former, &backend, &Registry::default()).await?;
        replayed.save().await?;
        journal.trim(Position(replayed.last.0 + 1))?;
        Ok(())
    }

    /// Brings the store to the end of the log.
    pub(super) async fn replay(
        &self,
        rules: Rules,
        backend: &Backend,
        registry: &Registry,
    ) -> anyhow::Result<Replayed> {
        let (hash, (senders, receivers)) = (rules.hash(), self.queues());
        let deps = skytrail_analysis::Deps {
            rules,
            storage: backend.storage.clone(),
            registry: registry.clone(),
            clock: self.clock.clone(),
            zone: self.zone.clone(),
        };
        let analysis = Analysis::build(self.settings.clone(), deps, receivers)?;
        let of_ingest = self.config.ingest.validate()?;
        let mut tables = Replayer::new(of_ingest.symbols)
            .remembering(of_ingest.duplicates, self.config.shards());
        let replay = Replay {
            storage: &backend.storage,
            journal: &backend.journal,
            analysis: &analysis,
            tables: &mut tables,
            stop: self.stop,
            registry,
        };
        let (last, found) = replay.run().await?;
        Ok(Replayed { analysis, tables, senders, last, is_of_these: found == Some(hash) })
    }

    fn queues(&self) -> (Vec<Sender<Handoff<Batch>>>, Vec<BatchReceiver>) {
        let bytes = self.config.ingest.batch.queue_size.as_len();
        (0..self.config.shards()).map(|_| queue::bounded(bytes)).unzip()
    }
}

impl Replayed {
    /// Makes a checkpoint at the end of the log.
    pub(super) async fn save(&self) -> anyhow::Result<()> {
        let pending = self.analysis.begin_checkpoint(self.last)?;
        Ok(pending.finish(|| self.tables.kept()).await?)
    }
}

/// Whether the log has a record behind a position.
async fn has_records(journal: &Arc<dyn Journal>, last: Position) -> anyhow::Result<bool> {
    let (journal, from) = (journal.clone(), Position(last.0 + 1));
    let mut is_there = false;
    let mut take = |_, _: Record<'_>| {
        is_there = true;
        false
    };
    journal.replay(from, &mut take).await?;
    Ok(is_there)
}
