//! Traces: lists of segments, whole traces, and tag completion.

mod basic;
mod condition;
mod order;
mod span;
mod spans;
mod stored;
mod tags;
mod whole;

pub(crate) use basic::SEGMENT_BYTES;
pub use basic::{BasicTrace, TraceBrief};
pub(crate) use condition::Asked;
pub use condition::{QueryOrder, SpanTag, TraceQueryCondition, TraceQueryConditionByName};
pub use skytrail_storage::TraceState;
pub use span::{LogEntity, Ref, RefType, Span};
pub use spans::Spans;
pub use whole::{RetrievedTimeRange, Trace, TraceList, TraceV2};
