//! Errors of stores.

use std::fmt;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request asks for something that the store cannot do or exceeds a limit.
    Invalid,
    /// No room or no connection now; trying again may help.
    Unavailable,
    /// Reading took longer than a store allows.
    Timeout,
    /// The answer would exceed a limit of this request; what was read is lost.
    TooLarge,
    /// Stored data cannot be read.
    Corrupt,
    /// The store belongs to another configuration, such as another time zone.
    Mismatch,
}

/// An error of a store.
#[derive(Debug, Clone)]
pub struct Error {
    /// What a caller can do about it.
    pub kind: ErrorKind,
    /// A message for the operator: lower case, naming the field and the limit.
    pub context: String,
}

/// The result of a store operation.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of one kind.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl std::error::Error for Error {}
