//! Errors of questions.

use std::fmt;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The question is wrong; asking it again cannot help.
    Invalid,
    /// What it is about does not exist.
    NotFound,
    /// The answer, or the way to it, exceeds a limit; a narrower question helps.
    TooLarge,
    /// It took longer than the caller allowed.
    Timeout,
    /// The store could not answer.
    Storage,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What a caller can do about it.
    pub kind: ErrorKind,
    /// For people: lower case, names the field and the limit.
    pub message: String,
}

/// The result of a question.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of one kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A wrong question.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A limit was exceeded.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TooLarge, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<skytrail_storage::Error> for Error {
    fn from(error: skytrail_storage::Error) -> Self {
        let kind = match error.kind {
            skytrail_storage::ErrorKind::Invalid => ErrorKind::Invalid,
            skytrail_storage::ErrorKind::TooLarge => ErrorKind::TooLarge,
            skytrail_storage::ErrorKind::Timeout => ErrorKind::Timeout,
            skytrail_storage::ErrorKind::Unavailable
            | skytrail_storage::ErrorKind::Corrupt
            | skytrail_storage::ErrorKind::Mismatch => ErrorKind::Storage,
        };
        Self { kind, message: error.context }
    }
}
