//! Numbers of the format: columns of the groups that a part is made of.

use skytrail_columns::frame::Seed;

/// Rows of a frame: it ends with the segment that reaches them.
pub(crate) const FRAME_ROWS: usize = 512;
/// A frame ends within a segment at so many rows.
pub(crate) const MOST_FRAME_ROWS: usize = 2 * FRAME_ROWS;
/// A frame ends at so many bytes of texts and values.
pub(crate) const FRAME_BYTES: usize = 1 << 20;
/// Rows of any column, at most.
pub(crate) const MOST_ROWS: usize = 1 << 24;
/// Bytes of a frame before compression, at most.
pub(crate) const MOST_BYTES: usize = 256 << 20;
/// Spans of a segment that are looked at to predict the names of a link.
pub(crate) const LOOKED_AT: usize = 64;

/// The first frame of a block.
pub(crate) const fn head_seed() -> Seed {
    Seed::new(*b"HEAD", 0)
}

/// A frame of spans of a block.
pub(crate) const fn span_seed(number: u32) -> Seed {
    Seed::new(*b"SPAN", number)
}

/// Columns of the head. Ids take [`ids::COLUMNS`] columns each.
pub(crate) mod head {
    /// Of segments.
    pub(crate) const SOURCE: u32 = 0;
    pub(crate) const ENDPOINT: u32 = 1;
    /// Place of the span in its segment; -1 where it is none of it.
    pub(crate) const ENDPOINT_SPAN: u32 = 2;
    pub(crate) const START: u32 = 3;
    pub(crate) const DURATION: u32 = 4;
    pub(crate) const ERROR: u32 = 5;
    pub(crate) const SPANS: u32 = 6;
    pub(crate) const TRACE: u32 = 7;
    pub(crate) const RESOURCE: u32 = 8;
    pub(crate) const SCOPE: u32 = 9;
    pub(crate) const SIZE_LIMITED: u32 = 10;
    pub(crate) const SEGMENT_ID: u32 = 16;
    /// Of traces, by the hashes of their ids.
    pub(crate) const TRACE_ID: u32 = 32;
    /// Of frames.
    pub(crate) const FRAME_ROWS: u32 = 48;
    pub(crate) const FRAME_BYTES: u32 = 49;
    pub(crate) const FRAME_CHECKSUM: u32 = 50;
    /// Version of the layout, then flags; both of one row.
    pub(crate) const LAYOUT: u32 = 51;
    pub(crate) const FLAGS: u32 = 52;
}

/// The layout that is written.
pub(crate) const LAYOUT: i64 = 1;

/// Columns of ids, from the first one on.
pub(crate) mod ids {
    pub(crate) const KIND: u32 = 0;
    pub(crate) const PROCESS: u32 = 1;
    pub(crate) const THREAD: u32 = 2;
    pub(crate) const MILLIS: u32 = 3;
    pub(crate) const COUNTER: u32 = 4;
    pub(crate) const HEX_32: u32 = 5;
    pub(crate) const HEX_16: u32 = 6;
    pub(crate) const TEXT: u32 = 7;
    pub(crate) const ROW: u32 = 8;
}

/// Columns of a frame of spans.
pub(crate) mod span {
    pub(crate) const SHAPE: u32 = 0;
    /// Number less the place in the segment.
    pub(crate) const NUMBER: u32 = 1;
    /// Number less the parent.
    pub(crate) const PARENT: u32 = 2;
    /// Start less that of the segment.
    pub(crate) const START: u32 = 3;
    pub(crate) const DURATION: u32 = 4;
    pub(crate) const STATUS: u32 = 5;
    pub(crate) const FLAGS: u32 = 6;
    pub(crate) const MESSAGE: u32 = 7;
    pub(crate) const TRACE_STATE: u32 = 8;
    pub(crate) const LINKS: u32 = 9;
    pub(crate) const EVENTS: u32 = 10;
    pub(crate) const ID: u32 = 16;
    pub(crate) const PARENT_ID: u32 = 32;
    /// Of links.
    pub(crate) const LINK_FLAGS: u32 = 48;
    pub(crate) const LINK_NUMBER: u32 = 49;
    pub(crate) const LINK_KEYS: u32 = 50;
    pub(crate) const LINK_SERVICE: u32 = 51;
    pub(crate) const LINK_INSTANCE: u32 = 52;
    pub(crate) const LINK_ENDPOINT: u32 = 53;
    pub(crate) const LINK_ADDRESS: u32 = 54;
    pub(crate) const LINK_TRACE: u32 = 64;
    pub(crate) const LINK_SEGMENT: u32 = 80;
    pub(crate) const LINK_SPAN: u32 = 96;
    /// Of events. The time is less the end of the span.
    pub(crate) const EVENT_TIME: u32 = 112;
    pub(crate) const EVENT_NAME: u32 = 113;
    pub(crate) const EVENT_KEYS: u32 = 114;
    /// Of attributes: four for each key, of which one is there.
    pub(crate) const KEYS: u32 = 128;
    pub(crate) const KEY_COLUMNS: u32 = 4;
    /// Numbers, bits of floating-point numbers, truth values.
    pub(crate) const AS_NUMBERS: u32 = 0;
    /// Text that is the decimal form of a number.
    pub(crate) const AS_DECIMALS: u32 = 1;
    /// Codes of the dictionary of the key.
    pub(crate) const AS_CODES: u32 = 2;
    pub(crate) const AS_TEXTS: u32 = 3;
}

/// Flags of links, above the two bits of their kind.
pub(crate) mod link {
    /// The trace is the own one.
    pub(crate) const OWN_TRACE: i64 = 4;
    /// The names are those of the segment that it leads to.
    pub(crate) const PREDICTED: i64 = 8;
}
