//! Whole traces.

use skytrail_base::claim::Full;
use skytrail_storage::rows::Gather;
use skytrail_storage::{Completeness, SpanAppend};

use super::condition::{MILLI, TraceQueryCondition};
use super::spans::{ORDER_BYTES, Spans};
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
    pub spans: Spans,
    /// Whether a limit left spans out, or some that were stored may be missing.
    pub truncated: bool,
}

/// While it is gathered, a trace takes no more than this part of the memory that is left to its
/// request, and half of that when it is: the answer that is made of it takes several times as much.
const PART_OF_MEMORY: usize = 2;

/// Spans that fit into the least that a request may have, whatever they are.
const LEAST_BYTES: usize = 64 << 10;

impl Trace {
    /// Lets go of half of its spans, and says so; false if there is none to let go of.
    pub fn halve(&mut self) -> bool {
        let half = self.spans.len() / 2;
        let is_less = half < self.spans.len();
        self.spans.truncate(half);
        self.truncated |= is_less;
        is_less
    }
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
        let max_bytes = (ctx.memory().left() / PART_OF_MEMORY).max(LEAST_BYTES);
        let mut gather = Gather::within(trace_id, most, max_bytes);
        let mut working = ctx.working();
        let mut charged = Ok(());
        let mut take = |window: SpanAppend| {
            charged = ctx.charge(window.batch.spans.len());
            gather.offer_all(&window);
            charged = charged.clone().and_then(|()| working.set(gather.bytes()));
            // What does not fit for now is asked for again, with more memory.
            charged.is_ok() && (!gather.is_squeezed() || ctx.memory().is_largest())
        };
        let completeness = self.storage.spans().trace(trace_id, &mut take).await?;
        charged?;
        ctx.note(completeness);
        let gathered = gather.spans();
        if gather.is_squeezed() {
            if !ctx.memory().is_largest() {
                return Err(ctx.full(Full::ForNow));
            }
            ctx.note_incomplete();
        }
        drop(gather);
        let mut trace = Trace {
            truncated: gathered.truncated || completeness == Completeness::Incomplete,
            spans: Spans::default(),
        };
        working.set(gathered.spans.len().saturating_mul(ORDER_BYTES))?;
        trace.spans = Spans::in_order(gathered);
        trace.truncated |= trace.spans.len() > most;
        trace.spans.truncate(most);
        working.set(trace.spans.memory())?;
        working.keep();
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
