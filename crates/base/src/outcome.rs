//! How a batch can end.

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Stored as durably as the configuration promises.
    Durable,
    /// Not taken because it is wrong; sending it again cannot help.
    Refused(&'static str),
    /// Not taken although it may be right; the word is the reason that is counted.
    Dropped(&'static str),
}
