//! A file of the log.

use std::io;
use std::path::{Path, PathBuf};

use skytrail_base::fs::{File, FileSystem};

use super::buffer::Buffer;
use super::file::LogFile;
use super::header::{HEADER_BYTES, Header, Read};
use super::layout::Layout;
use super::scan::{End, Scan, end_of, is_unreadable};

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
    /// Bytes up to the end of its last record.
    pub(super) written: u64,
    /// Where its records have to end.
    end: u64,
}

/// A file with room for a part of the log, and nothing in it that counts.
#[derive(Clone)]
pub(super) struct Blank {
    pub(super) path: PathBuf,
    pub(super) file: LogFile,
    /// Bytes of the file.
    pub(super) size: u64,
    /// Whether it is never used again: the disk refused it something.
    pub(super) is_last_use: bool,
}

/// What names of files end with that say up to which generation no file is used again.
const MARK: &str = "discard";

/// The number in the name of a segment; none for other names.
pub(super) fn number_of(name: &Path) -> Option<u64> {
    number_before(EXTENSION, name)
}

/// The generation in the name of such a file; none for other names.
pub(super) fn mark_of(name: &Path) -> Option<u64> {
    number_before(MARK, name)
}

/// The name of the one for a generation.
pub(super) fn mark_path(generation: u64) -> PathBuf {
    PathBuf::from(format!("{generation:08}.{MARK}"))
}

fn number_before(wanted: &str, name: &Path) -> Option<u64> {
    let is_segment = name.extension().is_some_and(|extension| extension == wanted);
    let digits = name.file_stem()?.to_str()?;
    let is_number = digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_segment && is_number).then(|| digits.parse().ok()).flatten()
}

impl Blank {
    /// Opens a file and looks what it is.
    pub(super) fn open(fs: &dyn FileSystem, path: &Path) -> io::Result<(Self, Read)> {
        let file = LogFile::open(fs, path)?;
        let size = file.reader().len()?;
        let mut kind = header_at(&**file.reader(), 0)?;
        if kind == Read::Damaged
            && let copy @ Read::Header(_) = header_at(&**file.reader(), copy_at(size))?
        {
            kind = copy;
        }
        Ok((Self { path: path.to_owned(), file, size, is_last_use: false }, kind))
    }

    /// Begins a segment. Its header is durable before its first frame is there:
    /// so no generation comes twice, and no frame of a segment that was begun in
    /// vain is taken for one of a later segment.
    pub(super) fn begin(self, layout: &Layout, header: Header) -> io::Result<Segment> {
        let (written, end) = (layout.begin(), layout.end(self.size));
        self.file.write_at(layout.header(&header, false).bytes(), 0)?;
        self.file.write_at(layout.header(&header, true).bytes(), end)?;
        self.file.sync()?;
        let last = header.first.saturating_sub(1);
        Ok(Segment { blank: self, header, last, written, end })
    }
}

impl Segment {
    /// One that was found. Where it ends, `find_end` or its successor tells.
    pub(super) fn found(blank: Blank, header: Header) -> Self {
        let end = copy_at(blank.size);
        Self { blank, header, last: header.first.saturating_sub(1), written: end, end }
    }

    /// Bytes that frames may still take.
    pub(super) fn room(&self) -> u64 {
        self.end.saturating_sub(self.written)
    }

    /// Goes through its records.
    pub(super) fn scan(&self) -> Scan {
        Scan::new(self.blank.file.reader().clone(), self.header, self.written)
    }

    /// Finds its end, where no later segment tells it.
    pub(super) fn find_end(&mut self) -> io::Result<End> {
        let end = end_of(self.scan())?;
        self.last = end.last;
        Ok(end)
    }
}

/// Where a file has the copy of its header: no frame reaches beyond.
fn copy_at(size: u64) -> u64 {
    size.saturating_sub(HEADER_BYTES as u64)
}

fn header_at(file: &dyn File, at: u64) -> io::Result<Read> {
    let mut bytes = [0; HEADER_BYTES];
    let read = match file.read_at(&mut bytes, at) {
        // Not a file of zeros, which would be written anew.
        Err(error) if is_unreadable(&error) => return Ok(Read::Damaged),
        read => read?,
    };
    Ok(Header::read(bytes.get(..read).unwrap_or_default()))
}

/// A file that is filled with zeros piece by piece, so that writing to it later
/// changes nothing but its bytes.
pub(super) struct Filling {
    blank: Blank,
    filled: u64,
    zeros: Buffer,
}

impl Filling {
    /// Begins a file. It is refused at once where there is no room for it beside `left`
    /// bytes.
    pub(super) fn begin(
        fs: &dyn FileSystem,
        number: u64,
        size: u64,
        left: u64,
    ) -> io::Result<Self> {
        if fs.space()?.free < size.saturating_add(left) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let path = PathBuf::from(format!("{number:08}.{EXTENSION}"));
        let file = LogFile::create(fs, &path)?;
        let zeros = Buffer::zeros(usize::try_from(size).map_or(PIECE, |size| size.min(PIECE)));
        Ok(Self { blank: Blank { path, file, size, is_last_use: false }, filled: 0, zeros })
    }

    /// Fills a piece; true when the file and its name are durable.
    pub(super) fn step(&mut self, fs: &dyn FileSystem) -> io::Result<bool> {
        let done = self.fill().and_then(|()| {
            let is_full = self.filled >= self.blank.size;
            if is_full {
                self.blank.file.sync()?;
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
        let bytes = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        let piece = self.zeros.bytes().get(..bytes).unwrap_or_default();
        self.blank.file.write_at(piece, self.filled)?;
        self.filled += piece.len() as u64;
        Ok(())
    }

    /// Lets it be: the file goes.
    pub(super) fn give_up(self, fs: &dyn FileSystem) -> io::Result<()> {
        fs.remove(&self.blank.path)
    }

    /// Fills what is left.
    pub(super) fn finish(mut self, fs: &dyn FileSystem) -> io::Result<Blank> {
        while !self.step(fs)? {}
        Ok(self.blank)
    }

    /// The file, once it is full.
    pub(super) fn into_blank(self) -> Blank {
        self.blank
    }
}
