//! Spans by trace.

use skytrail_model::span::{LinkKind, SpanLayer, Status};

use super::build::{
    MILLI, SegmentSpec, SpanSpec, ValueSpec, append, entry, exit, link, local, read, segment,
};
use super::data::{any_segment, found, open, origin};
use super::harness::{Check, Harness, checks};
use crate::error::Result;
use crate::rows::Gather;
use crate::spi::{Completeness, SpanAppend, Storage};

pub(super) const CHECKS: &[Check] = checks!("traces":
    gives_back_every_field,
    an_unknown_trace_is_empty,
    ids_are_compared_byte_by_byte,
    segments_come_in_order_of_start,
    parts_hold_nothing_but_the_trace,
    entries_point_into_their_part,
    segments_without_entry_are_not_there,
    a_batch_twice_is_answered_once,
    more_spans_of_a_segment_join_it,
    spans_with_own_ids_are_told_apart,
    the_latest_segments_are_left_out_whole,
    what_came_twice_takes_no_room,
    a_large_trace_comes_in_windows,
);

/// Spans of a large trace in one segment, segments in one append, and appends.
const LARGE: (i32, i64, i64) = (5, 50, 40);

/// Segments of an answer in words, one after another.
async fn segments(store: &dyn Storage, trace_id: &str, max: usize) -> Result<Vec<SegmentSpec>> {
    let answer = Gather::whole(store.spans(), trace_id, max).await?;
    Ok(answer.parts.iter().flat_map(|part| read(&part.batch)).collect())
}

async fn ids(store: &dyn Storage, trace_id: &str, max: usize) -> Result<(Vec<String>, bool)> {
    let answer = Gather::whole(store.spans(), trace_id, max).await?;
    let segments = answer.parts.iter().flat_map(|part| read(&part.batch));
    Ok((segments.map(|segment| segment.segment_id).collect(), answer.truncated))
}

/// A segment that has something in every field.
fn full() -> SegmentSpec {
    segment("trace", "full")
        .of("shop", "shop-1")
        .resource("host", "a")
        .scope("lib")
        .size_limited()
        .with([
            entry("GET:/")
                .at(10)
                .lasting(90)
                .status(Status::Error, "late \u{1F422}")
                .linked(link("trace-0", "up", 3).parent("ui", "ui-1", "/home").address("shop:80"))
                .linked(
                    link("trace-9", "", 0).kind(LinkKind::Follows).span_id("c3").attribute("n", 1),
                )
                .event(20, "", &[("event", "error"), ("message", "no")])
                .event(21, "retry", &[])
                .tag("retries", 3),
            exit("select").layer(SpanLayer::Database).peer("db:3306").component(33).skipped(),
            local("work")
                .ids("b7", "a1")
                .w3c(1, "vendor=1")
                .tag("blob", ValueSpec::Bytes(vec![0, 255]))
                .tag("list", ValueSpec::Json("[1]".to_owned()))
                .tag("ratio", 0.5)
                .tag("is_hit", true),
        ])
}

async fn gives_back_every_field(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    store.spans().append(origin(0, 1), append([full()])).await?;
    assert_eq!(segments(store, "trace", 100).await?, [full()]);
    Ok(())
}

async fn an_unknown_trace_is_empty(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    assert_eq!(ids(store, "trace", 100).await?, (vec![], false), "in an empty store");
    store.spans().append(origin(0, 1), append([full()])).await?;
    for unknown in ["", "trac", "trace-2"] {
        assert_eq!(ids(store, unknown, 100).await?, (vec![], false), "{unknown}");
    }
    Ok(())
}

async fn ids_are_compared_byte_by_byte(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let traces = ["t", "T", "tt", "t\u{0}", "t ", "\u{fc}", "u\u{308}"];
    for (number, trace) in traces.iter().enumerate() {
        let one = segment(*trace, format!("s{number}")).with([entry("/")]);
        store.spans().append(origin(0, number as u64 + 1), append([one])).await?;
    }
    for (number, trace) in traces.iter().enumerate() {
        assert_eq!(ids(store, trace, 100).await?.0, [format!("s{number}")], "{trace:?}");
    }
    Ok(())
}

