//! A disk in memory that loses, tears and refuses what a real one would, the
//! same way for the same seed.
//!
//! It is as harsh as the contract of [`FileSystem`] allows, so a program that
//! loses nothing here relies on nothing a real disk does not promise. Tests of
//! other crates use it; the product does not.
//!
//! Every crash of a program, tried one after the other:
//! ```
//! use std::path::Path;
//! use skytrail_base::fs::FileSystem;
//! use skytrail_base::fs::sim::SimFileSystem;
//!
//! fn replace(disk: &dyn FileSystem, text: &[u8]) -> std::io::Result<()> {
//!     let file = disk.create(Path::new("note.new"))?;
//!     file.write_at(text, 0)?;
//!     file.sync()?;
//!     disk.rename(Path::new("note.new"), Path::new("note"))?;
//!     disk.sync_dir(Path::new(""))
//! }
//!
//! for step in 0.. {
//!     let disk = SimFileSystem::new();
//!     replace(&*disk, b"old").unwrap();
//!     disk.stop_after(disk.operations() + step);
//!     let is_done = replace(&*disk, b"new").is_ok();
//!     for seed in 0..20 {
//!         let note = disk.crash(seed).read_all(Path::new("note")).unwrap();
//!         assert!(note == b"new" || (note == b"old" && !is_done));
//!     }
//!     if is_done {
//!         break;
//!     }
//! }
//! ```

mod below;
mod bytes;
mod dice;
mod disk;
mod fault;
mod file;
mod names;
#[cfg(test)]
mod tests;
mod trace;
mod watched;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

pub use self::below::Below;
use self::bytes::SECTOR;
pub use self::dice::{Dice, Loss};
use self::disk::Disk;
pub use self::fault::{Fault, Operation};
use self::file::SimFile;
pub use self::trace::{TRACE_LIMIT, Traced};
pub use self::watched::{Call, Watch, Watched};
use super::path::{inside, named};
use super::{Entry, File, FileSystem, Space};

/// A simulated disk, its root there and empty at first, with room for 4 GiB.
///
/// [`SimFileSystem::crash`] and [`SimFileSystem::killed`] give a new disk and
/// leave this one as it is, with the handles opened on it: the same moment can be
/// crashed with many seeds. The new one keeps the capacity, and has no faults, no
/// stop and no trace.
#[derive(Debug)]
pub struct SimFileSystem {
    disk: Arc<Mutex<Disk>>,
}

impl SimFileSystem {
    /// An empty disk.
    pub fn new() -> Arc<Self> {
        Self::with_seed(0)
    }

    /// An empty disk whose failing writes stop where `seed` says.
    pub fn with_seed(seed: u64) -> Arc<Self> {
        Self::of(Disk::new(seed))
    }

    fn of(disk: Disk) -> Arc<Self> {
        Arc::new(Self { disk: Arc::new(Mutex::new(disk)) })
    }

