//! A list of traces, each told in a few words.

use std::cmp::Reverse;

use skytrail_model::batch::SpanBatch;
use skytrail_storage::rows::matches;
use skytrail_storage::{
    Order, SegmentCursor, SegmentEntry, SegmentFilter, SegmentSummary, SpanAppend,
};

use super::condition::TraceCondition;
use super::segments::{read_cursor, write_cursor};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::hash::Set;
use crate::query::Query;
use crate::trace::{QueryOrder, SEGMENT_BYTES, TraceSummary};

/// Traces of one page, at most.
pub const MAX_LISTED: usize = 100;

/// Segments that the store is asked for at once.
const CHUNK: usize = 200;

/// Segments that one page looks for its traces in, at most.
const MOST_SEGMENTS: usize = 10_000;

/// About what a trace of a page takes.
const SUMMARY_BYTES: usize = 2 << 10;

/// Which traces to list.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSearch {
    /// Conditions; not looked at where traces are named.
    pub condition: TraceCondition,
    /// These traces, whatever the conditions.
    pub ids: Vec<String>,
    /// By start or duration of the segments that meet the conditions.
    pub order: QueryOrder,
    /// At most so many, and no more than [`MAX_LISTED`].
    pub limit: usize,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A page of traces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TracePage {
    /// In the order of their first segments that meet the conditions.
    pub traces: Vec<TraceSummary>,
    /// Where to go on; none at the end.
    pub next: Option<String>,
    /// Whether everything that matches and comes before `next` is in the page.
    pub complete: bool,
}

/// What makes a segment come before another one in a list.
type Place = (Reverse<i64>, String);

impl Query {
    /// One page of traces that have a segment which meets the conditions. A trace is listed once,
    /// where the first of these segments is, on whichever page that is.
    ///
    /// # Errors
    /// `Invalid` for a wrong id, limit or cursor.
    pub async fn search_traces(&self, ctx: &Ctx, search: &TraceSearch) -> Result<TracePage> {
        let limit = search.limit;
        if !(1..=MAX_LISTED).contains(&limit) || search.ids.len() > MAX_LISTED {
            return Err(Error::invalid(format!("limit is not from 1 to {MAX_LISTED}")));
        }
        ctx.keep(limit.max(search.ids.len()).saturating_mul(SUMMARY_BYTES))?;
        if !search.ids.is_empty() {
            return self.named_traces(ctx, &search.ids).await;
        }
        let filter = search.condition.filter(stored(search.order))?;
        let mut after = search.cursor.as_deref().map(read_cursor).transpose()?;
        let mut page = TracePage { complete: true, ..TracePage::default() };
        let mut working = ctx.working();
        working.set(CHUNK * SEGMENT_BYTES)?;
        let mut seen = Set::default();
        let mut looked_at = 0;
        loop {
            let found = self.storage.spans().search(&filter, after.as_ref(), CHUNK).await?;
            ctx.charge(usize::try_from(found.examined).unwrap_or(usize::MAX))?;
            page.complete &= found.complete;
            for segment in found.segments {
                looked_at += 1;
                after = Some(cursor(&filter, &segment));
                if seen.contains(&segment.segment.trace_id) {
                    continue;
                }
                if let Some(summary) = self.first_listed(ctx, &filter, &segment).await? {
                    page.traces.push(summary);
                }
                seen.insert(segment.segment.trace_id);
                if page.traces.len() >= limit {
                    break;
                }
            }
            let is_cut = looked_at >= MOST_SEGMENTS;
            if page.traces.len() >= limit || is_cut {
                page.next = after.as_ref().map(write_cursor);
                break;
            }
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        page.complete &= !ctx.is_incomplete();
        Ok(page)
    }

    /// Some traces, in the order that they are named in; what is not stored is left out.
    async fn named_traces(&self, ctx: &Ctx, ids: &[String]) -> Result<TracePage> {
        let mut page = TracePage { complete: true, ..TracePage::default() };
        let mut seen = Set::default();
        for id in ids.iter().filter(|id| seen.insert(id.as_str())) {
            match self.gather_trace(ctx, id, &mut |_| true).await? {
                Some(trace) => page.traces.push(trace.summary()),
                None => page.complete = false,
            }
        }
        Ok(page)
    }

    /// The trace of a segment, unless a segment that comes before it meets the conditions, too:
    /// then the trace is listed there.
    async fn first_listed(
        &self,
        ctx: &Ctx,
        filter: &SegmentFilter,
        segment: &SegmentSummary,
    ) -> Result<Option<TraceSummary>> {
        let own = place(filter, (segment.start, segment.duration), &segment.segment.segment_id);
        let trace_id = &segment.segment.trace_id;
        let mut see = |window: &SpanAppend| {
            let batch = &*window.batch;
            let is_of_trace = |entry: &&SegmentEntry| of(batch, entry).0 == *trace_id;
            !window.entries.iter().filter(is_of_trace).any(|entry| {
                let other = place(filter, (entry.start, entry.duration), of(batch, entry).1);
                other < own && matches(filter, batch, entry)
            })
        };
        let trace = self.gather_trace(ctx, trace_id, &mut see).await?;
        Ok(trace.map(|trace| trace.summary()))
    }
}

/// Trace and segment of an entry.
fn of<'a>(batch: &'a SpanBatch, entry: &SegmentEntry) -> (&'a str, &'a str) {
    let segment = batch.segments.get(entry.segment as usize);
    segment.map_or(("", ""), |one| (batch.text(one.trace_id), batch.text(one.segment_id)))
}

/// Where a segment stands in the order of a search, within its trace.
fn place(filter: &SegmentFilter, (start, took): (i64, i64), segment_id: &str) -> Place {
    let key = match filter.order {
        Order::Start => start,
        Order::Duration => took,
    };
    (Reverse(key), segment_id.to_owned())
}

fn cursor(filter: &SegmentFilter, segment: &SegmentSummary) -> SegmentCursor {
    let key = match filter.order {
        Order::Start => segment.start,
        Order::Duration => segment.duration,
    };
    let (segment_id, trace_id) =
        (segment.segment.segment_id.clone(), segment.segment.trace_id.clone());
    SegmentCursor { key, segment_id, trace_id }
}

fn stored(order: QueryOrder) -> Order {
    match order {
        QueryOrder::ByStartTime => Order::Start,
        QueryOrder::ByDuration => Order::Duration,
    }
}