async fn segments_come_in_order_of_start(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let one = |id: &str, start| segment("t", id).with([entry("/").at(start)]);
    store.spans().append(origin(0, 1), append([one("c", 30), one("a", 10)])).await?;
    store.spans().append(origin(1, 1), append([one("d", 40)])).await?;
    store.spans().append(origin(0, 2), append([one("b", 20), one("e", 50)])).await?;
    assert_eq!(
        ids(store, "t", 100).await?,
        (["a", "b", "c", "d", "e"].map(String::from).to_vec(), false)
    );
    Ok(())
}

async fn parts_hold_nothing_but_the_trace(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let mixed = append([
        segment("other", "o1").with([entry("/secret"), local("a")]),
        segment("t", "s1").with([entry("/mine").tag("k", "v")]),
        segment("other", "o2").with([entry("/secret")]),
    ]);
    store.spans().append(origin(0, 1), mixed).await?;
    let answer = Gather::whole(store.spans(), "t", 100).await?;
    let wanted = [segment("t", "s1").with([entry("/mine").tag("k", "v")])];
    assert_eq!(answer.parts.iter().flat_map(|part| read(&part.batch)).collect::<Vec<_>>(), wanted);
    for part in &answer.parts {
        assert_eq!((part.batch.segments.len(), part.batch.spans.len()), (1, 1));
        let names: Vec<_> =
            part.batch.names.iter().map(|name| part.batch.text(name.text)).collect();
        assert!(!names.contains(&"/secret"), "{names:?}");
    }
    Ok(())
}

async fn entries_point_into_their_part(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let written = append([
        segment("other", "o1").with([entry("/other").at(5)]),
        segment("t", "s1").of("a", "a-1").with([
            local("first").at(10).lasting(7),
            entry("/named").at(12).lasting(MILLI).failed(),
        ]),
        segment("t", "s2").of("b", "b-1").with([local("only").at(20).lasting(1)]),
    ]);
    store.spans().append(origin(0, 1), written.clone()).await?;
    let answer = Gather::whole(store.spans(), "t", 100).await?;
    let mut expected = written.entries.iter().skip(1);
    let mut operations = ["/named", "only"].iter();
    for part in &answer.parts {
        for entry in &part.entries {
            let row = part.batch.segments.get(entry.segment as usize);
            assert!(row.is_some(), "an entry of a segment that is not in its part");
            let named = part.batch.spans.get(entry.endpoint_span as usize);
            let operation = named.map(|span| part.batch.name(span.operation));
            assert_eq!(operation, operations.next().copied());
            let as_written = expected.next().map(|written| crate::spi::SegmentEntry {
                segment: entry.segment,
                endpoint_span: entry.endpoint_span,
                ..*written
            });
            assert_eq!(Some(*entry), as_written);
        }
    }
    assert_eq!((expected.next(), operations.next()), (None, None), "an entry is missing");
    Ok(())
}

async fn segments_without_entry_are_not_there(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let all = append(["s0", "s1", "s2"].map(|id| segment("t", id).with([entry("/")])));
    let entries = all.entries.iter().copied().filter(|entry| entry.segment == 1).collect();
    store.spans().append(origin(0, 1), SpanAppend { entries, batch: all.batch.clone() }).await?;
    store.spans().append(origin(0, 2), SpanAppend { entries: vec![], batch: all.batch }).await?;
    assert_eq!(ids(store, "t", 100).await?.0, ["s1"]);
    assert_eq!(found(store, &any_segment()).await?, ["s1"]);
    Ok(())
}

async fn a_batch_twice_is_answered_once(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let written = append([full(), segment("trace", "next").with([entry("/").at(50)])]);
    store.spans().append(origin(0, 1), written.clone()).await?;
    store.spans().append(origin(0, 2), written.clone()).await?;
    store.spans().append(origin(1, 1), written.clone()).await?;
    let answered = segments(store, "trace", 100).await?;
    assert_eq!(answered, read(&written.batch));
    assert_eq!(found(store, &any_segment()).await?, ["next", "full"]);
    Ok(())
}

fn numbered(numbers: impl IntoIterator<Item = i32>) -> Vec<SpanSpec> {
    numbers.into_iter().map(|n| entry(format!("/{n}")).number(n).at(i64::from(n))).collect()
}

