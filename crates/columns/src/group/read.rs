//! Reads a group.

use std::sync::OnceLock;

use bytes::Bytes;

use super::{BLOBS, SAME_ROWS, TEXTS};
use crate::error::{Error, Result};
use crate::frame::{Frame, Seed};
use crate::ints::{Entry, Ints};
use crate::read::Reader;
use crate::texts::Texts;

/// A column in the directory, and where its bytes begin.
#[derive(Debug, Clone, Copy)]
struct Column {
    id: u32,
    rows: usize,
    kind: Kind,
    plain: usize,
    stream: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Ints(Entry),
    Texts { lengths: Entry, bytes: usize },
    Blobs { width: usize },
}

impl Kind {
    fn plain_len(&self, rows: usize) -> Option<usize> {
        match self {
            Self::Ints(entry) | Self::Texts { lengths: entry, .. } => entry.plain_len(),
            Self::Blobs { width } => width.checked_mul(rows),
        }
    }

    fn stream_len(&self) -> Option<usize> {
        match self {
            Self::Ints(entry) => entry.stream_len(),
            Self::Texts { lengths, bytes } => lengths.stream_len()?.checked_add(*bytes),
            Self::Blobs { .. } => Some(0),
        }
    }
}

/// A group that is read. What is compressed is decompressed when a column needs it.
#[derive(Debug)]
pub struct Group {
    what: &'static str,
    frame: Frame,
    columns: Vec<Column>,
    stream: OnceLock<Bytes>,
}

impl Group {
    /// Opens the frame that `bytes` are. No column may have more than `rows` rows, and the stream no more than
    /// `stream` bytes.
    pub fn open(
        what: &'static str,
        seed: Seed,
        bytes: &Bytes,
        rows: usize,
        stream: usize,
    ) -> Result<Self> {
        let frame = Frame::open(what, seed, bytes, stream)?;
        let columns = directory(what, &frame, rows)?;
        Ok(Self { what, frame, columns, stream: OnceLock::new() })
    }

    /// The checksum of its frame.
    pub fn checksum(&self) -> u64 {
        self.frame.checksum
    }

    /// Bytes of memory beside the bytes of the frame, as far as they are decompressed.
    pub fn memory(&self) -> usize {
        let stream = self.stream.get().map_or(0, Bytes::len);
        stream + self.columns.capacity() * size_of::<Column>()
    }

    /// Ids and rows of all columns, by id.
    pub fn columns(&self) -> impl Iterator<Item = (u32, usize)> {
        self.columns.iter().map(|column| (column.id, column.rows))
    }

    /// Bytes of all columns, by id: in the plain part, and in the stream before compression.
    pub fn sizes(&self) -> impl Iterator<Item = (u32, usize, usize)> {
        self.columns.iter().map(|column| {
            let plain = column.kind.plain_len(column.rows).unwrap_or(0);
            (column.id, plain, column.kind.stream_len().unwrap_or(0))
        })
    }

    /// Bytes of the stream before compression and as it is stored.
    pub fn stream_sizes(&self) -> (usize, usize) {
        (self.frame.stream_len(), self.frame.stored_len())
    }

    /// Rows of a column; none when it is not there.
    pub fn rows(&self, id: u32) -> Option<usize> {
        self.find(id).map(|column| column.rows)
    }

    fn find(&self, id: u32) -> Option<&Column> {
        let place = self.columns.binary_search_by_key(&id, |column| column.id).ok()?;
        self.columns.get(place)
    }

    fn wrong(&self, id: u32, problem: &str) -> Error {
        Error::corrupt(format!("{}: column {id}: {problem}", self.what))
    }

    fn plain(&self, column: &Column) -> &[u8] {
        self.frame.plain.get(column.plain..).unwrap_or_default()
    }

    fn stream(&self, column: &Column) -> Result<&[u8]> {
        if column.kind.stream_len() == Some(0) {
            return Ok(&[]);
        }
        let stream = match self.stream.get() {
            Some(stream) => stream,
            None => {
                let stream = self.frame.stream()?;
                self.stream.get_or_init(|| stream)
            }
        };
        Ok(stream.get(column.stream..).unwrap_or_default())
    }

