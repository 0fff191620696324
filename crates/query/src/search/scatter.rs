//! Traces as points: when they started and how long they took.

use skytrail_storage::Order;

use super::condition::TraceCondition;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::query::Query;
use crate::time::Range;
use crate::trace::{Names, SEGMENT_BYTES};

/// Points of one answer, at most.
pub const MAX_POINTS: usize = 2_000;

/// Parts of the range that share the points: so these come from all of it, not only from its end.
const SLICES: i64 = 20;

/// Segments of a part that are looked at for one point, at most.
const SEGMENTS_PER_POINT: usize = 10;

/// Traces of a part that are kept for one point, until those are chosen that are shown.
const KEPT_PER_POINT: usize = 3;

/// Of the points of a part, one in so many is for the slowest, and as many for those that failed.
const STANDING_OUT: usize = 4;

/// Segments that the store is asked for at once.
const CHUNK: usize = 500;

/// About what a point takes.
const POINT_BYTES: usize = 256;

/// Points, one per trace: its longest segment that meets the conditions. In order of their starts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scatter {
    /// Milliseconds since the Unix epoch.
    pub start: Vec<f64>,
    /// Milliseconds.
    pub duration: Vec<f64>,
    /// Whether it failed.
    pub error: Vec<bool>,
    /// The trace.
    pub trace_id: Vec<String>,
    /// Place in `services`.
    pub service: Vec<u32>,
    /// Names of services as they were sent.
    pub services: Names,
    /// Place in `endpoints`.
    pub endpoint: Vec<u32>,
    /// Operations that name segments, as they were sent.
    pub endpoints: Names,
    /// Whether nothing that was stored is missing, but what `more` says.
    pub complete: bool,
    /// Whether there are more traces than points.
    pub more: bool,
}

/// A trace on its way to a point.
struct Point {
    start: i64,
    duration: i64,
    error: bool,
    service: u32,
    endpoint: u32,
}

/// Points on their way to columns.
#[derive(Default)]
struct Points {
    by_trace: Map<String, Point>,
    services: Names,
    endpoints: Names,
    more: bool,
}

impl Query {
    /// Traces that have a segment which meets the conditions, at most `limit`, spread over the
    /// range; where there are more, the slowest and those that failed rather than others.
    ///
    /// # Errors
    /// `Invalid` for a wrong id or limit.
    pub async fn scatter(
        &self,
        ctx: &Ctx,
        condition: &TraceCondition,
        limit: usize,
    ) -> Result<Scatter> {
        if !(1..=MAX_POINTS).contains(&limit) {
            return Err(Error::invalid(format!("limit is not from 1 to {MAX_POINTS}")));
        }
        ctx.keep(limit.saturating_mul(POINT_BYTES))?;
        let mut working = ctx.working();
        working.set(CHUNK * SEGMENT_BYTES + (1 + KEPT_PER_POINT) * limit * POINT_BYTES)?;
        let mut points = Points::default();
        let slices: Vec<Range> = condition.range.slices(SLICES).collect();
        let parts = slices.len();
        // Newest first; what a part does not need is for those behind it.
        for (place, range) in slices.into_iter().rev().enumerate() {
            let most = limit * (place + 1) / parts;
            let condition = TraceCondition { range, ..condition.clone() };
            self.points_of(ctx, &condition, most, &mut points).await?;
        }
        Ok(points.columns(!ctx.is_incomplete()))
    }

    /// Adds the traces of a part of the range until there are `most` altogether.
    async fn points_of(
        &self,
        ctx: &Ctx,
        condition: &TraceCondition,
        most: usize,
        points: &mut Points,
    ) -> Result<()> {
        let filter = condition.filter(Order::Start)?;
        let wanted = most.saturating_sub(points.by_trace.len());
        let (mut part, mut after, mut looked_at) = (Map::default(), None, 0);
        loop {
            let page = self.storage.spans().search(&filter, after.as_ref(), CHUNK).await?;
            ctx.charge(usize::try_from(page.examined).unwrap_or(usize::MAX))?;
            if !page.complete {
                ctx.note_incomplete();
            }
            for segment in page.segments {
                looked_at += 1;
                points.see(&mut part, segment);
                if part.len() > wanted * KEPT_PER_POINT + CHUNK {
                    points.more = true;
                    part = chosen(part, wanted);
                }
            }
            after = page.next;
            points.more |= part.len() > wanted;
            let is_enough = looked_at >= SEGMENTS_PER_POINT * wanted;
            points.more |= after.is_some() && is_enough;
            if after.is_none() || is_enough {
                points.by_trace.extend(chosen(part, wanted));
                return Ok(());
            }
        }
    }
}

/// So many of some traces: the slowest, those that failed, and then the newest.
fn chosen(part: Map<String, Point>, wanted: usize) -> Map<String, Point> {
    if part.len() <= wanted {
        return part;
    }
    let mut left: Vec<_> = part.into_iter().collect();
    let mut chosen = Map::default();
    let mut take = |left: &mut Vec<(String, Point)>, count: usize| {
        let count = count.min(left.len()).min(wanted.saturating_sub(chosen.len()));
        chosen.extend(left.drain(..count));
    };
    let standing_out = wanted.div_ceil(STANDING_OUT);
    left.sort_by(|a, b| b.1.duration.cmp(&a.1.duration).then_with(|| a.0.cmp(&b.0)));
    take(&mut left, standing_out);
    left.sort_by_key(|(_, point)| !point.error);
    let failed = left.iter().filter(|(_, point)| point.error).count();
    take(&mut left, failed.min(standing_out));
    left.sort_by(|a, b| b.1.start.cmp(&a.1.start).then_with(|| a.0.cmp(&b.0)));
    take(&mut left, wanted);
    chosen
}

impl Points {
    /// Sees a segment of a trace: of a part, or one that has its point already.
    fn see(&mut self, part: &mut Map<String, Point>, segment: skytrail_storage::SegmentSummary) {
        let trace_id = &segment.segment.trace_id;
        let known = self.by_trace.get_mut(trace_id).or_else(|| part.get_mut(trace_id));
        if known.as_ref().is_some_and(|known| known.duration >= segment.duration) {
            return;
        }
        let point = Point {
            start: segment.start,
            duration: segment.duration,
            error: segment.is_error,
            service: self.services.number(&segment.service_name),
            endpoint: self.endpoints.number(&segment.endpoint_name),
        };
        match known {
            Some(known) => *known = point,
            None => drop(part.insert(segment.segment.trace_id, point)),
        }
    }

    fn columns(self, complete: bool) -> Scatter {
        let mut points: Vec<_> = self.by_trace.into_iter().collect();
        points.sort_by(|a, b| a.1.start.cmp(&b.1.start).then_with(|| a.0.cmp(&b.0)));
        let mut scatter = Scatter {
            services: self.services,
            endpoints: self.endpoints,
            complete,
            more: self.more,
            ..Scatter::default()
        };
        for (trace_id, point) in points {
            scatter.start.push(point.start.div_euclid(1_000) as f64 / 1e3);
            scatter.duration.push(point.duration as f64 / 1e6);
            scatter.error.push(point.error);
            scatter.trace_id.push(trace_id);
            scatter.service.push(point.service);
            scatter.endpoint.push(point.endpoint);
        }
        scatter
    }
}
