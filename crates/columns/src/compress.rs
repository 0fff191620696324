//! Zstd with contexts that are used again and again.

use std::cell::RefCell;

use zstd::bulk;
use zstd::zstd_safe::CParameter;

use crate::error::{Error, Result};

/// Below this many bytes nothing is won.
const LEAST: usize = 32;

/// Zstd never makes more than so many bytes of one: a block of 128 KiB takes four at least.
const MOST_OF_ONE: u64 = 128 << 10;

/// How bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Codec {
    /// As they are.
    Plain = 0,
    /// One zstd frame, without content size and checksum.
    Zstd = 1,
}

impl Codec {
    /// By its number.
    pub fn of(number: u8) -> Option<Self> {
        [Self::Plain, Self::Zstd].into_iter().find(|codec| *codec as u8 == number)
    }
}

/// A compressor. Its context takes about 1 MiB at level 1.
pub struct Compressor {
    context: Option<bulk::Compressor<'static>>,
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compressor").finish_non_exhaustive()
    }
}

impl Compressor {
    /// Of a level of zstd. Where there is no memory for a context, everything is kept as it is.
    pub fn new(level: i32) -> Self {
        let context = bulk::Compressor::new(level).and_then(|mut context| {
            context.set_parameter(CParameter::ContentSizeFlag(false))?;
            context.set_parameter(CParameter::ChecksumFlag(false))?;
            Ok(context)
        });
        Self { context: context.ok() }
    }

    /// Appends bytes in the codec that makes them smaller.
    pub fn put(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Codec {
        let compressed =
            (bytes.len() >= LEAST).then(|| self.context.as_mut()?.compress(bytes).ok());
        match compressed.flatten() {
            Some(compressed) if compressed.len() < bytes.len() => {
                out.extend_from_slice(&compressed);
                Codec::Zstd
            }
            _ => {
                out.extend_from_slice(bytes);
                Codec::Plain
            }
        }
    }

    /// Bytes that [`Self::put`] would append.
    pub fn size_of(&mut self, bytes: &[u8]) -> usize {
        let compressed = self.context.as_mut().and_then(|context| context.compress(bytes).ok());
        compressed.map_or(bytes.len(), |compressed| compressed.len().min(bytes.len()))
    }
}

thread_local! {
    static DECOMPRESSOR: RefCell<Option<bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The bytes that were stored. They are `raw_len` bytes, which the caller has checked against its limit.
pub fn restore(codec: Codec, stored: &[u8], raw_len: usize) -> Result<Vec<u8>> {
    match codec {
        Codec::Plain if stored.len() == raw_len => Ok(stored.to_vec()),
        Codec::Plain => Err(Error::corrupt("bytes: not as many as they say")),
        Codec::Zstd => {
            if raw_len as u64 > (stored.len() as u64).saturating_mul(MOST_OF_ONE) {
                return Err(Error::corrupt("zstd: more bytes than can be in it"));
            }
            let raw =
                DECOMPRESSOR.with_borrow_mut(|context| decompress(context, stored, raw_len))?;
            if raw.len() == raw_len {
                Ok(raw)
            } else {
                Err(Error::corrupt("zstd: not as many bytes as it says"))
            }
        }
    }
}

fn decompress(
    context: &mut Option<bulk::Decompressor<'static>>,
    stored: &[u8],
    raw_len: usize,
) -> Result<Vec<u8>> {
    let context = match context {
        Some(context) => context,
        None => {
            context.insert(bulk::Decompressor::new().map_err(|_| Error::limit("zstd: no memory"))?)
        }
    };
    let raw = context.decompress(stored, raw_len);
    raw.map_err(|error| Error::corrupt(format!("zstd: {error}")))
}
