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

/// Spans that fit into what a request has at first, whatever they are: with less, it has to ask for
/// more memory.
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
        let max_bytes = part_of_memory(ctx);
        self.whole_trace(ctx, trace_id, self.config.max_trace_spans, max_bytes).await
    }

    /// A trace with at most `most` spans, parents before children, gathered in `max_bytes`: the
    /// store gives the first segment whole, and if that is more than the request may have, or what
    /// is needed beside it, the trace has no spans.
    async fn whole_trace(
        &self,
        ctx: &Ctx,
        trace_id: &str,
        most: usize,
        max_bytes: usize,
    ) -> Result<Trace> {
        let mut gather = Gather::within(trace_id, most, max_bytes);
        let mut working = ctx.working();
        let mut fits = Ok(true);
        let mut take = |window: SpanAppend| {
            gather.offer_all(&window);
            let charged = ctx.charge(window.batch.spans.len());
            fits = charged.and_then(|()| working.fit(gather.bytes()));
            // What does not fit for now is asked for again, with more memory.
            matches!(fits, Ok(true)) && (!gather.is_squeezed() || ctx.memory().is_largest())
        };
        let completeness = self.storage.spans().trace(trace_id, &mut take).await?;
        if !fits? {
            return Ok(without_spans(ctx));
        }
        ctx.note(completeness);
        let gathered = gather.spans();
        if gather.is_squeezed() {
            if !ctx.memory().is_largest() {
                return Err(ctx.full(Full::ForNow));
            }
            ctx.note_incomplete();
        }
        drop(gather);
        let ordering = gathered.spans.len().saturating_mul(ORDER_BYTES);
        let held: usize = gathered.batches.iter().map(|batch| batch.memory()).sum();
        if !working.fit(held.saturating_add(ordering))? {
            return Ok(without_spans(ctx));
        }
        let mut trace = Trace {
            truncated: gathered.truncated || completeness == Completeness::Incomplete,
            spans: Spans::in_order(gathered),
        };
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

    /// Traces that share the limits of one: each leaves a span to those behind
    /// it, so that no large trace makes the next ones empty.
    async fn whole_traces(&self, ctx: &Ctx, ids: &[String]) -> Result<Vec<Trace>> {
        let mut rest = self.config.max_trace_spans;
        let for_answer = ctx.memory().left().saturating_sub(part_of_memory(ctx));
        let mut traces = Vec::with_capacity(ids.len());
        for (place, id) in ids.iter().enumerate() {
            let behind = ids.len() - place - 1;
            let most = rest.saturating_sub(behind).max(rest.min(1));
            let max_bytes = ctx.memory().left().saturating_sub(for_answer);
            let trace = match (most, max_bytes) {
                (0, _) => Trace { truncated: true, ..Trace::default() },
                (_, 0) if ctx.memory().is_largest() => without_spans(ctx),
                (_, 0) => return Err(ctx.full(Full::ForNow)),
                _ => self.whole_trace(ctx, id, most, max_bytes).await?,
            };
            rest -= trace.spans.len();
            traces.push(trace);
        }
        Ok(traces)
    }
}

/// What may be gathered in: the answer takes the rest.
fn part_of_memory(ctx: &Ctx) -> usize {
    let part = ctx.memory().left() / PART_OF_MEMORY;
    match ctx.memory().is_largest() {
        true => part,
        false => part.max(LEAST_BYTES),
    }
}

/// A trace that is there, and for which there is no room.
fn without_spans(ctx: &Ctx) -> Trace {
    ctx.note_incomplete();
    Trace { truncated: true, ..Trace::default() }
}
