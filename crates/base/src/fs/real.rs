//! The machine's own files.

use std::fs::{DirBuilder, OpenOptions, TryLockError};
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, fadvise};

use super::path::{inside, named};
use super::{Entry, File, FileSystem, LARGEST_BLOCK, Space};

/// Files and folders that others may not look into.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// A folder of the machine.
#[derive(Debug)]
pub struct RealFileSystem {
    root: PathBuf,
}

impl RealFileSystem {
    /// The folder at `root`, which need not be there yet:
    /// [`FileSystem::create_dir`] makes it, and its own name durable.
    pub fn at(root: PathBuf) -> Arc<Self> {
        Arc::new(Self { root })
    }

    fn file(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.root.join(named(path)?))
    }

    fn folder(&self, dir: &Path) -> io::Result<PathBuf> {
        let dir = inside(dir)?;
        // Joining nothing would add a slash to the name.
        Ok(if dir.as_os_str().is_empty() { self.root.clone() } else { self.root.join(dir) })
    }

    /// The names above the root are nobody else's to sync, and a store whose
    /// folder is gone after a crash is gone whole.
    fn create_root(&self) -> io::Result<()> {
        let missing: Vec<_> = self.root.ancestors().take_while(|dir| !is_there(dir)).collect();
        create_folders(&self.root)?;
        missing.iter().filter_map(|dir| dir.parent()).try_for_each(sync_folder)
    }
}

/// The parent of `store` is the empty path: where the process runs.
fn is_there(dir: &Path) -> bool {
    dir.as_os_str().is_empty() || dir.exists()
}

fn create_folders(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(dir)
}

fn sync_folder(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let opened = std::fs::File::open(dir)?;
    if !opened.metadata()?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    opened.sync_all()
}

fn entry(found: &std::fs::DirEntry) -> io::Result<Option<Entry>> {
    let metadata = match found.metadata() {
        // Removed since the folder was read.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    let is_dir = metadata.is_dir();
    let len = if is_dir { 0 } else { metadata.len() };
    Ok(Some(Entry { name: found.file_name().into(), is_dir, len }))
}

impl FileSystem for RealFileSystem {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = OpenOptions::new().read(true).write(true).open(self.file(path)?)?;
        Ok(Arc::new(RealFile { file }))
    }

    #[cfg(target_os = "linux")]
    fn open_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let direct = rustix::fs::OFlags::DIRECT.bits().cast_signed();
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).custom_flags(direct).open(self.file(path)?);
        match file {
            // Of a file system that knows no such thing.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Err(io::ErrorKind::Unsupported.into())
            }
            file => Ok(Arc::new(RealFile { file: file? })),
        }
    }

    /// Disks that take smaller blocks take these, too.
    fn block(&self) -> usize {
        LARGEST_BLOCK
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(FILE_MODE);
        let file = options.open(self.file(path)?)?;
        Ok(Arc::new(RealFile { file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (self.file(from)?, self.file(to)?);
        if std::fs::symlink_metadata(&from)?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(self.file(path)?)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let found = std::fs::read_dir(self.folder(dir)?)?;
        let entries = found.filter_map(|found| found.and_then(|found| entry(&found)).transpose());
        let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
        entries.sort_unstable();
        Ok(entries)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let dir = self.folder(dir)?;
        self.create_root()?;
        create_folders(&dir)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        std::fs::remove_dir(self.file(dir)?)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        sync_folder(&self.folder(dir)?)
    }

    fn space(&self) -> io::Result<Space> {
        let disk = rustix::fs::statvfs(&self.root)?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        // What is free for root only is not free for us.
        Ok(Space { free: bytes(disk.f_bavail), total: bytes(disk.f_blocks) })
    }

    fn describe(&self, path: &Path) -> String {
        let path = self.folder(path).unwrap_or_else(|_| self.root.join(path));
        path.display().to_string()
    }
}

#[derive(Debug)]
struct RealFile {
    file: std::fs::File,
}

impl File for RealFile {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset.saturating_add(done as u64)) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn will_read(&self, offset: u64, len: u64) {
        // Advice: a system that does not take it reads all the same.
        let _ = fadvise(&self.file, offset, NonZeroU64::new(len), Advice::WillNeed);
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn try_lock(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
