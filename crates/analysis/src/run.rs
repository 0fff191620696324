//! One thread per shard: takes batches from the queue, lets them count, and
//! has everything stored.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use parking_lot::Mutex;
use skytrail_base::clock::SharedClock;
use skytrail_base::handoff::Handoff;
use skytrail_base::journal::Position;
use skytrail_base::queue::{Queued, Receiver};
use skytrail_base::receipt::Outcome;
use skytrail_base::shutdown::Shutdown;
use skytrail_model::batch::Batch;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::effects::Effects;
use crate::error::{Error, ErrorKind, Result};
use crate::persist::{BATCH_PATIENCE, BatchAppend, Persister};
use crate::self_metrics::Advice;
use crate::shard::{Append, Shard};

/// Segments that are done under one hold of the shard's lock; readers of live
/// rows come in between.
const SEGMENTS_PER_HOLD: usize = 256;

/// Batches whose appends are under way at once.
const MAX_UNDER_WAY: usize = 16;

/// How often an idle shard looks at the clock.
const TICK: Duration = Duration::from_millis(500);

/// Time to write the last windows before the process ends.
pub(crate) const LAST_PATIENCE: Duration = Duration::from_secs(10);

/// The shards, each behind its own lock.
pub(crate) type Shards = Arc<[Mutex<Shard>]>;

/// Asks a worker to stop at a position, with everything stored.
#[derive(Debug)]
pub(crate) struct Pause {
    pub(crate) position: Position,
    pub(crate) reply: oneshot::Sender<PausedAt>,
    /// Resolves, or is dropped, when the worker may go on.
    pub(crate) resume: oneshot::Receiver<()>,
}

/// Where a shard stands: everything it gave out before is stored.
#[derive(Debug)]
pub(crate) struct PausedAt {
    pub(crate) sequence: u64,
    /// The last record that it took.
    pub(crate) last: Position,
    /// What of it a checkpoint keeps.
    pub(crate) saved: Vec<u8>,
}

/// What a task of a worker was.
#[derive(Debug)]
enum Done {
    Batch,
    Window,
}

/// The worker of one shard.
pub(crate) struct Worker {
    pub(crate) index: u16,
    pub(crate) shards: Shards,
    pub(crate) receiver: Receiver<Handoff<Batch>>,
    pub(crate) pauses: mpsc::UnboundedReceiver<Pause>,
    pub(crate) persister: Persister,
    pub(crate) budget: skytrail_base::budget::Budget,
    pub(crate) clock: SharedClock,
    pub(crate) advice: Advice,
    pub(crate) waiting_pairs: Arc<dyn Fn() -> usize + Send + Sync>,
}

/// A worker at work.
struct Running {
    worker: Worker,
    tasks: JoinSet<Done>,
    under_way: usize,
    /// The task that stores rows of a closed window.
    flushing: Option<tokio::task::Id>,
    /// The last record that was taken.
    last: Position,
    /// A batch beyond the position of a pause.
    held: Option<Queued<Handoff<Batch>>>,
}

impl Worker {
    /// Works until every sender of the queue is gone or, after the signal, the
    /// queue is empty; then writes all windows. An error when not everything
    /// is stored.
    pub(crate) async fn run(self, mut shutdown: Shutdown) -> Result<()> {
        let mut running = Running {
            worker: self,
            tasks: JoinSet::new(),
            under_way: 0,
            flushing: None,
            last: Position(0),
            held: None,
        };
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            running.flush_next();
            if let Some(batch) = running.held.take() {
                running.take(batch).await;
                continue;
            }
            let has_room = running.has_room();
            tokio::select! {
                biased;
                Some(done) = running.tasks.join_next(), if !running.tasks.is_empty() => {
                    running.done(&done);
                }
                // Before batches, which under load never have an end.
                _ = tick.tick() => running.tick(),
                Some(pause) = running.worker.pauses.recv() => running.pause(pause).await,
                batch = running.worker.receiver.recv(), if has_room => match batch {
                    Some(batch) => running.take(batch).await,
                    None => break,
                },
                () = shutdown.stopping(), if has_room => match running.worker.receiver.try_recv() {
                    Some(batch) => running.take(batch).await,
                    None => break,
                },
            }
        }
        running.drain(LAST_PATIENCE).await
    }
}

