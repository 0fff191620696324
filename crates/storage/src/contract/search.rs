//! Search for segments.

use skytrail_model::entity::Entity;

use super::build::{MILLI, SegmentSpec, append, entry, exit, local, segment};
use super::data::{any_segment, child, found, open, origin, pages, service_id};
use super::harness::{Check, Harness, Instance, checks};
use crate::error::Result;
use crate::spi::{Order, SegmentFilter, TagFilter, TraceState};

pub(super) const CHECKS: &[Check] = checks!("search":
    an_empty_store_answers_an_empty_page,
    the_newest_come_first,
    the_longest_come_first,
    ties_are_broken_by_segment_and_trace,
    times_are_inclusive,
    service_instance_and_endpoint_select,
    durations_are_inclusive,
    state_selects,
    trace_and_span_ids_select,
    any_attribute_of_any_span_selects,
    values_compare_as_they_are_shown,
    keywords_are_found_in_operations_and_statements,
    conditions_are_joined_by_and,
    pages_join_to_one,
    pages_join_to_one_over_appends,
    pages_do_not_shift_when_newer_segments_come,
    a_page_of_nothing_says_that_there_is_more,
    summaries_say_what_was_sent,
);

async fn an_empty_store_answers_an_empty_page(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    for order in [Order::Start, Order::Duration] {
        let filter = SegmentFilter { order, ..any_segment() };
        let page = opened.store().spans().search(&filter, None, 10).await?;
        assert!(page.segments.is_empty() && page.next.is_none() && page.complete);
    }
    Ok(())
}

/// Segments `a` to `f` of two services; each one differs from the others in
/// something that can be asked for.
async fn shop(harness: &dyn Harness) -> Result<Box<dyn Instance>> {
    let opened = open(harness).await?;
    let first = append([
        segment("t1", "a").of("shop", "shop-1").with([
            entry("GET:/orders").at(1_000).lasting(50 * MILLI).tag("http.status", 200),
            exit("Mysql/select").tag("db.statement", "SELECT * FROM Orders").at(1_100),
        ]),
        segment("t1", "b").of("stock", "stock-1").with([
            entry("/stock/reserve").at(2_000).lasting(20 * MILLI).failed().tag("http.status", 500),
            local("check").at(2_100).ids("0af7", "").tag("is_hit", true),
        ]),
        segment("t2", "c").of("shop", "shop-2").with([
            entry("POST:/orders").at(3_000).lasting(50 * MILLI).tag("user", "ann"),
            local("audit").at(3_100).tag("user", "bob").tag("note", ""),
        ]),
    ]);
    let second = append([
        segment("t3", "d").of("shop", "shop-1").with([entry("GET:/orders").at(4_000).lasting(0)]),
        segment("t4", "e")
            .of("stock", "stock-1")
            .with([local("nightly \u{dc}bung").at(5_000).lasting(MILLI).tag("sql", "from orders")]),
        segment("t5", "f").of("shop", "shop-2").with([entry("GET:/orders")
            .at(6_000)
            .lasting(70 * MILLI)
            .failed()
            .tag("user", "ann")]),
    ]);
    opened.store().spans().append(origin(0, 1), first).await?;
    opened.store().spans().append(origin(1, 1), second).await?;
    Ok(opened)
}

/// Asserts which segments a filter finds, newest first.
async fn expect(opened: &dyn Instance, filter: SegmentFilter, wanted: &str) -> Result<()> {
    let answered = found(opened.store(), &filter).await?.concat();
    assert_eq!(answered, wanted, "{filter:?}");
    Ok(())
}

async fn the_newest_come_first(harness: &dyn Harness) -> Result<()> {
    expect(&*shop(harness).await?, any_segment(), "fedcba").await
}

async fn the_longest_come_first(harness: &dyn Harness) -> Result<()> {
    let filter = SegmentFilter { order: Order::Duration, ..any_segment() };
    // The tie of a and c goes by id.
    expect(&*shop(harness).await?, filter, "facbed").await
}

async fn ties_are_broken_by_segment_and_trace(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let one = |trace: &str, id: &str| segment(trace, id).with([entry("/").at(7).lasting(7)]);
    store.spans().append(origin(0, 1), append([one("t2", "y"), one("t1", "z")])).await?;
    store.spans().append(origin(1, 1), append([one("t1", "y"), one("t3", "x")])).await?;
    store.spans().append(origin(0, 2), append([one("t3", "y"), one("t1", "x")])).await?;
    for order in [Order::Start, Order::Duration] {
        let filter = SegmentFilter { order, ..any_segment() };
        for limit in [1, 2, 3, 5, 6, 7] {
            let pages = pages(store, &filter, limit).await?;
            let ids: Vec<_> = pages
                .iter()
                .flat_map(|page| &page.segments)
                .map(|found| format!("{}{}", found.segment.segment_id, found.segment.trace_id))
                .collect();
            assert_eq!(ids, ["xt1", "xt3", "yt1", "yt2", "yt3", "zt1"], "{order:?}, {limit}");
        }
    }
    Ok(())
}

