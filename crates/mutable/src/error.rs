//! Errors of the file.

use std::{fmt, io};

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The disk refuses. Trying again may help.
    Io,
    /// Another process, or another handle of this one, has the file.
    Locked,
    /// A file of a version that is not known here.
    Version,
    /// The request exceeds a limit.
    Invalid,
}

/// An error of the file.
#[derive(Debug)]
pub struct Error {
    /// What a caller can do about it.
    pub kind: ErrorKind,
    /// A message for the operator: lower case, naming the file.
    pub context: String,
    /// What the system said.
    pub source: Option<io::Error>,
}

/// The result of an operation of the file.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn io(context: impl Into<String>, source: io::Error) -> Self {
        Self { kind: ErrorKind::Io, context: context.into(), source: Some(source) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<Error> for skytrail_storage::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind {
            ErrorKind::Io | ErrorKind::Locked => skytrail_storage::ErrorKind::Unavailable,
            ErrorKind::Version => skytrail_storage::ErrorKind::Mismatch,
            ErrorKind::Invalid => skytrail_storage::ErrorKind::Invalid,
        };
        Self::new(kind, error.to_string())
    }
}
