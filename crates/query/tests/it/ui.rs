//! What the pages of the UI ask for.

use std::sync::Arc;

use skytrail_base::claim::{Memory, MemoryMetrics};
use skytrail_model::entity::Entity;
use skytrail_model::relation::DetectPoint;
use skytrail_query::overview::{Compare, Overview, Scene, Status};
use skytrail_query::topology::{MapScope, MapSearch};
use skytrail_query::{Ctx, Range};

use crate::shop::{RELATION, SERVICE, Shop, at, calls, service};
use crate::traces::{huge, largest};

#[tokio::test]
async fn a_trace_takes_little_more_than_its_columns() {
    let shop = Shop::new();
    huge(&shop, 20_000).await;
    let memory = Memory::new(24 << 20, MemoryMetrics::default());
    let ctx = largest(&memory).await;
    let trace = shop.query.trace_columns(&ctx, "huge").await.unwrap();
    assert_eq!((trace.len(), trace.missing.as_deref()), (20_000, None));
    assert!(memory.peak() < 100 * 20_000, "{}", memory.peak());
    assert!(memory.used() >= 42 * 20_000, "it is held until it is written");
    drop(ctx.take_kept());
    drop(ctx);
    assert_eq!(memory.used(), 0);
}

#[tokio::test]
async fn what_there_is_no_memory_for_is_left_out_and_told() {
    let shop = Shop::new();
    huge(&shop, 20_000).await;
    let memory = Memory::new(1 << 20, MemoryMetrics::default());
    let ctx = largest(&memory).await;
    let trace = shop.query.trace_columns(&ctx, "huge").await.unwrap();
    assert!((2_000..15_000).contains(&trace.len()), "{}", trace.len());
    assert!(trace.missing.unwrap().contains("query.memory") && ctx.is_incomplete());
    assert!(memory.peak() <= memory.most());
    drop((ctx.take_kept(), ctx));
    let small = Ctx::new(Arc::default(), None, memory.claim(None).await.unwrap());
    assert!(shop.query.trace_columns(&small, "huge").await.is_err() && small.is_short());
}

/// A shop in which `web` is called once a minute, so many minutes before `at(60)` on the day before
/// and in the last half hour, which takes the last calls so long.
async fn called(minutes: i64, latency: i64) -> Shop {
    let shop = Shop::new();
    shop.general("web").await;
    let web = Entity::Service(service("web"));
    for minute in 0..minutes {
        shop.metric(SERVICE, minute - 1_440, &web, &calls(10, 100)).await;
    }
    for minute in 30..60 {
        let latency = if minute < 50 { 100 } else { latency };
        shop.metric(SERVICE, minute, &web, &calls(10, latency)).await;
    }
    shop
}

async fn overview(shop: &Shop) -> Overview {
    let range = Range { from: at(30).start_nanos(), to: at(60).start_nanos() };
    let scene = Scene { range, compare: Compare::Previous, layer: None, group: None };
    shop.query.overview(&shop.ctx, &scene).await.unwrap()
}

#[tokio::test]
async fn what_is_slower_than_the_same_hour_on_other_days_is_told() {
    let page = overview(&called(60, 1_000).await).await;
    let web = &page.services[0];
    assert_eq!(web.status, Status::Failing);
    let reason = &web.reasons[0];
    assert_eq!(reason.rule, "latency-far-above-usual");
    assert_eq!(reason.since, Some(at(50).start_millis()));
    let band = web.lines.p99.usual.unwrap();
    assert!((95.0..105.0).contains(&band.median) && band.high < 130.0, "{band:?}");
    assert_eq!(web.lines.cpm.usual.unwrap().median, 10.0);
    assert!(page.edge.p99.now.unwrap() > 900.0 && page.complete);
}

#[tokio::test]
async fn nothing_is_unusual_where_little_is_known() {
    let page = overview(&called(29, 1_000).await).await;
    let web = &page.services[0];
    assert_eq!((web.status, web.lines.p99.usual), (Status::Ok, None));
    let well = overview(&called(60, 110).await).await;
    assert_eq!(well.services[0].status, Status::Ok, "{:?}", well.services[0].reasons);
    assert!(well.services[0].lines.p99.usual.is_some());
}

#[tokio::test]
async fn calls_to_an_address_count_for_the_service_that_it_is() {
    let shop = Shop::new();
    shop.general("web").await;
    shop.general("cart").await;
    shop.alias("10.0.0.1:80", "cart", "cart-1", 0).await;
    let (web, cart, address) = (service("web"), service("cart"), service("10.0.0.1:80"));
    shop.call(&web, &address, DetectPoint::Client, "HttpClient", 31).await;
    shop.call(&web, &cart, DetectPoint::Server, "Tomcat", 31).await;
    let relation = Entity::ServiceRelation { source: web.clone(), dest: address };
    shop.metric(RELATION, 31, &relation, &calls(30, 20)).await;
    let range = Range { from: at(30).start_nanos(), to: at(60).start_nanos() };
    let scene = Scene { range, compare: Compare::None, layer: None, group: None };
    let search = MapSearch { scene, scope: MapScope::Services, around: None, depth: 2 };
    let map = shop.query.map(&shop.ctx, &search).await.unwrap();
    let names: Vec<_> = map.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["cart", "web"]);
    assert_eq!(map.edges.len(), 1);
    let edge = &map.edges[0];
    assert_eq!(edge.components, ["HttpClient", "Tomcat"]);
    assert_eq!((edge.client.unwrap().cpm, edge.client.unwrap().average), (Some(1.0), Some(20.0)));
    assert_eq!((edge.server, edge.change), (None, None));
}

#[tokio::test]
async fn what_was_called_before_and_is_not_any_more_is_drawn_as_gone() {
    let shop = Shop::new();
    let (web, cart, stock) = (service("web"), service("cart"), service("stock"));
    shop.call(&web, &cart, DetectPoint::Server, "Tomcat", 31).await;
    shop.call(&web, &stock, DetectPoint::Server, "Tomcat", 10).await;
    for name in ["web", "cart", "stock"] {
        shop.general(name).await;
    }
    let range = Range { from: at(30).start_nanos(), to: at(60).start_nanos() };
    let gone = async |compare| {
        let scene = Scene { range, compare, layer: None, group: None };
        let search = MapSearch { scene, scope: MapScope::Services, around: None, depth: 2 };
        let map = shop.query.map(&shop.ctx, &search).await.unwrap();
        let gone = map.nodes.iter().filter(|node| node.change == Some("gone"));
        let gone: Vec<_> = gone.map(|node| node.name.clone()).collect();
        (gone, map.edges.iter().filter(|edge| edge.change == Some("gone")).count())
    };
    assert_eq!(gone(Compare::Previous).await, (vec!["stock".to_owned()], 1));
    assert_eq!(gone(Compare::None).await, (vec![], 0));
}
