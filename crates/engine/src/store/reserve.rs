//! A file of zeros that the store gives up when the disk is full: what it needs to
//! remove the old and to make a checkpoint, of which the log has room again.

use std::io::{self, ErrorKind};
use std::path::Path;

use skytrail_base::fs::FileSystem;

use crate::error::{Error, Result};

/// Its name.
const NAME: &str = "reserve";

/// Bytes that are written at once.
const PIECE: usize = 1 << 20;

/// It is made only where so many times its bytes are free.
const LEAVES: u64 = 3;

/// The file, if there is to be one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reserve {
    bytes: u64,
}

impl Reserve {
    /// Of so many bytes; 0 is none.
    pub(crate) fn new(bytes: u64) -> Self {
        Self { bytes }
    }

    /// Makes the file if it is not there and the disk has room. One of another length is
    /// made anew.
    pub(crate) fn keep(&self, fs: &dyn FileSystem) {
        let path = Path::new(NAME);
        let held = fs.open(path).and_then(|file| file.len());
        if held.as_ref().is_ok_and(|held| *held == self.bytes && self.bytes > 0) {
            return;
        }
        if held.is_ok() {
            // Cut off when it was made, or by another configuration.
            let _ = fs.remove(path);
        }
        let has_room = || fs.space().is_ok_and(|space| space.free / LEAVES >= self.bytes);
        if self.bytes == 0 || !has_room() {
            return;
        }
        if let Err(error) = self.fill(fs, path) {
            let _ = fs.remove(path);
            tracing::debug!(%error, "the disk has no room for the reserve of the store");
        }
    }

    fn fill(&self, fs: &dyn FileSystem, path: &Path) -> io::Result<()> {
        let (file, mut at) = (fs.create(path)?, 0);
        while at < self.bytes {
            let left = usize::try_from(self.bytes - at).map_or(PIECE, |left| left.min(PIECE));
            // Not cut out of nothing: a file with holes takes no room.
            file.write_at(&vec![0; left], at)?;
            at += left as u64;
        }
        file.sync()?;
        fs.sync_dir(Path::new(""))
    }

    /// Does something, and once more with the room if the disk is full.
    ///
    /// # Errors
    /// Those of the work.
    pub(crate) fn with<T>(&self, fs: &dyn FileSystem, work: impl Fn() -> Result<T>) -> Result<T> {
        let is_full = |error: &Error| {
            let kind = error.source.as_ref().map(io::Error::kind);
            matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
        };
        match work() {
            Err(error) if is_full(&error) && self.give_up(fs) => work(),
            done => done,
        }
    }

    /// Gives the room back to the disk; whether there was any.
    fn give_up(&self, fs: &dyn FileSystem) -> bool {
        let is_given = fs.remove(Path::new(NAME)).is_ok();
        if is_given {
            tracing::warn!(
                bytes = self.bytes,
                "the disk is full; the store uses its reserve to make room"
            );
        }
        is_given
    }
}