async fn times_are_inclusive(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    for (from, to, wanted) in [
        (2_000, 4_000, "dcb"),
        (2_001, 3_999, "c"),
        (4_000, 4_000, "d"),
        (4_001, 4_999, ""),
        (5_000, 2_000, ""),
        (i64::MIN, 1_000, "a"),
        (6_000, i64::MAX, "f"),
    ] {
        for (order, wanted) in [(Order::Start, wanted), (Order::Duration, wanted)] {
            let filter = SegmentFilter { from, to, order, ..any_segment() };
            let mut answered = found(opened.store(), &filter).await?;
            answered.sort_unstable_by(|a, b| b.cmp(a));
            assert_eq!(answered.concat(), wanted, "{filter:?}");
        }
    }
    Ok(())
}

async fn service_instance_and_endpoint_select(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    let service = |name: &str| Some(service_id(name));
    let instance = |of: &str, name: &str| Some(Entity::Instance(child(of, name)).id());
    let endpoint = |of: &str, name: &str| Some(Entity::Endpoint(child(of, name)).id());
    let all = any_segment;
    for (filter, wanted) in [
        (SegmentFilter { service: service("shop"), ..all() }, "fdca"),
        (SegmentFilter { service: service("nobody"), ..all() }, ""),
        (SegmentFilter { instance: instance("shop", "shop-2"), ..all() }, "fc"),
        (SegmentFilter { instance: instance("stock", "shop-2"), ..all() }, ""),
        (SegmentFilter { endpoint: endpoint("shop", "GET:/orders"), ..all() }, "fda"),
        (SegmentFilter { endpoint: endpoint("stock", "GET:/orders"), ..all() }, ""),
    ] {
        expect(&*opened, filter, wanted).await?;
    }
    Ok(())
}

async fn durations_are_inclusive(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    for (min, max, wanted) in [
        (Some(50 * MILLI), None, "fca"),
        (Some(50 * MILLI + 1), None, "f"),
        (None, Some(20 * MILLI), "edb"),
        (None, Some(20 * MILLI - 1), "ed"),
        (Some(MILLI), Some(20 * MILLI), "eb"),
        (None, Some(0), "d"),
        (Some(2), Some(1), ""),
    ] {
        let filter = SegmentFilter { min_duration: min, max_duration: max, ..any_segment() };
        expect(&*opened, filter, wanted).await?;
    }
    Ok(())
}

async fn state_selects(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    for (state, wanted) in
        [(TraceState::All, "fedcba"), (TraceState::Success, "edca"), (TraceState::Error, "fb")]
    {
        expect(&*opened, SegmentFilter { state, ..any_segment() }, wanted).await?;
    }
    Ok(())
}

async fn trace_and_span_ids_select(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    for (trace_id, span_id, wanted) in [
        (Some("t1"), None, "ba"),
        (Some("t"), None, ""),
        (Some(""), None, ""),
        (None, Some("c"), "c"),
        (None, Some("0af7"), "b"),
        (None, Some("0af"), ""),
        (None, Some(""), ""),
        (Some("t1"), Some("b"), "b"),
        (Some("t1"), Some("c"), ""),
    ] {
        let (trace_id, span_id) = (trace_id.map(String::from), span_id.map(String::from));
        expect(&*opened, SegmentFilter { trace_id, span_id, ..any_segment() }, wanted).await?;
    }
    Ok(())
}

fn tag(key: &str, value: Option<&str>) -> TagFilter {
    TagFilter { key: key.to_owned(), value: value.map(str::to_owned) }
}

async fn any_attribute_of_any_span_selects(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    for (tags, wanted) in [
        (vec![tag("user", None)], "fc"),
        (vec![tag("user", Some("ann"))], "fc"),
        (vec![tag("user", Some("bob"))], "c"),
        (vec![tag("user", Some("ann")), tag("user", Some("bob"))], "c"),
        (vec![tag("user", Some("ANN"))], ""),
        (vec![tag("User", None)], ""),
        (vec![tag("use", None)], ""),
        (vec![tag("note", None)], "c"),
        (vec![tag("note", Some(""))], "c"),
        (vec![tag("user", Some("an"))], ""),
        (vec![tag("nothing", None)], ""),
        (vec![tag("user", None), tag("nothing", None)], ""),
    ] {
        expect(&*opened, SegmentFilter { tags, ..any_segment() }, wanted).await?;
    }
    Ok(())
}

async fn values_compare_as_they_are_shown(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    for (key, value, wanted) in [
        ("http.status", "500", "b"),
        ("http.status", "0500", ""),
        ("is_hit", "true", "b"),
        ("is_hit", "1", ""),
    ] {
        let tags = vec![tag(key, Some(value))];
        expect(&*opened, SegmentFilter { tags, ..any_segment() }, wanted).await?;
    }
    Ok(())
}

