use skytrail_model::span::LinkKind;
use skytrail_storage::contract::build::{
    MILLI, SegmentSpec, append, consumer, entry, exit, link, local, segment,
};

use super::gathering::Gathering;
use super::{TraceColumns, TraceLinkKind, flag};

fn columns(windows: impl IntoIterator<Item = Vec<SegmentSpec>>) -> TraceColumns {
    let mut gathering = Gathering::new("t");
    for window in windows {
        assert!(gathering.add(&append(window), &mut |_| true));
    }
    gathering.finish()
}

/// Two services, the callee first, as stores may give them.
fn shop() -> Vec<Vec<SegmentSpec>> {
    let callee = segment("t", "b").of("cart", "cart-1").with([
        entry("cart/read")
            .at(14 * MILLI)
            .lasting(5 * MILLI + 500_000)
            .failed()
            .event(15 * MILLI, "", &[("error.kind", "Boom")])
            .linked(link("t", "a", 1)),
        local("parse").at(15 * MILLI).linked(link("t", "gone", 7)),
    ]);
    let caller = segment("t", "a").of("web", "web-1").with([
        entry("GET:/").at(12 * MILLI + 250_000).lasting(20 * MILLI).component(1),
        exit("cart/read").at(13 * MILLI).lasting(8 * MILLI).peer("cart:80").component(2),
    ]);
    vec![vec![callee], vec![caller]]
}

#[test]
fn spans_become_rows_in_the_order_of_segments_and_numbers() {
    let columns = columns(shop());
    assert_eq!((columns.len(), columns.base), (4, 12));
    assert_eq!(columns.segment, [0, 0, 1, 1]);
    assert_eq!(columns.number, [0, 1, 0, 1]);
    assert_eq!(columns.parent, [-1, 0, 1, -1]);
    assert_eq!(columns.start, [0.25, 1.0, 2.0, 3.0]);
    assert_eq!(columns.duration, [20.0, 8.0, 5.5, 0.0]);
    assert_eq!(columns.kind, [1, 2, 1, 0]);
    let operation = |row: usize| columns.operations.get(columns.operation[row] as usize);
    assert_eq!([0, 1, 2, 3].map(operation), ["GET:/", "cart/read", "cart/read", "parse"]);
    assert_eq!(columns.peer.iter().filter(|peer| **peer >= 0).count(), 1);
    let component = |row: usize| columns.components[columns.component[row] as usize];
    assert_eq!([component(0), component(1)], ["Tomcat", "HttpClient"]);
    assert_eq!(columns.component[2..], [-1, -1]);
    assert_eq!(columns.layers[columns.layer[0] as usize], "Http");
    let segments: Vec<_> = columns.segments.iter().collect();
    let named = |place: usize| {
        let one = segments[place];
        let (service, instance) = (one.service as usize, one.instance as usize);
        let id = columns.segment_ids.get(one.id as usize);
        (id, columns.services.get(service), columns.instances.get(instance))
    };
    assert_eq!(segments.len(), 2, "'gone' is named and not there");
    assert_eq!([named(0), named(1)], [("a", "web", "web-1"), ("b", "cart", "cart-1")]);
}

#[test]
fn flags_say_what_there_is_to_see() {
    let columns = columns(shop());
    let called = flag::ERROR | flag::EVENTS | flag::EXCEPTION | flag::CROSS_PROCESS;
    let lost = flag::ORPHAN | flag::CROSS_PROCESS;
    assert_eq!(columns.flags, [0, 0, called, lost]);
}

#[test]
fn what_came_twice_is_there_once() {
    let twice = shop().into_iter().chain(shop());
    let part = vec![segment("t", "a").of("web", "web-1").with([local("more").number(2)])];
    let columns = columns(twice.chain([part]));
    assert_eq!(columns.number, [0, 1, 2, 0, 1]);
    assert_eq!(columns.parent, [-1, 0, 0, 1, -1]);
    assert_eq!(columns.segments.len(), 2);
}

#[test]
fn segments_of_other_traces_are_none_of_it() {
    let other = vec![segment("u", "a").with([local("other")])];
    assert_eq!(columns(shop().into_iter().chain([other])).len(), 4);
}

#[test]
fn several_parents_are_links() {
    let one = |id: &str| vec![segment("t", id).with([exit("send").at(MILLI)])];
    let follows = |mut spec: skytrail_storage::contract::build::LinkSpec| {
        spec.kind = LinkKind::Follows;
        spec
    };
    let batch = vec![
        segment("t", "c").with([consumer("take")
            .at(2 * MILLI)
            .linked(link("t", "a", 0))
            .linked(link("elsewhere", "x", 3))
            .linked(link("t", "b", 0))
            .linked(follows(link("t", "a", 0)))]),
    ];
    let columns = columns([one("a"), one("b"), batch]);
    assert_eq!(columns.parent, [-1, -1, 1]);
    assert_eq!(columns.flags[2], flag::LINKS | flag::CROSS_PROCESS);
    let links: Vec<_> = columns
        .links
        .iter()
        .map(|link| {
            let segment = columns.segment_ids.get(link.segment as usize);
            (link.row, link.to, link.kind, link.trace_id.as_deref(), segment)
        })
        .collect();
    assert_eq!(
        links,
        [
            (2, 0, TraceLinkKind::Batch, None, "a"),
            (2, -1, TraceLinkKind::Batch, Some("elsewhere"), "x"),
            (2, 0, TraceLinkKind::Follows, None, "a"),
        ]
    );
}

#[test]
fn opaque_ids_find_their_parents() {
    let spans = vec![
        segment("t", "s2").with([local("c").number(0).under(-1).at(2 * MILLI).ids("cc", "bb")]),
        segment("t", "s1").with([
            local("a").number(0).under(-1).at(MILLI).ids("aa", ""),
            local("b").number(1).under(-1).at(MILLI).ids("bb", "aa"),
            local("d").number(2).under(-1).at(MILLI).ids("dd", "zz"),
            local("e").number(3).under(-1).at(MILLI).ids("ee", "ee"),
        ]),
    ];
    let columns = columns([spans]);
    assert_eq!(columns.parent, [-1, 0, -1, -1, 1]);
    let orphans = columns.flags.iter().map(|flags| flags & flag::ORPHAN != 0);
    assert_eq!(orphans.collect::<Vec<_>>(), [false, false, true, true, false]);
}

#[test]
fn two_hundred_thousand_spans_fit_a_request() {
    let mut gathering = Gathering::new("t");
    for n in 0..2_000 {
        let spans = (0..100).map(|_| exit("Mysql/JDBI/Statement/executeQuery").peer("db:3306"));
        let id = format!("0123456789abcdef0123456789abcdef.{n}.17000000000000000");
        assert!(gathering.add(&append([segment("t", id).with(spans)]), &mut |_| true));
    }
    let bytes = gathering.bytes();
    assert!(bytes < 14 << 20, "{bytes}");
    let columns = gathering.finish();
    assert_eq!((columns.len(), columns.len() * 42), (200_000, 8_400_000));
    assert!(columns.memory() < 9 << 20, "{}", columns.memory());
}
