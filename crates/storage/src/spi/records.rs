//! Family of slow statements and commands.

use skytrail_base::future::BoxFuture;
use skytrail_model::entity::EntityId;
use skytrail_model::record::{TopRecord, TopStream};

use crate::error::Result;
use crate::spi::completeness::Completeness;
use crate::spi::origin::Origin;

/// A question for the slowest, or the quickest, records of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRead {
    /// The list.
    pub stream: TopStream,
    /// Whose list; none for all.
    pub entity: Option<EntityId>,
    /// First nanosecond.
    pub from: i64,
    /// Last nanosecond.
    pub to: i64,
    /// Slowest first.
    pub descending: bool,
    /// At most so many.
    pub limit: usize,
}

/// Records. Equal (stream, id) is one record. Answers are ordered by latency,
/// then by time (newest first), then by id.
pub trait Records: Send + Sync {
    /// Adds records.
    fn append<'a>(&'a self, origin: Origin, records: Vec<TopRecord>) -> BoxFuture<'a, Result<()>>;

    /// Reads records.
    fn top<'a>(
        &'a self,
        read: &'a RecordRead,
    ) -> BoxFuture<'a, Result<(Vec<TopRecord>, Completeness)>>;

    /// Records that a question looks at, at most, for cost accounting. MUST
    /// answer at once.
    fn examined(&self, read: &RecordRead) -> u64;
}
