//! A file that is written past the page cache.

use std::io;
use std::path::Path;
use std::sync::{Arc, Once};

use skytrail_base::fs::{File, FileSystem};

/// Whether it was told that a disk takes no writes past the page cache.
static TOLD: Once = Once::new();

/// A file of the log: read as usual, written past the page cache, which saves a copy of
/// all that is received, unless the disk does not let it.
#[derive(Clone)]
pub(super) struct LogFile {
    file: Arc<dyn File>,
    direct: Option<Arc<dyn File>>,
}

impl LogFile {
    /// One that is there.
    pub(super) fn open(fs: &dyn FileSystem, path: &Path) -> io::Result<Self> {
        Ok(Self::of(fs, path, fs.open(path)?))
    }

    /// Makes one.
    pub(super) fn create(fs: &dyn FileSystem, path: &Path) -> io::Result<Self> {
        Ok(Self::of(fs, path, fs.create(path)?))
    }

    fn of(fs: &dyn FileSystem, path: &Path, file: Arc<dyn File>) -> Self {
        let direct = fs.open_direct(path).inspect_err(tell).ok();
        Self { file, direct }
    }

    /// For reading.
    pub(super) fn reader(&self) -> &Arc<dyn File> {
        &self.file
    }

    /// Writes whole blocks, which begin at a block in memory, too.
    pub(super) fn write_at(&self, blocks: &[u8], at: u64) -> io::Result<()> {
        match self.direct.as_ref().map(|direct| direct.write_at(blocks, at)) {
            // It has larger blocks: nothing was written.
            Some(Err(error)) if error.kind() == io::ErrorKind::InvalidInput => tell(&error),
            Some(written) => return written,
            None => {}
        }
        self.file.write_at(blocks, at)
    }

    /// Makes what was written durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.direct.as_ref().unwrap_or(&self.file).sync()
    }
}

fn tell(error: &io::Error) {
    TOLD.call_once(|| {
        tracing::info!(
            %error,
            "the disk does not let the log be written past the page cache; it is written through \
             it, which takes more processor time"
        );
    });
}
