//! Errors of the engine.

use std::{fmt, io};

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The disk refuses. Trying again may help.
    Io,
    /// Files of a version that is not known here.
    Version,
    /// A file does not hold what was written to it.
    Corrupt,
    /// What was asked for does not fit into memory or an answer.
    Limit,
    /// The store belongs to another configuration, such as another time zone, or to another
    /// process.
    Mismatch,
}

/// An error of the engine.
#[derive(Debug)]
pub struct Error {
    /// What a caller can do about it.
    pub kind: ErrorKind,
    /// A message for the operator: lower case, naming the file.
    pub context: String,
    /// What the system said.
    pub source: Option<io::Error>,
}

/// The result of an operation of the engine.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn io(context: impl Into<String>, source: io::Error) -> Self {
        Self { kind: ErrorKind::Io, context: context.into(), source: Some(source) }
    }

    pub(crate) fn corrupt(context: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Corrupt, context: context.into(), source: None }
    }

    pub(crate) fn mismatch(context: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Mismatch, context: context.into(), source: None }
    }

    pub(crate) fn mutable(error: &skytrail_mutable::Error) -> Self {
        // What the system said is not to be had twice; its kind and its words are kept.
        let said = |source: &io::Error| io::Error::new(source.kind(), source.to_string());
        let source = error.source.as_ref().map(said);
        let kind = match error.kind {
            skytrail_mutable::ErrorKind::Io | skytrail_mutable::ErrorKind::Invalid => ErrorKind::Io,
            skytrail_mutable::ErrorKind::Locked => ErrorKind::Mismatch,
            skytrail_mutable::ErrorKind::Version => ErrorKind::Version,
        };
        Self { kind, context: error.context.clone(), source }
    }

    /// An error of a format, about a file.
    pub(crate) fn format(context: impl Into<String>, error: &skytrail_columns::Error) -> Self {
        let kind = match error.kind {
            skytrail_columns::ErrorKind::Io => ErrorKind::Io,
            skytrail_columns::ErrorKind::Corrupt => ErrorKind::Corrupt,
            skytrail_columns::ErrorKind::Version => ErrorKind::Version,
            skytrail_columns::ErrorKind::Limit => ErrorKind::Limit,
        };
        Self { kind, context: format!("{}: {error}", context.into()), source: None }
    }

    pub(crate) fn limit(context: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Limit, context: context.into(), source: None }
    }

    pub(crate) fn version(context: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Version, context: context.into(), source: None }
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
            ErrorKind::Io => skytrail_storage::ErrorKind::Unavailable,
            ErrorKind::Version | ErrorKind::Mismatch => skytrail_storage::ErrorKind::Mismatch,
            ErrorKind::Corrupt => skytrail_storage::ErrorKind::Corrupt,
            ErrorKind::Limit => skytrail_storage::ErrorKind::TooLarge,
        };
        Self::new(kind, error.to_string())
    }
}
