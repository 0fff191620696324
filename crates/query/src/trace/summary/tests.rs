use skytrail_storage::contract::build::{
    MILLI, SegmentSpec, append, entry, exit, link, local, segment,
};

use super::{Gathered, Share, TraceSummary};
use crate::trace::columns::Gathering;

fn summary(segments: Vec<SegmentSpec>) -> TraceSummary {
    let mut gathering = Gathering::new("t");
    assert!(gathering.add(&append(segments), &mut |_| true));
    Gathered { columns: gathering.finish(), is_partial: false }.summary()
}

fn share(name: &str, share: f64) -> Share {
    Share { name: name.to_owned(), share }
}

/// `web` takes 100 ms, 60 of them in two calls of `cart` one after the other, and 20 at the same
/// time in one of `stock`.
fn shop() -> Vec<SegmentSpec> {
    let span = |operation: &str, start: i64, took: i64| {
        local(operation).at((1_000 + start) * MILLI).lasting(took * MILLI)
    };
    let call = |operation: &str, start: i64, took: i64| {
        exit(operation).at((1_000 + start) * MILLI).lasting(took * MILLI)
    };
    let called = |id: &str, service: &str, by: i32, start: i64, took: i64| {
        segment("t", id).of(service, "one").with([entry("in")
            .at((1_000 + start) * MILLI)
            .lasting(took * MILLI)
            .linked(link("t", "a", by))])
    };
    vec![
        segment("t", "a").of("web", "one").with([
            entry("GET:/").at(1_000 * MILLI).lasting(100 * MILLI),
            call("cart", 10, 30),
            call("cart", 40, 30),
            call("stock", 45, 20),
            span("own", 90, 5).failed(),
        ]),
        called("b", "cart", 1, 10, 30),
        called("c", "cart", 2, 40, 30),
        called("d", "stock", 3, 45, 20),
    ]
}

#[test]
fn a_trace_is_told_in_a_few_words() {
    let summary = summary(shop());
    assert_eq!((summary.start, summary.duration), (1_000.0, 100.0));
    assert_eq!((summary.service.as_str(), summary.endpoint.as_str()), ("web", "GET:/"));
    assert_eq!(summary.service_id, "d2Vi.1");
    assert_eq!((summary.spans, summary.errors, summary.depth), (8, 1, 3));
    assert!(summary.error && !summary.partial);
}

#[test]
fn work_is_time_without_that_of_children_and_overlaps_count_once() {
    // web: 10 + 20 + 5 between its calls, and 5 in its own span.
    assert_eq!(
        summary(shop()).services,
        [share("cart", 60.0 / 120.0), share("web", 40.0 / 120.0), share("stock", 20.0 / 120.0)]
    );
}

#[test]
fn the_critical_path_leaves_out_what_nobody_waited_for() {
    assert_eq!(summary(shop()).critical, [share("cart", 0.6), share("web", 0.4)]);
}

#[test]
fn rings_and_children_that_outlive_their_parents_end() {
    let ring = |id: &str, by: &str| {
        segment("t", id)
            .of("ring", "one")
            .with([entry("in").lasting(MILLI).linked(link("t", by, 0))])
    };
    let told = summary(vec![ring("a", "b"), ring("b", "a")]);
    assert_eq!((told.spans, told.depth, told.critical.len()), (2, 0, 0));
    let late = vec![
        segment("t", "a").of("web", "one").with([entry("in").lasting(10 * MILLI)]),
        segment("t", "b")
            .of("job", "one")
            .with([entry("run").at(8 * MILLI).lasting(100 * MILLI).linked(link("t", "a", 0))]),
    ];
    let told = summary(late);
    assert_eq!(told.duration, 108.0);
    assert_eq!(told.critical, [share("web", 0.8), share("job", 0.2)]);
}
