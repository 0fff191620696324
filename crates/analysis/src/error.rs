//! Errors of the analysis.

use std::fmt;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The configuration or a rule file is wrong; starting again cannot help.
    Invalid,
    /// A file cannot be read.
    Unreadable,
    /// The store refused; trying again may help.
    Storage,
    /// The analysis has stopped.
    Stopped,
}

/// An error of the analysis.
#[derive(Debug, Clone)]
pub struct Error {
    /// What a caller can do about it.
    pub kind: ErrorKind,
    /// A message for the operator: lower case, naming the key or file and the limit.
    pub context: String,
}

/// The result of an operation of the analysis.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of one kind.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
    }

    pub(crate) fn invalid(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, context)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl std::error::Error for Error {}

impl From<skytrail_storage::Error> for Error {
    fn from(error: skytrail_storage::Error) -> Self {
        Self::new(ErrorKind::Storage, error.context)
    }
}
