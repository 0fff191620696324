//! Hashes of tags.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::Value;
use skytrail_model::text::Text;
use xxhash_rust::xxh3::xxh3_64;

/// The hash of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyHash(u64);

/// The half of the hash of a text that counts.
pub(crate) fn text_half(text: &[u8]) -> u32 {
    xxh3_64(text) as u32
}

impl KeyHash {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(xxh3_64(key))
    }

    /// The hash of the tag with a value: half of the hash of its text.
    pub(crate) fn with(self, half: u32) -> u64 {
        (self.0 ^ u64::from(half)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// The hash of the tag with a text.
    pub(crate) fn with_text(self, text: &[u8]) -> u64 {
        self.with(text_half(text))
    }
}

/// Bytes of a value as clients show them.
pub(crate) fn shown_bytes(bytes: Vec<u8>) -> String {
    let text = Text { start: 0, len: bytes.len() as u32 };
    let batch = SpanBatch { bytes, ..SpanBatch::default() };
    batch.show(Value::Bytes(text))
}
