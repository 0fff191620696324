//! Carries the batches of one shard from its inbox through the journal into
//! the queue of the analysis.

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::SharedClock;
use skytrail_base::frontier::Frontier;
use skytrail_base::handoff::Handoff;
use skytrail_base::journal::{Appended, Journal, Position};
use skytrail_base::outcome::Outcome;
use skytrail_base::queue::{SendError, Sender, Slot};
use skytrail_base::receipt::Receipt;
use skytrail_model::batch::Batch;
use tokio::time::Instant;

use crate::inbox::{Inbox, Taken};
use crate::metrics::Metrics;
use crate::record;
use crate::throttle::Throttle;

/// A batch may grow by so much while its room is awaited without asking again.
const SLACK_BYTES: usize = 64 << 10;

/// What a pump works with.
pub(crate) struct Pump {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) queue: Sender<Handoff<Batch>>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) frontier: Arc<Frontier>,
    pub(crate) clock: SharedClock,
    pub(crate) metrics: Metrics,
    pub(crate) complaints: Arc<Throttle>,
    /// Least time between two batches, unless one is full: a message that comes
    /// alone is handed on at once, many that come one by one share batches.
    pub(crate) pace: Duration,
}

impl Pump {
    /// Runs until the inbox is closed and empty, or nobody takes batches.
    pub(crate) async fn run(self) {
        let mut next = Instant::now();
        while self.inbox.filled().await {
            if Instant::now() < next {
                self.inbox.ripe(next).await;
            }
            // What is ready to be appended comes along.
            tokio::task::yield_now().await;
            next = Instant::now() + self.pace;
            self.journal.room(self.inbox.weight()).await;
            let weight = self.inbox.weight();
            let Ok(slot) = self.reserve(weight).await else {
                self.give_up();
                return;
            };
            if let Some(taken) = self.inbox.take(self.clock.unix_nanos()) {
                self.hand_over(taken, slot);
            }
        }
    }

    /// Room for the open batch, which grows while it waits; not beyond the
    /// limit of a batch, so this comes to an end.
    async fn reserve(&self, weight: usize) -> Result<Slot, SendError> {
        let mut wanted = weight;
        loop {
            let slot = self.queue.reserve(wanted).await?;
            let weight = self.inbox.weight();
            if weight <= wanted + wanted / 4 + SLACK_BYTES || wanted >= self.queue.limit_bytes() {
                return Ok(slot);
            }
            wanted = weight;
        }
    }

    fn hand_over(&self, taken: Taken, slot: Slot) {
        let Taken { batch, receipt } = taken;
        self.metrics.batch(batch.spans.bytes.len());
        self.frontier.advance(|| self.append(batch, receipt, slot));
    }

    /// Gives the position of the record, if it has one.
    fn append(&self, item: Batch, receipt: Receipt, slot: Slot) -> Option<Position> {
        let Appended { position, durable } = match self.journal.append(record::of_batch(&item)) {
            Ok(appended) => appended,
            Err(error) => {
                receipt.resolve(Outcome::Dropped("journal"));
                self.complain(&format!("the journal refuses a batch: {error}"));
                return None;
            }
        };
        let weight = item.spans.memory();
        let handoff = Handoff { item, weight, position, durable, receipt };
        // A refused handoff is dropped with its receipt, which books and tells it.
        if self.queue.send_into(slot, handoff).is_err() {
            self.complain("nobody takes batches any more");
        }
        Some(position)
    }

    fn give_up(&self) {
        self.inbox.close();
        if let Some(taken) = self.inbox.take(self.clock.unix_nanos()) {
            taken.receipt.resolve(Outcome::Dropped("stopping"));
        }
        self.complain("nobody takes batches any more");
    }

    fn complain(&self, message: &str) {
        if let Some(left_out) = self.complaints.pass(&*self.clock) {
            tracing::error!(left_out, "{message}");
        }
    }
}
