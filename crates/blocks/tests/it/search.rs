//! Searches answer as the in-memory store does.

use std::sync::Arc;

use proptest::prelude::*;
use skytrail_blocks::{Block, Granules, Selection};
use skytrail_model::entity::EntityId;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::memory::{Config, MemoryStorage};
use skytrail_storage::{
    Order, Origin, SegmentCursor, SegmentEntry, SegmentFilter, SegmentSummary, SpanAppend, Storage,
    TagFilter, TraceState,
};

use crate::random::{batches, file, id, key, open, seal, text, traffic};

pub(crate) fn anything() -> SegmentFilter {
    SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() }
}

/// A store of the same segments.
fn store(appends: &[SpanAppend]) -> MemoryStorage {
    let catalogue = Arc::new(Catalogue::new(Vec::new(), Vec::new()));
    let store = MemoryStorage::new(Config::default(), Zone::utc(), catalogue);
    for (append, sequence) in appends.iter().zip(1..) {
        let origin = Origin { shard: 0, sequence };
        block_on(store.spans().append(origin, append.clone())).unwrap();
    }
    store
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Key and ids, which the order is by.
fn rank(order: Order, found: &SegmentSummary) -> (i64, String, String) {
    let key = if order == Order::Start { found.start } else { found.duration };
    (key, found.segment.segment_id.clone(), found.segment.trace_id.clone())
}

/// Where segments have the same key and ids, any of them is found.
fn same(order: Order, found: &[SegmentSummary], wanted: &[SegmentSummary], all: &[SegmentSummary]) {
    let ranks =
        |found: &[SegmentSummary]| found.iter().map(|found| rank(order, found)).collect::<Vec<_>>();
    assert_eq!(ranks(found), ranks(wanted));
    for (found, wanted) in found.iter().zip(wanted) {
        let of_rank = all.iter().filter(|other| rank(order, other) == rank(order, found)).count();
        assert!(of_rank > 1 || found == wanted, "{found:?} is not {wanted:?}");
    }
}

/// `within` is where the index of tags says; none where it says that there is nothing.
fn check(
    (block, within): (&Block, Option<&[Granules]>),
    store: &MemoryStorage,
    filter: &SegmentFilter,
    limit: usize,
    all: &[SegmentSummary],
) {
    let mut after: Option<SegmentCursor> = None;
    loop {
        let page = block_on(store.spans().search(filter, after.as_ref(), limit)).unwrap();
        let search = |bar| match within {
            Some(within) => block.search(filter, within, after.as_ref(), limit, bar).unwrap(),
            None => Selection::default(),
        };
        let Selection { found, examined } = search(None);
        same(filter.order, &found, &page.segments, all);
        assert!(examined <= u64::from(block.summary().segments));
        // What is below the bar may be missing, the rest must not.
        if let Some(middle) = page.segments.get(page.segments.len() / 2) {
            let bar = rank(filter.order, middle).0;
            let above = search(Some(bar)).found;
            let wanted = page
                .segments
                .iter()
                .take_while(|found| rank(filter.order, found).0 >= bar)
                .cloned();
            let wanted: Vec<_> = wanted.collect();
            let above: Vec<_> =
                above.into_iter().filter(|found| rank(filter.order, found).0 >= bar).collect();
            same(filter.order, &above, &wanted, all);
        }
        after = page.next;
        if after.is_none() {
            return;
        }
    }
}

/// Everything in a block, as searches find it.
fn all_of(appends: &[SpanAppend]) -> Vec<SegmentSummary> {
    let mut all = Vec::new();
    for append in appends {
        for entry in &append.entries {
            let one = SpanAppend { batch: append.batch.clone(), entries: vec![*entry] };
            all.extend(
                block_on(store(&[one]).spans().search(&anything(), None, 1)).unwrap().segments,
            );
        }
    }
    all
}

/// What a filter asks for: often something that is there.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Bits say what is asked for.
    parts: u16,
    place: prop::sample::Index,
    times: (i64, i64),
    durations: (i64, i64),
    state: TraceState,
    order: Order,
    tag: (String, Option<String>),
    text: String,
    id: String,
}

pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let states =
        prop::sample::select(vec![TraceState::All, TraceState::Success, TraceState::Error]);
    let orders = prop::sample::select(vec![Order::Start, Order::Duration]);
    let time = || (0_i64..2_000).prop_map(|n| 1_773_100_800_000_000_000 + n * 1_000_000);
    let duration = || (0_i64..900).prop_map(|n| n * 1_000_000);
    let parts =
        prop_oneof![2 => Just(0), 6 => (0..11_u32).prop_map(|bit| 1 << bit), 2 => any::<u16>()];
    let numbers = (parts, any::<prop::sample::Index>(), (time(), time()), (duration(), duration()));
    let texts = ((key(), prop::option::of(text())), "[abGx:/]{0,2}", id());
    (numbers, states, orders, texts).prop_map(|(numbers, state, order, texts)| Asked {
        parts: numbers.0,
        place: numbers.1,
        times: numbers.2,
        durations: numbers.3,
        state,
        order,
        tag: texts.0,
        text: texts.1,
        id: texts.2,
    })
}

