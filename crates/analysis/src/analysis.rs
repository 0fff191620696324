//! The analysis as a part of the process: made, run, asked and stopped.

mod pending;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use skytrail_base::budget::Budget;
use skytrail_base::clock::SharedClock;
use skytrail_base::handoff::Handoff;
use skytrail_base::journal::Position;
use skytrail_base::metrics::Registry;
use skytrail_base::queue::Receiver;
use skytrail_base::shutdown::Shutdown;
use skytrail_model::batch::Batch;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::{Checkpoint, LiveMetrics, SharedStorage};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

pub use pending::PendingCheckpoint;

use crate::checkpoint::State;
use crate::config::Settings;
use crate::effects::Effects;
use crate::error::{Error, ErrorKind, Result};
use crate::live::LiveWindows;
use crate::oal::rules::Rules;
use crate::pair::Pairing;
use crate::persist::{BATCH_PATIENCE, BatchAppend, Persister};
use crate::run::{LAST_PATIENCE, Pause, PausedAt, Shards, Worker, analyse, not_stored};
use crate::self_metrics::{Advice, Meters};
use crate::shard::{Common, Shard};

/// The receiving end of a shard's queue.
pub type BatchReceiver = Receiver<Handoff<Batch>>;

/// What the analysis stands on.
pub struct Deps {
    /// The compiled rules, whose catalogue the store was opened with.
    pub rules: Rules,
    /// Where everything goes.
    pub storage: SharedStorage,
    /// Where its metrics of itself go.
    pub registry: Registry,
    /// For the time that passes while nothing arrives.
    pub clock: SharedClock,
    /// Where hours and days begin; that of the store.
    pub zone: Zone,
}

/// The analysis.
pub struct Analysis {
    rules: Rules,
    settings: Arc<Settings>,
    zone: Zone,
    shards: Shards,
    pairing: Arc<Pairing>,
    persister: Persister,
    clock: SharedClock,
    advice: Advice,
    stage: Mutex<Stage>,
    pauses: Vec<mpsc::UnboundedSender<Pause>>,
    /// Whether a checkpoint is being made: two at once would wait for each other.
    checkpointing: AtomicBool,
}

/// Where in its life an analysis is.
enum Stage {
    /// Made; batches come by replay.
    Ready(Vec<Worker>),
    /// Batches come through the queues.
    Running,
    /// Everything is stored; nothing comes any more. An analysis that could
    /// not store everything never gets here.
    Stopped,
}

impl std::fmt::Debug for Analysis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Analysis").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

impl Analysis {
    /// Makes one shard per receiver.
    pub fn build(settings: Settings, deps: Deps, receivers: Vec<BatchReceiver>) -> Result<Self> {
        if receivers.is_empty() || receivers.len() > usize::from(u16::MAX) {
            return Err(Error::invalid(format!(
                "the analysis needs 1 to {} shards, not {}",
                u16::MAX,
                receivers.len()
            )));
        }
        let settings = Arc::new(settings);
        let pairing = Arc::new(Pairing::new(receivers.len(), settings.pairing));
        let budget = Budget::new(settings.windows.budget);
        let common = Common {
            plan: deps.rules.plan(),
            settings: settings.clone(),
            pairing: pairing.clone(),
            budget: budget.clone(),
            shards: receivers.len(),
            zone: deps.zone.clone(),
        };
        let shards: Shards = (0..receivers.len())
            .map(|index| Mutex::new(Shard::new(index as u16, common.clone())))
            .collect();
        let advice = Advice {
            limit: settings.limits.endpoints_per_service,
            grouping_file: settings.grouping_file.clone(),
        };
        let meters = Meters::new(&deps.registry);
        let persister = Persister { storage: deps.storage, meters };
        let (pauses, asked): (Vec<_>, Vec<_>) =
            receivers.iter().map(|_| mpsc::unbounded_channel()).unzip();
        let workers =
            receivers.into_iter().zip(asked).enumerate().map(|(index, (receiver, asked))| {
                let pairing = pairing.clone();
                Worker {
                    index: index as u16,
                    shards: shards.clone(),
                    receiver,
                    pauses: asked,
                    persister: persister.clone(),
                    budget: budget.clone(),
                    clock: deps.clock.clone(),
                    advice: advice.clone(),
                    waiting_pairs: Arc::new(move || pairing.waiting()),
                }
            });
        let stage = Mutex::new(Stage::Ready(workers.collect()));
        Ok(Self {
            rules: deps.rules,
            settings,
            zone: deps.zone,
            shards,
            pairing,
            persister,
            clock: deps.clock,
            advice,
            stage,
            pauses,
            checkpointing: AtomicBool::new(false),
        })
    }

