//! Files behind a trait, so that a simulation can lose, tear and refuse what
//! only a real disk would.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One folder and everything below it. Paths are relative to it.
///
/// - What is written is visible at once to every handle of the process.
/// - What survives a crash: of a file, everything written before a
///   [`File::sync`] that succeeded, and any part of what was written later, in
///   any order and torn at any 512 bytes; of a folder, every creation, renaming
///   and removal before a [`FileSystem::sync_dir`] that succeeded, and any of
///   the later ones.
/// - After a failed `sync` nothing is known about what was written since the one
///   before, and another `sync` of the same file MUST NOT be believed.
pub trait FileSystem: Send + Sync + 'static {
    /// Opens a file that is there, for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Makes an empty file; `AlreadyExists` where there is one.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Gives a file another name, in place of what has that name. Either name is
    /// there at every moment.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file. Handles of it stay good.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// What a folder holds, by name.
    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>>;

    /// Makes a folder and those above it; one that is there is left as it is.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_dir(&self, dir: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable. The root is the empty path.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Room on the disk.
    fn space(&self) -> io::Result<Space>;

    /// Where this is, for messages to the operator.
    fn describe(&self, path: &Path) -> String;
}

/// A file system that parts share.
pub type SharedFileSystem = Arc<dyn FileSystem>;

/// An open file. Offsets are bytes from its start.
pub trait File: Send + Sync + 'static {
    /// Reads up to `into.len()` bytes; fewer only at the end of the file.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes`; the file grows as needed, with zeros before
    /// `offset`. On an error any part of them may be written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes what was written durable, and the length with it.
    fn sync(&self) -> io::Result<()>;

    /// Bytes of the file.
    fn len(&self) -> io::Result<u64>;

    /// Whether it has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Cuts the file off, or lets it grow with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Takes the file for this process until the handle is dropped; false when
    /// another process has it.
    fn try_lock(&self) -> io::Result<bool>;
}

/// What a folder holds under one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, without the folder.
    pub name: PathBuf,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Bytes of a file; 0 for a folder.
    pub len: u64,
}

/// Room on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What may still be written.
    pub free: u64,
    /// All there is.
    pub total: u64,
}
