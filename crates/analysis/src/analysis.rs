//! The analysis as a part of the process: made, run, asked and stopped.

use std::sync::Arc;
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
use skytrail_storage::{Checkpoint, Cut, LiveMetrics, SharedStorage};
use tokio::sync::{mpsc, oneshot};

use crate::checkpoint::State;
use crate::config::Settings;
use crate::directory::Saved;
use crate::error::{Error, ErrorKind, Result};
use crate::live::LiveWindows;
use crate::oal::rules::Rules;
use crate::pair::Pairing;
use crate::persist::{BATCH_PATIENCE, BatchAppend, Persister};
use crate::run::{Pause, Shards, Worker, analyse};
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
    shards: Shards,
    pairing: Arc<Pairing>,
    persister: Persister,
    advice: Advice,
    stage: Mutex<Stage>,
    pauses: Vec<mpsc::UnboundedSender<Pause>>,
    /// Held while a checkpoint is made: two at once would wait for each other.
    checkpointing: tokio::sync::Mutex<()>,
}

/// Where in its life an analysis is.
enum Stage {
    /// Made; batches come by replay.
    Ready(Vec<Worker>),
    /// Batches come through the queues.
    Running,
    /// Everything is stored; nothing comes any more.
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
            zone: deps.zone,
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
            shards,
            pairing,
            persister,
            advice,
            stage,
            pauses,
            checkpointing: tokio::sync::Mutex::new(()),
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
    pub fn restore(&self, checkpoint: &Checkpoint) -> Result<()> {
        let state = State::decode(&checkpoint.state)?;
        for (index, shard) in self.shards.iter().enumerate() {
            shard.lock().resume_after(checkpoint.cut.last_of(index as u16));
        }
        let Some(state) = state else { return Ok(()) };
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
        Ok(())
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

    /// Stores what is closed, or everything.
    async fn flush(&self, shard: &Mutex<Shard>, everything: bool) -> Result<()> {
        if everything {
            shard.lock().close_all();
        }
        loop {
            let next = shard.lock().next_append();
            let Some(append) = next else { return Ok(()) };
            self.persister.window(&append, Duration::MAX).await?;
            shard.lock().confirm();
        }
    }

    /// Runs one thread per shard, and returns when all have stored what they
    /// had. They stop when the senders of their queues are gone or, after
    /// `shutdown`, when the queues are empty.
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
                runtime.block_on(worker.run(shutdown));
                // Nobody may be waiting any more.
                let _ = end.send(());
            });
            thread.map_err(|error| {
                Error::new(ErrorKind::Stopped, format!("cannot start thread {name}: {error}"))
            })?;
            ends.push(ended);
        }
        for ended in ends {
            ended.await.map_err(|_| Error::new(ErrorKind::Stopped, "a shard failed"))?;
        }
        *self.stage.lock() = Stage::Stopped;
        Ok(())
    }

    /// Makes everything up to `position` durable as one step. Every record at
    /// or before it MUST have been sent to the queues before; later ones wait
    /// meanwhile.
    pub async fn checkpoint(&self, position: Position) -> Result<()> {
        let _alone = self.checkpointing.lock().await;
        let is_running = matches!(*self.stage.lock(), Stage::Running);
        let (cut, state) =
            if is_running { self.pause_all(position).await? } else { self.stand_still().await? };
        let rules = self.rules.hash();
        let checkpoint = Checkpoint { position, cut, state: state.encode()?, rules };
        self.persister.storage.checkpoints().save(checkpoint).await?;
        Ok(())
    }

    async fn pause_all(&self, position: Position) -> Result<(Cut, State)> {
        let stopped = || Error::new(ErrorKind::Stopped, "the analysis has stopped");
        let mut resumes = Vec::with_capacity(self.pauses.len());
        let mut replies = Vec::with_capacity(self.pauses.len());
        for pause in &self.pauses {
            let (reply, replied) = oneshot::channel();
            let (go_on, resume) = oneshot::channel();
            pause.send(Pause { position, reply, resume }).map_err(|_| stopped())?;
            replies.push(replied);
            resumes.push(go_on);
        }
        let mut points = Vec::with_capacity(replies.len());
        for replied in replies {
            let at = replied.await.map_err(|_| stopped())?;
            points.push((at.sequence, at.saved));
        }
        let point = self.point(points);
        // All shards go on here, with `resumes`.
        drop(resumes);
        Ok(point)
    }

    async fn stand_still(&self) -> Result<(Cut, State)> {
        let mut points = Vec::with_capacity(self.shards.len());
        for shard in self.shards.iter() {
            self.flush(shard, true).await?;
            let shard = shard.lock();
            points.push((shard.sequence(), shard.save()));
        }
        Ok(self.point(points))
    }

    fn point(&self, points: Vec<(u64, Vec<Saved>)>) -> (Cut, State) {
        let mut cut = Cut::default();
        let mut shards = Vec::with_capacity(points.len());
        for (index, (sequence, saved)) in points.into_iter().enumerate() {
            cut.include(index as u16, sequence);
            shards.push(saved);
        }
        (cut, State::new(shards, self.pairing.save()))
    }
}
