//! The traces of the fixed set, as the table of the module tells them.

use skytrail_proto::v3::{RefType, SegmentObject, SegmentReference, SpanLayer, SpanObject};

use super::scene::{Part, Scene};
use crate::recording::{Kind, fail, pair};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

const DATABASE: &str = "db.fixed:3306";
const CACHE: &str = "redis.fixed:6379";
const BROKER: &str = "kafka.fixed:9092";
const ORDERS_1: &str = "10.0.0.11:8080";
const ORDERS_2: &str = "10.0.0.12:8080";
const STOCK_1: &str = "10.0.0.21:9000";

const BUY: &str = "GET:/buy";
const ORDER: &str = "POST:/orders";

const HTTP_ENTRY: Kind = Kind::entry(SpanLayer::Http, 14);
const HTTP_EXIT: Kind = Kind::exit(SpanLayer::Http, 2);
const RPC_ENTRY: Kind = Kind::entry(SpanLayer::RpcFramework, 23);
const RPC_EXIT: Kind = Kind::exit(SpanLayer::RpcFramework, 23);
const SQL_EXIT: Kind = Kind::exit(SpanLayer::Database, 33);
const REDIS_EXIT: Kind = Kind::exit(SpanLayer::Cache, 30);
const KAFKA_EXIT: Kind = Kind::exit(SpanLayer::Mq, 40);
const KAFKA_ENTRY: Kind = Kind::entry(SpanLayer::Mq, 41);

/// The segments, in the order in which they are to be sent. `base` is the start of `M0` in Unix
/// milliseconds, a full minute; ids contain it, so that sets of different minutes do not meet.
pub fn segments(base: i64) -> Vec<SegmentObject> {
    let scene = &Scene { base };
    let mut segments = Vec::new();
    let first = quick(scene, &mut segments);
    let second = slow(scene, &mut segments);
    failed(scene, &mut segments);
    segments.push(batch(scene, vec![first, second]));
    rpc(scene, &mut segments);
    segments.push(skipped(scene));
    segments.push(outside(scene));
    segments.push(alone(scene, (6, 12), 1_000 - HOUR, 2_100));
    segments.push(alone(scene, (7, 13), 1_000 - DAY, 300));
    segments.push(alone(scene, (8, 14), 40_000, 500));
    segments
}

/// Trace 0; gives the reference that its message carries.
fn quick(scene: &Scene, segments: &mut Vec<SegmentObject>) -> SegmentReference {
    let (web, reference) = buy(scene, (0, 0), ORDERS_1, 1_000, 100, false);
    let mut orders = scene.segment(0, 1, "orders-1");
    let mut entry = orders.span(HTTP_ENTRY, ORDER, -1, 1_020, 60);
    entry.refs.push(reference);
    http(&mut entry, ORDERS_1, "/orders", "200");
    orders.add(entry);
    let local = orders.span(Kind::LOCAL, "OrderService.place", 0, 1_025, 50);
    orders.add(local);
    statement(&mut orders, 1, 1_030, 20);
    command(&mut orders, ("read", "GET"), 1, 1_052, 2);
    let message = message(&mut orders, 1, 1_060);

    let mut audit = scene.segment(0, 2, "orders-1");
    let mut root = audit.span(Kind::LOCAL, "Audit.run", -1, 1_070, 20);
    let mut reference = orders.reference(1, ORDER, "");
    reference.ref_type = RefType::CrossThread.into();
    root.refs.push(reference);
    audit.add(root);
    statement(&mut audit, 0, 1_072, 10);
    segments.extend([web, orders.finish(), audit.finish()]);
    message
}