impl Running {
    fn shard(&self) -> Option<&Mutex<Shard>> {
        self.worker.shards.get(self.worker.index as usize)
    }

    /// No more batches while closed windows have to make room first, or too
    /// many appends are under way.
    fn has_room(&self) -> bool {
        let is_blocked = self.worker.budget.is_over()
            && self.shard().is_some_and(|shard| shard.lock().has_closed());
        !is_blocked && self.under_way < MAX_UNDER_WAY
    }

    /// Waits until the batch is durable, lets it count, and has it stored.
    async fn take(&mut self, mut batch: Queued<Handoff<Batch>>) {
        if let Err(error) = (&mut batch.item.durable).await {
            tracing::error!(%error, "a batch is not durable and is not analysed");
            let Queued { item, .. } = batch;
            item.receipt.resolve(Outcome::Dropped("journal_failed"));
            return;
        }
        self.last = self.last.max(batch.item.position);
        let Some(shard) = self.worker.shards.get(self.worker.index as usize) else { return };
        let item = std::mem::take(&mut batch.item.item);
        let (effects, origins) = analyse(shard, &item);
        self.worker.persister.meters.batch(&effects, item.arrival, &self.worker.advice);
        let mut spans = item.spans;
        spans.shrink();
        let append = BatchAppend { origins, spans: Arc::new(spans), effects };
        let mut storing = Box::pin(store(self.worker.persister.clone(), append, batch));
        // A store in memory is done at once: no other thread needs to be woken for it.
        if (&mut storing).now_or_never().is_none() {
            self.under_way += 1;
            self.tasks.spawn(storing);
        }
    }

    /// Has the next rows of a closed window stored, one part at a time.
    fn flush_next(&mut self) {
        if self.flushing.is_some() {
            return;
        }
        let append = self.shard().and_then(|shard| shard.lock().next_append());
        if let Some(append) = append {
            self.flush(append);
        }
    }

    fn flush(&mut self, append: Append) {
        let persister = self.worker.persister.clone();
        let (shards, index) = (self.worker.shards.clone(), self.worker.index);
        let again = move || shards.get(index as usize)?.lock().slice_under_way();
        let task = self.tasks.spawn(async move {
            let origin = append.origin;
            if persister.window(append, Duration::MAX, again).await.is_err() {
                tracing::error!(?origin, "rows of a window were refused");
            }
            Done::Window
        });
        self.flushing = Some(task.id());
    }

    /// What a task did. One that failed is over as well: a batch's receipt told
    /// so, and rows that the store refuses for good are lost to it.
    fn done(&mut self, done: &std::result::Result<Done, tokio::task::JoinError>) {
        let is_window = match done {
            Ok(done) => matches!(done, Done::Window),
            Err(error) => {
                tracing::error!(%error, "an append failed");
                self.flushing == Some(error.id())
            }
        };
        if !is_window {
            self.under_way = self.under_way.saturating_sub(1);
            return;
        }
        self.flushing = None;
        if let Some(shard) = self.shard() {
            shard.lock().confirm();
        }
    }

