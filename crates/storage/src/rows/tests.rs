//! Answers do not depend on which source has what, nor on their order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Gather, KeptBatch, Page, SpanTable, matches};
use crate::contract::build::{SegmentSpec, append, entry, local, read, segment};
use crate::spi::{
    Order, Origin, SegmentCursor, SegmentFilter, SegmentPage, SegmentRef, SegmentSummary,
    SpanAppend, TagFilter, TraceAnswer,
};

fn origin(sequence: u64) -> Origin {
    Origin { shard: (sequence % 2) as u16, sequence }
}

fn any_segment() -> SegmentFilter {
    SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() }
}

/// A part of a segment of the trace `t`, or of another.
#[derive(Debug, Clone)]
struct PartSpec {
    is_other: bool,
    number: u8,
    spans: (i32, i32),
}

impl PartSpec {
    fn segment_id(&self) -> String {
        format!("s{}", self.number)
    }

    /// Two segments each start at once.
    fn start(&self) -> i64 {
        i64::from(self.number / 2)
    }

    fn numbers(&self) -> std::ops::RangeInclusive<i32> {
        self.spans.0..=self.spans.0 + self.spans.1
    }

    fn segment(&self) -> SegmentSpec {
        let trace_id = if self.is_other { "u" } else { "t" };
        let spans = self.numbers().map(|n| local("work").number(n).at(self.start()));
        segment(trace_id, self.segment_id()).with(spans)
    }
}

fn part() -> impl Strategy<Value = PartSpec> {
    let spans = (0..6_i32, 0..5_i32);
    (prop::bool::weighted(0.1), 0..12_u8, spans).prop_map(|(is_other, number, spans)| PartSpec {
        is_other,
        number,
        spans,
    })
}

/// Segment and number of each span, in the order of the answer.
fn spans_of(answer: &TraceAnswer) -> Vec<(String, Option<i32>)> {
    let segments = answer.parts.iter().flat_map(|part| {
        assert_eq!((part.entries.len(), part.batch.segments.len()), (1, 1));
        read(&part.batch)
    });
    segments
        .flat_map(|one| one.spans.into_iter().map(move |s| (one.segment_id.clone(), s.number)))
        .collect()
}

/// What the answer is by the words of the contract.
fn naive(parts: &[PartSpec], max_spans: usize) -> (Vec<(String, Option<i32>)>, bool) {
    let mut wanted: Vec<_> = parts.iter().filter(|part| !part.is_other).collect();
    wanted.sort_by_key(|part| (part.start(), part.segment_id(), part.spans.0, -part.spans.1));
    let (mut spans, mut seen) = (Vec::new(), BTreeSet::new());
    for part in wanted {
        let own = part.numbers().map(|n| (part.segment_id(), Some(n)));
        let new: Vec<_> = own.filter(|span| !seen.contains(span)).collect();
        if !new.is_empty() && !seen.is_empty() && seen.len() + new.len() > max_spans {
            return (spans, true);
        }
        seen.extend(new.iter().cloned());
        spans.extend(new);
    }
    (spans, false)
}

proptest! {
    #[test]
    fn a_trace_is_the_same_in_whatever_order_it_is_offered(
        parts in prop::collection::vec(part(), 0..24).prop_shuffle(),
        together in 1..5_usize,
        max_spans in 5..40_usize,
    ) {
        let wanted = naive(&parts, max_spans);
        let mut gather = Gather::new("t", max_spans);
        for batch in parts.chunks(together) {
            gather.offer_all(&append(batch.iter().map(PartSpec::segment)));
        }
        let answer = gather.finish();
        prop_assert_eq!((spans_of(&answer), answer.truncated), wanted);
    }
}

