//! Bytes that several holders share: each takes a share, which is given back when it is dropped.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::Gauge;

/// Bytes that may be held at the same time. Clones share them.
#[derive(Debug, Clone)]
pub struct Pool {
    free: Arc<Semaphore>,
    limit: usize,
    held: Gauge,
}

/// Bytes of a pool that one holder has, until this is dropped.
#[derive(Debug)]
pub struct Share {
    permit: OwnedSemaphorePermit,
    held: Gauge,
}

impl Pool {
    /// Of so many bytes, at most 4 GiB; `held` shows how many of them are taken.
    pub fn new(bytes: usize, held: Gauge) -> Self {
        let limit = bytes.min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(limit)), limit, held }
    }

    /// The limit in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Takes so many bytes, at most the limit, once they are free. Who came first is
    /// served first.
    pub async fn share(&self, bytes: usize) -> Share {
        let Ok(permit) = self.free.clone().acquire_many_owned(self.count(bytes)).await else {
            // Nobody closes it.
            return std::future::pending().await;
        };
        self.shared(permit)
    }

    /// Takes so many bytes if they are free now; none if not, or if there are never so many.
    pub fn try_share(&self, bytes: usize) -> Option<Share> {
        let count = u32::try_from(bytes).ok()?;
        Some(self.shared(self.free.clone().try_acquire_many_owned(count).ok()?))
    }

    fn count(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.min(self.limit)).unwrap_or(u32::MAX)
    }

    fn shared(&self, permit: OwnedSemaphorePermit) -> Share {
        self.held.inc_by(i64::try_from(permit.num_permits()).unwrap_or(i64::MAX));
        Share { permit, held: self.held.clone() }
    }
}

impl Share {
    /// How many.
    pub fn bytes(&self) -> usize {
        self.permit.num_permits()
    }

    /// Parts with some of them; none if there are not so many.
    pub fn part(&mut self, bytes: usize) -> Option<Self> {
        let permit = self.permit.split(bytes)?;
        Some(Self { permit, held: self.held.clone() })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.dec_by(i64::try_from(self.bytes()).unwrap_or(i64::MAX));
    }
}
