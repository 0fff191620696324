//! Family of spans.

use std::sync::Arc;

use skytrail_base::future::BoxFuture;
use skytrail_model::batch::SpanBatch;
use skytrail_model::entity::EntityId;

use crate::error::Result;
use crate::spi::completeness::Completeness;
use crate::spi::origin::Origin;

/// What the analysis found out about one segment of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentEntry {
    /// Row of the segment in its batch.
    pub segment: u32,
    /// The service, by its normalised name.
    pub service: EntityId,
    /// The instance, by its normalised name.
    pub instance: EntityId,
    /// The endpoint that names the segment, after grouping.
    pub endpoint: EntityId,
    /// Span whose operation names the segment: a row of the batch.
    pub endpoint_span: u32,
    /// Earliest start, nanoseconds since the Unix epoch.
    pub start: i64,
    /// Latest end minus earliest start, nanoseconds.
    pub duration: i64,
    /// Whether it counts as failed.
    pub is_error: bool,
}

/// A batch with the segments of it that are to be kept.
#[derive(Debug, Clone)]
pub struct SpanAppend {
    /// The spans.
    pub batch: Arc<SpanBatch>,
    /// The segments that are kept, in the order of their rows. Segments without
    /// an entry are not found by anything.
    pub entries: Vec<SegmentEntry>,
}

/// Names one segment in answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRef {
    /// Trace id.
    pub trace_id: String,
    /// Segment id.
    pub segment_id: String,
}

/// Everything that is kept of one trace, or as much as was asked for: segments are
/// left out whole, latest first, except that the first one is always there. Equal
/// starts go by segment id. What came twice is there once.
#[derive(Debug, Clone, Default)]
pub struct TraceAnswer {
    /// The segments, each with its entry, in order of their starts. A batch
    /// holds nothing but segments of the trace.
    pub parts: Vec<SpanAppend>,
    /// Whether a limit left spans out, or some that were stored may be missing.
    pub truncated: bool,
}

/// Succeeded, failed or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TraceState {
    /// Both.
    #[default]
    All,
    /// Segments without error.
    Success,
    /// Segments with error.
    Error,
}

/// Order of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest start first.
    #[default]
    Start,
    /// Longest first.
    Duration,
}

/// An attribute that any span of the segment must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFilter {
    /// Key.
    pub key: String,
    /// Value as clients show it; none is any.
    pub value: Option<String>,
}

/// Which segments to find. Conditions are joined by "and".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentFilter {
    /// First nanosecond of the start.
    pub from: i64,
    /// Last nanosecond of the start.
    pub to: i64,
    /// The service.
    pub service: Option<EntityId>,
    /// The instance.
    pub instance: Option<EntityId>,
    /// The endpoint.
    pub endpoint: Option<EntityId>,
    /// The trace.
    pub trace_id: Option<String>,
    /// A segment id, or the opaque id of a span; the empty text is no id.
    pub span_id: Option<String>,
    /// Least duration, nanoseconds, inclusive.
    pub min_duration: Option<i64>,
    /// Greatest duration, nanoseconds, inclusive.
    pub max_duration: Option<i64>,
    /// Succeeded or failed.
    pub state: TraceState,
    /// Attributes; each must be on some span of the segment.
    pub tags: Vec<TagFilter>,
    /// Text that an operation name or a `db.statement` of the segment contains,
    /// ASCII case ignored.
    pub keyword: Option<String>,
    /// Order of the answer.
    pub order: Order,
}

/// Where a page ended; the next one starts behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentCursor {
    /// Start or duration of the last segment, by the order of the search.
    pub key: i64,
    /// Its segment id, which breaks ties.
    pub segment_id: String,
    /// Its trace id, which breaks the ties of segment ids that recur.
    pub trace_id: String,
}

/// A found segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentSummary {
    /// Its ids.
    pub segment: SegmentRef,
    /// The service.
    pub service: EntityId,
    /// The endpoint that names the segment, after grouping.
    pub endpoint: EntityId,
    /// Service name as it was sent.
    pub service_name: String,
    /// Instance name as it was sent.
    pub instance_name: String,
    /// Operation that names the segment, as it was sent.
    pub endpoint_name: String,
    /// Earliest start, nanoseconds since the Unix epoch.
    pub start: i64,
    /// Nanoseconds.
    pub duration: i64,
    /// Whether it counts as failed.
    pub is_error: bool,
}

/// One page of a search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentPage {
    /// The segments, in the order asked for, ties by segment id, then trace id, ascending.
    pub segments: Vec<SegmentSummary>,
    /// Where to go on; none at the end.
    pub next: Option<SegmentCursor>,
    /// Whether everything that matches and comes before `next` is in the page.
    /// False where a limit of work cut the search off, and where segments that
    /// started in the range may have gone, by memory or by age: some of them might
    /// have matched.
    pub complete: bool,
    /// Segments looked at, for cost accounting.
    pub examined: u64,
}

/// Spans. A span is identified by trace, segment and its number (or its opaque
/// id): appended twice, it is answered once. What was appended is visible when
/// `append` returns. No operation MUST hold more in memory than its page or a
/// few windows, beyond what is stored.
pub trait Spans: Send + Sync {
    /// Adds a batch.
    fn append<'a>(&'a self, origin: Origin, spans: SpanAppend) -> BoxFuture<'a, Result<()>>;

    /// Gives everything kept of a trace to `take` in windows, in any order, until
    /// it says false: each holds nothing but segments of the trace, with their
    /// entries, and a few hundred kilobytes unless one segment has more. What came
    /// twice MAY be given twice; [`crate::rows::Gather`] puts it together.
    fn trace<'a>(
        &'a self,
        trace_id: &'a str,
        take: &'a mut (dyn FnMut(SpanAppend) -> bool + Send),
    ) -> BoxFuture<'a, Result<Completeness>>;

    /// One page of segments behind `after`, at most `limit` of them. A segment
    /// that was appended twice is found once; where its parts differ in start
    /// or duration, each MAY be found. A page of limit 0 is complete only if
    /// nothing matches.
    fn search<'a>(
        &'a self,
        filter: &'a SegmentFilter,
        after: Option<&'a SegmentCursor>,
        limit: usize,
    ) -> BoxFuture<'a, Result<SegmentPage>>;
}
