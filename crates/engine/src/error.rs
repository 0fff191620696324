//! Errors of the engine.

use std::{fmt, io};

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The disk refuses. Trying again may help.
    Io,
    /// Files of a version that is not known here.
    Version,
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
