//! The database's bytes: those of the file behind our own page.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use redb::StorageBackend;
use skytrail_base::fs::File;

use super::header::HEADER_BYTES;

/// Bytes of a page of the database.
pub(crate) const PAGE_BYTES: u64 = 4096;

/// What the disk refused so far. The database turns it into errors of its own,
/// and some of these are about damage.
#[derive(Debug, Default)]
pub(crate) struct Health {
    first: Mutex<Option<(io::ErrorKind, String)>>,
    sync_failed: AtomicBool,
    is_cut: AtomicBool,
}

impl Health {
    /// Remembers the first error, as those that follow come from it.
    fn note<T>(&self, operation: &str, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            let text = format!("{operation}: {error}");
            self.first.lock().get_or_insert((error.kind(), text));
        }
        result
    }

    /// The first error, if there was any.
    pub(crate) fn error(&self) -> Option<io::Error> {
        let first = self.first.lock();
        first.as_ref().map(|(kind, text)| io::Error::new(*kind, text.clone()))
    }

    /// Whether nobody knows what the disk holds.
    pub(crate) fn sync_failed(&self) -> bool {
        self.sync_failed.load(Ordering::Acquire)
    }

    /// Lets nothing through any more, so that a database that is given up leaves
    /// the file as it is.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        match self.is_cut.load(Ordering::Acquire) {
            true => Err(io::Error::other("the database was given up")),
            false => Ok(()),
        }
    }
}

/// The file, as the database sees it.
pub(crate) struct FileBackend {
    file: Arc<dyn File>,
    health: Arc<Health>,
}

impl FileBackend {
    pub(crate) fn new(file: Arc<dyn File>, health: Arc<Health>) -> Self {
        Self { file, health }
    }
}

impl fmt::Debug for FileBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileBackend").field("health", &self.health).finish_non_exhaustive()
    }
}

fn place(offset: u64) -> io::Result<u64> {
    offset.checked_add(HEADER_BYTES).ok_or(io::ErrorKind::InvalidInput.into())
}

/// Reads all of `out`; what ends before it is damaged, not refused by the disk.
pub(crate) fn read_database(
    file: &dyn File,
    health: &Health,
    offset: u64,
    out: &mut [u8],
) -> io::Result<()> {
    let read = health.note("reading", file.read_at(out, place(offset)?))?;
    if read < out.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// Bytes of the database: whole pages. A crash may leave any length between the
/// one before a change and the one after it, both of which are whole pages, and
/// the database takes others for damage.
pub(crate) fn database_len(file: &dyn File, health: &Health) -> io::Result<u64> {
    let len = health.note("reading the length", file.len())?.saturating_sub(HEADER_BYTES);
    Ok(len - len % PAGE_BYTES)
}

impl StorageBackend for FileBackend {
    fn len(&self) -> io::Result<u64> {
        database_len(&*self.file, &self.health)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        read_database(&*self.file, &self.health, offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.health.check()?;
        self.health.note("setting the length", self.file.set_len(place(len)?))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.health.check()?;
        let synced = self.health.note("syncing", self.file.sync());
        self.health.sync_failed.fetch_or(synced.is_err(), Ordering::AcqRel);
        synced
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.health.check()?;
        self.health.note("writing", self.file.write_at(data, place(offset)?))
    }
}