/// Trace 1; gives the reference that its message carries.
fn slow(scene: &Scene, segments: &mut Vec<SegmentObject>) -> SegmentReference {
    let (web, reference) = buy(scene, (1, 3), ORDERS_2, 11_000, 400, false);
    let mut orders = scene.segment(1, 4, "orders-2");
    let mut entry = orders.span(HTTP_ENTRY, ORDER, -1, 11_020, 300);
    entry.refs.push(reference);
    http(&mut entry, ORDERS_2, "/orders", "200");
    orders.add(entry);
    statement(&mut orders, 0, 11_030, 250);
    command(&mut orders, ("write", "SET"), 0, 11_282, 25);
    let message = message(&mut orders, 0, 11_310);
    segments.extend([web, orders.finish()]);
    message
}

/// Trace 2.
fn failed(scene: &Scene, segments: &mut Vec<SegmentObject>) {
    let (web, reference) = buy(scene, (2, 5), ORDERS_1, 21_000, 200, true);
    let mut orders = scene.segment(2, 6, "orders-1");
    let mut entry = orders.span(HTTP_ENTRY, ORDER, -1, 21_020, 100);
    entry.refs.push(reference);
    entry.is_error = true;
    http(&mut entry, ORDERS_1, "/orders", "500");
    orders.add(entry);
    let mut sql = sql(&mut orders, 0, 21_030, 80);
    let end = sql.end_time;
    let message = "duplicate key 7 of purchase";
    let stack = "java.sql.SQLIntegrityConstraintViolationException: duplicate key 7 of purchase\n\
        at fixed.orders.OrderRepository.insert(OrderRepository.java:42)\n";
    fail(&mut sql, end, "java.sql.SQLIntegrityConstraintViolationException", message, stack);
    orders.add(sql);
    segments.extend([web, orders.finish()]);
}

/// web-1 asks an instance of orders; the exit starts 10 ms after the entry and ends 10 ms before.
fn buy(
    scene: &Scene,
    (trace, number): (i64, i64),
    address: &str,
    start: i64,
    time: i64,
    failed: bool,
) -> (SegmentObject, SegmentReference) {
    let status = if failed { "500" } else { "200" };
    let mut web = scene.segment(trace, number, "web-1");
    let mut entry = web.span(HTTP_ENTRY, BUY, -1, start, time);
    http(&mut entry, "shop.fixed", "/buy", status);
    entry.is_error = failed;
    web.add(entry);
    let mut exit = web.span(HTTP_EXIT, "/orders", 0, start + 10, time - 20);
    address.clone_into(&mut exit.peer);
    http(&mut exit, address, "/orders", status);
    exit.is_error = failed;
    web.add(exit);
    let reference = web.reference(1, BUY, address);
    (web.finish(), reference)
}

/// The consumer of traces 0 and 1.
fn batch(scene: &Scene, references: Vec<SegmentReference>) -> SegmentObject {
    let mut stock = scene.segment(0, 7, "stock-1");
    let mut entry = stock.span(KAFKA_ENTRY, "Kafka/orders/Consumer/stock", -1, 30_000, 40);
    entry.refs = references;
    topic(&mut entry);
    // Since the first of the messages was sent, at 1,062.
    entry.tags.push(pair("transmission.latency", "28938"));
    stock.add(entry);
    statement(&mut stock, 0, 30_010, 20);
    stock.finish()
}

/// Trace 3.
fn rpc(scene: &Scene, segments: &mut Vec<SegmentObject>) {
    let mut web = scene.segment(3, 8, "web-1");
    let mut entry = web.span(HTTP_ENTRY, "GET:/stock", -1, 65_000, 50);
    http(&mut entry, "shop.fixed", "/stock", "200");
    web.add(entry);
    let mut exit = web.span(RPC_EXIT, "Stock.Query", 0, 65_005, 40);
    STOCK_1.clone_into(&mut exit.peer);
    web.add(exit);

    let mut stock = scene.segment(3, 9, "stock-1");
    let mut entry = stock.span(RPC_ENTRY, "Stock.Query", -1, 65_010, 30);
    entry.refs.push(web.reference(1, "GET:/stock", STOCK_1));
    entry.tags.push(pair("rpc.status_code", "OK"));
    stock.add(entry);
    let mut logic = stock.span(Kind::LOCAL, "Stock.count", 0, 65_012, 20);
    logic.tags.push(pair("x-le", "{\"logic-span\":true}"));
    stock.add(logic);
    segments.extend([web.finish(), stock.finish()]);
}