    /// Numbers; none when there is no such column.
    pub fn ints(&self, id: u32) -> Result<Option<Ints<'_>>> {
        let Some(column) = self.find(id) else { return Ok(None) };
        let Kind::Ints(entry) = &column.kind else { return Err(self.wrong(id, "not numbers")) };
        let ints = entry.open(self.plain(column), self.stream(column)?);
        ints.map(Some).ok_or_else(|| self.wrong(id, "too few bytes"))
    }

    /// Numbers of a column that must be there with so many rows.
    pub fn ints_of(&self, id: u32, rows: usize) -> Result<Ints<'_>> {
        let ints = self.ints(id)?.filter(|ints| ints.len() == rows);
        ints.ok_or_else(|| self.wrong(id, &format!("not {rows} rows")))
    }

    /// Texts; none when there is no such column.
    pub fn texts(&self, id: u32) -> Result<Option<Texts<'_>>> {
        let Some(column) = self.find(id) else { return Ok(None) };
        let Kind::Texts { lengths, bytes } = &column.kind else {
            return Err(self.wrong(id, "not texts"));
        };
        let few = || self.wrong(id, "too few bytes");
        let stream = self.stream(column)?;
        let skipped = lengths.stream_len().ok_or_else(few)?;
        let (planes, stream) = stream.split_at_checked(skipped).ok_or_else(few)?;
        let lengths = lengths.open(self.plain(column), planes).ok_or_else(few)?;
        Texts::new(&lengths, stream.get(..*bytes).ok_or_else(few)?).map(Some)
    }

    /// Texts of a column that must be there with so many rows.
    pub fn texts_of(&self, id: u32, rows: usize) -> Result<Texts<'_>> {
        let texts = self.texts(id)?.filter(|texts| texts.len() == rows);
        texts.ok_or_else(|| self.wrong(id, &format!("not {rows} rows")))
    }

    /// Blobs; none when there is no such column.
    pub fn blobs<const N: usize>(&self, id: u32) -> Result<Option<&[[u8; N]]>> {
        let Some(column) = self.find(id) else { return Ok(None) };
        let blobs = match &column.kind {
            Kind::Blobs { width } if *width == N => {
                column.rows.checked_mul(N).and_then(|len| self.plain(column).get(..len))
            }
            _ => None,
        };
        let blobs = blobs.ok_or_else(|| self.wrong(id, "not blobs of this size"))?;
        Ok(Some(blobs.as_chunks::<N>().0))
    }
}

fn directory(what: &'static str, frame: &Frame, most: usize) -> Result<Vec<Column>> {
    let mut reader = Reader::new(what, &frame.plain);
    // A column takes three bytes at least.
    let count = reader.count(frame.plain.len() as u64 / 3 + 1)?;
    let mut columns: Vec<Column> = Vec::with_capacity(count);
    for _ in 0..count {
        let column = column(&mut reader, columns.last(), most)?;
        columns.push(column);
    }
    let (mut plain, mut stream) = (reader.place(), 0_usize);
    let counts = columns.iter_mut().try_for_each(|column| {
        (column.plain, column.stream) = (plain, stream);
        plain = plain.checked_add(column.kind.plain_len(column.rows)?)?;
        stream = stream.checked_add(column.kind.stream_len()?)?;
        Some(())
    });
    if counts.is_none() || plain != frame.plain.len() || stream != frame.stream_len() {
        return Err(reader.wrong("columns that do not make up the frame"));
    }
    Ok(columns)
}

fn column(reader: &mut Reader<'_>, before: Option<&Column>, most: usize) -> Result<Column> {
    let step = reader.count(u64::from(u32::MAX))? as u32;
    let id = match before {
        None => Some(step),
        Some(before) => before.id.checked_add(step).filter(|_| step > 0),
    };
    let id = id.ok_or_else(|| reader.wrong("ids that do not ascend"))?;
    let mode = reader.u8()?;
    let rows = match before {
        Some(before) if mode & SAME_ROWS != 0 => before.rows,
        None if mode & SAME_ROWS != 0 => return Err(reader.wrong("a first column without rows")),
        _ => reader.count(most as u64)?,
    };
    let kind = match mode & 7 {
        TEXTS => {
            let mode = reader.u8()?;
            let lengths = Entry::read(mode, rows, reader)?;
            Kind::Texts { lengths, bytes: reader.count(u64::from(u32::MAX))? }
        }
        BLOBS => Kind::Blobs { width: reader.count(u64::from(u32::MAX))? },
        _ => Kind::Ints(Entry::read(mode, rows, reader)?),
    };
    Ok(Column { id, rows, kind, plain: 0, stream: 0 })
}
