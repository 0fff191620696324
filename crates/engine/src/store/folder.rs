//! The files of parts: their names, how they are made, and when they go.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use skytrail_base::fs::{File, SharedFileSystem};

/// Bytes that are written at once.
const WRITE_BYTES: usize = 256 << 10;

/// What names of numbered files end with.
const EXTENSIONS: [&str; 8] =
    ["spans", "minutes", "hours", "days", "relations", "records", STATE, ENTITIES];

/// What files with the state of the analysis are called.
pub(crate) const STATE: &str = "state";

/// What files with ids of entities are called.
pub(crate) const ENTITIES: &str = "entities";

/// Where files that cannot be read are put aside.
const DAMAGED: &str = "damaged";

/// A folder of files named `<number>.<what it holds>`. No number comes twice.
pub(crate) struct Folder {
    fs: SharedFileSystem,
    next: AtomicU64,
}

/// A file of the folder, for as long as somebody reads it.
pub(crate) struct StoredFile {
    fs: SharedFileSystem,
    path: PathBuf,
    file: Arc<dyn File>,
    len: u64,
    number: u64,
    /// Whether it goes with its last reader.
    is_doomed: AtomicBool,
}

/// A file that is being written, front to back. One that is dropped before it is
/// finished goes.
pub(crate) struct NewFile {
    fs: SharedFileSystem,
    path: PathBuf,
    file: Arc<dyn File>,
    number: u64,
    waiting: Vec<u8>,
    written: u64,
    is_finished: bool,
}

/// The name of a file.
pub(crate) fn name(number: u64, extension: &str) -> PathBuf {
    PathBuf::from(format!("{number:012}.{extension}"))
}

impl Folder {
    /// The root of a file system; files get numbers from `next` on.
    pub(crate) fn new(fs: SharedFileSystem, next: u64) -> Self {
        Self { fs, next: AtomicU64::new(next) }
    }

    pub(crate) fn fs(&self) -> &SharedFileSystem {
        &self.fs
    }

    /// Files from this number on are still to be made.
    pub(crate) fn next(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    /// Begins a file.
    pub(crate) fn create(&self, extension: &str) -> io::Result<NewFile> {
        let number = self.next.fetch_add(1, Ordering::AcqRel);
        let path = name(number, extension);
        let file = self.fs.create(&path)?;
        let (fs, waiting) = (self.fs.clone(), Vec::with_capacity(WRITE_BYTES));
        Ok(NewFile { fs, path, file, number, waiting, written: 0, is_finished: false })
    }

    /// Opens a file that is there.
    pub(crate) fn open(&self, number: u64, extension: &str) -> io::Result<StoredFile> {
        let path = name(number, extension);
        let file = self.fs.open(&path)?;
        let (len, is_doomed) = (file.len()?, AtomicBool::new(false));
        Ok(StoredFile { fs: self.fs.clone(), path, file, len, number, is_doomed })
    }

    /// Where a file is, for messages to the operator.
    pub(crate) fn describe(&self, number: u64, extension: &str) -> String {
        self.fs.describe(&name(number, extension))
    }

    /// Makes the names of finished files durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.fs.sync_dir(Path::new(""))
    }

    /// Removes every file with a number that nobody counts on, and says how many
    /// there were. They are what crashes left.
    pub(crate) fn sweep_names(&self, is_kept: impl Fn(&Path) -> bool) -> io::Result<u64> {
        let mut swept = 0;
        for entry in self.fs.list(Path::new(""))? {
            if entry.is_dir || !is_numbered(&entry.name) || is_kept(&entry.name) {
                continue;
            }
            self.fs.remove(&entry.name)?;
            swept += 1;
        }
        Ok(swept)
    }

    /// Puts a file that cannot be read where nobody looks, for the operator.
    pub(crate) fn set_aside(&self, number: u64, extension: &str) -> io::Result<String> {
        let (from, dir) = (name(number, extension), Path::new(DAMAGED));
        let to = dir.join(&from);
        let moved = || {
            self.fs.create_dir(dir)?;
            self.fs.rename(&from, &to)?;
            self.fs.sync_dir(dir)?;
            self.fs.sync_dir(Path::new(""))
        };
        moved()?;
        Ok(self.fs.describe(&to))
    }
}

/// Whether a name is one that [`name`] gives.
pub(crate) fn is_numbered(name: &Path) -> bool {
    let number = name.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let is_number = number.len() >= 12 && number.bytes().all(|byte| byte.is_ascii_digit());
    let extension = name.extension().and_then(|extension| extension.to_str());
    is_number && extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

impl NewFile {
    /// Adds bytes at the end.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.waiting.len() + bytes.len() > WRITE_BYTES {
            self.flush()?;
        }
        if bytes.len() < WRITE_BYTES {
            self.waiting.extend_from_slice(bytes);
            return Ok(());
        }
        // What is large is not copied.
        self.file.write_at(bytes, self.written)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_at(&self.waiting, self.written)?;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Makes the bytes durable; the name becomes it by [`Folder::sync`].
    pub(crate) fn finish(mut self) -> io::Result<StoredFile> {
        self.flush()?;
        self.file.sync()?;
        self.is_finished = true;
        Ok(StoredFile {
            fs: self.fs.clone(),
            path: std::mem::take(&mut self.path),
            file: self.file.clone(),
            len: self.written,
            number: self.number,
            // Until a manifest names it.
            is_doomed: AtomicBool::new(true),
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_finished {
            remove(&self.fs, &self.path);
        }
    }
}

/// What cannot be removed now is removed at the next start, which sweeps.
fn remove(fs: &SharedFileSystem, path: &Path) {
    match fs.remove(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(
                file = fs.describe(path), %error,
                "a file that is no longer needed stays until the next start"
            );
        }
        _ => {}
    }
}

impl StoredFile {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Bytes of it.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Where it is, for messages to the operator.
    pub(crate) fn describe(&self) -> String {
        self.fs.describe(&self.path)
    }

    /// Reads all of `into` from a place.
    pub(crate) fn read(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset + done as u64)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }

    /// Lets it stay: a manifest is about to name it.
    pub(crate) fn keep(&self) {
        self.is_doomed.store(false, Ordering::Release);
    }

    /// Lets it go with its last reader. No manifest may name it any more.
    pub(crate) fn doom(&self) {
        self.is_doomed.store(true, Ordering::Release);
    }
}

impl Drop for StoredFile {
    fn drop(&mut self) {
        if self.is_doomed.load(Ordering::Acquire) {
            remove(&self.fs, &self.path);
        }
    }
}

impl fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredFile").field("path", &self.path).field("len", &self.len).finish()
    }
}
