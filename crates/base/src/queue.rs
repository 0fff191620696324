//! The bounded queue between two parts, limited in bytes.
//!
//! What was taken out still counts against the limit until it is dropped, so
//! the limit covers everything between the sender and the end of the work.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::weigh::Weigh;

/// Bytes per permit: semaphores count to 2^29 only on 32-bit machines, and
/// finer steps buy nothing.
const UNIT: usize = 1024;

/// The sending side; clone it for more senders.
#[derive(Debug)]
pub struct Sender<T> {
    items: mpsc::UnboundedSender<Queued<T>>,
    room: Arc<Semaphore>,
    units: u32,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), room: self.room.clone(), units: self.units }
    }
}

/// The receiving side.
#[derive(Debug)]
pub struct Receiver<T> {
    items: mpsc::UnboundedReceiver<Queued<T>>,
}

/// An item together with its hold on the queue's limit.
#[derive(Debug)]
pub struct Queued<T> {
    /// What was sent.
    pub item: T,
    _hold: OwnedSemaphorePermit,
}

/// Room for one item, taken before the item exists.
#[derive(Debug)]
pub struct Slot {
    hold: OwnedSemaphorePermit,
}

/// Why something was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendError {
    /// No room within the given time.
    Full,
    /// The receiver is gone.
    Closed,
}

/// A queue that holds at most `limit_bytes`; a single item larger than that is
/// let in when the queue is empty, because it would wait for ever otherwise.
pub fn bounded<T: Weigh>(limit_bytes: usize) -> (Sender<T>, Receiver<T>) {
    let units = u32::try_from((limit_bytes / UNIT).max(1)).unwrap_or(u32::MAX >> 3);
    let room = Arc::new(Semaphore::new(units as usize));
    let (sender, receiver) = mpsc::unbounded_channel();
    (Sender { items: sender, room, units }, Receiver { items: receiver })
}

impl<T: Weigh> Sender<T> {
    /// Waits until `bytes` are free and holds them.
    pub async fn reserve(&self, bytes: usize) -> Result<Slot, SendError> {
        let room = self.room.clone();
        let hold = room.acquire_many_owned(self.units_of(bytes)).await;
        hold.map(|hold| Slot { hold }).map_err(|_| SendError::Closed)
    }

    /// Sends into room taken before.
    pub fn send_into(&self, slot: Slot, item: T) -> Result<(), SendError> {
        self.items.send(Queued { item, _hold: slot.hold }).map_err(|_| SendError::Closed)
    }

    /// Sends, waiting for room at most `patience`.
    pub async fn send(&self, item: T, patience: Duration) -> Result<(), SendError> {
        let slot = tokio::time::timeout(patience, self.reserve(item.weight())).await;
        self.send_into(slot.map_err(|_| SendError::Full)??, item)
    }

    /// Sends if there is room now.
    pub fn try_send(&self, item: T) -> Result<(), SendError> {
        let units = self.units_of(item.weight());
        let hold = self.room.clone().try_acquire_many_owned(units).map_err(|_| SendError::Full)?;
        self.send_into(Slot { hold }, item)
    }

    /// Bytes held now: waiting or still being worked on.
    pub fn used_bytes(&self) -> usize {
        (self.units as usize).saturating_sub(self.room.available_permits()) * UNIT
    }

    /// The limit in bytes.
    pub fn limit_bytes(&self) -> usize {
        self.units as usize * UNIT
    }

    fn units_of(&self, bytes: usize) -> u32 {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(self.units);
        units.clamp(1, self.units)
    }
}

impl<T> Receiver<T> {
    /// The next item, or none when every sender is gone.
    pub async fn recv(&mut self) -> Option<Queued<T>> {
        self.items.recv().await
    }

    /// An item that is there already.
    pub fn try_recv(&mut self) -> Option<Queued<T>> {
        self.items.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SendError, bounded};
    use crate::weigh::Weigh;

    struct Load(usize);
    impl Weigh for Load {
        fn weight(&self) -> usize {
            self.0
        }
    }

    #[tokio::test]
    async fn the_limit_counts_what_is_still_being_worked_on() {
        let (sender, mut receiver) = bounded(4096);
        sender.try_send(Load(4096)).unwrap();
        let working = receiver.recv().await.unwrap();
        assert_eq!(sender.try_send(Load(1)), Err(SendError::Full));
        assert_eq!(sender.used_bytes(), 4096);
        drop(working);
        assert_eq!(sender.try_send(Load(1)), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_loses_patience() {
        let (sender, _receiver) = bounded(1024);
        sender.try_send(Load(1)).unwrap();
        let late = sender.send(Load(1), Duration::from_secs(20)).await;
        assert_eq!(late, Err(SendError::Full));
    }

    #[tokio::test]
    async fn an_item_above_the_limit_passes_alone() {
        let (sender, mut receiver) = bounded(2048);
        sender.send(Load(1 << 30), Duration::ZERO).await.unwrap();
        assert_eq!(sender.try_send(Load(1)), Err(SendError::Full));
        drop(receiver.recv().await);
        assert_eq!(sender.used_bytes(), 0);
    }
}
