//! What a client was promised: the batches that its messages went into.

use std::collections::VecDeque;

use skytrail_base::outcome::Outcome;
use skytrail_base::receipt::Pending;

/// Batches that one call may wait for; at one more the oldest is awaited first.
const MOST: usize = 64;

/// Which batch: the shard and the batch's number within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchKey {
    pub(crate) shard: u16,
    pub(crate) number: u64,
}

/// The distinct batches of one call, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Promise {
    waiting: VecDeque<(BatchKey, Pending)>,
}

/// Why something that was accepted is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Sending it again cannot help.
    Refused(&'static str),
    /// Sending it again may help.
    Dropped(&'static str),
}

impl Promise {
    /// Remembers a batch, once.
    pub(crate) fn add(&mut self, key: BatchKey, pending: impl FnOnce() -> Pending) {
        if !self.waiting.iter().rev().any(|(known, _)| *known == key) {
            self.waiting.push_back((key, pending()));
        }
    }

    /// Forgets what is stored and waits while there is too much that is not.
    /// Gives the first batch that came to nothing.
    pub(crate) async fn make_room(&mut self) -> Result<(), Broken> {
        loop {
            let is_full = self.waiting.len() >= MOST;
            let Some((_, oldest)) = self.waiting.front_mut() else { return Ok(()) };
            let outcome = match oldest.peek() {
                Some(outcome) => outcome,
                None if is_full => oldest.outcome().await,
                None => return Ok(()),
            };
            self.waiting.pop_front();
            check(outcome)?;
        }
    }

    /// Whether the next message may need [`Promise::make_room`] first.
    pub(crate) fn is_long(&self) -> bool {
        self.waiting.len() > 1
    }

    /// Waits until everything is stored, or the first batch came to nothing.
    pub(crate) async fn kept(mut self) -> Result<(), Broken> {
        while let Some((_, mut oldest)) = self.waiting.pop_front() {
            check(oldest.outcome().await)?;
        }
        Ok(())
    }
}

fn check(outcome: Outcome) -> Result<(), Broken> {
    match outcome {
        Outcome::Durable => Ok(()),
        Outcome::Refused(reason) => Err(Broken::Refused(reason)),
        Outcome::Dropped(reason) => Err(Broken::Dropped(reason)),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use skytrail_base::account::Account;
    use skytrail_base::outcome::Outcome;
    use skytrail_base::receipt::{Receipt, receipt};

    use super::{BatchKey, Broken, MOST, Promise};

    fn fill(promise: &mut Promise, count: u64) -> Vec<Receipt> {
        let account = Account::new();
        let mut receipts = Vec::new();
        for number in 0..count {
            let (receipt, pending) = receipt(account.clone());
            promise.add(BatchKey { shard: 0, number }, || pending);
            receipts.push(receipt);
        }
        receipts
    }

    #[tokio::test]
    async fn a_batch_is_remembered_once_and_all_are_awaited() {
        let mut promise = Promise::default();
        let mut receipts = fill(&mut promise, 2);
        promise.add(BatchKey { shard: 0, number: 0 }, || unreachable!("known already"));
        receipts.remove(1).resolve(Outcome::Durable);
        let mut kept = Box::pin(promise.kept());
        assert_eq!(kept.as_mut().now_or_never(), None);
        receipts.remove(0).resolve(Outcome::Durable);
        assert_eq!(kept.now_or_never(), Some(Ok(())));
    }

    #[tokio::test]
    async fn a_long_list_waits_for_its_oldest_and_tells_of_a_loss() {
        let mut promise = Promise::default();
        let mut receipts = fill(&mut promise, MOST as u64);
        assert_eq!(promise.make_room().now_or_never(), None);
        receipts.remove(0).resolve(Outcome::Durable);
        assert_eq!(promise.make_room().now_or_never(), Some(Ok(())));
        receipts.remove(0).resolve(Outcome::Dropped("full"));
        assert_eq!(promise.make_room().now_or_never(), Some(Err(Broken::Dropped("full"))));
    }
}
