//! A batch on its way from the receivers to the analysis.

use std::fmt;

use crate::future::BoxFuture;
use crate::journal::{JournalError, Position};
use crate::receipt::Receipt;
use crate::weigh::Weigh;

/// A batch together with its place in the journal and the promise about it.
///
/// Whoever takes it MUST await `durable` before the batch changes any state,
/// and MUST resolve `receipt` once its rows are stored or given up.
pub struct Handoff<T> {
    /// The batch.
    pub item: T,
    /// Bytes that `item` keeps alive, as counted by the queue.
    pub weight: usize,
    /// Its place in the journal.
    pub position: Position,
    /// Resolves once its record is durable.
    pub durable: BoxFuture<'static, Result<(), JournalError>>,
    /// What the waiting clients hold the other end of.
    pub receipt: Receipt,
}

impl<T> Weigh for Handoff<T> {
    fn weight(&self) -> usize {
        self.weight
    }
}

impl<T> fmt::Debug for Handoff<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handoff")
            .field("weight", &self.weight)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
