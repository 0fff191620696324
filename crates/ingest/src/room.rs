//! Room for what is being received: taken before the bytes are read.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes per permit.
const UNIT: usize = 1024;

/// Messages up to this size are covered by what a connection costs anyway.
pub(crate) const FREE_BYTES: usize = 64 << 10;

/// A limit in bytes for all messages that are being received.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    units: Arc<Semaphore>,
    limit: usize,
}

/// Room that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    _units: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        let limit = (limit_bytes / UNIT).clamp(1, 1 << 29);
        Self { units: Arc::new(Semaphore::new(limit)), limit }
    }

    /// Holds room for `bytes`, waiting at most `patience`; none when there is no room by then.
    pub(crate) async fn take(&self, bytes: usize, patience: Duration) -> Option<Hold> {
        if bytes <= FREE_BYTES {
            return Some(Hold { _units: None });
        }
        let units = u32::try_from(bytes.div_ceil(UNIT).min(self.limit)).unwrap_or(u32::MAX);
        let permit = self.units.clone().acquire_many_owned(units);
        let permit = tokio::time::timeout(patience, permit).await.ok()?.ok()?;
        Some(Hold { _units: Some(permit) })
    }

    /// Bytes held now.
    pub(crate) fn used_bytes(&self) -> usize {
        self.limit.saturating_sub(self.units.available_permits()) * UNIT
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FREE_BYTES, Room};

    #[tokio::test(start_paused = true)]
    async fn large_messages_wait_for_room_and_small_ones_never_do() {
        let room = Room::new(256 << 10);
        let patience = Duration::from_secs(20);
        let held = room.take(200 << 10, patience).await.unwrap();
        assert_eq!(room.used_bytes(), 200 << 10);
        assert!(room.take(100 << 10, patience).await.is_none());
        assert!(room.take(FREE_BYTES, Duration::ZERO).await.is_some());
        drop(held);
        assert!(room.take(100 << 10, Duration::ZERO).await.is_some());
        // More than there ever is passes alone.
        assert!(room.take(1 << 30, Duration::ZERO).await.is_some());
        assert_eq!(room.used_bytes(), 0);
    }
}
