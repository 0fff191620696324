//! Whole traces.

use skytrail_storage::TraceAnswer;

use super::condition::{MILLI, TraceQueryCondition};
use super::order::sort_spans;
use super::span::{Span, spans_of};
use crate::context::Ctx;
use crate::error::Result;
use crate::hash::Set;
use crate::query::Query;
use crate::time::Duration;

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

/// A trace (protocol `Trace`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// Its spans, parents before children.
    pub spans: Vec<Span>,
    /// Whether a limit left spans out.
    pub truncated: bool,
}

/// Traces with their spans (protocol `TraceList`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceList {
    /// The traces, in the order asked for.
    pub traces: Vec<TraceV2>,
    /// Where they were looked for.
    pub retrieved_time_range: RetrievedTimeRange,
}

/// One trace of a list (protocol `TraceV2`).
pub type TraceV2 = Trace;

/// A range in milliseconds since the Unix epoch (protocol `RetrievedTimeRange`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrievedTimeRange {
    /// Start.
    pub start_time: i64,
    /// End.
    pub end_time: i64,
}

impl Query {
    /// `hasQueryTracesV2Support`: whole traces can be searched.
    pub fn has_query_traces_v2_support(&self) -> bool {
        true
    }

    /// `queryTrace`: everything that is kept of a trace. The range is a hint
    /// that is not needed here.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn query_trace(
        &self,
        ctx: &Ctx,
        trace_id: &str,
        duration: Option<&Duration>,
    ) -> Result<Trace> {
        duration.map(|duration| duration.window(&self.zone)).transpose()?;
        self.whole_trace(ctx, trace_id, self.config.max_trace_spans).await
    }

    /// A trace with at most `most` spans, parents before children: the store
    /// gives the first segment whole, however large it is.
    async fn whole_trace(&self, ctx: &Ctx, trace_id: &str, most: usize) -> Result<Trace> {
        let answer = self.storage.spans().trace(trace_id, most).await?;
        let mut trace = trace(&answer);
        ctx.charge(trace.spans.len())?;
        trace.truncated |= trace.spans.len() > most;
        trace.spans.truncate(most);
        Ok(trace)
    }

    /// `queryTraces`: one page of whole traces that have a matching segment,
    /// in the order of the first one that matches.
    ///
    /// # Errors
    /// As [`Query::query_basic_traces`].
    pub async fn query_traces(
        &self,
        ctx: &Ctx,
        condition: &TraceQueryCondition,
    ) -> Result<TraceList> {
        let mut filter = condition.filter(&self.zone)?;
        let now = self.clock.unix_millis();
        if condition.query_duration.is_none() {
            // Named by its id, a trace is found wherever it is; the range is what clients show.
            filter.from = i64::MIN;
            filter.to = i64::MAX;
        }
        let retrieved_time_range = match condition.query_duration {
            Some(_) => RetrievedTimeRange {
                start_time: filter.from.div_euclid(MILLI),
                end_time: filter.to.div_euclid(MILLI),
            },
            None => RetrievedTimeRange { start_time: now - DAY, end_time: now },
        };
        let (skipped, size) = condition.paging.range(self.config.max_paged_segments)?;
        let wanted = skipped.saturating_add(size.min(self.config.max_traces));
        let mut seen = Set::default();
        let mut ids = Vec::new();
        self.each_segment(ctx, &filter, &mut |segment| {
            let id = segment.segment.trace_id;
            if ids.len() < wanted && seen.insert(id.clone()) {
                ids.push(id);
            }
            ids.len() < wanted
        })
        .await?;
        let traces = self.whole_traces(ctx, ids.get(skipped..).unwrap_or_default()).await?;
        Ok(TraceList { traces, retrieved_time_range })
    }

    /// Traces that share the limit of one: each leaves a span to those behind
    /// it, so that no large trace makes the next ones empty.
    async fn whole_traces(&self, ctx: &Ctx, ids: &[String]) -> Result<Vec<Trace>> {
        let mut rest = self.config.max_trace_spans;
        let mut traces = Vec::with_capacity(ids.len());
        for (place, id) in ids.iter().enumerate() {
            let behind = ids.len() - place - 1;
            let most = rest.saturating_sub(behind).max(rest.min(1));
            let trace = match most {
                0 => Trace { truncated: true, ..Trace::default() },
                _ => self.whole_trace(ctx, id, most).await?,
            };
            rest -= trace.spans.len();
            traces.push(trace);
        }
        Ok(traces)
    }
}

fn trace(answer: &TraceAnswer) -> Trace {
    let mut spans = Vec::new();
    for part in &answer.parts {
        for entry in &part.entries {
            if let Some(segment) = part.batch.segments.get(entry.segment as usize) {
                spans.extend(spans_of(&part.batch, segment));
            }
        }
    }
    Trace { spans: sort_spans(spans), truncated: answer.truncated }
}
