//! What all requests of this port share: limits, memory, answers on their way.

use std::sync::Arc;

use skytrail_base::claim::{Hold, Memory};
use skytrail_base::pool::Pool;
use skytrail_query::Budget;
use tokio::time::{Instant, timeout_at};

use super::error::Failure;
use super::limits::Limits;
use super::metrics::Metrics;
use super::room::{Room, overload};
use super::sending::Carried;

/// What all requests of this port share, GraphQL or not.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    memory: Memory,
    unsent: Pool,
}

impl Work {
    pub(crate) fn new(mut limits: Limits, metrics: Metrics) -> Self {
        let memory = Memory::new(limits.memory_bytes, metrics.memory());
        let unsent = Pool::new(limits.unsent_bytes, metrics.held());
        // One that could only wait in the large share would keep everybody from it.
        limits.answer_bytes = limits.answer_bytes.min(unsent.limit().max(memory.most_kept()));
        Self { limits, metrics, memory, unsent }
    }

    /// What an HTTP request may read.
    pub(crate) fn budget(&self) -> Arc<Budget> {
        Arc::new(Budget::new(self.limits.cost))
    }

    /// Memory for an HTTP request, once there is some; none when there is not in time.
    pub(crate) async fn room(&self) -> Option<Room> {
        let deadline = Instant::now() + self.limits.deadline;
        let claim = self.memory.claim(Some(deadline.into_std())).await.ok()?;
        Some(Room::of(&self.limits, claim))
    }

    /// Memory for an answer that is made, which had `hold` so far, until it is taken. The large
    /// share stays with no answer, however slowly it is taken: such a one waits for others.
    ///
    /// # Errors
    /// There is none until the deadline.
    pub(crate) async fn carried(
        &self,
        bytes: usize,
        mut hold: Hold,
        deadline: Option<std::time::Instant>,
    ) -> Result<Carried, Failure> {
        if let Some(share) = self.unsent.try_share(bytes) {
            return Ok(Carried::Share(share));
        }
        hold.shrink(hold.bytes().saturating_sub(bytes));
        hold.claim().part_with_spare();
        if !hold.claim().is_largest() {
            return Ok(Carried::Hold(hold));
        }
        let share = self.unsent.share(bytes);
        let share = match deadline {
            Some(deadline) => timeout_at(deadline.into(), share).await.ok(),
            None => Some(share.await),
        };
        share.map(Carried::Share).ok_or_else(|| overload(&self.limits))
    }
}
