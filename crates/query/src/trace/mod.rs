//! Traces: lists of segments, whole traces, and tag completion.

mod basic;
mod columns;
mod condition;
mod detail;
mod extent;
mod order;
mod span;
mod spans;
mod stored;
mod summary;
mod tags;
mod whole;

pub(crate) use basic::SEGMENT_BYTES;
pub use basic::{BasicTrace, TraceBrief};
pub use columns::{
    MAX_SPANS, Names, Tagged, TraceColumns, TraceLink, TraceLinkKind, TracePart, TraceSegment, flag,
};
pub(crate) use condition::Asked;
pub use condition::{QueryOrder, SpanTag, TraceQueryCondition, TraceQueryConditionByName};
pub use detail::{Named, SpanDetail, SpanEvent, SpanLink, Usual};
pub use extent::{Density, Doer, TagKey, TagKeys, TraceExtent};
pub use skytrail_storage::TraceState;
pub use span::{LogEntity, Ref, RefType, Span};
pub use spans::Spans;
pub use summary::{Share, TraceSummary};
pub use whole::{RetrievedTimeRange, Trace, TraceList, TraceV2};
