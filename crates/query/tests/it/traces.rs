//! Segments, traces, tags and search.

use std::sync::Arc;

use skytrail_base::claim::{Memory, MemoryMetrics};
use skytrail_model::entity::Entity;
use skytrail_model::layer::LayerSet;
use skytrail_model::span::SpanLayer;
use skytrail_model::time::Downsampling;
use skytrail_query::search::SearchCondition;
use skytrail_query::trace::{QueryOrder, SpanTag, TraceQueryCondition, TraceState};
use skytrail_query::{Config, Ctx, ErrorKind, Pagination};
use skytrail_storage::contract::build::{MILLI, append, entry, exit, link, local, segment};
use skytrail_storage::memory;
use skytrail_storage::{NoLiveMetrics, Storage, TagKind, TagSighting};

use crate::shop::{Shop, at, child, minutes};

async fn shop() -> Shop {
    let shop = Shop::new();
    let start = |minute: i64| at(minute).start_nanos();
    let segments = [
        segment("t1", "t1-web").of("web", "web-1").with([
            entry("GET:/orders")
                .at(start(1))
                .lasting(100 * MILLI)
                .layer(SpanLayer::Http)
                .component(1)
                .tag("http.method", "GET"),
            exit("cart/read").at(start(1) + MILLI).lasting(50 * MILLI).peer("cart:80"),
        ]),
        segment("t1", "t1-cart").of("cart", "cart-1").with([entry("cart/read")
            .at(start(1) + 10 * MILLI)
            .lasting(20 * MILLI)
            .failed()
            .tag("db.statement", "SELECT * FROM carts")
            .linked(link("t1", "t1-web", 1))]),
        segment("t2", "t2-web").of("web", "web-1").with([entry("GET:/users")
            .at(start(2))
            .lasting(300 * MILLI)
            .event(start(2), "", &[("event", "error")])]),
    ];
    shop.storage.spans().append(shop.origin(), append(segments)).await.unwrap();
    shop
}

fn any() -> TraceQueryCondition {
    TraceQueryCondition {
        service_id: None,
        service_instance_id: None,
        trace_id: None,
        endpoint_id: None,
        query_duration: Some(minutes(0, 10)),
        min_trace_duration: None,
        max_trace_duration: None,
        trace_state: TraceState::All,
        query_order: QueryOrder::ByStartTime,
        tags: Vec::new(),
        paging: Pagination { page_num: None, page_size: 10 },
    }
}

async fn list(shop: &Shop, condition: TraceQueryCondition) -> Vec<String> {
    let brief = shop.query.query_basic_traces(&shop.ctx, &condition).await.unwrap();
    brief.traces.into_iter().map(|trace| trace.segment_id).collect()
}