async fn more_spans_of_a_segment_join_it(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let first = segment("t", "s").with(numbered(0..3));
    let second = segment("t", "s").with(numbered(1..6));
    store.spans().append(origin(0, 1), append([first])).await?;
    store.spans().append(origin(1, 1), append([second])).await?;
    let answered = segments(store, "t", 100).await?;
    assert!(answered.iter().all(|part| part.segment_id == "s"));
    let mut numbers: Vec<_> =
        answered.iter().flat_map(|part| part.spans.iter().filter_map(|span| span.number)).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    Ok(())
}

async fn spans_with_own_ids_are_told_apart(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let one = |id: &str| segment("t", "s").with([local("work").number(0).ids(id, "")]);
    for (sequence, id) in ["a", "b", "a"].iter().enumerate() {
        store.spans().append(origin(0, sequence as u64 + 1), append([one(id)])).await?;
    }
    let answered = segments(store, "t", 100).await?;
    let mut ids: Vec<_> =
        answered.iter().flat_map(|part| &part.spans).map(|span| &span.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a", "b"]);
    Ok(())
}

async fn the_latest_segments_are_left_out_whole(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    // Three, two, four and one spans, in order of start; appended in another order.
    let one = |id: &str, start: i64, spans: usize| {
        segment("t", id).with((0..spans).map(|_| entry("/").at(start)))
    };
    store.spans().append(origin(0, 1), append([one("c", 30, 4), one("a", 10, 3)])).await?;
    store.spans().append(origin(0, 2), append([one("d", 40, 1), one("b", 20, 2)])).await?;
    let expected: [(usize, &[&str]); 10] = [
        (0, &["a"]),
        (1, &["a"]),
        (2, &["a"]),
        (3, &["a"]),
        (4, &["a"]),
        (5, &["a", "b"]),
        (8, &["a", "b"]),
        (9, &["a", "b", "c"]),
        (10, &["a", "b", "c", "d"]),
        (11, &["a", "b", "c", "d"]),
    ];
    for (max, wanted) in expected {
        let (answered, truncated) = ids(store, "t", max).await?;
        assert_eq!(answered, wanted, "at most {max} spans");
        assert_eq!(truncated, wanted.len() < 4, "at most {max} spans");
    }
    Ok(())
}

async fn what_came_twice_takes_no_room(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let written = append(["a", "b"].map(|id| segment("t", id).with(numbered(0..3))));
    for sequence in 1..=3 {
        store.spans().append(origin(0, sequence), written.clone()).await?;
    }
    let (answered, truncated) = ids(store, "t", 6).await?;
    assert_eq!((answered.len(), truncated), (2, false));
    Ok(())
}

async fn a_large_trace_comes_in_windows(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let (spans, segments, appends) = LARGE;
    for append_of in 0..appends {
        let of = |trace: &'static str| {
            (0..segments).map(move |n| {
                let start = append_of * segments + n;
                let spans = (0..spans).map(|number| {
                    let value = format!("{start}-{number} {}", "x".repeat(150));
                    entry("/").number(number).at(start).tag("text", value.as_str())
                });
                segment(trace, format!("{trace}-{start:06}")).with(spans)
            })
        };
        let both = append(of("large").chain(of("other")));
        store.spans().append(origin(0, append_of as u64 + 1), both).await?;
    }
    let (mut windows, mut found) = (Vec::new(), 0);
    let mut take = |window: SpanAppend| {
        assert!(read(&window.batch).iter().all(|segment| segment.trace_id == "large"));
        assert_eq!(window.entries.len(), window.batch.segments.len());
        windows.push(window.batch.memory());
        found += window.batch.spans.len();
        true
    };
    assert_eq!(store.spans().trace("large", &mut take).await?, Completeness::Complete);
    assert_eq!(found as i64, i64::from(spans) * segments * appends);
    assert!(windows.iter().all(|bytes| *bytes < 1 << 20), "{windows:?} bytes");
    let mut taken = 0;
    let mut take_one = |_: SpanAppend| {
        taken += 1;
        false
    };
    let _ = store.spans().trace("large", &mut take_one).await?;
    assert_eq!(taken, 1, "no more was wanted");
    let (answered, truncated) = ids(store, "large", 10).await?;
    assert_eq!((answered, truncated), (vec!["large-000000".into(), "large-000001".into()], true));
    Ok(())
}
