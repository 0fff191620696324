//! Search in a block: what the summary tells, then what the head tells, then what the spans tell.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use skytrail_columns::{Error, Result};
use skytrail_storage::{
    Order, SegmentCursor, SegmentFilter, SegmentRef, SegmentSummary, TraceState,
};

use super::frames::Reader;
use super::head::HeadView;
use super::matching::Matcher;
use crate::hidden::Hidden;
use crate::row::trace_hash;
use crate::summary::{ServiceRows, Summary};
use crate::tags::Granules;

/// So many candidates are asked at first, and four times as many each time that was not enough.
const FIRST_CANDIDATES: usize = 64;

/// What a search found in a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The segments, best first.
    pub found: Vec<SegmentSummary>,
    /// Segments looked at.
    pub examined: u64,
}

/// Greatest key first, then segment id and trace id ascending.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    key: Reverse<i64>,
    segment_id: String,
    trace_id: String,
}

/// Whether anything can be found in a block, seen from outside.
pub(super) fn may_hold(
    summary: &Summary,
    filter: &SegmentFilter,
    after: Option<&SegmentCursor>,
    bar: Option<i64>,
) -> bool {
    let (least, most) = match filter.order {
        Order::Start => (summary.earliest, summary.latest),
        Order::Duration => (i64::MIN, summary.longest),
    };
    summary.latest >= filter.from
        && summary.earliest <= filter.to
        && bar.is_none_or(|bar| most >= bar)
        && after.is_none_or(|after| least <= after.key)
        && summary.services.iter().any(|service| may_be(service, filter))
}

fn may_be(service: &ServiceRows, filter: &SegmentFilter) -> bool {
    filter.service.is_none_or(|id| id == service.service)
        && filter.min_duration.is_none_or(|least| service.longest >= least)
        && match filter.state {
            TraceState::All => true,
            TraceState::Error => service.errors > 0,
            TraceState::Success => service.errors < service.rows.end - service.rows.start,
        }
}

/// What the head is asked.
struct Entries<'a> {
    filter: &'a SegmentFilter,
    /// Codes of sources of the instance.
    sources: Option<Vec<i64>>,
    /// Codes of the endpoint.
    endpoints: Option<Vec<i64>>,
    trace: Option<i64>,
    least: i64,
    most: i64,
}

impl<'a> Entries<'a> {
    /// None when a key that is asked for is nowhere in the block.
    fn new(
        reader: &Reader<'_>,
        filter: &'a SegmentFilter,
        after: Option<&SegmentCursor>,
        bar: Option<i64>,
    ) -> Result<Option<Self>> {
        let dictionary = reader.dictionary;
        let of_instance = |id| {
            let sources = dictionary.sources().filter(move |(_, source)| source.instance == id);
            sources.map(|(code, _)| i64::from(code)).collect::<Vec<_>>()
        };
        let of_endpoint =
            |id| dictionary.codes_of_endpoint(id).into_iter().map(i64::from).collect::<Vec<_>>();
        let sources = filter.instance.map(of_instance);
        let endpoints = filter.endpoint.map(of_endpoint);
        let trace = match &filter.trace_id {
            None => None,
            Some(id) => match reader.head.find_trace(id.as_bytes(), trace_hash(id.as_bytes()))? {
                Some(trace) => Some(i64::from(trace)),
                None => return Ok(None),
            },
        };
        let is_nowhere = |codes: &Option<Vec<i64>>| codes.as_ref().is_some_and(Vec::is_empty);
        if is_nowhere(&sources) || is_nowhere(&endpoints) {
            return Ok(None);
        }
        let least = bar.unwrap_or(i64::MIN);
        let most = after.map_or(i64::MAX, |after| after.key);
        Ok(Some(Self { filter, sources, endpoints, trace, least, most }))
    }

    /// Adds the segments of a service that match, with their keys.
    fn collect(&self, reader: &Reader<'_>, rows: Range<usize>, into: &mut Vec<(i64, usize)>) {
        let (head, filter) = (&reader.head, self.filter);
        let is_one_of = |codes: &Option<Vec<i64>>, code: Option<i64>| {
            codes.as_ref().is_none_or(|codes| code.is_some_and(|code| codes.contains(&code)))
        };
        for row in rows {
            let (Some(start), Some(duration)) = (head.starts.get(row), head.durations.get(row))
            else {
                return;
            };
            let key = if filter.order == Order::Start { start } else { duration };
            let matches = (filter.from..=filter.to).contains(&start)
                && (self.least..=self.most).contains(&key)
                && filter.min_duration.is_none_or(|least| duration >= least)
                && filter.max_duration.is_none_or(|most| duration <= most)
                && match filter.state {
                    TraceState::All => true,
                    TraceState::Success => head.errors.get(row) == Some(0),
                    TraceState::Error => head.errors.get(row) == Some(1),
                }
                && self.trace.is_none_or(|trace| head.traces.get(row) == Some(trace))
                && (self.sources.is_none() || is_one_of(&self.sources, head.sources.get(row)))
                && (self.endpoints.is_none()
                    || is_one_of(&self.endpoints, head.endpoints.get(row)));
            if matches {
                into.push((key, row));
            }
        }
    }
}

