//! What is known of a block without reading it.

use std::ops::Range;

use skytrail_model::entity::EntityId;

/// The segments of a service, which stand together in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRows {
    /// The service.
    pub service: EntityId,
    /// Its segments, by their rows in the block.
    pub rows: Range<u32>,
    /// Those that count as failed.
    pub errors: u32,
    /// Its longest duration, nanoseconds.
    pub longest: i64,
}

/// What is known of a block without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Spans.
    pub spans: u64,
    /// Segments.
    pub segments: u32,
    /// Earliest start, nanoseconds since the Unix epoch.
    pub earliest: i64,
    /// Latest start of a segment, nanoseconds since the Unix epoch.
    pub latest: i64,
    /// Longest duration of a segment, nanoseconds.
    pub longest: i64,
    /// Services, in the order of their rows.
    pub services: Vec<ServiceRows>,
}

impl Summary {
    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.services.capacity() * size_of::<ServiceRows>()
    }
}
