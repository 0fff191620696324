//! A folder of a file system as a file system of its own, so that several parts
//! of a program share one disk, and one crash.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::path::{inside, named};
use crate::fs::{Entry, File, FileSystem, SharedFileSystem, Space};

/// What is below a folder.
pub struct Below {
    fs: SharedFileSystem,
    root: PathBuf,
}

impl fmt::Debug for Below {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Below").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Below {
    /// The folder `root` of `fs`, which is made, durably, where it is missing.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn new(fs: SharedFileSystem, root: &str) -> io::Result<Arc<Self>> {
        let root = named(Path::new(root))?;
        fs.create_dir(&root)?;
        fs.sync_dir(Path::new(""))?;
        Ok(Arc::new(Self { fs, root }))
    }

    fn file(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.root.join(named(path)?))
    }

    fn folder(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.root.join(inside(path)?).components().collect())
    }
}

impl FileSystem for Below {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.fs.open(&self.file(path)?)
    }

    fn open_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.fs.open_direct(&self.file(path)?)
    }

    fn block(&self) -> usize {
        self.fs.block()
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.fs.create(&self.file(path)?)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.fs.rename(&self.file(from)?, &self.file(to)?)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.fs.remove(&self.file(path)?)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        self.fs.list(&self.folder(dir)?)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.fs.create_dir(&self.folder(dir)?)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.fs.remove_dir(&self.file(dir)?)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.fs.sync_dir(&self.folder(dir)?)
    }

    fn space(&self) -> io::Result<Space> {
        self.fs.space()
    }

    fn describe(&self, path: &Path) -> String {
        self.fs.describe(&self.root.join(path))
    }
}
