//! Messages and bodies that are packed.

use std::io::Read;

use flate2::read::GzDecoder;
use http::HeaderValue;
use zstd::stream::read::Decoder;

/// How something is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
}

/// Why something is not unpacked.
#[derive(Debug)]
pub(crate) enum Unpacked {
    /// It is not what it says.
    Broken(std::io::Error),
    /// It is larger than it may be.
    TooLarge,
}

impl Packing {
    /// By the name that `grpc-encoding` and `content-encoding` give it.
    pub(crate) fn named(name: &HeaderValue) -> Option<Self> {
        match name.as_bytes() {
            b"gzip" | b"x-gzip" => Some(Self::Gzip),
            b"zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// At most `limit` bytes; of what is larger no more is unpacked than that.
    pub(crate) fn unpack(self, packed: &[u8], limit: usize) -> Result<Vec<u8>, Unpacked> {
        let mut unpacked = Vec::new();
        let most = limit as u64 + 1;
        match self {
            Self::Gzip => GzDecoder::new(packed).take(most).read_to_end(&mut unpacked),
            Self::Zstd => Decoder::with_buffer(packed)
                .and_then(|reader| reader.take(most).read_to_end(&mut unpacked)),
        }
        .map_err(Unpacked::Broken)?;
        if unpacked.len() > limit { Err(Unpacked::TooLarge) } else { Ok(unpacked) }
    }
}
