//! Lists of segments.

use skytrail_model::entity::Entity;
use skytrail_storage::{SegmentFilter, SegmentSummary};

use super::condition::{MILLI, TraceQueryCondition, TraceQueryConditionByName};
use crate::context::Ctx;
use crate::error::Result;
use crate::hash::Map;
use crate::query::Query;

/// Segments that the store is asked for at once.
pub(super) const CHUNK: usize = 1_000;

/// About what a found segment takes, from the page of the store to the answer.
pub(crate) const SEGMENT_BYTES: usize = 768;

/// A list of segments (protocol `TraceBrief`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceBrief {
    /// The segments, in the order asked for.
    pub traces: Vec<BasicTrace>,
}

/// A segment in a list (protocol `BasicTrace`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicTrace {
    /// Id of the segment.
    pub segment_id: String,
    /// The endpoint that names it, after grouping.
    pub endpoint_names: Vec<String>,
    /// Milliseconds.
    pub duration: i64,
    /// Start, milliseconds since the Unix epoch, as text.
    pub start: String,
    /// Whether it failed.
    pub is_error: bool,
    /// Its trace.
    pub trace_ids: Vec<String>,
}

impl From<SegmentSummary> for BasicTrace {
    fn from(summary: SegmentSummary) -> Self {
        Self {
            segment_id: summary.segment.segment_id,
            endpoint_names: vec![summary.endpoint_name],
            duration: summary.duration.div_euclid(MILLI),
            start: summary.start.div_euclid(MILLI).to_string(),
            is_error: summary.is_error,
            trace_ids: vec![summary.segment.trace_id],
        }
    }
}

impl Query {
    /// `queryBasicTraces`: one page of segments.
    ///
    /// # Errors
    /// `Invalid` for a wrong id, range or page, or when neither a range nor a
    /// trace is named.
    pub async fn query_basic_traces(
        &self,
        ctx: &Ctx,
        condition: &TraceQueryCondition,
    ) -> Result<TraceBrief> {
        let filter = condition.filter(&self.zone)?;
        let (skipped, size) = condition.paging.range(self.config.max_paged_segments)?;
        let mut segments = Vec::new();
        let mut working = ctx.working();
        let mut full = Ok(());
        let mut seen = 0_usize;
        self.each_segment(ctx, &filter, &mut |segment| {
            seen += 1;
            if seen > skipped && segments.len() < size {
                full = working.grow(SEGMENT_BYTES);
                segments.push(segment);
            }
            segments.len() < size && full.is_ok()
        })
        .await?;
        full?;
        working.keep();
        self.name_endpoints(ctx, &mut segments).await?;
        Ok(TraceBrief { traces: segments.into_iter().map(BasicTrace::from).collect() })
    }

    /// Names segments by their endpoints, after grouping, where these are still
    /// known; the others keep the operation as it was sent.
    pub(crate) async fn name_endpoints(
        &self,
        ctx: &Ctx,
        segments: &mut [SegmentSummary],
    ) -> Result<()> {
        let mut ids: Vec<_> = segments.iter().map(|segment| segment.endpoint).collect();
        ids.sort_unstable();
        ids.dedup();
        ctx.charge(ids.len())?;
        let mut names = Map::default();
        for record in self.storage.entities().get(&ids).await? {
            let id = record.entity.id();
            if let Entity::Endpoint(endpoint) = record.entity {
                names.insert(id, endpoint.name);
            }
        }
        for segment in segments {
            if let Some(name) = names.get(&segment.endpoint) {
                segment.endpoint_name.clone_from(name);
            }
        }
        Ok(())
    }

    /// `queryBasicTracesByName`.
    ///
    /// # Errors
    /// As [`Query::query_basic_traces`], and `Invalid` for an unknown layer.
    pub async fn query_basic_traces_by_name(
        &self,
        ctx: &Ctx,
        condition: TraceQueryConditionByName,
    ) -> Result<TraceBrief> {
        self.query_basic_traces(ctx, &condition.by_id()?).await
    }

    /// Gives segments to `take`, in order, until it says false.
    pub(crate) async fn each_segment(
        &self,
        ctx: &Ctx,
        filter: &SegmentFilter,
        take: &mut (dyn FnMut(SegmentSummary) -> bool + Send),
    ) -> Result<()> {
        let mut after = None;
        let mut chunk = 20;
        let mut working = ctx.working();
        loop {
            working.set(chunk * SEGMENT_BYTES)?;
            let page = self.storage.spans().search(filter, after.as_ref(), chunk).await?;
            ctx.charge(usize::try_from(page.examined).unwrap_or(usize::MAX))?;
            if !page.complete {
                ctx.note_incomplete();
            }
            for segment in page.segments {
                if !take(segment) {
                    return Ok(());
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
            chunk = CHUNK.min(chunk * 4);
        }
    }
}
