//! What is written.

use skytrail_model::batch::SpanBatch;
use skytrail_storage::SegmentEntry;
use xxhash_rust::xxh3::xxh3_64;

/// Spans that a block holds, unless it holds a single segment that is larger.
pub const BLOCK_SPANS: usize = 16_384;

/// A segment that is kept.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Where it is.
    pub batch: &'a SpanBatch,
    /// What is known of it.
    pub entry: &'a SegmentEntry,
}

/// How long blocks share dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory of the dictionaries.
    pub dictionary_bytes: usize,
    /// Spans of its blocks.
    pub spans: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { dictionary_bytes: 8 << 20, spans: 4_000_000 }
    }
}

/// The hash that traces are found by.
pub fn trace_hash(trace_id: &[u8]) -> u64 {
    xxh3_64(trace_id)
}
