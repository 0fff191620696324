//! The best segments of a search, wherever they come from.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use crate::spi::{Order, SegmentCursor, SegmentEntry, SegmentFilter, SegmentPage, SegmentSummary};

/// Where a segment stands: greatest key first, then segment id and trace id ascending.
type Rank<'a> = (Reverse<i64>, &'a str, &'a str);

#[derive(Debug)]
struct Found {
    key: i64,
    summary: SegmentSummary,
}

impl Found {
    fn rank(&self) -> Rank<'_> {
        let segment = &self.summary.segment;
        (Reverse(self.key), &segment.segment_id, &segment.trace_id)
    }
}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Found {}

/// Collects the segments of one page of a search from several sources, in any
/// order, as [`crate::Spans::search`] answers it. Holds one more than the page.
#[derive(Debug)]
pub struct Page<'a> {
    filter: &'a SegmentFilter,
    after: Option<&'a SegmentCursor>,
    limit: usize,
    found: BTreeSet<Found>,
}

impl<'a> Page<'a> {
    /// An empty page of at most `limit` segments behind `after`.
    pub fn new(filter: &'a SegmentFilter, after: Option<&'a SegmentCursor>, limit: usize) -> Self {
        Self { filter, after, limit, found: BTreeSet::new() }
    }

    /// What is searched for.
    pub fn filter(&self) -> &'a SegmentFilter {
        self.filter
    }

    /// What a segment is ordered by: its start or duration.
    pub fn key_of(&self, entry: &SegmentEntry) -> i64 {
        self.key(entry.start, entry.duration)
    }

    fn key(&self, start: i64, duration: i64) -> i64 {
        match self.filter.order {
            Order::Start => start,
            Order::Duration => duration,
        }
    }

    /// The least key that still gets a place, once the page is full.
    pub fn bar(&self) -> Option<i64> {
        let worst = self.found.last().filter(|_| self.found.len() > self.limit)?;
        Some(worst.key)
    }

    /// Whether segments that start from `first` to `last` and last `longest`
    /// nanoseconds at most can add anything.
    pub fn may_gain(&self, first: i64, last: i64, longest: i64) -> bool {
        let in_range = last >= self.filter.from && first <= self.filter.to;
        let is_long = self.filter.min_duration.is_none_or(|least| longest >= least);
        let (least, most) = match self.filter.order {
            Order::Start => (first, last),
            Order::Duration => (i64::MIN, longest),
        };
        let is_below = self.bar().is_some_and(|bar| most < bar);
        let is_before = self.after.is_some_and(|after| least > after.key);
        in_range && is_long && !is_below && !is_before
    }

    /// Whether a segment of a key can get a place, whatever its ids are.
    pub fn wants_key(&self, key: i64) -> bool {
        self.bar().is_none_or(|bar| key >= bar) && self.after.is_none_or(|after| key <= after.key)
    }

    /// Whether a segment gets a place, or has it already.
    pub fn wants(&self, key: i64, segment_id: &str, trace_id: &str) -> bool {
        let rank: Rank<'_> = (Reverse(key), segment_id, trace_id);
        let is_behind = self.after.is_none_or(|after| {
            rank > (Reverse(after.key), after.segment_id.as_str(), after.trace_id.as_str())
        });
        let is_full = self.found.len() > self.limit;
        let worst = self.found.last().filter(|_| is_full);
        is_behind && worst.is_none_or(|worst| rank < worst.rank())
    }

    /// Adds a segment that matches, unless it is there or gets no place. Ask
    /// [`Self::wants`] before a summary is made that costs anything.
    pub fn offer(&mut self, summary: SegmentSummary) {
        let key = self.key(summary.start, summary.duration);
        if !self.wants(key, &summary.segment.segment_id, &summary.segment.trace_id) {
            return;
        }
        self.found.insert(Found { key, summary });
        while self.found.len() > self.limit.saturating_add(1) {
            self.found.pop_last();
        }
    }

    /// The page. `examined` segments were looked at; `gone_to` is the latest start
    /// of what is no longer held.
    pub fn finish(self, examined: u64, gone_to: Option<i64>) -> SegmentPage {
        let more = self.found.len() > self.limit;
        let order = self.filter.order;
        let chosen = self.found.into_iter().take(self.limit);
        let segments: Vec<_> = chosen.map(|found| found.summary).collect();
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
