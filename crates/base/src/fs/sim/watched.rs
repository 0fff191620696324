//! A file system that somebody watches, and may answer for.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::Operation;
use crate::fs::{Entry, File, FileSystem, SharedFileSystem, Space};

/// What is asked of a file system that changes what a crash leaves, and each opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    /// Which operation: [`Operation::Open`] or one of [`Operation::MUTATING`].
    pub operation: Operation,
    /// Of what; of a handle, the path that it was opened by.
    pub path: &'a Path,
    /// The new name, of a renaming.
    pub to: Option<&'a Path>,
    /// Number of the handle, in the order of opening.
    pub handle: Option<u64>,
    /// What is written.
    pub bytes: &'a [u8],
    /// Where it is written, or the new length.
    pub offset: u64,
}

impl<'a> Call<'a> {
    /// One of a name.
    fn of(operation: Operation, path: &'a Path) -> Self {
        Self { operation, path, to: None, handle: None, bytes: &[], offset: 0 }
    }
}

/// Who watches.
pub trait Watch: Send + Sync + 'static {
    /// Asked before a call: what to answer in place of the file system, which then
    /// does not hear of it; none lets the call through. An opening always goes through.
    fn instead(&self, call: &Call<'_>) -> Option<io::Result<()>> {
        let _ = call;
        None
    }

    /// Told after a call what became of it.
    fn done(&self, call: &Call<'_>, result: &io::Result<()>) {
        let _ = (call, result);
    }
}

/// A file system with somebody who watches it.
pub struct Watched<W> {
    fs: SharedFileSystem,
    watch: Arc<W>,
    handles: AtomicU64,
}

impl<W> fmt::Debug for Watched<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

impl<W: Watch> Watched<W> {
    /// Has `watch` see all of `fs`.
    pub fn new(fs: SharedFileSystem, watch: Arc<W>) -> Arc<Self> {
        Arc::new(Self { fs, watch, handles: AtomicU64::new(0) })
    }

    fn pass(&self, call: &Call<'_>, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        pass(&*self.watch, call, work)
    }

    fn handle(&self) -> u64 {
        self.handles.fetch_add(1, Ordering::Relaxed)
    }

    fn opened(&self, file: Arc<dyn File>, path: &Path) -> Arc<dyn File> {
        let handle = self.handle();
        let call = Call { handle: Some(handle), ..Call::of(Operation::Open, path) };
        self.watch.done(&call, &Ok(()));
        self.file(file, path, handle)
    }

    fn file(&self, file: Arc<dyn File>, path: &Path, handle: u64) -> Arc<dyn File> {
        let (watch, path) = (self.watch.clone(), path.to_owned());
        Arc::new(WatchedFile { file, watch, path, handle })
    }
}

fn pass(
    watch: &impl Watch,
    call: &Call<'_>,
    work: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    let result = watch.instead(call).unwrap_or_else(work);
    watch.done(call, &result);
    result
}

impl<W: Watch> FileSystem for Watched<W> {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(self.opened(self.fs.open(path)?, path))
    }

    fn open_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(self.opened(self.fs.open_direct(path)?, path))
    }

    fn block(&self) -> usize {
        self.fs.block()
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let (mut made, handle) = (None, self.handle());
        let call = Call { handle: Some(handle), ..Call::of(Operation::Create, path) };
        self.pass(&call, || {
            made = Some(self.fs.create(path)?);
            Ok(())
        })?;
        let file = made.ok_or(io::ErrorKind::Unsupported)?;
        Ok(self.file(file, path, handle))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let call = Call { to: Some(to), ..Call::of(Operation::Rename, from) };
        self.pass(&call, || self.fs.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.pass(&Call::of(Operation::Remove, path), || self.fs.remove(path))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        self.fs.list(dir)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.pass(&Call::of(Operation::CreateDir, path), || self.fs.create_dir(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.pass(&Call::of(Operation::RemoveDir, path), || self.fs.remove_dir(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.pass(&Call::of(Operation::SyncDir, path), || self.fs.sync_dir(path))
    }

    fn space(&self) -> io::Result<Space> {
        self.fs.space()
    }

    fn describe(&self, path: &Path) -> String {
        self.fs.describe(path)
    }
}

struct WatchedFile<W> {
    file: Arc<dyn File>,
    watch: Arc<W>,
    path: PathBuf,
    handle: u64,
}

impl<W> WatchedFile<W> {
    fn call(&self, operation: Operation) -> Call<'_> {
        Call { handle: Some(self.handle), ..Call::of(operation, &self.path) }
    }
}

impl<W: Watch> File for WatchedFile<W> {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(into, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let call = Call { bytes, offset, ..self.call(Operation::Write) };
        pass(&*self.watch, &call, || self.file.write_at(bytes, offset))
    }

    fn sync(&self) -> io::Result<()> {
        pass(&*self.watch, &self.call(Operation::Sync), || self.file.sync())
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let call = Call { offset: len, ..self.call(Operation::SetLen) };
        pass(&*self.watch, &call, || self.file.set_len(len))
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::{Call, Watch, Watched};
    use crate::fs::FileSystem;
    use crate::fs::sim::{Operation, SimFileSystem};

    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Watch for Notes {
        fn instead(&self, call: &Call<'_>) -> Option<io::Result<()>> {
            (call.operation == Operation::Sync).then_some(Ok(()))
        }

        fn done(&self, call: &Call<'_>, result: &io::Result<()>) {
            let how =
                result.as_ref().map_or_else(|error| error.kind().to_string(), |()| "ok".into());
            self.0.lock().push(format!("{} {} {how}", call.operation, call.path.display()));
        }
    }

    #[test]
    fn calls_are_seen_in_order_and_may_be_answered_in_place_of_the_disk() {
        let (disk, notes) = (SimFileSystem::new(), Arc::new(Notes::default()));
        let fs = Watched::new(disk.clone(), notes.clone());
        let file = fs.create(Path::new("a")).unwrap();
        file.write_at(b"x", 0).unwrap();
        file.sync().unwrap();
        assert!(fs.rename(Path::new("b"), Path::new("c")).is_err());
        fs.sync_dir(Path::new("")).unwrap();
        let seen = notes.0.lock().join(", ");
        let wanted = "create a ok, write a ok, sync a ok, rename b entity not found, sync_dir  ok";
        assert_eq!(seen, wanted);
        let lost =
            (0..20).any(|seed| disk.crash(seed).read_all(Path::new("a")).unwrap().is_empty());
        assert!(lost, "the disk was told to sync");
    }
}
