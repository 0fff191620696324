//! The traits. A backend implements all of them and passes the contract suite.

mod checkpoint;
mod completeness;
mod entities;
mod live;
mod metrics;
mod origin;
mod records;
mod relations;
mod spans;
mod tags;
mod templates;

use std::sync::Arc;

pub use checkpoint::{Checkpoint, Checkpoints, check_zone};
pub use completeness::Completeness;
pub use entities::{Entities, EntityFilter, EntityQuery};
pub use live::{LiveMetrics, NoLiveMetrics};
pub use metrics::{ColumnSelection, EntitySelection, MetricRead, Metrics};
pub use origin::{Cut, Origin, Visible};
pub use records::{RecordRead, Records};
pub use relations::{Edge, HourMinutes, RelationRead, Relations, Sighting};
use skytrail_base::future::BoxFuture;
pub use spans::{
    Order, SegmentCursor, SegmentEntry, SegmentFilter, SegmentPage, SegmentRef, SegmentSummary,
    SpanAppend, Spans, TagFilter, TraceAnswer, TraceState,
};
pub use tags::{TagKind, TagRead, TagSighting, Tags};
pub use templates::Templates;

/// How much a store holds and may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Per family: name, bytes or rows held now, the limit (0 is none), rows evicted so far.
    pub families: Vec<FamilyUsage>,
}

/// Usage of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyUsage {
    /// Name of the family: `spans`, `metrics`…
    pub name: &'static str,
    /// Rows held: spans, metric rows, relation rows…
    pub rows: u64,
    /// Bytes held.
    pub bytes: u64,
    /// Limit in bytes; 0 is none.
    pub limit_bytes: u64,
    /// Rows that had to go because of the limit, ever.
    pub evicted: u64,
    /// Rows that had to go because of their age, ever.
    pub expired: u64,
}

/// A backend: all families of one store.
pub trait Storage: Send + Sync + 'static {
    /// The selector name of the backend (`memory`, `embedded`…).
    fn name(&self) -> &'static str;

    /// Services, instances, endpoints, relations and address aliases.
    fn entities(&self) -> &dyn Entities;

    /// Searchable tag keys and values.
    fn tags(&self) -> &dyn Tags;

    /// Dashboards.
    fn templates(&self) -> &dyn Templates;

    /// Metric rows.
    fn metrics(&self) -> &dyn Metrics;

    /// Who called whom.
    fn relations(&self) -> &dyn Relations;

    /// Spans.
    fn spans(&self) -> &dyn Spans;

    /// Slow statements and commands.
    fn records(&self) -> &dyn Records;

    /// Durable points.
    fn checkpoints(&self) -> &dyn Checkpoints;

    /// Whether the store runs short of memory until a checkpoint lets it write
    /// what it holds. MUST answer at once. Whoever makes the checkpoints SHOULD
    /// ask every second or so, and make one soon when this says yes.
    fn wants_checkpoint(&self) -> bool {
        false
    }

    /// How much is held. MUST answer at once.
    fn usage(&self) -> Usage;

    /// Removes what is older than its time to live, and makes room. Called
    /// every minute or so with the time in nanoseconds since the Unix epoch.
    fn expire<'a>(&'a self, now: i64) -> BoxFuture<'a, crate::Result<()>>;
}

/// A store that parts share.
pub type SharedStorage = Arc<dyn Storage>;