#[tokio::test]
async fn segments_are_listed_in_order_and_by_conditions() {
    let shop = shop().await;
    assert_eq!(list(&shop, any()).await, ["t2-web", "t1-cart", "t1-web"]);
    let by_duration = TraceQueryCondition { query_order: QueryOrder::ByDuration, ..any() };
    assert_eq!(list(&shop, by_duration).await, ["t2-web", "t1-web", "t1-cart"]);
    let failed = TraceQueryCondition { trace_state: TraceState::Error, ..any() };
    assert_eq!(list(&shop, failed).await, ["t1-cart"]);
    let web = TraceQueryCondition { service_id: Some("d2Vi.1".to_owned()), ..any() };
    assert_eq!(list(&shop, web).await, ["t2-web", "t1-web"]);
    let long = TraceQueryCondition {
        min_trace_duration: Some(100),
        max_trace_duration: Some(100),
        ..any()
    };
    assert_eq!(list(&shop, long).await, ["t1-web"]);
    let tag = SpanTag { key: "http.method".to_owned(), value: Some("GET".to_owned()) };
    assert_eq!(list(&shop, TraceQueryCondition { tags: vec![tag], ..any() }).await, ["t1-web"]);
    let page = |page_num| Pagination { page_num: Some(page_num), page_size: 2 };
    let second = TraceQueryCondition { paging: page(2), ..any() };
    assert_eq!(list(&shop, second).await, ["t1-web"]);
    let far = TraceQueryCondition { paging: page(999_999), ..any() };
    let error = shop.query.query_basic_traces(&shop.ctx, &far).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn segments_are_named_by_the_group_of_their_endpoint() {
    let shop = shop().await;
    let endpoint = Entity::Endpoint(child("web", "GET:/orders/{id}"));
    let start = at(3).start_nanos();
    let segments = [7, 8].map(|n| {
        segment(format!("t{n}"), format!("t{n}-web")).of("web", "web-1").with([entry(format!(
            "GET:/orders/{n}"
        ))
        .at(start + n)
        .lasting(MILLI)])
    });
    let mut spans = append(segments);
    spans.entries[0].endpoint = endpoint.id();
    shop.storage.spans().append(shop.origin(), spans).await.unwrap();
    let named = |names: &mut dyn Iterator<Item = Vec<String>>| names.take(2).collect::<Vec<_>>();
    let sent = [["GET:/orders/8"], ["GET:/orders/7"]];
    let brief = shop.query.query_basic_traces(&shop.ctx, &any()).await.unwrap();
    assert_eq!(named(&mut brief.traces.into_iter().map(|one| one.endpoint_names)), sent);
    shop.know(endpoint, LayerSet::default()).await;
    let grouped = [["GET:/orders/8"], ["GET:/orders/{id}"]];
    let brief = shop.query.query_basic_traces(&shop.ctx, &any()).await.unwrap();
    assert_eq!(named(&mut brief.traces.into_iter().map(|one| one.endpoint_names)), grouped);
    let page = shop.query.search(&shop.ctx, &search()).await.unwrap();
    assert_eq!(named(&mut page.traces.into_iter().map(|one| one.trace.endpoint_names)), grouped);
}

#[tokio::test]
async fn whole_traces_share_one_limit() {
    let config = Config { max_trace_spans: 3, ..Config::default() };
    let shop = shop().await.limited(config);
    let list = shop.query.query_traces(&shop.ctx, &any()).await.unwrap();
    let spans: Vec<_> = list.traces.iter().map(|t| (t.spans.len(), t.truncated)).collect();
    assert_eq!(spans, [(1, false), (2, true)]);
    let shop = shop.limited(Config { max_trace_spans: 1, ..Config::default() });
    let list = shop.query.query_traces(&shop.ctx, &any()).await.unwrap();
    let spans: Vec<_> = list.traces.iter().map(|t| (t.spans.len(), t.truncated)).collect();
    assert_eq!(spans, [(1, false), (0, true)]);
    let one = shop.query.query_trace(&shop.ctx, "t1", None).await.unwrap();
    assert_eq!((one.spans.len(), one.truncated), (1, true));
}

#[tokio::test]
async fn a_trace_may_be_named_instead_of_a_range() {
    let shop = shop().await;
    let named =
        TraceQueryCondition { query_duration: None, trace_id: Some("t1".to_owned()), ..any() };
    assert_eq!(list(&shop, named).await, ["t1-cart", "t1-web"]);
    let nothing = TraceQueryCondition { query_duration: None, ..any() };
    let error = shop.query.query_basic_traces(&shop.ctx, &nothing).await.unwrap_err();
    assert!(error.message.contains("queryDuration or traceId"), "{error}");
}

#[tokio::test]
async fn a_trace_is_read_from_its_root() {
    let shop = shop().await;
    let trace = shop.query.query_trace(&shop.ctx, "t1", None).await.unwrap();
    let names: Vec<_> = trace
        .spans
        .iter()
        .map(|span| format!("{}:{}:{}", span.service_code, span.r#type, span.endpoint_name))
        .collect();
    assert_eq!(names, ["web:Entry:GET:/orders", "web:Exit:cart/read", "cart:Entry:cart/read"]);
    let root = trace.spans.get(0).unwrap();
    assert_eq!((root.component, root.layer), ("Tomcat", "Http"));
    assert_eq!(root.end_time - root.start_time, 100);
    assert_eq!(root.tags[0].key, "http.method");
    let cart = trace.spans.get(2).unwrap();
    assert!(cart.is_error);
    assert_eq!(cart.refs[0].parent_segment_id, "t1-web");
    assert_eq!(cart.refs[0].r#type.name(), "CROSS_PROCESS");
    assert_eq!(cart.component, "N/A");
    let none = shop.query.query_trace(&shop.ctx, "nothing", Some(&minutes(0, 1))).await.unwrap();
    assert!(none.spans.is_empty() && !none.truncated);
    let logged = shop.query.query_trace(&shop.ctx, "t2", None).await.unwrap();
    assert_eq!(logged.spans.get(0).unwrap().logs[0].data[0].value, "error");
}

#[tokio::test]
async fn whole_traces_are_paged_by_trace() {
    let shop = shop().await;
    let ids = |page_num, page_size| {
        let paging = Pagination { page_num: Some(page_num), page_size };
        let condition = TraceQueryCondition { paging, ..any() };
        let shop = &shop;
        async move {
            let list = shop.query.query_traces(&shop.ctx, &condition).await.unwrap();
            assert_eq!(list.retrieved_time_range.start_time, at(0).start_millis());
            let ids = list.traces.iter().map(|trace| trace.spans.get(0).unwrap().trace_id);
            (ids.collect::<Vec<_>>(), list.traces)
        }
    };
    let (both, traces) = ids(1, 10).await;
    assert_eq!(both, ["t2", "t1"]);
    assert_eq!(traces[1].spans.len(), 3, "with spans of segments that are not named");
    assert_eq!(ids(2, 1).await.0, ["t1"]);
    assert!(shop.query.has_query_traces_v2_support());
}

#[tokio::test]
async fn tags_complete_by_day() {
    let shop = Shop::new();
    let day = shop.query.zone().bucket(Downsampling::Day, at(0));
    let sighting = |key: &str, value: &str| TagSighting {
        kind: TagKind::Trace,
        key: key.to_owned(),
        value: value.to_owned(),
        day,
    };
    let seen =
        vec![sighting("http.method", "GET"), sighting("http.method", "PUT"), sighting("x", "1")];
    shop.storage.tags().upsert(shop.origin(), seen).await.unwrap();
    let (query, ctx, range) = (&shop.query, &shop.ctx, minutes(5, 6));
    let keys = query.query_trace_tag_autocomplete_keys(ctx, &range).await.unwrap();
    assert_eq!(keys, ["http.method", "x"]);
    let values = query.query_trace_tag_autocomplete_values(ctx, "http.method", &range).await;
    assert_eq!(values.unwrap(), ["GET", "PUT"]);
}

fn search() -> SearchCondition {
    SearchCondition {
        duration: Some(minutes(0, 10)),
        service_id: None,
        service_instance_id: None,
        endpoint_id: None,
        trace_id: None,
        span_id: None,
        tags: Vec::new(),
        keyword: None,
        min_duration: None,
        max_duration: None,
        state: TraceState::All,
        order: QueryOrder::ByStartTime,
        limit: 10,
        cursor: None,
    }
}

#[tokio::test]
async fn search_needs_no_service_and_goes_on_behind_its_cursor() {
    let shop = shop().await;
    let find = |condition: SearchCondition| {
        let shop = &shop;
        async move {
            let page = shop.query.search(&shop.ctx, &condition).await.unwrap();
            let ids = page.traces.iter().map(|found| found.trace.segment_id.clone());
            (ids.collect::<Vec<_>>(), page.next, page.complete)
        }
    };
    let keyword = SearchCondition { keyword: Some("from CARTS".to_owned()), ..search() };
    assert_eq!(find(keyword).await.0, ["t1-cart"]);
    let by_segment =
        SearchCondition { duration: None, span_id: Some("t2-web".to_owned()), ..search() };
    assert_eq!(find(by_segment).await.0, ["t2-web"]);
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let (ids, next, complete) =
            find(SearchCondition { limit: 1, cursor: cursor.take(), ..search() }).await;
        assert!(complete);
        seen.extend(ids);
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ["t2-web", "t1-cart", "t1-web"]);
    let bad = SearchCondition { cursor: Some("yesterday".to_owned()), ..search() };
    assert!(shop.query.search(&shop.ctx, &bad).await.is_err());
    let many = SearchCondition { limit: 5000, ..search() };
    assert!(shop.query.search(&shop.ctx, &many).await.is_err());
}

/// A trace of so many spans, in segments of ten whose starts have no order.
pub(crate) async fn huge(shop: &Shop, spans: i64) {
    for batch in 0..spans / 1_000 {
        let segments = (0..100).map(|n| {
            let number = batch * 100 + n;
            let start = number * 7_919 % (spans / 10);
            let one = |span: i32| {
                let url = format!("http://shop/{number}/{span}");
                local("work").number(span).under(span - 1).at(start).tag("url", url.as_str())
            };
            segment("huge", format!("{start:08}")).with((0..10).map(one))
        });
        shop.storage.spans().append(shop.origin(), append(segments)).await.unwrap();
    }
}

#[tokio::test]
async fn of_a_trace_of_200000_spans_no_more_is_held_than_a_request_may_have() {
    let store = memory::Config { max_bytes: 512 << 20, ..memory::Config::default() };
    let shop = Shop::within(store, "UTC", Arc::new(NoLiveMetrics));
    let shop = shop.limited(Config { max_trace_spans: 10_000, ..Config::default() });
    huge(&shop, 200_000).await;
    let memory = Memory::new(24 << 20, MemoryMetrics::default());
    let claim = memory.claim(None).await.unwrap();
    let mut asked = 0;
    let (trace, ctx) = loop {
        asked += 1;
        let ctx = Ctx::new(Arc::default(), None, claim.clone());
        match shop.query.query_trace(&ctx, "huge", None).await {
            Err(_) if ctx.is_short() => claim.enlarge(None).await.unwrap(),
            answer => break (answer.unwrap(), ctx),
        }
    };
    assert_eq!((asked, trace.spans.len(), trace.truncated), (3, 10_000, true));
    let last = trace.spans.get(9_999).unwrap();
    assert_eq!((last.segment_id.as_str(), last.span_id), ("00000999", 9), "the earliest are kept");
    assert!(memory.peak() < 10 << 20, "{} bytes", memory.peak());
    drop(ctx);
    assert_eq!(memory.used(), 0);
}

/// All that one request may have of so much memory.
pub(crate) async fn largest(memory: &Memory) -> Ctx {
    let claim = memory.claim(None).await.unwrap();
    while !claim.is_largest() {
        claim.enlarge(None).await.unwrap();
    }
    Ctx::new(Arc::default(), None, claim)
}

/// So many traces of a segment each, whose span takes so many bytes.
async fn heavy(shop: &Shop, traces: i64, bytes: usize) {
    for n in 0..traces {
        let start = at(0).start_nanos() + n;
        let text = "x".repeat(bytes);
        let span = entry("GET:/orders").at(start).lasting(MILLI).tag("sql", text.as_str());
        let one = segment(format!("t{n}"), format!("t{n}-web")).of("web", "web-1").with([span]);
        shop.storage.spans().append(shop.origin(), append([one])).await.unwrap();
    }
}

#[tokio::test]
async fn of_traces_that_do_not_all_fit_the_first_are_answered() {
    let shop = Shop::new();
    heavy(&shop, 40, 50_000).await;
    let memory = Memory::new(1 << 20, MemoryMetrics::default());
    let ctx = largest(&memory).await;
    let paging = Pagination { page_num: None, page_size: 40 };
    let list = shop.query.query_traces(&ctx, &TraceQueryCondition { paging, ..any() }).await;
    let traces = list.unwrap().traces;
    let whole = traces.iter().take_while(|trace| !trace.truncated).count();
    assert!((4..16).contains(&whole), "{whole}");
    assert!(traces[whole..].iter().all(|trace| trace.truncated && trace.spans.is_empty()));
    assert!(traces.len() == 40 && ctx.is_incomplete());
    assert!(ctx.memory().left() > memory.most() / 3, "what is left is for the answer");
    assert!(memory.peak() <= memory.most());
}

#[tokio::test]
async fn a_trace_whose_first_segment_is_too_large_has_no_spans() {
    let shop = Shop::new();
    heavy(&shop, 1, 900_000).await;
    let memory = Memory::new(1 << 20, MemoryMetrics::default());
    let ctx = largest(&memory).await;
    let trace = shop.query.query_trace(&ctx, "t0", None).await.unwrap();
    assert!(trace.spans.is_empty() && trace.truncated && ctx.is_incomplete());
    assert_eq!(memory.used(), 0);
}

#[tokio::test]
async fn what_puts_a_trace_in_order_counts_beside_its_spans() {
    let shop = shop().await;
    huge(&shop, 10_000).await;
    let memory = Memory::new(24 << 20, MemoryMetrics::default());
    let ctx = largest(&memory).await;
    let trace = shop.query.query_trace(&ctx, "huge", None).await.unwrap();
    assert_eq!(trace.spans.len(), 10_000);
    assert!(memory.peak() > memory.used() + 150 * 10_000, "{}", memory.peak());
}

#[tokio::test]
async fn a_trace_that_does_not_fit_is_answered_in_part() {
    let shop = shop().await;
    huge(&shop, 20_000).await;
    let memory = Memory::new(1 << 20, MemoryMetrics::default());
    let ctx = largest(&memory).await;
    let trace = shop.query.query_trace(&ctx, "huge", None).await.unwrap();
    assert!(trace.truncated && ctx.is_incomplete());
    assert!((100..2_000).contains(&trace.spans.len()), "{}", trace.spans.len());
    assert!(memory.peak() <= memory.most());
    let small = shop.query.query_trace(&ctx.question(), "t1", None).await.unwrap();
    assert_eq!((small.spans.len(), small.truncated), (3, false));
}
