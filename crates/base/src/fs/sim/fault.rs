//! Operations that are told to fail.

use std::fmt;
use std::io;

/// What a program asks of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// `FileSystem::open`.
    Open,
    /// `FileSystem::create`.
    Create,
    /// `FileSystem::rename`.
    Rename,
    /// `FileSystem::remove`.
    Remove,
    /// `FileSystem::list`.
    List,
    /// `FileSystem::create_dir`.
    CreateDir,
    /// `FileSystem::remove_dir`.
    RemoveDir,
    /// `FileSystem::sync_dir`.
    SyncDir,
    /// `File::read_at`.
    Read,
    /// `File::write_at`.
    Write,
    /// `File::sync`.
    Sync,
    /// `File::set_len`.
    SetLen,
    /// `File::try_lock`.
    Lock,
}

impl Operation {
    /// Those that change what a crash leaves: a disk that became read-only
    /// refuses them all.
    pub const MUTATING: [Self; 9] = [
        Self::Create,
        Self::Rename,
        Self::Remove,
        Self::CreateDir,
        Self::RemoveDir,
        Self::SyncDir,
        Self::Write,
        Self::Sync,
        Self::SetLen,
    ];

    /// Whether it changes what a crash leaves.
    pub fn is_mutating(self) -> bool {
        Self::MUTATING.contains(&self)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Create => "create",
            Self::Rename => "rename",
            Self::Remove => "remove",
            Self::List => "list",
            Self::CreateDir => "create_dir",
            Self::RemoveDir => "remove_dir",
            Self::SyncDir => "sync_dir",
            Self::Read => "read",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::SetLen => "set_len",
            Self::Lock => "lock",
        })
    }
}

/// Calls of one operation that fail: those after the first `skip` that match,
/// `times` of them.
///
/// What a failure leaves: of a write, some first part of the bytes; of a sync,
/// bytes that readers see, that no later sync writes and that a crash may lose;
/// of anything else, nothing.
///
/// ```
/// use skytrail_base::fs::sim::{Fault, Operation};
/// // The third sync of any log segment, and no other.
/// let fault = Fault { skip: 2, times: 1, ..Fault::of(Operation::Sync, "wal/") };
/// assert_eq!(fault.error, std::io::ErrorKind::Other);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which operation.
    pub operation: Operation,
    /// Part of the path that it must have, of either path of a renaming; empty
    /// for every path. A handle has the path that it was opened by.
    pub path_contains: String,
    /// Calls that match and pass first.
    pub skip: u64,
    /// Calls that fail then; those after them pass.
    pub times: u64,
    /// What they fail with.
    pub error: io::ErrorKind,
}

impl Fault {
    /// Every call of an operation on a matching path, from now on, with
    /// [`io::ErrorKind::Other`].
    pub fn of(operation: Operation, path_contains: &str) -> Self {
        let path_contains = path_contains.to_owned();
        Self { operation, path_contains, skip: 0, times: u64::MAX, error: io::ErrorKind::Other }
    }

    fn matches(&self, operation: Operation, paths: &[&str]) -> bool {
        let is_named = |path: &&str| path.contains(&self.path_contains);
        self.operation == operation && paths.iter().any(is_named)
    }

    /// Counts one call that matches; true when it is to fail.
    fn hit(&mut self) -> bool {
        let is_due = self.skip == 0;
        let left = if is_due { &mut self.times } else { &mut self.skip };
        *left -= 1;
        is_due
    }
}

/// The faults still to come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: Vec<Fault>,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.waiting.push(fault);
        }
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Counts a call in every fault that it matches; the error of the first that
    /// is due.
    pub(super) fn hit(&mut self, operation: Operation, paths: &[&str]) -> Option<io::Error> {
        let mut error = None;
        let matching = self.waiting.iter_mut().filter(|fault| fault.matches(operation, paths));
        for fault in matching {
            if fault.hit() && error.is_none() {
                let text = format!("injected fault in {operation} of {}", paths.join(" "));
                error = Some(io::Error::new(fault.error, text));
            }
        }
        self.waiting.retain(|fault| fault.times > 0);
        error
    }
}
