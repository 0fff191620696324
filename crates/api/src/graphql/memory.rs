//! Memory that the answers of all requests take together, from their making until clients have
//! taken them.

use std::sync::Arc;

use skytrail_base::metrics::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that a request holds from its start, so that most find room for all they need at once.
pub(crate) const START: usize = 64 << 10;

/// Bytes that all answers may come to at the same time.
#[derive(Debug)]
pub(crate) struct Memory {
    free: Arc<Semaphore>,
    start: u32,
    held: Gauge,
}

impl Memory {
    /// Of so many bytes; `held` shows how many of them are taken.
    pub(crate) fn of(bytes: usize, held: Gauge) -> Self {
        let bytes = bytes.min(Semaphore::MAX_PERMITS);
        let start = u32::try_from(START.min(bytes)).unwrap_or(u32::MAX);
        Self { free: Arc::new(Semaphore::new(bytes)), start, held }
    }

    /// The first bytes of a request; waits until there are some. None when nothing is to be had
    /// any more.
    pub(crate) async fn share(&self) -> Option<Share> {
        let permit = Arc::clone(&self.free).acquire_many_owned(self.start).await.ok()?;
        self.held.inc_by(i64::from(self.start));
        Some(Share { permit, held: self.held.clone() })
    }
}

/// Bytes that one request holds, until this is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    permit: OwnedSemaphorePermit,
    held: Gauge,
}

impl Share {
    /// How many.
    pub(crate) fn bytes(&self) -> usize {
        self.permit.num_permits()
    }

    /// Takes more, if there are so many now.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let Ok(bytes) = u32::try_from(bytes) else { return false };
        let free = Arc::clone(self.permit.semaphore());
        let Ok(more) = free.try_acquire_many_owned(bytes) else { return false };
        self.held.inc_by(i64::from(bytes));
        self.permit.merge(more);
        true
    }

    /// Parts with some of them.
    pub(crate) fn part(&mut self, bytes: usize) -> Option<Self> {
        let permit = self.permit.split(bytes)?;
        Some(Self { permit, held: self.held.clone() })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.dec_by(i64::try_from(self.bytes()).unwrap_or(i64::MAX));
    }
}