#[test]
fn of_a_huge_trace_only_what_is_answered_is_held() {
    let one = |n: i64| segment("t", format!("{n:06}")).with([entry("/").at(n)]);
    let (mut gather, mut held) = (Gather::new("t", 100), Vec::new());
    // The latest come first, each one twice.
    for n in (0..20_000).rev() {
        let spans = append([one(n)]);
        gather.offer_all(&spans);
        gather.offer_all(&spans);
        held.push(std::sync::Arc::downgrade(&spans.batch));
    }
    let alive = held.iter().filter(|batch| batch.strong_count() > 0).count();
    assert!(alive < 2_500, "{alive} batches are held");
    assert!(gather.until().is_some_and(|until| (100..2_500).contains(&until)));
    let answer = gather.finish();
    let wanted: Vec<_> = (0..100).map(|n| (format!("{n:06}"), Some(0))).collect();
    assert_eq!((spans_of(&answer), answer.truncated), (wanted, true));
}

#[test]
fn a_segment_that_is_alone_in_its_batch_is_not_copied() {
    let spans = append([segment("t", "s").with([entry("/").number(0), local("x").number(1)])]);
    let mut gather = Gather::new("t", 10);
    gather.offer_all(&spans);
    let answer = gather.finish();
    assert!(std::sync::Arc::ptr_eq(&answer.parts[0].batch, &spans.batch));
    // One that says a span twice is put right.
    let twice = append([segment("t", "s").with([entry("/").number(0), local("x").number(0)])]);
    let mut gather = Gather::new("t", 10);
    gather.offer_all(&twice);
    assert_eq!(spans_of(&gather.finish()), [("s".to_owned(), Some(0))]);
}

fn summary(start: i64, duration: i64, id: u8) -> SegmentSummary {
    SegmentSummary {
        segment: SegmentRef {
            trace_id: format!("t{}", id / 2),
            segment_id: format!("s{}", id % 2),
        },
        service: Default::default(),
        endpoint: Default::default(),
        service_name: String::new(),
        instance_name: String::new(),
        endpoint_name: String::new(),
        start,
        duration,
        is_error: false,
    }
}

type Ranked = (std::cmp::Reverse<i64>, String, String);

fn rank(order: Order, one: &SegmentSummary) -> Ranked {
    let key = if order == Order::Start { one.start } else { one.duration };
    (std::cmp::Reverse(key), one.segment.segment_id.clone(), one.segment.trace_id.clone())
}

proptest! {
    #[test]
    fn a_page_is_the_same_in_whatever_order_it_is_filled(
        offered in prop::collection::vec((0..6_i64, 0..6_i64, 0..4_u8), 0..30),
        limit in 0..8_usize,
        is_by_start in any::<bool>(),
    ) {
        let order = if is_by_start { Order::Start } else { Order::Duration };
        let offered: Vec<_> = offered.iter().map(|(s, d, id)| summary(*s, *d, *id)).collect();
        let all: BTreeSet<Ranked> = offered.iter().map(|one| rank(order, one)).collect();
        let filter = SegmentFilter { order, ..any_segment() };
        let (mut found, mut after): (Vec<Ranked>, Option<SegmentCursor>) = (Vec::new(), None);
        loop {
            let mut page = Page::new(&filter, after.as_ref(), limit);
            for one in &offered {
                let key = rank(order, one).0.0;
                let is_wanted = page.wants(key, &one.segment.segment_id, &one.segment.trace_id);
                prop_assert!(!is_wanted || page.wants_key(key));
                prop_assert!(!is_wanted || page.may_gain(one.start, one.start, one.duration));
                page.offer(one.clone());
            }
            prop_assert!(page.bar().is_none_or(|bar| !page.wants_key(bar - 1)));
            let SegmentPage { segments, next, complete, .. } = page.finish(0, None);
            prop_assert!(segments.len() <= limit);
            prop_assert_eq!(complete, limit > 0 || all.is_empty());
            found.extend(segments.iter().map(|one| rank(order, one)));
            after = next;
            if after.is_none() {
                break;
            }
        }
        prop_assert_eq!(found, all.into_iter().take(if limit == 0 { 0 } else { 30 }).collect::<Vec<_>>());
    }
}

/// Segment `n` of a history of five traces.
fn numbered(n: i64) -> SegmentSpec {
    let span = entry(format!("/{}", n % 3)).at(n * 7 % 50).lasting(n % 11);
    let span = if n % 4 == 0 { span.tag("user", n % 8) } else { span };
    segment(format!("t{}", n % 5), format!("s{n}")).with([span])
}