async fn keywords_are_found_in_operations_and_statements(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    for (keyword, wanted) in [
        ("orders", "fdca"),
        ("ORDERS", "fdca"),
        ("from orders", "a"),
        ("Mysql", "a"),
        ("t:/o", "fdca"),
        ("\u{dc}bung", "e"),
        ("\u{fc}bung", ""),
        ("ann", ""),
        ("shop-1", ""),
        ("", "fedcba"),
    ] {
        let keyword = Some(keyword.to_owned());
        expect(&*opened, SegmentFilter { keyword, ..any_segment() }, wanted).await?;
    }
    Ok(())
}

async fn conditions_are_joined_by_and(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    let wide = SegmentFilter {
        service: Some(service_id("shop")),
        keyword: Some("orders".to_owned()),
        min_duration: Some(1),
        ..any_segment()
    };
    expect(&*opened, wide.clone(), "fca").await?;
    let narrower = SegmentFilter { tags: vec![tag("user", Some("ann"))], ..wide };
    expect(&*opened, narrower.clone(), "fc").await?;
    let narrowest = SegmentFilter { state: TraceState::Error, to: 5_999, ..narrower };
    expect(&*opened, narrowest, "").await
}

/// Starts and durations with many ties, spread over batches.
fn many(batch: i64) -> Vec<SegmentSpec> {
    let one = |n: i64| {
        let n = n + batch * 7;
        let span = entry("/").at(n % 5).lasting(n % 4);
        segment(format!("t{}", n % 3), format!("s{:02}", n % 19)).with([span])
    };
    (0..7).map(one).collect()
}

async fn pages_join_to_one(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    opened.store().spans().append(origin(0, 1), append((0..6).flat_map(many))).await?;
    walk(&*opened).await
}

async fn pages_join_to_one_over_appends(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    for batch in 0..6 {
        let shard = batch as u16 % 2;
        opened
            .store()
            .spans()
            .append(origin(shard, batch as u64 / 2 + 1), append(many(batch)))
            .await?;
    }
    walk(&*opened).await
}

/// Whatever the size of the pages, together they are the one large page.
async fn walk(opened: &dyn Instance) -> Result<()> {
    for order in [Order::Start, Order::Duration] {
        let filter = SegmentFilter { order, ..any_segment() };
        let whole = opened.store().spans().search(&filter, None, 1_000).await?;
        assert!(whole.next.is_none());
        let count = whole.segments.len();
        for limit in [1, 2, 3, 7, count - 1, count, count + 1] {
            let pages = pages(opened.store(), &filter, limit).await?;
            assert_eq!(pages.len(), count.div_ceil(limit), "{order:?}, pages of {limit}");
            let joined: Vec<_> = pages.into_iter().flat_map(|page| page.segments).collect();
            assert_eq!(joined, whole.segments, "{order:?}, pages of {limit}");
        }
    }
    Ok(())
}

async fn pages_do_not_shift_when_newer_segments_come(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    let spans = opened.store().spans();
    let first = spans.search(&any_segment(), None, 2).await?;
    let newer = segment("t9", "z").with([entry("/").at(9_000)]);
    spans.append(origin(0, 2), append([newer])).await?;
    let second = spans.search(&any_segment(), first.next.as_ref(), 2).await?;
    let ids: Vec<_> = second.segments.iter().map(|one| one.segment.segment_id.as_str()).collect();
    assert_eq!(ids, ["d", "c"]);
    Ok(())
}

async fn a_page_of_nothing_says_that_there_is_more(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    let spans = opened.store().spans();
    let page = spans.search(&any_segment(), None, 0).await?;
    assert!(page.segments.is_empty() && !page.complete, "{page:?}");
    let none = SegmentFilter { service: Some(service_id("nobody")), ..any_segment() };
    let page = spans.search(&none, None, 0).await?;
    assert!(page.segments.is_empty() && page.complete, "{page:?}");
    Ok(())
}

async fn summaries_say_what_was_sent(harness: &dyn Harness) -> Result<()> {
    let opened = shop(harness).await?;
    let filter = SegmentFilter { span_id: Some("b".to_owned()), ..any_segment() };
    let page = opened.store().spans().search(&filter, None, 10).await?;
    let one = page.segments.first();
    let names = one.map(|one| {
        [&one.segment.trace_id, &one.service_name, &one.instance_name, &one.endpoint_name]
            .map(String::as_str)
    });
    assert_eq!(names, Some(["t1", "stock", "stock-1", "/stock/reserve"]));
    let times = one.map(|one| (one.service, one.start, one.duration, one.is_error));
    assert_eq!(times, Some((service_id("stock"), 2_000, 20 * MILLI, true)));
    Ok(())
}
