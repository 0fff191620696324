//! A promise about a batch: resolved once as durable, refused or dropped.
//!
//! Whoever hands a batch on keeps [`Pending`] copies, one per waiting client;
//! whoever makes the batch durable holds the [`Receipt`]. Only then is a client
//! answered.

use std::sync::Arc;

use tokio::sync::watch;

use crate::account::{Account, Tally};
pub use crate::outcome::Outcome;

/// The resolving side. Dropping it unresolved counts as dropped for `abandoned`.
#[derive(Debug)]
pub struct Receipt {
    sender: watch::Sender<Option<Outcome>>,
    account: Arc<Account>,
    tally: Tally,
    resolved: bool,
}

/// The waiting side; clones wait for the same batch.
#[derive(Debug, Clone)]
pub struct Pending {
    receiver: watch::Receiver<Option<Outcome>>,
}

/// A receipt for nothing yet; [`Receipt::add`] says what it comes to cover.
pub fn receipt(account: Arc<Account>) -> (Receipt, Pending) {
    let (sender, receiver) = watch::channel(None);
    (Receipt { sender, account, tally: Tally::default(), resolved: false }, Pending { receiver })
}

impl Receipt {
    /// Adds what the receipt covers. It counts as in flight from now on.
    pub fn add(&mut self, signal: crate::account::Signal, messages: u64, spans: u64) {
        self.tally.add(signal, messages, spans);
        self.account.enter(signal, messages, spans);
    }

    /// Another waiter for the same batch.
    pub fn pending(&self) -> Pending {
        Pending { receiver: self.sender.subscribe() }
    }

    /// Tells every waiter and books the batch in the account.
    pub fn resolve(mut self, outcome: Outcome) {
        self.settle(outcome);
    }

    fn settle(&mut self, outcome: Outcome) {
        self.resolved = true;
        self.account.settle(&self.tally, outcome);
        self.sender.send_replace(Some(outcome));
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if !self.resolved {
            self.settle(Outcome::Dropped("abandoned"));
        }
    }
}

impl Pending {
    /// Waits for the outcome.
    pub async fn outcome(&mut self) -> Outcome {
        match self.receiver.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.unwrap_or(Outcome::Dropped("abandoned")),
            Err(_) => Outcome::Dropped("abandoned"),
        }
    }

    /// The outcome if it is known already.
    pub fn peek(&self) -> Option<Outcome> {
        *self.receiver.borrow()
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, receipt};
    use crate::account::{Account, Signal};

    #[tokio::test]
    async fn every_waiter_hears_the_outcome_and_the_account_closes() {
        let account = Account::new();
        let (mut receipt, mut first) = receipt(account.clone());
        receipt.add(Signal::Segment, 2, 10);
        let mut second = receipt.pending();
        assert_eq!(account.totals(Signal::Segment).in_flight.messages, 2);
        receipt.resolve(Outcome::Durable);
        assert_eq!(first.outcome().await, Outcome::Durable);
        assert_eq!(second.outcome().await, Outcome::Durable);
        let totals = account.totals(Signal::Segment);
        assert_eq!((totals.stored.messages, totals.stored.spans), (2, 10));
        assert_eq!(totals.in_flight.messages, 0);
    }

    #[tokio::test]
    async fn a_lost_receipt_is_a_counted_drop() {
        let account = Account::new();
        let (mut receipt, mut pending) = receipt(account.clone());
        receipt.add(Signal::Segment, 1, 3);
        drop(receipt);
        assert_eq!(pending.outcome().await, Outcome::Dropped("abandoned"));
        assert_eq!(account.dropped(Signal::Segment), vec![("abandoned", 1, 3)]);
    }
}
