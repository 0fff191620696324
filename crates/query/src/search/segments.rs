//! One page of segments behind a cursor.

use skytrail_storage::{SegmentCursor, SegmentFilter, SegmentSummary, TraceState};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::query::Query;
use crate::time::Duration;
use crate::trace::{Asked, BasicTrace, QueryOrder, SEGMENT_BYTES, SpanTag};

/// Segments of one page at most.
const MAX_LIMIT: usize = 1_000;

/// Conditions, joined by "and". Everything may be left out but the range, which
/// may be left out when an id is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchCondition {
    /// When the segments started.
    pub duration: Option<Duration>,
    /// The service.
    pub service_id: Option<String>,
    /// The instance.
    pub service_instance_id: Option<String>,
    /// The endpoint that names the segment.
    pub endpoint_id: Option<String>,
    /// The trace.
    pub trace_id: Option<String>,
    /// A segment id, or the opaque id of a span.
    pub span_id: Option<String>,
    /// Tags, each of which some span of the segment has.
    pub tags: Vec<SpanTag>,
    /// Text in an operation name or a statement, ASCII case ignored.
    pub keyword: Option<String>,
    /// Least duration in milliseconds, inclusive.
    pub min_duration: Option<i64>,
    /// Greatest duration in milliseconds, inclusive.
    pub max_duration: Option<i64>,
    /// Succeeded or failed.
    pub state: TraceState,
    /// Order of the answer; ties by segment id.
    pub order: QueryOrder,
    /// Segments, at most 1,000.
    pub limit: i64,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A page of segments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPage {
    /// The segments.
    pub traces: Vec<FoundTrace>,
    /// Where to go on; none at the end.
    pub next: Option<String>,
    /// Whether everything that matches and comes before `next` is in the page.
    pub complete: bool,
}

/// A found segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTrace {
    /// The segment, as the protocol lists it.
    pub trace: BasicTrace,
    /// Service name as it was sent.
    pub service_name: String,
    /// Instance name as it was sent.
    pub service_instance_name: String,
}

impl From<SegmentSummary> for FoundTrace {
    fn from(mut summary: SegmentSummary) -> Self {
        Self {
            service_name: std::mem::take(&mut summary.service_name),
            service_instance_name: std::mem::take(&mut summary.instance_name),
            trace: BasicTrace::from(summary),
        }
    }
}

impl Query {
    /// Our own extension: one page of segments.
    ///
    /// # Errors
    /// `Invalid` for a wrong id, range, limit or cursor.
    pub async fn search(&self, ctx: &Ctx, condition: &SearchCondition) -> Result<SearchPage> {
        let filter = self.search_filter(condition)?;
        let limit = usize::try_from(condition.limit)
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or_else(|| Error::invalid(format!("limit is not from 1 to {MAX_LIMIT}")))?;
        let after = condition.cursor.as_deref().map(read_cursor).transpose()?;
        ctx.keep(limit.saturating_mul(SEGMENT_BYTES))?;
        let mut page = self.storage.spans().search(&filter, after.as_ref(), limit).await?;
        ctx.charge(usize::try_from(page.examined).unwrap_or(usize::MAX))?;
        if !page.complete {
            ctx.note_incomplete();
        }
        self.name_endpoints(ctx, &mut page.segments).await?;
        Ok(SearchPage {
            traces: page.segments.into_iter().map(FoundTrace::from).collect(),
            next: page.next.as_ref().map(write_cursor),
            complete: page.complete,
        })
    }

    fn search_filter(&self, condition: &SearchCondition) -> Result<SegmentFilter> {
        let asked = Asked {
            duration: condition.duration.as_ref(),
            service_id: condition.service_id.as_deref(),
            instance_id: condition.service_instance_id.as_deref(),
            endpoint_id: condition.endpoint_id.as_deref(),
            trace_id: condition.trace_id.as_deref(),
            span_id: condition.span_id.as_deref(),
            durations: (condition.min_duration, condition.max_duration),
            state: condition.state,
            tags: &condition.tags,
            keyword: condition.keyword.as_deref(),
            order: condition.order,
        };
        asked.filter(&self.zone, "condition needs duration, traceId or spanId")
    }
}

/// `1772303400000000000~7~trace42segment42`: the key of the order, the length of
/// the trace id in bytes, then trace and segment, which may hold anything.
pub(super) fn write_cursor(cursor: &SegmentCursor) -> String {
    let SegmentCursor { key, trace_id, segment_id } = cursor;
    format!("{key}~{}~{trace_id}{segment_id}", trace_id.len())
}

pub(super) fn read_cursor(text: &str) -> Result<SegmentCursor> {
    let mut parts = text.splitn(3, '~');
    let mut cursor = || {
        let key = parts.next()?.parse().ok()?;
        let length = parts.next()?.parse().ok()?;
        let (trace_id, segment_id) = parts.next()?.split_at_checked(length)?;
        let (trace_id, segment_id) = (trace_id.to_owned(), segment_id.to_owned());
        Some(SegmentCursor { key, trace_id, segment_id })
    };
    cursor().ok_or_else(|| Error::invalid("cursor is not one that a page answered"))
}

#[cfg(test)]
mod tests {
    use skytrail_storage::SegmentCursor;

    use super::{read_cursor, write_cursor};

    #[test]
    fn cursors_read_back_whatever_ids_are_made_of() {
        for (trace_id, segment_id) in [("t.1", "a.b.c"), ("", ""), ("x~y", "~"), ("é", "ü~1")] {
            let (trace_id, segment_id) = (trace_id.to_owned(), segment_id.to_owned());
            let cursor = SegmentCursor { key: -7, trace_id, segment_id };
            assert_eq!(read_cursor(&write_cursor(&cursor)).unwrap(), cursor);
        }
        for bad in ["yesterday", "", "1~2", "1~9~abc", "1~1~é"] {
            assert!(read_cursor(bad).is_err(), "{bad}");
        }
    }
}
