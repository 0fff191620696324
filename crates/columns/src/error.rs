//! Errors of formats.

use std::fmt;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The bytes are not what was written.
    Corrupt,
    /// The bytes could not be fetched or written.
    Io,
    /// What was asked for exceeds a limit.
    Limit,
    /// The bytes are of a version that is not known here.
    Version,
}

/// An error of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What a caller can do about it.
    pub kind: ErrorKind,
    /// What is wrong and at which byte: lower case, naming the field and the limit.
    pub context: String,
}

/// The result of reading or writing a format.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Bytes that are not what was written.
    pub fn corrupt(context: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Corrupt, context: context.into() }
    }

    /// Bytes that could not be fetched or written.
    pub fn io(context: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Io, context: context.into() }
    }

    /// Bytes of a version that is not known here.
    pub fn version(context: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Version, context: context.into() }
    }

    /// More than a limit allows.
    pub fn limit(context: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Limit, context: context.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::io(error.to_string())
    }
}