    /// What the disk might hold after the power failed now; all of it is durable
    /// there. Each write that was not synced is there whole, in part (by sectors of
    /// 512 bytes) or not at all, each length and each creation, renaming and
    /// removal is or is not; one seed in five loses all of either that may be lost,
    /// one in five keeps all.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Arc<Self> {
        self.crash_losing(Loss::Any, seed)
    }

    /// The same, where it is known what becomes of what was not synced.
    #[must_use]
    pub fn crash_losing(&self, loss: Loss, seed: u64) -> Arc<Self> {
        Self::of(self.disk.lock().crash(loss, seed))
    }

    /// What the next process finds after this one was killed: everything written,
    /// no locks held. What was not synced is still not durable.
    #[must_use]
    pub fn killed(&self) -> Arc<Self> {
        Self::of(self.disk.lock().killed())
    }

    /// Lets calls fail from now on. Several faults count independently.
    pub fn inject(&self, fault: Fault) {
        self.disk.lock().faults.add(fault);
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.disk.lock().faults.clear();
    }

    /// Changes the size of the disk. A file takes as many bytes as it is long,
    /// until it has neither a name nor an open handle. What does not fit fails with
    /// `StorageFull`, a write after the part of it that did.
    pub fn set_capacity(&self, bytes: u64) {
        self.disk.lock().set_capacity(bytes);
    }

    /// Lets every mutating operation after the first `operations` of this disk fail,
    /// as if the machine were gone; `u64::MAX` takes that back.
    pub fn stop_after(&self, operations: u64) {
        self.disk.lock().stop_after(operations);
    }

    /// Mutating operations so far ([`Operation::MUTATING`]), failed ones included,
    /// but not those after the stop.
    pub fn operations(&self) -> u64 {
        self.disk.lock().operations()
    }

    /// Damages a file, on the disk too: turns one bit, counted from the lowest of
    /// the first byte.
    ///
    /// # Errors
    /// `InvalidInput` behind the end of the file; those of [`FileSystem::open`].
    pub fn flip_bit(&self, path: &Path, bit: u64) -> io::Result<()> {
        self.disk.lock().flip(&named(path)?, bit)
    }

    /// A whole file, neither traced nor subject to faults.
    ///
    /// # Errors
    /// Those of [`FileSystem::open`].
    pub fn read_all(&self, path: &Path) -> io::Result<Vec<u8>> {
        let disk = self.disk.lock();
        Ok(disk.bytes(disk.id(&named(path)?)?)?.to_vec())
    }

    /// The paths of all files, sorted.
    pub fn file_names(&self) -> Vec<PathBuf> {
        self.disk.lock().file_names()
    }

    /// Puts everything that this disk shows onto another, such as a folder of the
    /// machine, so that a whole server can be started on what a crash left.
    ///
    /// # Errors
    /// Those of the other; `AlreadyExists` for a file that it has.
    pub fn copy_to(&self, other: &dyn FileSystem) -> io::Result<()> {
        let folders = self.disk.lock().folder_names();
        folders.iter().try_for_each(|folder| other.create_dir(folder))?;
        for name in self.file_names() {
            other.create(&name)?.write_at(&self.read_all(&name)?, 0)?;
        }
        Ok(())
    }

    /// The operations so far, in order; the last [`TRACE_LIMIT`] of them.
    pub fn trace(&self) -> Vec<Traced> {
        self.disk.lock().trace.all()
    }

    /// Forgets the operations so far.
    pub fn clear_trace(&self) {
        self.disk.lock().trace.clear();
    }

    fn opened(&self, path: &Path) -> io::Result<SimFile> {
        let path = named(path)?;
        let opened = self.run(Operation::Open, &path, |disk| disk.open(&path))?;
        Ok(SimFile::new(self.disk.clone(), opened, path))
    }

    fn run<T>(
        &self,
        operation: Operation,
        path: &Path,
        work: impl FnOnce(&mut Disk) -> io::Result<T>,
    ) -> io::Result<T> {
        self.disk.lock().attempt(operation, (path, None), |disk, fault| match fault {
            Some(error) => Err(error),
            None => work(disk),
        })
    }
}

impl FileSystem for SimFileSystem {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(self.opened(path)?))
    }

    fn open_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(self.opened(path)?.direct()))
    }

    fn block(&self) -> usize {
        SECTOR
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let path = named(path)?;
        let opened = self.run(Operation::Create, &path, |disk| disk.create(&path))?;
        Ok(Arc::new(SimFile::new(self.disk.clone(), opened, path)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (named(from)?, named(to)?);
        let paths = (from.as_path(), Some(to.as_path()));
        self.disk.lock().attempt(Operation::Rename, paths, |disk, fault| {
            fault.map_or(Ok(()), Err)?;
            disk.rename(&from, &to)
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let path = named(path)?;
        self.run(Operation::Remove, &path, |disk| disk.remove(&path))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let dir = inside(dir)?;
        self.run(Operation::List, &dir, |disk| disk.list(&dir))
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let dir = inside(dir)?;
        self.run(Operation::CreateDir, &dir, |disk| disk.create_dir(&dir))
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        let dir = named(dir)?;
        self.run(Operation::RemoveDir, &dir, |disk| disk.remove_dir(&dir))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let dir = inside(dir)?;
        self.run(Operation::SyncDir, &dir, |disk| disk.sync_dir(&dir))
    }

    fn space(&self) -> io::Result<Space> {
        Ok(self.disk.lock().space())
    }

    fn describe(&self, path: &Path) -> String {
        format!("sim:{}", path.display())
    }
}
