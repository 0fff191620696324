//! Files behind a trait, so that a simulation can lose, tear and refuse what
//! only a real disk would.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod path;
pub mod real;
pub mod sim;
#[cfg(test)]
mod tests;

/// One folder, the root, and everything below it. Paths are relative to it; the
/// root itself is the empty path, where a folder is asked for.
///
/// What a program sees:
/// - What is written is visible at once to every handle.
/// - A file has one name. Its handles stay good when it gets another or none.
///
/// What survives when the power fails:
/// - Of a file, everything written before a [`File::sync`] that succeeded. Of
///   what was written later, any part in any order, torn at any 512 bytes; the
///   length may be any there was or may come to be in between, with zeros where
///   nothing was written.
/// - Of a folder, every creation, renaming and removal before a
///   [`FileSystem::sync_dir`] of it that succeeded, and any of the later ones. A
///   renaming from one folder into another is one of the folder it goes into. A
///   new folder is a name in the folder above, which is to be synced, too.
/// - A renaming happens whole or not at all: a name that was durable holds the
///   old file or the new one, and a durable file has its old name or its new one.
/// - The name and the bytes of a file are independent: a caller that gives a file
///   its final name syncs the file first, renames it, and then syncs the folder.
/// - After a failed `sync` nothing is known about what was written since the one
///   before: it is seen by readers, may be lost or come back after a crash, and a
///   later `sync` that succeeds MUST NOT be believed for it. It is to be written
///   again, elsewhere.
///
/// A process that is killed loses nothing of what it wrote, and its locks.
///
/// Errors, beside what the disk itself says (`StorageFull`, `ReadOnlyFilesystem`
/// and others): `InvalidInput` for a path that is absolute or has `.` or `..` in
/// front or within and so may lead out of the root, `NotFound` for a name that is
/// missing or whose folder is, `NotADirectory` for a file where a folder is
/// needed, `IsADirectory` for a folder where a file is.
pub trait FileSystem: Send + Sync + 'static {
    /// Opens a file that is there, for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Opens a file that is there, for writing past what the system keeps of files in
    /// memory, so that nothing is copied on the way to the disk. `Unsupported` where the
    /// disk does not let it; whoever asks writes as usual then.
    ///
    /// Offsets, lengths and places in memory of what is read and written through it MUST be
    /// multiples of [`FileSystem::block`]; another handle MUST NOT write to the same
    /// blocks meanwhile. What is written is seen by others and made durable as ever.
    fn open_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let _ = path;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Bytes of a block of [`FileSystem::open_direct`]: a power of two, at most
    /// [`LARGEST_BLOCK`].
    fn block(&self) -> usize {
        1
    }

    /// Makes an empty file, which nobody but its owner may read; `AlreadyExists`
    /// where the name is taken.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Gives a file another name, in place of the file that has that name. Either
    /// name is there at every moment. Folders keep their names: `IsADirectory`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file. Handles of it stay good, and until they are dropped it may
    /// go on to take room.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// What a folder holds, by name.
    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>>;

    /// Makes a folder, which nobody but its owner may enter, and those above it;
    /// one that is there is left as it is. `AlreadyExists` where a file has the
    /// name.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// Removes a folder; `DirectoryNotEmpty` when it holds something. The root
    /// stays: `InvalidInput`.
    fn remove_dir(&self, dir: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable: not those in the folders below, and
    /// not its own name in the folder above.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Room on the disk.
    fn space(&self) -> io::Result<Space>;

    /// Where this is, for messages to the operator.
    fn describe(&self, path: &Path) -> String;
}

/// The most that [`FileSystem::block`] is.
pub const LARGEST_BLOCK: usize = 4096;

/// A file system that parts share.
pub type SharedFileSystem = Arc<dyn FileSystem>;

/// An open file. Offsets are bytes from its start.
pub trait File: Send + Sync + 'static {
    /// Reads up to `into.len()` bytes; fewer only at the end of the file.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Says what will be read soon, so that the disk may begin. Costs nothing and
    /// changes nothing but how long it then takes.
    fn will_read(&self, offset: u64, len: u64) {
        let _ = (offset, len);
    }

    /// Writes all of `bytes`; the file grows as needed, with zeros before
    /// `offset`. On an error any part of them may be written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes what was written durable, through whatever handle, and the length
    /// with it; not the name. See [`FileSystem`] for what a failure means.
    fn sync(&self) -> io::Result<()>;

    /// Bytes of the file.
    fn len(&self) -> io::Result<u64>;

    /// Whether it has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Cuts the file off, or lets it grow with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Takes the file for this handle until it is dropped; false when another
    /// handle has it, of this process or of another. Reading and writing need no
    /// lock.
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
