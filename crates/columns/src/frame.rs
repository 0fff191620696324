//! A frame: some bytes as they are and some compressed, under one checksum.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | checksum (XXH3, 64 bits, seeded) of everything behind it |
//! | 1 | codec of the stream: 0 as it is, 1 zstd |
//! | varint | bytes of the plain part |
//! | varint | bytes of the stream before compression |
//! | varint | bytes of the stream as stored |
//! | | the plain part, then the stream |

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::compress::{Codec, Compressor, restore};
use crate::error::{Error, Result};
use crate::read::Reader;
use crate::write::put_varint;

/// Bytes of a checksum.
const CHECKSUM: usize = 8;

/// Which frame it is: the seed of its checksum, so that no frame passes for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The frame of a kind with a number among those of its kind. Kinds are four letters.
    pub const fn new(kind: [u8; 4], number: u32) -> Self {
        Self((u32::from_le_bytes(kind) as u64) << 32 | number as u64)
    }
}

/// Appends a frame; gives its checksum.
pub fn put(
    seed: Seed,
    plain: &[u8],
    stream: &[u8],
    compressor: &mut Compressor,
    out: &mut Vec<u8>,
) -> u64 {
    let start = out.len();
    let mut stored = Vec::with_capacity(stream.len() / 2);
    let codec = compressor.put(stream, &mut stored);
    out.extend_from_slice(&[0; CHECKSUM]);
    out.push(codec as u8);
    put_varint(plain.len() as u64, out);
    put_varint(stream.len() as u64, out);
    put_varint(stored.len() as u64, out);
    out.extend_from_slice(plain);
    out.extend_from_slice(&stored);
    let checked = out.get(start + CHECKSUM..).unwrap_or_default();
    let checksum = xxh3_64_with_seed(checked, seed.0);
    if let Some(place) = out.get_mut(start..start + CHECKSUM) {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
    checksum
}

/// What a frame says of itself, whatever its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// Bytes of the frame.
    pub bytes: u64,
    /// Of its plain part.
    pub plain: u64,
    /// Of its stream before compression.
    pub stream: u64,
    /// Of its stream as it is stored.
    pub stored: u64,
}

/// Bytes that a frame has before its plain part, at most.
pub const MOST_HEAD: usize = CHECKSUM + 1 + 3 * 10;

impl Outline {
    /// Reads what `bytes` begin with, which may go on behind the frame. Nothing is checked but
    /// that it says so much.
    ///
    /// # Errors
    /// `Corrupt` where no frame can begin.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new("frame", bytes);
        reader.bytes(CHECKSUM)?;
        let codec = reader.u8()?;
        Codec::of(codec).ok_or_else(|| reader.wrong("an unknown codec"))?;
        let (plain, stream, stored) = (reader.varint()?, reader.varint()?, reader.varint()?);
        let head = reader.place() as u64;
        let bytes = head.checked_add(plain).and_then(|bytes| bytes.checked_add(stored));
        let bytes = bytes.ok_or_else(|| reader.wrong("more bytes than there are"))?;
        Ok(Self { bytes, plain, stream, stored })
    }
}

/// A frame with a right checksum.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its checksum.
    pub checksum: u64,
    /// The part that is not compressed.
    pub plain: Bytes,
    codec: Codec,
    raw_len: usize,
    stored: Bytes,
}

impl Frame {
    /// Opens the frame that `bytes` are. The stream may be `limit` bytes long at most.
    pub fn open(what: &'static str, seed: Seed, bytes: &Bytes, limit: usize) -> Result<Self> {
        let mut reader = Reader::new(what, bytes);
        let checksum = reader.u64()?;
        if xxh3_64_with_seed(reader.rest(), seed.0) != checksum {
            return Err(Error::corrupt(format!("{what}: wrong checksum of {} bytes", bytes.len())));
        }
        let codec = reader.u8()?;
        let codec = Codec::of(codec).ok_or_else(|| reader.wrong("an unknown codec"))?;
        let plain = reader.count(bytes.len() as u64)?;
        let raw_len = reader.count(limit as u64)?;
        let stored = reader.count(bytes.len() as u64)?;
        let start = reader.place();
        if reader.rest().len().checked_sub(plain) != Some(stored) {
            return Err(reader.wrong("not as many bytes as it says"));
        }
        let plain = bytes.slice(start..start + plain);
        let stored = bytes.slice(bytes.len() - stored..);
        Ok(Self { checksum, plain, codec, raw_len, stored })
    }

    /// The part that was compressed.
    pub fn stream(&self) -> Result<Bytes> {
        match self.codec {
            Codec::Plain if self.stored.len() == self.raw_len => Ok(self.stored.clone()),
            codec => restore(codec, &self.stored, self.raw_len).map(Bytes::from),
        }
    }

    /// Bytes of the stream as it is stored.
    pub fn stored_len(&self) -> usize {
        self.stored.len()
    }

    /// Bytes of the stream before compression.
    pub fn stream_len(&self) -> usize {
        self.raw_len
    }
}
