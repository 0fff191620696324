//! What was read of files, as long as there is room.

use std::fmt;
use std::io::ErrorKind;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache as Table;
use skytrail_columns::{Error, Fetch};

use super::folder::StoredFile;

/// What an entry costs beside its bytes.
const ENTRY_BYTES: usize = 96;

/// Ranges that are larger are not kept: they would push out everything else.
const LARGEST_KEPT: u64 = 1 << 20;

/// The file's number and the place in it.
type Key = (u64, u64);

/// Ranges of files, the least used of which go when they take more bytes than the
/// limit. Clones share it.
#[derive(Clone)]
pub(crate) struct Cache {
    table: Arc<Table<Key, Bytes, Weight>>,
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Key, Bytes> for Weight {
    fn weight(&self, _: &Key, bytes: &Bytes) -> u64 {
        (bytes.len() + ENTRY_BYTES) as u64
    }
}

impl Cache {
    /// A cache of at most `limit_bytes`.
    pub(crate) fn new(limit_bytes: usize) -> Self {
        // A guess at the number of entries sets the size of its tables only.
        let entries = limit_bytes / (8 << 10) + 16;
        Self { table: Arc::new(Table::with_weighter(entries, limit_bytes as u64, Weight)) }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        self.table.weight()
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

/// A file, read through the cache.
#[derive(Debug)]
pub(crate) struct CachedFile {
    file: Arc<StoredFile>,
    cache: Cache,
}

impl CachedFile {
    pub(crate) fn new(file: Arc<StoredFile>, cache: Cache) -> Self {
        Self { file, cache }
    }
}

/// A file that is read without the cache.
#[derive(Debug)]
pub(crate) struct UncachedFile {
    file: Arc<StoredFile>,
}

impl UncachedFile {
    pub(crate) fn new(file: Arc<StoredFile>) -> Self {
        Self { file }
    }
}

impl Fetch for UncachedFile {
    fn fetch(&self, range: Range<u64>) -> Result<Bytes, Error> {
        read(&self.file, &range)
    }
}

fn read(file: &StoredFile, range: &Range<u64>) -> Result<Bytes, Error> {
    // The length comes from a file that may be damaged: no more than there is.
    let is_inside = range.start <= range.end && range.end <= file.len();
    if !is_inside {
        let (told, end) = (file.describe(), file.len());
        let what = format!("{told}: bytes {range:?} are asked for, it ends at {end}");
        return Err(Error::corrupt(what));
    }
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.read(&mut bytes, range.start).map_err(|error| match error.kind() {
        // It had this length when it was opened.
        ErrorKind::UnexpectedEof => Error::corrupt("the file was cut off"),
        _ => Error::io(format!("{}: {error}", file.describe())),
    })?;
    Ok(bytes.into())
}

impl Fetch for CachedFile {
    fn fetch(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let len = range.end.saturating_sub(range.start);
        if len > LARGEST_KEPT {
            return read(&self.file, &range);
        }
        let key = (self.file.number(), range.start);
        let held = self.cache.table.get(&key).filter(|bytes| bytes.len() as u64 >= len);
        if let Some(bytes) = held {
            return Ok(bytes.slice(..len as usize));
        }
        let bytes = read(&self.file, &range)?;
        self.cache.table.insert(key, bytes.clone());
        Ok(bytes)
    }
}
