//! A file whose writes stay in memory. Opening a database repairs it and
//! commits; done on one of these it costs the disk nothing, so that a store can
//! be read on a disk that takes no writes, and damage is seen as it is.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use redb::StorageBackend;
use skytrail_base::fs::File;

use super::backend::{Health, PAGE_BYTES as PAGE, database_len, read_database};

/// A repair writes the free pages' bits and little else.
const MAX_PAGES: usize = 16_384;

/// What is different from the file.
#[derive(Debug)]
struct Over {
    pages: BTreeMap<u64, Vec<u8>>,
    len: u64,
    /// Bytes of the file that are still seen: what was cut off once does not
    /// come back.
    file_len: u64,
}

/// The file with writes over it.
pub(crate) struct OverlayBackend {
    file: Arc<dyn File>,
    health: Arc<Health>,
    over: Mutex<Over>,
}

impl OverlayBackend {
    /// # Errors
    /// Those of the file's length.
    pub(crate) fn new(file: Arc<dyn File>, health: Arc<Health>) -> io::Result<Self> {
        let len = database_len(&*file, &health)?;
        let over = Mutex::new(Over { pages: BTreeMap::new(), len, file_len: len });
        Ok(Self { file, health, over })
    }

    fn page(&self, over: &Over, number: u64) -> io::Result<Vec<u8>> {
        if let Some(page) = over.pages.get(&number) {
            return Ok(page.clone());
        }
        let mut page = vec![0; PAGE as usize];
        let start = number.saturating_mul(PAGE);
        let seen = over.file_len.saturating_sub(start).min(PAGE) as usize;
        if let Some(seen) = page.get_mut(..seen).filter(|seen| !seen.is_empty()) {
            read_database(&*self.file, &self.health, start, seen)?;
        }
        Ok(page)
    }

    /// Gives each page that a range touches, the place in it, and how many bytes
    /// of it are meant.
    fn spans(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
        let end = offset.saturating_add(len as u64);
        let first = offset / PAGE;
        (first..end.div_ceil(PAGE)).map(move |number| {
            let start = (number * PAGE).max(offset);
            let stop = (number * PAGE).saturating_add(PAGE).min(end);
            (number, (start % PAGE) as usize, (stop - start) as usize)
        })
    }
}

impl fmt::Debug for OverlayBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverlayBackend").field("over", &self.over).finish_non_exhaustive()
    }
}

impl StorageBackend for OverlayBackend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.over.lock().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let over = self.over.lock();
        if offset.saturating_add(out.len() as u64) > over.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if over.pages.is_empty() && over.len == over.file_len {
            return read_database(&*self.file, &self.health, offset, out);
        }
        let mut rest = out;
        for (number, start, len) in Self::spans(offset, rest.len()) {
            let page = self.page(&over, number)?;
            let (into, behind) = rest.split_at_mut_checked(len).unwrap_or_default();
            into.copy_from_slice(page.get(start..start + len).unwrap_or_default());
            rest = behind;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut over = self.over.lock();
        over.len = len;
        over.file_len = over.file_len.min(len);
        let kept = len.div_ceil(PAGE);
        over.pages.retain(|number, _| *number < kept);
        if let Some(last) = over.pages.get_mut(&(len / PAGE)) {
            last.iter_mut().skip((len % PAGE) as usize).for_each(|byte| *byte = 0);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut over = self.over.lock();
        let mut rest = data;
        for (number, start, len) in Self::spans(offset, data.len()) {
            let mut page = self.page(&over, number)?;
            let (from, behind) = rest.split_at_checked(len).unwrap_or_default();
            if let Some(into) = page.get_mut(start..start + len) {
                into.copy_from_slice(from);
            }
            rest = behind;
            over.pages.insert(number, page);
        }
        over.len = over.len.max(offset.saturating_add(data.len() as u64));
        if over.pages.len() > MAX_PAGES {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(())
    }
}
