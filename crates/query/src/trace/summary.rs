//! A trace in a few words: how long, who took part, what its time went to.

mod shares;

use skytrail_model::entity::ServiceRef;
use skytrail_model::id;
use skytrail_storage::{Completeness, SpanAppend};

use super::columns::Gathering;
use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;
use crate::trace::TraceColumns;

/// Spans of a trace that its summary is made of, at most.
const MOST_SPANS: usize = 20_000;

/// Services that a summary names, at most; the rest of the time is theirs together.
const MOST_SHARES: usize = 12;

/// A part of the time of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Name of the service; empty for all others together.
    pub name: String,
    /// From 0 to 1.
    pub share: f64,
}

/// A trace in a few words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceSummary {
    /// Id.
    pub trace_id: String,
    /// Earliest start of a span, milliseconds since the Unix epoch.
    pub start: f64,
    /// From there to the latest end, milliseconds.
    pub duration: f64,
    /// Service of the first span.
    pub service: String,
    /// Its id.
    pub service_id: String,
    /// Operation of the first span.
    pub endpoint: String,
    /// Whether any span failed.
    pub error: bool,
    /// Spans.
    pub spans: usize,
    /// Spans that failed.
    pub errors: usize,
    /// Spans from the first one to the one below it that is farthest away.
    pub depth: usize,
    /// What part of the work each service did, of all work that was done, largest first.
    pub services: Vec<Share>,
    /// What part of the first span's time was waited for each service, largest first.
    pub critical: Vec<Share>,
    /// Whether spans are missing, or may be.
    pub partial: bool,
}

/// The spans of a trace, as far as they were wanted.
pub(crate) struct Gathered {
    pub(crate) columns: TraceColumns,
    pub(crate) is_partial: bool,
}

impl Query {
    /// The spans of a trace, [`MOST_SPANS`] at most; `see` is shown every window and says whether
    /// the trace is still wanted. None if it is not, or if there is nothing of it.
    pub(crate) async fn gather_trace(
        &self,
        ctx: &Ctx,
        trace_id: &str,
        see: &mut (dyn FnMut(&SpanAppend) -> bool + Send),
    ) -> Result<Option<Gathered>> {
        let mut gathering = Gathering::new(trace_id);
        let mut working = ctx.working();
        let mut looked = Ok(true);
        let mut is_wanted = true;
        let mut take = |window: SpanAppend| {
            looked = ctx.charge(window.batch.spans.len()).map(|()| true);
            is_wanted &= see(&window);
            if looked.is_err() || !is_wanted {
                return false;
            }
            let mut look = |gathering: &Gathering| {
                looked = working.fit(gathering.bytes());
                matches!(looked, Ok(true)) && gathering.len() < MOST_SPANS
            };
            gathering.add(&window, &mut look)
        };
        let completeness = self.storage.spans().trace(trace_id, &mut take).await?;
        let fits = looked?;
        if !is_wanted || gathering.len() == 0 {
            return Ok(None);
        }
        let is_partial =
            !fits || gathering.len() >= MOST_SPANS || completeness == Completeness::Incomplete;
        Ok(Some(Gathered { columns: gathering.finish(), is_partial }))
    }
}

impl Gathered {
    /// In a few words.
    pub(crate) fn summary(self) -> TraceSummary {
        let Self { columns, is_partial } = self;
        let ends = columns.start.iter().zip(&columns.duration).map(|(start, took)| start + took);
        let first = columns.start.iter().copied().fold(f64::INFINITY, f64::min);
        let errors = columns.flags.iter().filter(|flags| **flags & super::flag::ERROR != 0).count();
        let mut summary = TraceSummary {
            start: columns.base as f64 + first,
            duration: ends.fold(first, f64::max) - first,
            error: errors > 0,
            spans: columns.len(),
            errors,
            partial: is_partial,
            trace_id: columns.trace_id.clone(),
            ..TraceSummary::default()
        };
        let tree = shares::Tree::of(&columns);
        if let Some(root) = tree.root() {
            summary.service = tree.service_name(root).to_owned();
            let service = ServiceRef { name: summary.service.clone(), normal: true };
            summary.service_id = id::service_id(&service);
            let operation = columns.operation.get(root).copied().unwrap_or(-1);
            summary.endpoint =
                columns.operations.get(usize::try_from(operation).unwrap_or(usize::MAX)).to_owned();
            summary.critical = shares(&columns, &tree.critical(root));
        }
        summary.depth = tree.depth();
        summary.services = shares(&columns, &tree.work());
        summary
    }
}

/// Times by service as shares of their sum, largest first.
fn shares(columns: &TraceColumns, times: &[f64]) -> Vec<Share> {
    let whole: f64 = times.iter().sum();
    if whole <= 0.0 {
        return Vec::new();
    }
    let named = columns.services.iter().zip(times).filter(|(_, time)| **time > 0.0);
    let share = |(name, time): (&str, &f64)| Share { name: name.to_owned(), share: time / whole };
    let mut shares: Vec<_> = named.map(share).collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.name.cmp(&b.name)));
    if shares.len() > MOST_SHARES {
        let rest = shares.split_off(MOST_SHARES - 1).into_iter().map(|one| one.share).sum();
        shares.push(Share { name: String::new(), share: rest });
    }
    shares
}

#[cfg(test)]
mod tests;