pub(crate) fn filter(asked: &Asked, appends: &[SpanAppend]) -> SegmentFilter {
    let is = |bit: u16| asked.parts >> bit & 1 != 0;
    let mut filter = SegmentFilter { order: asked.order, ..anything() };
    let entries: Vec<_> = appends
        .iter()
        .flat_map(|append| append.entries.iter().map(move |entry| (append, entry)))
        .collect();
    if is(0) {
        (filter.from, filter.to) = asked.times;
    }
    if is(1) {
        (filter.min_duration, filter.max_duration) =
            (Some(asked.durations.0), Some(asked.durations.1));
    }
    if is(2) {
        filter.min_duration = Some(asked.durations.0);
    }
    if is(3) {
        filter.state = asked.state;
    }
    if is(4) {
        filter.keyword = Some(asked.text.to_uppercase());
    }
    if is(5) {
        filter.tags.push(TagFilter { key: asked.tag.0.clone(), value: asked.tag.1.clone() });
    }
    if is(6) {
        filter.span_id = Some(asked.id.clone());
    }
    if entries.is_empty() {
        return filter;
    }
    let (append, entry) = entries[asked.place.index(entries.len())];
    let segment = append.batch.segments[entry.segment as usize];
    let spans = append.batch.spans_of(&segment);
    // Bounds are inclusive.
    if is(0) && is(1) {
        (filter.from, filter.to) = (entry.start, entry.start);
    }
    if is(1) || is(2) {
        filter.min_duration = Some(entry.duration);
        filter.max_duration = is(1).then_some(entry.duration);
    }
    if is(7) {
        filter.service = Some(entry.service);
    }
    if is(8) {
        (filter.instance, filter.endpoint) =
            (Some(entry.instance), is(5).then_some(entry.endpoint));
    }
    if is(9) {
        filter.trace_id = Some(append.batch.text(segment.trace_id).to_owned());
    }
    if is(10) {
        // Tags and ids that are there.
        let of = |span| append.batch.attributes_of(span);
        let there = spans.iter().flat_map(|span| of(span.attributes)).take(2);
        filter.tags = there
            .map(|row| TagFilter {
                key: append.batch.name(row.key).to_owned(),
                value: Some(append.batch.show(row.value)),
            })
            .collect();
        let id = spans.first().map_or(segment.segment_id, |span| span.id);
        filter.span_id = is(6).then(|| append.batch.text(id).to_owned());
    }
    filter
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn searches_answer_as_the_memory_store(
        appends in batches(8),
        asked in prop::collection::vec(asked(), 6),
        limit in 1_usize..6,
    ) {
        // What a segment without spans is named by is not said.
        let has_spans = |append: &SpanAppend, entry: &SegmentEntry| {
            append.batch.segments[entry.segment as usize].spans.len > 0
        };
        let appends = appends.into_iter().map(|mut append| {
            let entries = append.entries.iter().filter(|entry| has_spans(&append, entry));
            append.entries = entries.copied().collect();
            append
        });
        let appends: Vec<_> = appends.collect();
        let (store, all) = (store(&appends), all_of(&appends));
        let sealed = seal(std::slice::from_ref(&appends));
        let part = open(file(&sealed)).unwrap();
        for asked in &asked {
            let filter = filter(asked, &appends);
            let (of_sealed, of_part) =
                (sealed[0].tag_places(&filter).unwrap(), part.tag_places(&filter).unwrap());
            for within in [Some([].as_slice()), of_sealed.of(0)] {
                check((&sealed[0].block(), within), &store, &filter, limit, &all);
            }
            for within in [Some([].as_slice()), of_part.of(0)] {
                check((&part.block(0).unwrap(), within), &store, &filter, limit, &all);
            }
        }
    }
}

#[test]
fn many_segments_are_paged_through() {
    let appends = [traffic(3_000)];
    let (store, sealed) = (store(&appends), seal(&[appends.to_vec()]));
    let tag =
        |key: &str, value: &str| TagFilter { key: key.to_owned(), value: Some(value.to_owned()) };
    let filters = [
        anything(),
        SegmentFilter { order: Order::Duration, ..anything() },
        SegmentFilter {
            tags: vec![tag("http.method", "POST")],
            order: Order::Duration,
            ..anything()
        },
        SegmentFilter { tags: vec![tag("order", "9e3779b1")], ..anything() },
        SegmentFilter {
            keyword: Some("get:/7".to_owned()),
            state: TraceState::Error,
            ..anything()
        },
    ];
    for filter in filters {
        check((&sealed[0].block(), Some(&[])), &store, &filter, 70, &[]);
    }
}

#[test]
fn what_is_not_there_is_not_looked_for() {
    let sealed = seal(&[vec![traffic(300)]]);
    let block = sealed[0].block();
    let examined = |filter: &SegmentFilter| {
        let Selection { found, examined } = block.search(filter, &[], None, 10, None).unwrap();
        assert!(found.is_empty());
        examined
    };
    let tag = |value: &str| {
        vec![TagFilter { key: "http.method".to_owned(), value: Some(value.to_owned()) }]
    };
    assert_eq!(examined(&SegmentFilter { to: 0, ..anything() }), 0);
    assert_eq!(examined(&SegmentFilter { min_duration: Some(i64::MAX), ..anything() }), 0);
    assert_eq!(examined(&SegmentFilter { service: Some(EntityId(1)), ..anything() }), 0);
    assert_eq!(examined(&SegmentFilter { instance: Some(EntityId(1)), ..anything() }), 0);
    assert_eq!(examined(&SegmentFilter { endpoint: Some(EntityId(1)), ..anything() }), 0);
    assert_eq!(examined(&SegmentFilter { tags: tag("PUT"), ..anything() }), 0);
    assert_eq!(examined(&SegmentFilter { trace_id: Some("x".to_owned()), ..anything() }), 0);
    assert_eq!(
        block.search(&anything(), &[], None, 10, Some(i64::MAX)).unwrap(),
        Selection::default()
    );
}
