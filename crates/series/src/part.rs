//! What is known of a part that was written.

use skytrail_model::time::Minute;

/// A part that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartInfo {
    /// Rows in it.
    pub rows: u64,
    /// Bytes of it.
    pub bytes: u64,
    /// Starts of its first and last bucket; of relations the first and the last minute in which
    /// a relation was seen, of records the minutes of the first and the last. None without rows.
    pub range: Option<(Minute, Minute)>,
}
