//! A disk that says it did what it did not: what a log with a forgotten sync
//! would do.

use std::io;
use std::path::Path;
use std::sync::Arc;

use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::fs::{Entry, File, FileSystem, Space};

/// What is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    Sync,
    SyncDir,
}

pub(super) struct Lying {
    disk: Arc<SimFileSystem>,
    lie: Lie,
}

impl Lying {
    pub(super) fn new(disk: Arc<SimFileSystem>, lie: Lie) -> Self {
        Self { disk, lie }
    }

    fn file(&self, file: Arc<dyn File>) -> Arc<dyn File> {
        if self.lie == Lie::Sync { Arc::new(Unsynced(file)) } else { file }
    }
}

impl FileSystem for Lying {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.disk.open(path).map(|file| self.file(file))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.disk.create(path).map(|file| self.file(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        self.disk.list(dir)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.create_dir(dir)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.remove_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        if self.lie == Lie::SyncDir { Ok(()) } else { self.disk.sync_dir(dir) }
    }

    fn space(&self) -> io::Result<Space> {
        self.disk.space()
    }

    fn describe(&self, path: &Path) -> String {
        self.disk.describe(path)
    }
}

struct Unsynced(Arc<dyn File>);

impl File for Unsynced {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(into, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.0.try_lock()
    }
}
