//! Which of many traces, tags and spans are shown.

use skytrail_query::Range;
use skytrail_query::search::{Chosen, TraceCondition};
use skytrail_query::trace::TraceState;
use skytrail_storage::Storage;
use skytrail_storage::contract::build::{MILLI, append, entry, segment};

use crate::shop::{Shop, at};
use crate::traces::huge;

fn all() -> TraceCondition {
    TraceCondition {
        range: Range { from: at(0).start_nanos(), to: at(20).start_nanos() },
        service: None,
        instance: None,
        endpoint: None,
        state: TraceState::All,
        min: None,
        max: None,
        tags: Vec::new(),
        keyword: None,
    }
}

#[tokio::test]
async fn where_points_are_too_many_the_slowest_and_the_failed_stay() {
    let shop = Shop::new();
    let traces = (0..400).map(|n: i64| {
        let took = if n == 7 { 900 } else { 10 + n % 5 };
        let span = entry("GET:/").at(at(0).start_nanos() + n * MILLI).lasting(took * MILLI);
        let span = if n == 3 { span.failed() } else { span };
        segment(format!("t{n}"), format!("s{n}")).of("web", "web-1").with([span])
    });
    let spans = append(traces.collect::<Vec<_>>());
    shop.storage.spans().append(shop.origin(), spans).await.unwrap();
    let scatter = shop.query.scatter(&shop.ctx, &all(), 20).await.unwrap();
    assert_eq!((scatter.trace_id.len(), scatter.more, scatter.complete), (20, true, true));
    let is_there = |id: &str| scatter.trace_id.iter().any(|one| one == id);
    assert!(is_there("t7") && is_there("t3"), "{:?}", scatter.trace_id);
    assert!(is_there("t399"), "the newest of the others");
    let every = shop.query.scatter(&shop.ctx, &all(), 400).await.unwrap();
    assert_eq!((every.trace_id.len(), every.more), (400, false));
}

#[tokio::test]
async fn tags_of_the_same_traces_are_one_row() {
    let shop = Shop::new();
    let traces = (0..20).map(|n: i64| {
        let is_slow = n < 6;
        let took = if is_slow { 500 } else { 5 };
        let mut span = entry("GET:/").at(at(n).start_nanos()).lasting(took * MILLI);
        if is_slow {
            span = span.tag("tenant", "northwind").tag("plan", "large");
        }
        // As often as the others, and yet not the same traces.
        if (2..8).contains(&n) {
            span = span.tag("shard", "3");
        }
        segment(format!("t{n}"), format!("s{n}")).of("web", "web-1").with([span])
    });
    let spans = append(traces.collect::<Vec<_>>());
    shop.storage.spans().append(shop.origin(), spans).await.unwrap();
    let chosen = Chosen::Box { range: all().range, min: 400.0, max: 600.0 };
    let compared = shop.query.compare_tags(&shop.ctx, &all(), &chosen).await.unwrap();
    assert_eq!((compared.chosen, compared.others), (6, 14));
    let rows: Vec<_> =
        compared.tags.iter().map(|tag| (tag.key.as_str(), tag.together.len())).collect();
    assert_eq!(rows, [("plan", 1), ("shard", 0)]);
    let tenant = ("tenant".to_owned(), "northwind".to_owned());
    assert_eq!(compared.tags[0].together, [tenant]);
}

#[tokio::test]
async fn a_trace_of_any_size_can_be_told_in_numbers() {
    let shop = Shop::new();
    huge(&shop, 20_000).await;
    let extent = shop.query.trace_extent(&shop.ctx, "huge").await.unwrap();
    assert_eq!((extent.spans, extent.complete), (20_000, true));
    assert!(extent.parts.len() <= 100 && extent.operations.len() <= 200);
    assert_eq!(extent.parts.iter().map(|part| part.spans).sum::<u64>(), 20_000);
}
