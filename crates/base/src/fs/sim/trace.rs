//! What was asked, in order.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::fault::Operation;

/// Operations that are remembered; older ones are forgotten.
pub const TRACE_LIMIT: usize = 65_536;

/// One operation, done or failed. Written as `sync wal/1`, `rename a.new to a`,
/// `sync_dir .` or `write wal/1: other error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// Which.
    pub operation: Operation,
    /// Of what; for a handle, the path that it was opened by.
    pub path: PathBuf,
    /// The new name, of a renaming.
    pub to: Option<PathBuf>,
    /// Why it failed, if it did.
    pub error: Option<io::ErrorKind>,
}

impl fmt::Display for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_root = self.path.as_os_str().is_empty();
        let path = if is_root { ".".into() } else { self.path.to_string_lossy() };
        write!(f, "{} {path}", self.operation)?;
        if let Some(to) = &self.to {
            write!(f, " to {}", to.display())?;
        }
        match self.error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

/// The last operations.
#[derive(Debug, Default)]
pub(super) struct Trace {
    last: VecDeque<Traced>,
}

impl Trace {
    pub(super) fn push(&mut self, traced: Traced) {
        if self.last.len() >= TRACE_LIMIT {
            self.last.pop_front();
        }
        self.last.push_back(traced);
    }

    pub(super) fn all(&self) -> Vec<Traced> {
        self.last.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.last.clear();
    }
}