    /// The metrics and tables.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.rules.catalogue()
    }

    /// Tag keys that can be searched for.
    pub fn searchable_tags(&self) -> &[String] {
        self.settings.searchable_tags()
    }

    /// The minutes that are being filled.
    pub fn live(&self) -> Arc<dyn LiveMetrics> {
        Arc::new(LiveWindows::new(self.shards.clone()))
    }

    /// Takes over where a checkpoint left off. To be called before anything else.
    /// Gives what the receivers had put into it. Records behind a checkpoint of other
    /// rules MUST have been replayed with those ([`Rules::of_checkpoint`]).
    pub fn restore<'c>(&self, checkpoint: &'c Checkpoint) -> Result<&'c [u8]> {
        skytrail_storage::check_zone(&checkpoint.zone, &self.zone)?;
        let state = State::decode(&checkpoint.state)?;
        for (index, shard) in self.shards.iter().enumerate() {
            shard.lock().resume_after(checkpoint.cut.last_of(index as u16));
        }
        let Some(state) = state else { return Ok(&[]) };
        if state.shards.len() == self.shards.len() {
            for (shard, saved) in self.shards.iter().zip(&state.shards) {
                shard.lock().restore(saved);
            }
        } else {
            tracing::info!(
                before = state.shards.len(),
                now = self.shards.len(),
                "the number of shards changed; names are counted against the limits anew"
            );
        }
        self.pairing.restore(state.pairing);
        Ok(state.receivers)
    }

    /// Lets a batch of the journal count and stores it, before [`Self::run`].
    pub async fn replay(&self, batch: Batch) -> Result<()> {
        let shard = self.shards.get(batch.shard as usize % self.shards.len());
        let shard = shard.ok_or_else(|| Error::new(ErrorKind::Stopped, "there is no shard"))?;
        let (effects, origins) = analyse(shard, &batch);
        self.persister.meters.batch(&effects, batch.arrival, &self.advice);
        let mut spans = batch.spans;
        spans.shrink();
        let append = BatchAppend { origins, spans: Arc::new(spans), effects };
        self.persister.batch(append, BATCH_PATIENCE).await?;
        self.flush(shard, false).await
    }

    /// Stores what is closed, or everything; an error when it is not.
    async fn flush(&self, shard: &Mutex<Shard>, everything: bool) -> Result<()> {
        if everything {
            shard.lock().close_all();
        }
        loop {
            let (next, is_left) = {
                let mut shard = shard.lock();
                (shard.next_append(), shard.has_closed())
            };
            let Some(append) = next else {
                let left = "rows of a window are under way and nobody waits for them";
                return if is_left { Err(Error::new(ErrorKind::Storage, left)) } else { Ok(()) };
            };
            let again = || shard.lock().slice_under_way();
            self.persister.window(append, Duration::MAX, again).await?;
            shard.lock().confirm();
        }
    }

    /// Runs one thread per shard, and returns when all have ended. They stop
    /// when the senders of their queues are gone or, after `shutdown`, when the
    /// queues are empty. An error means that not everything is stored; there
    /// are no checkpoints then.
    pub async fn run(&self, shutdown: Shutdown) -> Result<()> {
        let runtime = tokio::runtime::Handle::current();
        let stage = std::mem::replace(&mut *self.stage.lock(), Stage::Running);
        let Stage::Ready(workers) = stage else {
            return Err(Error::new(ErrorKind::Stopped, "the analysis runs only once"));
        };
        for shard in self.shards.iter() {
            shard.lock().forget_symbols();
        }
        let mut ends = Vec::with_capacity(workers.len());
        for worker in workers {
            let (end, ended) = oneshot::channel();
            let (runtime, shutdown) = (runtime.clone(), shutdown.clone());
            let name = format!("analysis-{}", worker.index);
            let thread = std::thread::Builder::new().name(name.clone()).spawn(move || {
                // Nobody may be waiting any more.
                let _ = end.send(runtime.block_on(worker.run(shutdown)));
            });
            thread.map_err(|error| {
                Error::new(ErrorKind::Stopped, format!("cannot start thread {name}: {error}"))
            })?;
            ends.push(ended);
        }
        // Whichever fails first is heard first, while the others still work.
        let mut waiting: JoinSet<_> = ends.into_iter().collect();
        let mut stored = Ok(());
        while let Some(ended) = waiting.join_next().await {
            let Ok(Ok(of_shard)) = ended else {
                return Err(Error::new(ErrorKind::Stopped, "a shard failed"));
            };
            stored = stored.and(of_shard);
        }
        let ended = self.end().await;
        stored.and(ended)?;
        *self.stage.lock() = Stage::Stopped;
        Ok(())
    }

    /// Counts and stores the sides of calls that still wait for another. Only
    /// here, because any shard may bring the other side. Every shard has its
    /// turn; the first error is given.
    async fn end(&self) -> Result<()> {
        let mut ended = Ok(());
        for (index, shard) in (0..).zip(self.shards.iter()) {
            let mut effects = Effects::default();
            let now = self.clock.unix_nanos();
            let origins = {
                let mut shard = shard.lock();
                shard.end(now, &mut effects);
                std::array::from_fn(|_| shard.next_origin())
            };
            self.persister.meters.effects(&effects, now, &self.advice);
            let append = BatchAppend { origins, spans: Arc::default(), effects };
            let stored = async {
                let named = self.persister.batch(append, LAST_PATIENCE).await;
                self.flush(shard, true).await.and(named.map_err(Error::from))
            };
            let stored = tokio::time::timeout(LAST_PATIENCE, stored).await;
            let late = || Err(not_stored(index, "calls without their other side"));
            ended = ended.and(stored.unwrap_or_else(|_| late()));
        }
        ended
    }

    /// Asks all shards to stop behind `position` with everything stored. Every
    /// record at or before it MUST have been sent to the queues before, and no
    /// later one; those that are sent from now on wait for the end of the
    /// checkpoint.
    pub fn begin_checkpoint(&self, position: Position) -> Result<PendingCheckpoint<'_>> {
        if self.checkpointing.swap(true, Ordering::AcqRel) {
            return Err(Error::new(ErrorKind::Stopped, "another checkpoint is being made"));
        }
        // From here on the flag is given back when the checkpoint goes.
        let mut pending = PendingCheckpoint { analysis: self, position, asked: Vec::new() };
        if matches!(*self.stage.lock(), Stage::Running) {
            for pause in &self.pauses {
                let (reply, replied) = oneshot::channel();
                let (go_on, resume) = oneshot::channel();
                pause.send(Pause { position, reply, resume }).map_err(|_| stopped())?;
                pending.asked.push((replied, go_on));
            }
        }
        Ok(pending)
    }

    /// Makes everything up to `position` durable as one step, under the
    /// conditions of [`Self::begin_checkpoint`].
    pub async fn checkpoint(&self, position: Position) -> Result<()> {
        self.begin_checkpoint(position)?.finish(Vec::new).await
    }

    async fn stand_still(&self) -> Result<Vec<PausedAt>> {
        let mut points = Vec::with_capacity(self.shards.len());
        for shard in self.shards.iter() {
            self.flush(shard, true).await?;
            let shard = shard.lock();
            let last = Position(0);
            points.push(PausedAt { sequence: shard.sequence(), last, saved: shard.save() });
        }
        Ok(points)
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Stopped, "the analysis has stopped")
}