    /// An idle shard's time goes on.
    fn tick(&mut self) {
        let now = self.worker.clock.unix_nanos();
        let Some(shard) = self.worker.shards.get(self.worker.index as usize) else { return };
        let mut effects = Effects::default();
        let (gauges, origins) = {
            let mut shard = shard.lock();
            shard.advance(now, &mut effects);
            let needed = !effects.is_empty();
            (shard.gauges(), needed.then(|| std::array::from_fn(|_| shard.next_origin())))
        };
        let waiting = (self.worker.waiting_pairs)();
        let meters = &self.worker.persister.meters;
        meters.effects(&effects, now, &self.worker.advice);
        meters.shard(self.worker.index, &gauges, waiting, now);
        if let Some(origins) = origins {
            let append = BatchAppend { origins, spans: Arc::default(), effects };
            let persister = self.worker.persister.clone();
            self.under_way += 1;
            self.tasks.spawn(async move {
                // A failure was logged and counted where it happened.
                let _ = persister.batch(append, BATCH_PATIENCE).await;
                Done::Batch
            });
        }
    }

    /// Stops behind the last batch at or before the position, with everything
    /// stored, until the other side says to go on.
    async fn pause(&mut self, pause: Pause) {
        loop {
            let next = self.held.take().or_else(|| self.worker.receiver.try_recv());
            match next {
                Some(batch) if batch.item.position <= pause.position => self.take(batch).await,
                next => {
                    self.held = next;
                    break;
                }
            }
        }
        if let Err(error) = self.drain(Duration::MAX).await {
            // Without a reply there is no checkpoint.
            tracing::error!(%error, "a checkpoint is not possible");
            return;
        }
        let Some(at) = self.shard().map(|shard| {
            let shard = shard.lock();
            PausedAt { sequence: shard.sequence(), last: self.last, saved: shard.save() }
        }) else {
            return;
        };
        // Whoever asked may be gone; then nobody waits.
        if pause.reply.send(at).is_ok() {
            let _ = pause.resume.await;
        }
    }

    /// Closes all windows and waits until everything is stored; an error when
    /// it is not.
    async fn drain(&mut self, patience: Duration) -> Result<()> {
        if let Some(shard) = self.shard() {
            shard.lock().close_all();
        }
        let drained = async {
            loop {
                self.flush_next();
                let Some(done) = self.tasks.join_next().await else { break };
                self.done(&done);
            }
        };
        let in_time = tokio::time::timeout(patience, drained).await.is_ok();
        if !in_time || self.shard().is_some_and(|shard| shard.lock().has_closed()) {
            return Err(not_stored(self.worker.index, "the last windows"));
        }
        Ok(())
    }
}

/// The store did not take in time what a shard had at its end.
pub(crate) fn not_stored(shard: u16, what: &str) -> Error {
    let patience = LAST_PATIENCE.as_secs();
    let context = format!("shard {shard}: {what} were not stored within {patience} s");
    Error::new(ErrorKind::Storage, context)
}

/// Lets a batch count, leaving gaps for readers.
pub(crate) fn analyse(
    shard: &Mutex<Shard>,
    batch: &Batch,
) -> (Effects, [skytrail_storage::Origin; BatchAppend::FAMILIES]) {
    let mut effects = Effects::default();
    shard.lock().begin(batch, &mut effects);
    let segments = batch.spans.segments.len();
    let mut from = 0;
    while from < segments {
        let to = segments.min(from + SEGMENTS_PER_HOLD);
        shard.lock().segments(batch, from..to, &mut effects);
        from = to;
    }
    let mut shard = shard.lock();
    shard.finish(batch, &mut effects);
    let origins = std::array::from_fn(|_| shard.next_origin());
    (effects, origins)
}

/// Stores a batch and tells the clients. The batch holds its room in the queue
/// until then.
async fn store(persister: Persister, append: BatchAppend, batch: Queued<Handoff<Batch>>) -> Done {
    let stored = persister.batch(append, BATCH_PATIENCE).await;
    let outcome = match stored {
        Ok(()) => Outcome::Durable,
        Err(_) => Outcome::Dropped("storage_failed"),
    };
    let Queued { item, .. } = batch;
    item.receipt.resolve(outcome);
    Done::Batch
}

#[cfg(test)]
mod tests;
