//! A shop of two services, a database and a web page, ten minutes of it kept in memory.
//!
//! `page` calls nothing that is kept; `shop` calls `stock` and `shop-db:3306`. Minutes 0 to 9 of
//! the shop are 09:00 to 09:09 on 2026-11-22 in Delhi.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt;
use skytrail_base::clock::ManualClock;
use skytrail_model::entity::{ChildRef, Entity, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::metric::{
    Catalogue, Cell, Column, ColumnId, Formula, Histogram, Merge, Metric, MetricBlock, Row, Table,
    TableId,
};
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::span::SpanLayer;
use skytrail_model::template::UiTemplate;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_query::{Config, Deps, Query};
use skytrail_storage::contract::build::{MILLI, append, entry, exit, link, segment};
use skytrail_storage::memory::{Config as MemoryConfig, MemoryStorage};
use skytrail_storage::{NoLiveMetrics, Origin, SpanAppend, Storage, TagKind, TagSighting};

/// 09:00 in Delhi.
const START: Minute = Minute(29_921_970);

const TOMCAT: i32 = 1;
const HTTP_CLIENT: i32 = 2;
const MYSQL: i32 = 33;

const DATABASE: &str = "shop-db:3306";

fn service(name: &str) -> ServiceRef {
    ServiceRef { name: name.to_owned(), normal: name != DATABASE }
}

fn child(of: &str, name: &str) -> ChildRef {
    ChildRef { service: service(of), name: name.to_owned() }
}

fn metric(name: &str, table: u16, formula: Formula) -> Metric {
    Metric { name: name.to_owned(), table: TableId(table), formula, has_layer_attribute: true }
}

fn catalogue() -> Arc<Catalogue> {
    let [count, sum, matched, histogram, buckets] = [0, 1, 2, 3, 4].map(ColumnId);
    let column = |name: &str, merge| Column { name: name.to_owned(), merge };
    let columns = vec![
        column("count[]", Merge::Sum),
        column("sum(latency)", Merge::Sum),
        column("count[status == true]", Merge::Sum),
        column("histogram(latency)", Merge::Histogram),
        column("buckets(latency)", Merge::Labels),
    ];
    let table =
        |name: &str, scope| Table { name: name.to_owned(), scope, columns: columns.clone() };
    let tables = vec![
        table("Service", Scope::Service),
        table("ServiceInstance", Scope::ServiceInstance),
        table("Endpoint", Scope::Endpoint),
    ];
    let metrics = vec![
        metric("service_cpm", 0, Formula::PerMinute { total: count }),
        metric("service_resp_time", 0, Formula::Average { sum, count, divisor: 1000 }),
        metric("service_sla", 0, Formula::Percent { total: count, matched }),
        metric("service_percentile", 0, Formula::Percentile { histogram, divisor: 1000 }),
        metric("service_heatmap", 0, Formula::Buckets { counts: buckets }),
        metric("service_instance_cpm", 1, Formula::PerMinute { total: count }),
        metric("endpoint_cpm", 2, Formula::PerMinute { total: count }),
    ];
    Arc::new(Catalogue::new(tables, metrics))
}

/// Questions about the shop.
pub(crate) fn query() -> Arc<Query> {
    let zone = Zone::parse("+0530").expect("zone");
    let catalogue = catalogue();
    let storage = MemoryStorage::new(MemoryConfig::default(), zone.clone(), Arc::clone(&catalogue));
    fill(&storage, &catalogue, &zone).now_or_never().expect("memory does not wait");
    Arc::new(Query::new(Deps {
        storage: Arc::new(storage),
        live: Arc::new(NoLiveMetrics),
        catalogue,
        zone,
        clock: ManualClock::at(START.plus(10).start_nanos()),
        config: Config::default(),
    }))
}

async fn fill(storage: &dyn Storage, catalogue: &Catalogue, zone: &Zone) {
    let mut sequence = 0;
    let mut origin = || {
        sequence += 1;
        Origin { shard: 0, sequence }
    };
    storage.entities().upsert(origin(), entities()).await.expect("entities");
    storage.metrics().append(origin(), blocks(catalogue)).await.expect("metrics");
    storage.relations().append(origin(), relations()).await.expect("relations");
    for spans in traces() {
        storage.spans().append(origin(), spans).await.expect("spans");
    }
    storage.records().append(origin(), vec![slow_statement()]).await.expect("records");
    storage.tags().upsert(origin(), tags(zone)).await.expect("tags");
    let template = UiTemplate {
        id: "General-Root".to_owned(),
        configuration: r#"{"name":"General-Root"}"#.to_owned(),
        disabled: false,
        updated_at: 0,
    };
    storage.templates().put(template).await.expect("template");
}

fn seen(entity: Entity, layer: Option<Layer>) -> EntityRecord {
    EntityRecord {
        entity,
        layers: layer.map(LayerSet::of).unwrap_or_default(),
        first_seen: START,
        last_seen: START.plus(9),
        properties: Vec::new(),
    }
}

fn entities() -> Vec<EntityRecord> {
    let mut records = vec![
        seen(Entity::Service(service("shop")), Some(Layer::GENERAL)),
        seen(Entity::Service(service("stock")), Some(Layer::GENERAL)),
        seen(Entity::Service(service("page")), Some(Layer::BROWSER)),
        seen(Entity::Service(service(DATABASE)), Some(Layer::VIRTUAL_DATABASE)),
        seen(Entity::Instance(child("shop", "shop-1")), None),
        seen(Entity::Instance(child("stock", "stock-1")), None),
        seen(Entity::Endpoint(child("shop", "GET:/orders")), None),
        seen(Entity::Endpoint(child("stock", "GET:/items")), None),
    ];
    let properties = [("language", "java"), ("OS Name", "Linux")];
    let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
    records[4].properties = properties.to_vec();
    records.extend(edges().into_iter().map(|(entity, ..)| seen(entity, None)));
    records
}

/// Every relation with the component that each side reported.
fn edges() -> Vec<(Entity, i32, Option<i32>)> {
    let (source, dest) = (service("shop"), service("stock"));
    vec![
        (Entity::ServiceRelation { source, dest }, HTTP_CLIENT, Some(TOMCAT)),
        (Entity::ServiceRelation { source: service("shop"), dest: service(DATABASE) }, MYSQL, None),
        (
            Entity::InstanceRelation {
                source: child("shop", "shop-1"),
                dest: child("stock", "stock-1"),
            },
            HTTP_CLIENT,
            Some(TOMCAT),
        ),
        (
            Entity::EndpointRelation {
                source: child("shop", "GET:/orders"),
                dest: child("stock", "GET:/items"),
            },
            HTTP_CLIENT,
            Some(TOMCAT),
        ),
    ]
}

fn relations() -> Vec<RelationRow> {
    let mut rows = Vec::new();
    for (entity, client, server) in edges() {
        let (source, dest) = entity.ends().expect("a relation");
        let row = |side, component| RelationRow {
            minute: START,
            scope: entity.scope(),
            relation: entity.id(),
            source: source.id(),
            dest: dest.id(),
            source_service: source.service().id(),
            dest_service: dest.service().id(),
            side,
            component,
        };
        rows.push(row(DetectPoint::Client, client));
        rows.extend(server.map(|component| row(DetectPoint::Server, component)));
    }
    rows
}

/// The row of a minute in which calls took so many milliseconds, the first of them failing.
fn measured(latencies: &[i64]) -> Row {
    let mut histogram = Histogram::default();
    let mut buckets = BTreeMap::new();
    for latency in latencies {
        histogram.add(latency * 1000);
        *buckets.entry((latency / 100 * 100).to_string()).or_default() += 1;
    }
    let count = latencies.len() as i64;
    let cells = vec![
        Cell::Int(count),
        Cell::Int(latencies.iter().sum::<i64>() * 1000),
        Cell::Int(count - 1),
        Cell::Histogram(histogram),
        Cell::Labels(buckets),
    ];
    Row { cells }
}

/// Minutes 0 and 1 of the shop, minute 1 of the stock.
fn blocks(catalogue: &Catalogue) -> Vec<MetricBlock> {
    let entities = |name: &str, instance: &str, endpoint: &str| {
        [
            Entity::Service(service(name)),
            Entity::Instance(child(name, instance)),
            Entity::Endpoint(child(name, endpoint)),
        ]
    };
    let mut blocks = Vec::new();
    for minute in [0, 1] {
        for (table, shop) in (0..).zip(entities("shop", "shop-1", "GET:/orders")) {
            let id = TableId(table);
            let schema = catalogue.table(id).expect("table");
            let mut block = MetricBlock::empty(id, schema, START.plus(minute));
            let latencies: &[i64] = if minute == 0 { &[10, 30] } else { &[20, 120, 240] };
            block.push(shop.id(), &measured(latencies));
            if minute == 1 {
                let [stock, instance, endpoint] = entities("stock", "stock-1", "GET:/items");
                let stock = [stock, instance, endpoint][usize::from(table)].id();
                block.push(stock, &measured(&[5]));
            }
            blocks.push(block);
        }
    }
    blocks
}

fn at(minute: i64) -> i64 {
    START.plus(minute).start_nanos()
}

/// One trace over shop, stock and database, and one that failed in the shop.
fn traces() -> Vec<SpanAppend> {
    let orders = "GET:/orders";
    let first = segment("trace-1", "segment-1").of("shop", "shop-1").with([
        entry(orders)
            .at(at(0))
            .lasting(30 * MILLI)
            .component(TOMCAT)
            .tag("http.method", "GET")
            .event(at(0) + MILLI, "", &[("event", "cache miss")]),
        exit("/items").at(at(0) + MILLI).lasting(8 * MILLI).component(HTTP_CLIENT).peer("stock:80"),
        exit("Mysql/query")
            .at(at(0) + 10 * MILLI)
            .lasting(15 * MILLI)
            .component(MYSQL)
            .layer(SpanLayer::Database)
            .peer(DATABASE)
            .tag("db.statement", "select * from orders"),
    ]);
    let second = segment("trace-1", "segment-2").of("stock", "stock-1").with([entry("GET:/items")
        .at(at(0) + 3 * MILLI)
        .lasting(5 * MILLI)
        .component(TOMCAT)
        .linked(link("trace-1", "segment-1", 1).parent("shop", "shop-1", orders))]);
    let failed = segment("trace-2", "segment-3").of("shop", "shop-1").with([entry(orders)
        .at(at(1))
        .lasting(240 * MILLI)
        .component(TOMCAT)
        .tag("http.method", "POST")
        .failed()]);
    vec![append([first, second]), append([failed])]
}

fn slow_statement() -> TopRecord {
    TopRecord {
        stream: TopStream::DatabaseStatement,
        entity: service(DATABASE).id(),
        id: "segment-1-2".to_owned(),
        statement: "select * from orders".to_owned(),
        trace_id: "trace-1".to_owned(),
        latency_ms: 15,
        time: at(0) + 10 * MILLI,
    }
}

fn tags(zone: &Zone) -> Vec<TagSighting> {
    let day = zone.bucket(Downsampling::Day, START);
    let pairs = [("http.method", "GET"), ("http.method", "POST"), ("status_code", "200")];
    let sighting = |(key, value): (&str, &str)| TagSighting {
        kind: TagKind::Trace,
        key: key.to_owned(),
        value: value.to_owned(),
        day,
    };
    pairs.map(sighting).to_vec()
}