/// Trace 4.
fn skipped(scene: &Scene) -> SegmentObject {
    let mut web = scene.segment(4, 10, "web-1");
    let mut entry = web.span(HTTP_ENTRY, "GET:/health", -1, 70_000, 10);
    http(&mut entry, "shop.fixed", "/health", "200");
    entry.skip_analysis = true;
    web.add(entry);
    web.finish()
}

/// Trace 5.
fn outside(scene: &Scene) -> SegmentObject {
    let mut web = scene.segment(5, 11, "web-1");
    let mut entry = web.span(HTTP_ENTRY, "GET:/pay", -1, 75_000, 600);
    http(&mut entry, "shop.fixed", "/pay", "200");
    web.add(entry);
    let mut exit = web.span(HTTP_EXIT, "/charges", 0, 75_010, 550);
    "pay.fixed:443".clone_into(&mut exit.peer);
    http(&mut exit, "pay.fixed:443", "/charges", "200");
    web.add(exit);
    web.finish()
}

/// A `GET:/buy` that calls nobody.
fn alone(scene: &Scene, (trace, number): (i64, i64), start: i64, time: i64) -> SegmentObject {
    let mut web = scene.segment(trace, number, "web-1");
    let mut entry = web.span(HTTP_ENTRY, BUY, -1, start, time);
    http(&mut entry, "shop.fixed", "/buy", "200");
    web.add(entry);
    web.finish()
}

fn http(span: &mut SpanObject, host: &str, path: &str, status: &str) {
    let method = if path == "/orders" || path == "/charges" { "POST" } else { "GET" };
    span.tags.push(pair("http.method", method));
    span.tags.push(pair("url", format!("http://{host}{path}")));
    span.tags.push(pair("http.status_code", status));
}

fn sql(part: &mut Part, parent: i32, start: i64, time: i64) -> SpanObject {
    let name = "Mysql/JDBC/PreparedStatement/executeUpdate";
    let mut span = part.span(SQL_EXIT, name, parent, start, time);
    DATABASE.clone_into(&mut span.peer);
    span.tags.push(pair("db.type", "Mysql"));
    span.tags.push(pair("db.instance", "fixed"));
    span.tags.push(pair("db.statement", "INSERT INTO purchase (id, total) VALUES (?, ?)"));
    span
}

fn statement(part: &mut Part, parent: i32, start: i64, time: i64) {
    let span = sql(part, parent, start, time);
    part.add(span);
}

fn command(
    part: &mut Part,
    (operation, command): (&str, &str),
    parent: i32,
    start: i64,
    time: i64,
) {
    let mut span = part.span(REDIS_EXIT, &format!("Redis/{command}"), parent, start, time);
    CACHE.clone_into(&mut span.peer);
    span.tags.push(pair("cache.type", "Redis"));
    span.tags.push(pair("cache.op", operation));
    span.tags.push(pair("cache.cmd", command));
    span.tags.push(pair("cache.key", "order:7"));
    part.add(span);
}

/// A message, sent within 2 ms; gives the reference that it carries.
fn message(part: &mut Part, parent: i32, start: i64) -> SegmentReference {
    let mut span = part.span(KAFKA_EXIT, "Kafka/orders/Producer", parent, start, 2);
    BROKER.clone_into(&mut span.peer);
    topic(&mut span);
    let reference = part.reference(span.span_id, ORDER, BROKER);
    part.add(span);
    reference
}

fn topic(span: &mut SpanObject) {
    span.tags.push(pair("mq.broker", BROKER));
    span.tags.push(pair("mq.topic", "orders"));
    span.tags.push(pair("mq.queue", "stock"));
}
