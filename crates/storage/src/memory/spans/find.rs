//! Search over the batches of one moment.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::matching::{Matcher, matches_entry};
use super::table::Kept;
use crate::error::Result;
use crate::spi::{
    Order, SegmentCursor, SegmentEntry, SegmentFilter, SegmentPage, SegmentRef, SegmentSummary,
};

/// Batches between two chances for other work and for cancelling.
const BATCHES_PER_TURN: usize = 64;

/// What is searched.
pub(super) struct Candidates {
    /// Batches that may hold what is searched for, newest first.
    pub(super) batches: Vec<Arc<Kept>>,
    /// The latest start of what is no longer held.
    pub(super) gone_to: Option<i64>,
}

/// Greatest key first, then segment id and trace id ascending.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    key: Reverse<i64>,
    segment_id: String,
    trace_id: String,
}

pub(super) async fn find(
    candidates: Candidates,
    filter: &SegmentFilter,
    after: Option<&SegmentCursor>,
    limit: usize,
) -> Result<SegmentPage> {
    let Candidates { batches, gone_to } = candidates;
    let mut best = Best { filter, after, limit, found: BTreeMap::new() };
    let mut examined = 0;
    for (turn, kept) in batches.iter().enumerate() {
        if turn % BATCHES_PER_TURN == BATCHES_PER_TURN - 1 {
            tokio::task::yield_now().await;
        }
        if best.may_gain(kept) {
            examined += best.offer_all(kept);
        }
    }
    Ok(best.into_page(examined, gone_to))
}

/// The best segments so far, one more than a page holds.
struct Best<'a> {
    filter: &'a SegmentFilter,
    after: Option<&'a SegmentCursor>,
    limit: usize,
    found: BTreeMap<Rank, (Arc<Kept>, SegmentEntry)>,
}

impl Best<'_> {
    fn key_of(&self, entry: &SegmentEntry) -> i64 {
        match self.filter.order {
            Order::Start => entry.start,
            Order::Duration => entry.duration,
        }
    }

    /// The least key that still gets a place, once the page is full.
    fn bar(&self) -> Option<i64> {
        let worst = self.found.last_key_value().filter(|_| self.found.len() > self.limit)?;
        Some(worst.0.key.0)
    }

    /// Whether a batch can add anything, by the times of its segments.
    fn may_gain(&self, kept: &Kept) -> bool {
        let (first, last) = kept.starts;
        let in_range = last >= self.filter.from && first <= self.filter.to;
        let is_long = self.filter.min_duration.is_none_or(|least| kept.longest >= least);
        let (least, most) = match self.filter.order {
            Order::Start => (first, last),
            Order::Duration => (i64::MIN, kept.longest),
        };
        let is_below = self.bar().is_some_and(|bar| most < bar);
        let is_before = self.after.is_some_and(|after| least > after.key);
        in_range && is_long && !is_below && !is_before
    }

    /// Says how many segments it looked at.
    fn offer_all(&mut self, kept: &Arc<Kept>) -> u64 {
        let mut matcher = None;
        for (looked_at, entry) in (1..).zip(&kept.entries) {
            let key = self.key_of(entry);
            let is_hopeless = self.bar().is_some_and(|bar| key < bar)
                || self.after.is_some_and(|after| key > after.key);
            if is_hopeless || !matches_entry(self.filter, entry) {
                continue;
            }
            let Some(segment) = kept.batch.segments.get(entry.segment as usize) else { continue };
            if matcher.is_none() {
                matcher = Matcher::new(self.filter, &kept.batch);
            }
            let Some(matcher) = &matcher else { return looked_at };
            if matcher.matches(segment) {
                let segment_id = kept.batch.text(segment.segment_id);
                let trace_id = kept.batch.text(segment.trace_id);
                self.offer(kept, entry, segment_id, trace_id);
            }
        }
        kept.entries.len() as u64
    }

    fn offer(&mut self, kept: &Arc<Kept>, entry: &SegmentEntry, segment_id: &str, trace_id: &str) {
        let key = self.key_of(entry);
        if self.after.is_some_and(|after| !is_behind(after, key, segment_id, trace_id)) {
            return;
        }
        let (segment_id, trace_id) = (segment_id.to_owned(), trace_id.to_owned());
        let rank = Rank { key: Reverse(key), segment_id, trace_id };
        self.found.entry(rank).or_insert_with(|| (kept.clone(), *entry));
        while self.found.len() > self.limit + 1 {
            self.found.pop_last();
        }
    }

    fn into_page(self, examined: u64, gone_to: Option<i64>) -> SegmentPage {
        let more = self.found.len() > self.limit;
        let order = self.filter.order;
        let chosen = self.found.into_values().take(self.limit);
        let segments: Vec<_> = chosen.filter_map(|(kept, entry)| summary(&kept, &entry)).collect();
        let last = segments.last().filter(|_| more);
        let next = last.map(|last| SegmentCursor {
            key: if order == Order::Start { last.start } else { last.duration },
            segment_id: last.segment.segment_id.clone(),
            trace_id: last.segment.trace_id.clone(),
        });
        // Without a last segment there is no cursor that could say that there is more.
        let is_cut = more && next.is_none();
        let from = match (order, &next) {
            (Order::Start, Some(next)) => next.key,
            _ => self.filter.from,
        };
        let complete = !is_cut && gone_to.is_none_or(|gone_to| gone_to < from);
        SegmentPage { segments, next, complete, examined }
    }
}

fn is_behind(after: &SegmentCursor, key: i64, segment_id: &str, trace_id: &str) -> bool {
    match key.cmp(&after.key) {
        Ordering::Less => true,
        Ordering::Equal => {
            (segment_id, trace_id) > (after.segment_id.as_str(), after.trace_id.as_str())
        }
        Ordering::Greater => false,
    }
}

fn summary(kept: &Kept, entry: &SegmentEntry) -> Option<SegmentSummary> {
    let batch = &kept.batch;
    let segment = batch.segments.get(entry.segment as usize)?;
    let named = batch.spans.get(entry.endpoint_span as usize);
    Some(SegmentSummary {
        segment: SegmentRef {
            trace_id: batch.text(segment.trace_id).to_owned(),
            segment_id: batch.text(segment.segment_id).to_owned(),
        },
        service: entry.service,
        endpoint: entry.endpoint,
        service_name: batch.name(segment.service).to_owned(),
        instance_name: batch.name(segment.instance).to_owned(),
        endpoint_name: named.map(|span| batch.name(span.operation)).unwrap_or_default().to_owned(),
        start: entry.start,
        duration: entry.duration,
        is_error: entry.is_error,
    })
}
