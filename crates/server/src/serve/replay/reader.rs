//! The thread that reads the log ahead of those who count what it holds.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Wake};

use skytrail_base::journal::{Journal, JournalError, Position, Record};
use skytrail_base::queue::Sender;
use skytrail_base::weigh::Weigh;

/// A record on its way.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) position: Position,
    pub(super) record: Record<'static>,
}

impl Weigh for Read {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.record.payload.len()
    }
}

/// Sends every record from a position on, waiting for room; ends early when
/// nobody takes them any more. Blocks the thread, as reading files does.
pub(super) fn read(
    journal: &dyn Journal,
    from: Position,
    into: &Sender<Read>,
) -> Result<(), JournalError> {
    let mut take = |position, record: Record<'_>| {
        let read = Read { position, record: record.into_owned() };
        let slot = block_on(into.reserve(read.weight()));
        slot.and_then(|slot| into.send_into(slot, read)).is_ok()
    };
    block_on(journal.replay(from, &mut take))
}

#[derive(Default)]
struct Woken {
    is_woken: Mutex<bool>,
    told: Condvar,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        *self.is_woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_one();
    }
}

/// Runs a future on this thread. Within it another one may be run in the same
/// way, which a runtime refuses: each has a waker of its own.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let woken = Arc::new(Woken::default());
    let waker = woken.clone().into();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let is_woken = woken.is_woken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = woken.told.wait_while(is_woken, |is_woken| !*is_woken);
        *waited.unwrap_or_else(PoisonError::into_inner) = false;
    }
}

#[cfg(test)]
mod tests {
    use skytrail_base::journal::{Journal, Position, Record};
    use skytrail_base::queue::bounded;
    use skytrail_storage::memory::MemoryJournal;

    use super::read;

    const RECORDS: u64 = 100;

    fn journal() -> MemoryJournal {
        let journal = MemoryJournal::new(1 << 20);
        for arrival in 0..RECORDS as i64 {
            let record = Record { shard: 0, decoder: 1, arrival, payload: vec![7; 1000].into() };
            drop(journal.append(record).unwrap());
        }
        journal
    }

    #[tokio::test]
    async fn it_gives_every_record_in_order_through_a_queue_that_holds_few() {
        let (sender, mut receiver) = bounded(4096);
        let reading = tokio::task::spawn_blocking(move || read(&journal(), Position(11), &sender));
        let mut next = 11;
        while let Some(read) = receiver.recv().await {
            assert_eq!((read.item.position.0, read.item.record.arrival as u64), (next, next - 1));
            next += 1;
        }
        assert_eq!(next, RECORDS + 1);
        reading.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn it_ends_when_nobody_takes_them() {
        let (sender, mut receiver) = bounded(4096);
        let reading = tokio::task::spawn_blocking(move || read(&journal(), Position(1), &sender));
        assert!(receiver.recv().await.is_some());
        drop(receiver);
        reading.await.unwrap().unwrap();
    }
}