fn batches() -> Vec<SpanAppend> {
    let sizes = [1, 40, 2, 300, 1, 1, 7, 90];
    let mut first = 0;
    let batch = |size: &i64| {
        first += size;
        append((first - size..first).map(numbered))
    };
    sizes.iter().map(batch).collect()
}

#[test]
fn what_is_in_two_tables_is_answered_as_from_one() {
    let (mut table, mut tables) = (SpanTable::default(), Vec::new());
    for (number, spans) in batches().into_iter().enumerate() {
        table.push(KeptBatch::new(origin(number as u64), spans));
        if number % 3 == 2 {
            tables.push(std::mem::take(&mut table));
            assert!(table.is_empty() && table.bytes() == 0 && table.newest_first().is_empty());
        }
    }
    tables.push(table);
    assert_eq!(tables.iter().map(SpanTable::spans).sum::<u64>(), 442);
    for trace in 0..5 {
        let trace_id = format!("t{trace}");
        let mut gather = Gather::new(&trace_id, 1_000);
        for (kept, entry) in tables.iter().flat_map(|table| table.of_trace(&trace_id)) {
            gather.offer(kept.batch(), &entry);
        }
        let found: BTreeSet<_> = spans_of(&gather.finish()).into_iter().map(|one| one.0).collect();
        let wanted = (0..442).filter(|n| n % 5 == trace).map(|n| format!("s{n}"));
        assert_eq!(found, wanted.collect());
    }
    let tag = TagFilter { key: "user".to_owned(), value: Some("4".to_owned()) };
    let filters = [
        any_segment(),
        SegmentFilter { order: Order::Duration, min_duration: Some(4), ..any_segment() },
        SegmentFilter { tags: vec![tag], ..any_segment() },
        SegmentFilter {
            trace_id: Some("t3".to_owned()),
            keyword: Some("/1".to_owned()),
            ..any_segment()
        },
    ];
    for filter in filters {
        let mut page = Page::new(&filter, None, 1_000);
        let candidates = tables.iter().flat_map(|table| table.candidates(&filter));
        let examined = candidates.map(|kept| kept.search_into(&mut page)).sum();
        let page = page.finish(examined, None);
        let all = batches().into_iter().flat_map(|spans| {
            let found = spans.entries.iter().filter(|entry| matches(&filter, &spans.batch, entry));
            let ids = found.map(|entry| spans.batch.segments[entry.segment as usize].segment_id);
            ids.map(|id| spans.batch.text(id).to_owned()).collect::<Vec<_>>()
        });
        let found: BTreeSet<_> = page.segments.iter().map(|one| &one.segment.segment_id).collect();
        let wanted: BTreeSet<_> = all.collect();
        assert_eq!(found, wanted.iter().collect(), "{filter:?}");
        assert!(!wanted.is_empty() && page.examined >= wanted.len() as u64);
    }
}

#[test]
fn batches_know_their_times_and_appends() {
    let mut table = SpanTable::default();
    for (number, spans) in batches().into_iter().enumerate() {
        table.push(KeptBatch::new(origin(number as u64), spans));
    }
    table.push(KeptBatch::new(origin(99), append([])));
    let mut counts = Vec::new();
    for kept in table.newest_first().iter().rev() {
        let entries = || kept.entries().iter();
        assert_eq!(entries().map(|entry| entry.start).min(), Some(kept.earliest()));
        assert_eq!(entries().map(|entry| entry.start).max(), Some(kept.latest()));
        assert_eq!(entries().map(|entry| entry.duration).max(), Some(kept.longest()));
        counts.extend(kept.appends().map(|(origin, entries)| (origin.sequence, entries.len())));
    }
    let sizes = [1, 40, 2, 300, 1, 1, 7, 90];
    assert_eq!(counts, (0..).zip(sizes).collect::<Vec<_>>());
    assert_eq!(table.newest_first().iter().map(|kept| kept.bytes()).sum::<usize>(), table.bytes());
}
