//! What the parts of all families have in common: frames one behind the other, each named by its
//! place, and at the end the root, from which all others are reached.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use skytrail_columns::compress::Compressor;
use skytrail_columns::file::{self, FileKind};
use skytrail_columns::frame::{self, Frame, Seed};
use skytrail_columns::read::Reader;
use skytrail_columns::write::put_varint;
use skytrail_columns::{Error, Fetch, Result};

/// Where the bytes of a part go, front to back.
pub type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

/// Level of zstd for texts and roots.
const LEVEL: i32 = 3;
/// Bytes that a frame may unpack to.
const STREAM_LIMIT: usize = 64 << 20;
const ROOT: [u8; 4] = *b"ROOT";
/// The root is found by the trailer of the file, whatever its number.
const ROOT_NUMBER: u32 = 0;

/// Where a frame is, and its number, which its checksum is seeded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) at: u64,
    pub(crate) len: u32,
    pub(crate) number: u32,
}

impl Place {
    /// Appends the place.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        put_varint(self.at, out);
        put_varint(u64::from(self.len), out);
        put_varint(u64::from(self.number), out);
    }

    /// Reads a place.
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self> {
        let at = from.varint()?;
        let len = from.count(u64::from(u32::MAX))? as u32;
        let number = from.count(u64::from(u32::MAX))? as u32;
        Ok(Self { at, len, number })
    }
}

/// Bytes of a frame of so many plain bytes and no stream: its checksum, codec, three lengths.
pub(crate) fn framed_len(plain: usize) -> Option<usize> {
    let mut len = Vec::new();
    put_varint(plain as u64, &mut len);
    plain.checked_add(8 + 1 + len.len() + 2)
}

/// Writes a part.
pub(crate) struct PartWriter<'a> {
    sink: Sink<'a>,
    kind: FileKind,
    at: u64,
    frames: u32,
    compressor: Compressor,
    buffer: Vec<u8>,
}

impl<'a> PartWriter<'a> {
    /// Begins a part of a kind.
    pub(crate) fn begin(kind: FileKind, sink: Sink<'a>) -> Result<Self> {
        sink(&kind.header())?;
        let (at, compressor) = (file::HEADER as u64, Compressor::new(LEVEL));
        Ok(Self { sink, kind, at, frames: ROOT_NUMBER + 1, compressor, buffer: Vec::new() })
    }

    /// Appends a frame: some bytes as they are, and some compressed.
    pub(crate) fn put(&mut self, kind: [u8; 4], plain: &[u8], stream: &[u8]) -> Result<Place> {
        if plain.len().max(stream.len()) > STREAM_LIMIT {
            return Err(Error::limit(format!("frame: more than {STREAM_LIMIT} bytes")));
        }
        let number = self.frames;
        let more = number.checked_add(1);
        self.frames = more.ok_or_else(|| Error::limit("part: more than 2^32 frames"))?;
        self.put_as(kind, number, plain, stream)
    }

    fn put_as(&mut self, kind: [u8; 4], number: u32, plain: &[u8], stream: &[u8]) -> Result<Place> {
        self.buffer.clear();
        #[cfg(test)]
        let (plain, stream) = &mangle::mangled(number, plain, stream);
        let seed = Seed::new(kind, number);
        frame::put(seed, plain, stream, &mut self.compressor, &mut self.buffer);
        let len = u32::try_from(self.buffer.len());
        let len = len.map_err(|_| Error::limit("frame: more than 4 GiB"))?;
        let place = Place { at: self.at, len, number };
        (self.sink)(&self.buffer)?;
        self.at += u64::from(len);
        Ok(place)
    }

    /// Ends the part with its root; gives its bytes.
    pub(crate) fn finish(mut self, root: &[u8]) -> Result<u64> {
        let place = self.put_as(ROOT, ROOT_NUMBER, &[], root)?;
        (self.sink)(&self.kind.trailer(&(place.at..self.at)))?;
        Ok(self.at + file::TRAILER as u64)
    }
}

/// Reads a part.
#[derive(Clone)]
pub(crate) struct PartReader {
    fetch: Arc<dyn Fetch>,
    len: u64,
    root_len: u64,
}

impl std::fmt::Debug for PartReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartReader").field("len", &self.len).finish_non_exhaustive()
    }
}

impl PartReader {
    /// Opens a part of a kind and of so many bytes; gives its root as well.
    pub(crate) fn open(kind: FileKind, fetch: Arc<dyn Fetch>, len: u64) -> Result<(Self, Bytes)> {
        let place = kind.open(&*fetch, len)?.place;
        let part = Self { fetch, len, root_len: place.end - place.start };
        let bytes = part.fetch(place.start, part.root_len)?;
        let root = Frame::open(kind.what, Seed::new(ROOT, ROOT_NUMBER), &bytes, STREAM_LIMIT)?;
        Ok((part, root.stream()?))
    }

    fn fetch(&self, at: u64, len: u64) -> Result<Bytes> {
        let outside = || Error::corrupt(format!("part: {len} bytes at {at} are not in it"));
        let end = at.checked_add(len).filter(|end| *end <= self.len).ok_or_else(outside)?;
        let bytes = self.fetch.fetch(at..end)?;
        if bytes.len() as u64 == len { Ok(bytes) } else { Err(outside()) }
    }

    /// The frame of a kind at a place, checked.
    pub(crate) fn open_frame(&self, kind: [u8; 4], place: Place) -> Result<Frame> {
        let bytes = self.fetch(place.at, u64::from(place.len))?;
        let what = match &kind {
            b"DIRP" => "page of a directory",
            b"IDSP" => "page of ids",
            b"TXTP" => "page of texts",
            b"EDGE" => "page of edges",
            b"BODY" => "column of a frame",
            _ => "frame of rows",
        };
        Frame::open(what, Seed::new(kind, place.number), &bytes, STREAM_LIMIT)
    }

    /// Bytes of the part.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Fails unless the frames that were found are all that is in the part.
    pub(crate) fn check_len(&self, found: u64) -> Result<()> {
        let outside = (file::HEADER + file::TRAILER) as u64 + self.root_len;
        if found.checked_add(outside) == Some(self.len) {
            return Ok(());
        }
        Err(Error::corrupt(format!("part: {found} bytes of frames in {} bytes", self.len)))
    }
}

/// Frames whose bytes are not what the writer meant, under checksums that are right: what someone
/// who forges a part could hand in.
#[cfg(test)]
pub(crate) mod mangle {
    use std::cell::Cell;

    thread_local! {
        static FORGERY: Cell<Option<(u32, usize, u8)>> = const { Cell::new(None) };
    }

    /// Changes a byte of the frame of a number while `run` writes.
    pub(crate) fn with<T>(number: u32, byte: usize, xor: u8, run: impl FnOnce() -> T) -> T {
        FORGERY.set(Some((number, byte, xor)));
        let result = run();
        FORGERY.set(None);
        result
    }

    pub(super) fn mangled(number: u32, plain: &[u8], stream: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut plain, mut stream) = (plain.to_vec(), stream.to_vec());
        if let Some((frame, byte, xor)) = FORGERY.get().filter(|(frame, ..)| *frame == number) {
            let _ = frame;
            let place = byte % (plain.len() + stream.len()).max(1);
            let bytes = plain.iter_mut().chain(&mut stream);
            bytes.skip(place).take(1).for_each(|byte| *byte ^= xor);
        }
        (plain, stream)
    }
}
