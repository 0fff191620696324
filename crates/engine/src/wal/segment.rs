//! A file of the log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skytrail_base::fs::{File, FileSystem};

use super::header::{HEADER_BYTES, Header, Read};
use super::scan::{End, Scan, end_of, first_frame};

/// What the names of segments end with.
const EXTENSION: &str = "wal";

/// Bytes of zeros that are written at once.
const PIECE: usize = 1 << 20;

/// A file that holds a part of the log.
#[derive(Clone)]
pub(super) struct Segment {
    pub(super) blank: Blank,
    pub(super) header: Header,
    /// Its last position; one before the first while it holds none.
    pub(super) last: u64,
    /// Bytes that hold records and the header.
    pub(super) written: u64,
}

/// A file with room for a part of the log, and nothing in it that counts.
#[derive(Clone)]
pub(super) struct Blank {
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn File>,
    /// Bytes of the file.
    pub(super) size: u64,
    /// Whether the disk refused it something. Such a file is read, and never
    /// written again.
    pub(super) is_failed: bool,
}

/// What a file turned out to be.
pub(super) enum Kind {
    Segment(Header),
    Blank,
    Damaged,
    Version(u32),
}

/// The number in the name of a segment; none for other names.
pub(super) fn number_of(name: &Path) -> Option<u64> {
    let is_segment = name.extension().is_some_and(|extension| extension == EXTENSION);
    is_segment.then(|| name.file_stem()?.to_str()?.parse().ok()).flatten()
}

impl Blank {
    /// Makes a file full of zeros.
    pub(super) fn create(fs: &dyn FileSystem, number: u64, size: u64) -> io::Result<Self> {
        let mut filling = Filling::begin(fs, number, size)?;
        while !filling.step(fs)? {}
        Ok(filling.blank)
    }

    /// Opens a file and looks what it is.
    pub(super) fn open(fs: &dyn FileSystem, path: &Path) -> io::Result<(Self, Kind)> {
        let file = fs.open(path)?;
        let size = file.len()?;
        let mut bytes = [0; HEADER_BYTES];
        let read = file.read_at(&mut bytes, 0)?;
        let kind = match Header::read(bytes.get(..read).unwrap_or_default()) {
            Read::Header(header) => Kind::Segment(header),
            Read::Blank => Kind::Blank,
            Read::Damaged => Kind::Damaged,
            Read::Version(version) => Kind::Version(version),
        };
        let kind = match kind {
            Kind::Damaged => rebuilt(&file, size)?.map_or(Kind::Damaged, Kind::Segment),
            other => other,
        };
        Ok((Self { path: path.to_owned(), file, size, is_failed: false }, kind))
    }

    /// Begins a segment. Its header is durable before its first frame is there:
    /// so no generation comes twice, and no frame of a segment that was begun in
    /// vain is taken for one of a later segment.
    pub(super) fn begin(self, header: Header) -> io::Result<Segment> {
        self.file.write_at(&header.encode(), 0)?;
        self.file.sync()?;
        let last = header.first.saturating_sub(1);
        Ok(Segment { blank: self, header, last, written: HEADER_BYTES as u64 })
    }
}

impl Segment {
    /// One that was found. Where it ends, `find_end` or its successor tells.
    pub(super) fn found(blank: Blank, header: Header) -> Self {
        let written = blank.size;
        Self { blank, header, last: header.first.saturating_sub(1), written }
    }

    /// Goes through its records.
    pub(super) fn scan(&self) -> Scan {
        Scan::new(self.blank.file.clone(), self.header.generation, self.written)
    }

    /// Finds its end, where no later segment tells it.
    pub(super) fn find_end(&mut self) -> io::Result<End> {
        let end = end_of(self.scan(), self.header)?;
        self.last = end.last;
        Ok(end)
    }
}

/// A file that is filled with zeros piece by piece, so that writing to it later
/// changes nothing but its bytes.
pub(super) struct Filling {
    blank: Blank,
    filled: u64,
}

impl Filling {
    /// Begins a file. It is refused at once where there is no room for it.
    pub(super) fn begin(fs: &dyn FileSystem, number: u64, size: u64) -> io::Result<Self> {
        if fs.space()?.free < size {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let path = PathBuf::from(format!("{number:08}.{EXTENSION}"));
        let file = fs.create(&path)?;
        Ok(Self { blank: Blank { path, file, size, is_failed: false }, filled: 0 })
    }

    /// Fills a piece; true when the file and its name are durable.
    pub(super) fn step(&mut self, fs: &dyn FileSystem) -> io::Result<bool> {
        let done = self.fill().and_then(|()| {
            let is_full = self.filled >= self.blank.size;
            if is_full {
                fs.sync_dir(Path::new(""))?;
            }
            Ok(is_full)
        });
        if done.is_err() {
            // It takes room that may be wanted, and its number is not used again.
            let _ = fs.remove(&self.blank.path);
        }
        done
    }

    fn fill(&mut self) -> io::Result<()> {
        let left = self.blank.size - self.filled;
        let piece = vec![0; usize::try_from(left).map_or(PIECE, |left| left.min(PIECE))];
        self.blank.file.write_at(&piece, self.filled)?;
        self.filled += piece.len() as u64;
        self.blank.file.sync()
    }

    /// The file, once it is full.
    pub(super) fn into_blank(self) -> Blank {
        self.blank
    }
}

/// What the damaged header of a segment said, as far as its frames tell; none
/// where there are none.
fn rebuilt(file: &Arc<dyn File>, size: u64) -> io::Result<Option<Header>> {
    let Some((generation, first)) = first_frame(file.clone(), size)? else { return Ok(None) };
    let previous_end = first.saturating_sub(1);
    Ok(Some(Header { generation, first, previous_end, rewritten: previous_end }))
}
