//! The seam that makes acknowledged data durable: one totally ordered log of
//! raw batches in front of the analysis.

use std::borrow::Cow;
use std::fmt;

use crate::future::BoxFuture;

/// A place in the log. Positions grow by one per record, starting at 1; 0 is
/// the place before the first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

/// What is written: the bytes as they were received, and every decision that
/// was taken about them, so that replay decides nothing anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// The shard that takes the batch.
    pub shard: u16,
    /// Which decoder reads `payload`: a number per protocol and version.
    pub decoder: u16,
    /// When the batch was closed, nanoseconds since the Unix epoch.
    pub arrival: i64,
    /// The accepted messages, framed by the decoder that `decoder` names. Who
    /// appends lends them: a log writes them where it wants them, once.
    pub payload: Cow<'a, [u8]>,
}

impl Record<'_> {
    /// The same with a payload of its own.
    pub fn into_owned(self) -> Record<'static> {
        let payload = Cow::Owned(self.payload.into_owned());
        Record { shard: self.shard, decoder: self.decoder, arrival: self.arrival, payload }
    }
}

/// Why a journal operation failed.
#[derive(Debug, Clone)]
pub struct JournalError {
    /// A message for the operator.
    pub message: String,
    /// Whether trying again later can help.
    pub retryable: bool,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JournalError {}

/// A record that was appended.
pub struct Appended {
    /// Its place in the log.
    pub position: Position,
    /// Resolves once the record survives a crash, or with the reason why it
    /// never will.
    pub durable: BoxFuture<'static, Result<(), JournalError>>,
}

impl fmt::Debug for Appended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Appended").field("position", &self.position).finish_non_exhaustive()
    }
}

/// The log.
///
/// - `append` MUST give positions in the order of its calls and MUST NOT wait
///   for the disk; waiting is what `Appended::durable` is for. Whoever appends
///   awaits `room` before, and MAY then find that others were quicker: what
///   waits in memory is bounded up to a record for each who appends.
/// - A record is durable only when every record before it is.
/// - `replay` MUST give exactly the durable records at or after `from`, in
///   order, and MAY give later ones that were written but never confirmed.
/// - `trim` MAY forget records before `before`; it MUST keep the others.
pub trait Journal: Send + Sync + 'static {
    /// Waits until the log may take a record of so many bytes into its memory.
    /// MUST NOT wait where `append` would refuse at once.
    fn room(&self, bytes: usize) -> BoxFuture<'_, ()> {
        let _ = bytes;
        Box::pin(std::future::ready(()))
    }

    /// Why no record is taken now; none while they are. MUST answer at once.
    fn refusal(&self) -> Option<String> {
        None
    }

    /// Appends one record.
    fn append(&self, record: Record<'_>) -> Result<Appended, JournalError>;

    /// Gives the records from `from` on to `take`, in order, until it says false.
    fn replay<'a>(
        &'a self,
        from: Position,
        take: &'a mut (dyn FnMut(Position, Record<'_>) -> bool + Send),
    ) -> BoxFuture<'a, Result<(), JournalError>>;

    /// Forgets records before `before`.
    fn trim(&self, before: Position) -> Result<(), JournalError>;

    /// Bytes the log holds.
    fn used_bytes(&self) -> usize;
}