/// Segments with spans in runs of frames, ascending.
fn segments_in(head: &HeadView<'_>, granules: Granules) -> Vec<Range<usize>> {
    let frames = &head.head.frames;
    let chosen = frames.iter().enumerate().filter(|(at, _)| granules.has(*at, frames.len()));
    let mut segments: Vec<Range<usize>> = Vec::new();
    for (_, frame) in chosen {
        let last = head.segment_of(frame.first + frame.rows.saturating_sub(1));
        let first = head.segment_of(frame.first);
        // A segment may be in several frames.
        let first = first.max(segments.last().map_or(0, |before| before.end));
        segments.push(first..last + 1);
    }
    segments
}

/// What is asked of a block.
pub(super) struct Asking<'a> {
    pub(super) filter: &'a SegmentFilter,
    pub(super) after: Option<&'a SegmentCursor>,
    pub(super) limit: usize,
    pub(super) bar: Option<i64>,
    /// What is not found whatever is asked.
    pub(super) hidden: Option<&'a Hidden>,
}

pub(super) fn search(
    (reader, within): (&Reader<'_>, &[Granules]),
    summary: &Summary,
    asking: &Asking<'_>,
) -> Result<Selection> {
    let Asking { filter, after, limit, bar, hidden } = *asking;
    let is_shown =
        |service: &ServiceRows| hidden.is_none_or(|hidden| !hidden.has_service(service.service));
    let mut selection = Selection::default();
    let Some(entries) = Entries::new(reader, filter, after, bar)? else { return Ok(selection) };
    let Some(matcher) = Matcher::new(reader, filter, within) else { return Ok(selection) };
    let narrowest = within.iter().min_by_key(|granules| granules.count());
    let segments = segments_in(&reader.head, narrowest.copied().unwrap_or(Granules::ALL));
    let mut candidates = Vec::new();
    let services = summary.services.iter();
    for service in services.filter(|service| may_be(service, filter) && is_shown(service)) {
        let of_service = service.rows.start as usize..service.rows.end as usize;
        for rows in &segments {
            let rows = rows.start.max(of_service.start)..rows.end.min(of_service.end);
            selection.examined += rows.len() as u64;
            entries.collect(reader, rows, &mut candidates);
        }
    }
    let mut best = Best { reader, matcher, after, limit, hidden, found: BTreeMap::new() };
    best.offer(candidates)?;
    for (rank, row) in &best.found {
        selection.found.push(summary_of(reader, rank, *row)?);
    }
    Ok(selection)
}

/// The best segments so far.
struct Best<'r, 'a> {
    reader: &'r Reader<'a>,
    matcher: Matcher<'r, 'a>,
    after: Option<&'r SegmentCursor>,
    limit: usize,
    hidden: Option<&'r Hidden>,
    found: BTreeMap<Rank, usize>,
}

impl Best<'_, '_> {
    /// Asks candidates, greatest key first, until no other one can be better.
    fn offer(&mut self, mut candidates: Vec<(i64, usize)>) -> Result<()> {
        let mut count = FIRST_CANDIDATES.max(self.limit.saturating_mul(2));
        while !candidates.is_empty() && self.limit > 0 {
            let mut rest = Vec::new();
            if count < candidates.len() {
                candidates.select_nth_unstable_by_key(count, |candidate| {
                    (Reverse(candidate.0), candidate.1)
                });
                rest = candidates.split_off(count);
            }
            candidates.sort_unstable_by_key(|candidate| (Reverse(candidate.0), candidate.1));
            for (key, row) in candidates {
                let is_full = self.found.len() >= self.limit;
                let worst = self.found.last_key_value().map(|worst| worst.0.key.0);
                if is_full && worst.is_some_and(|worst| worst > key) {
                    return Ok(());
                }
                self.ask(key, row)?;
            }
            candidates = rest;
            count = count.saturating_mul(4);
        }
        Ok(())
    }

    fn ask(&mut self, key: i64, row: usize) -> Result<()> {
        if !self.matcher.matches(row)? {
            return Ok(());
        }
        let text = |id: crate::ids::Id<'_>| {
            let mut text = Vec::with_capacity(64);
            id.put(&mut text);
            String::from_utf8(text).unwrap_or_default()
        };
        let segment_id = text(self.reader.head.segment_id(row)?);
        let trace_id = text(self.reader.head.trace_id(row)?);
        if self.hidden.is_some_and(|hidden| hidden.has_trace(&trace_id)) {
            return Ok(());
        }
        let is_behind = self.after.is_none_or(|after| {
            let place = (Reverse(key), segment_id.as_str(), trace_id.as_str());
            place > (Reverse(after.key), after.segment_id.as_str(), after.trace_id.as_str())
        });
        if is_behind {
            self.found.entry(Rank { key: Reverse(key), segment_id, trace_id }).or_insert(row);
            if self.found.len() > self.limit {
                self.found.pop_last();
            }
        }
        Ok(())
    }
}

fn summary_of(reader: &Reader<'_>, rank: &Rank, row: usize) -> Result<SegmentSummary> {
    let segment = reader.head.segment(row)?;
    let name =
        |code| Ok::<_, Error>(String::from_utf8_lossy(reader.dictionary.name(code)?).into_owned());
    Ok(SegmentSummary {
        segment: SegmentRef {
            trace_id: rank.trace_id.clone(),
            segment_id: rank.segment_id.clone(),
        },
        service: segment.source.service,
        endpoint: segment.endpoint.id,
        service_name: name(segment.source.service_name)?,
        instance_name: name(segment.source.instance_name)?,
        endpoint_name: name(segment.endpoint.name)?,
        start: segment.start,
        duration: segment.duration,
        is_error: segment.is_error,
    })
}
