//! A part that counts, or is about to, with its file.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::folder::StoredFile;
use super::manifest::PartEntry;

/// A part of a family, open for reading.
pub(crate) struct Stored<P> {
    /// What the manifest says of it.
    pub(crate) entry: PartEntry,
    /// What reads it.
    pub(crate) part: P,
    /// Its file, which stays while somebody holds the part.
    pub(crate) file: Arc<StoredFile>,
    /// Whether every reader may see all of its rows: it was there at the start,
    /// or nobody can look at rows of memory from before it any more.
    pub(crate) is_settled: bool,
    /// Whether some of its rows were deleted, and are left out.
    pub(crate) is_masked: bool,
    /// When it was opened.
    pub(crate) opened: Instant,
}

impl<P> fmt::Debug for Stored<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("entry", &self.entry).finish_non_exhaustive()
    }
}

/// A part of spans.
pub(crate) type SpanPart = Stored<skytrail_blocks::Part>;

/// A part of metric rows.
pub(crate) type MetricPart = Stored<skytrail_series::metrics::Part>;

/// A part of relations.
pub(crate) type RelationPart = Stored<skytrail_series::relations::Part>;

/// A part of records.
pub(crate) type RecordPart = Stored<skytrail_series::records::Part>;
