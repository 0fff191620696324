//! What the pages of the UI ask for.

use std::sync::Arc;

use skytrail_base::claim::{Memory, MemoryMetrics};
use skytrail_model::entity::Entity;
use skytrail_model::id;
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::metric::TableId;
use skytrail_model::relation::DetectPoint;
use skytrail_query::overview::{Compare, Overview, Scene, Status};
use skytrail_query::topology::{MapScope, MapSearch};
use skytrail_query::trace::TracePart;
use skytrail_query::{Ctx, Range};

use crate::shop::{INSTANCE, RELATION, SERVICE, Shop, at, calls, child, conjectured, service};
use crate::traces::{huge, largest};

#[tokio::test]
async fn a_trace_takes_little_more_than_its_columns() {
    let shop = Shop::new();
    huge(&shop, 20_000).await;
    let memory = Memory::new(24 << 20, MemoryMetrics::default());
    let ctx = largest(&memory).await;
    let trace = shop.query.trace_columns(&ctx, "huge", &TracePart::default()).await.unwrap();
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
    let trace = shop.query.trace_columns(&ctx, "huge", &TracePart::default()).await.unwrap();
    assert!((2_000..15_000).contains(&trace.len()), "{}", trace.len());
    assert!(trace.missing.unwrap().contains("query.memory") && ctx.is_incomplete());
    assert!(memory.peak() <= memory.most());
    drop((ctx.take_kept(), ctx));
    let small = Ctx::new(Arc::default(), None, memory.claim(None).await.unwrap());
    assert!(
        shop.query.trace_columns(&small, "huge", &TracePart::default()).await.is_err()
            && small.is_short()
    );
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

/// Ten calls a minute of something: the same of yesterday, and in the last half hour, of which the
/// last ten minutes may differ.
async fn ten_a_minute(shop: &Shop, table: TableId, entity: &Entity, latency: i64, last: i64) {
    for minute in 0..60 {
        shop.metric(table, minute - 1_440, entity, &calls(10, latency)).await;
    }
    for minute in 30..60 {
        let latency = if minute < 50 { latency } else { last };
        shop.metric(table, minute, entity, &calls(10, latency)).await;
    }
}

#[tokio::test]
async fn who_is_slow_by_another_stands_behind_it_and_says_so() {
    let shop = Shop::new();
    let (web, stock, model) = (service("a web"), service("stock"), service("model"));
    for (one, latency, last) in [(&web, 100, 1_000), (&stock, 20, 900), (&model, 60, 60)] {
        shop.general(&one.name).await;
        ten_a_minute(&shop, SERVICE, &Entity::Service(one.clone()), latency, last).await;
    }
    for (dest, latency, last) in [(&stock, 22, 905), (&model, 70, 71)] {
        shop.call(&web, dest, DetectPoint::Client, "HttpClient", 55).await;
        let relation = Entity::ServiceRelation { source: web.clone(), dest: dest.clone() };
        ten_a_minute(&shop, RELATION, &relation, latency, last).await;
    }
    let page = overview(&shop).await;
    let names: Vec<_> = page.services.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["stock", "a web", "model"]);
    let because = page.services[1].reasons[0].because.as_ref().unwrap();
    assert_eq!((because.kind, because.name.as_str()), ("service", "stock"));
    assert!((0.95..=1.0).contains(&because.share), "{because:?}");
    assert_eq!(page.services[0].reasons[0].because, None);
    assert_eq!(page.services[2].status, Status::Ok);
}

#[tokio::test]
async fn a_service_comes_with_lines_of_its_parts_and_one_that_is_only_called_too() {
    let shop = Shop::new();
    shop.general("web").await;
    let instance = Entity::Instance(child("web", "web-1"));
    shop.know_with(instance.clone(), LayerSet::default(), &[("language", "nodejs")]).await;
    shop.metric(INSTANCE, 31, &instance, &calls(6, 20)).await;
    let database = conjectured("db:3306");
    shop.know(Entity::Service(database.clone()), LayerSet::of(Layer::VIRTUAL_DATABASE)).await;
    shop.call(&service("web"), &database, DetectPoint::Client, "mysql-connector-java", 31).await;
    let range = Range { from: at(30).start_nanos(), to: at(60).start_nanos() };
    let page = |id: String| {
        let shop = &shop;
        async move { shop.query.service_page(&shop.ctx, &id, &range).await.unwrap() }
    };
    let web = page(id::service_id(&service("web"))).await;
    assert_eq!((web.first, web.step), (at(30).start_millis(), 60_000));
    let row = &web.instances[0];
    let lines = row.lines.as_ref().unwrap();
    assert_eq!((lines.cpm.len(), lines.cpm[1], lines.cpm[2]), (30, Some(6.0), None));
    assert_eq!(row.language.as_deref(), Some("NODEJS"));
    assert_eq!((web.service.real, web.callees[0].name.as_str()), (true, "db:3306"));
    let database = page(id::service_id(&database)).await;
    let head = &database.service;
    assert_eq!((head.name.as_str(), head.r#type.as_str(), head.real), ("db:3306", "Mysql", false));
    assert_eq!(head.layers, ["VIRTUAL_DATABASE"]);
    assert_eq!(database.callers[0].name, "web");
    assert!(database.instances.is_empty());
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
