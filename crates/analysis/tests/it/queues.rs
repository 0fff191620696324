//! Message queues, as their producers and consumers see them.

use skytrail_model::scope::Scope;
use skytrail_model::span::SpanLayer;
use skytrail_storage::contract::build::{SpanSpec, entry, exit, link, local, segment};

use crate::world::{MILLI, SECOND, START, World, world};

fn feed(world: &mut World, spans: impl IntoIterator<Item = SpanSpec>) {
    world.feed([segment("t", "s").of("shop", "shop-1").with(spans)]);
}

fn consume(latency: &str) -> SpanSpec {
    entry("Kafka/orders/Consumer")
        .layer(SpanLayer::Mq)
        .at(START + SECOND)
        .lasting(MILLI)
        .tag("mq.topic", "orders")
        .tag("mq.queue", "q1")
        .tag("transmission.latency", latency)
}

#[test]
fn both_ends_of_a_queue_count_by_service_and_by_topic() {
    let mut world = world();
    let from = link("t", "p", 1).parent("web", "web-1", "/home").address("kafka:9092");
    feed(
        &mut world,
        [
            consume("30").linked(from.clone()),
            consume("50").linked(from).failed(),
            consume("70").peer("kafka:9092"),
            exit("send")
                .layer(SpanLayer::Mq)
                .peer("kafka:9092")
                .at(START)
                .tag("mq.topic", "orders"),
            exit("send").layer(SpanLayer::Mq).peer("kafka:9092").at(START),
            local("batch").layer(SpanLayer::Mq).peer("kafka:9092").at(START),
            consume("10"),
        ],
    );
    world.expect(
        START,
        "
        mq_service_consume_cpm      ~kafka:9092           = 3
        mq_service_consume_sla      ~kafka:9092           = 6666
        mq_service_consume_latency  ~kafka:9092           = 50
        mq_service_consume_percentile ~kafka:9092         = p50:50 p75:50 p90:70 p95:70 p99:70
        mq_service_produce_cpm      ~kafka:9092           = 2
        mq_service_produce_sla      ~kafka:9092           = 10000
        mq_endpoint_consume_cpm     ~kafka:9092|orders/q1 = 3
        mq_endpoint_consume_latency ~kafka:9092|orders/q1 = 50
        mq_endpoint_produce_cpm     ~kafka:9092|orders    = 1
        mq_endpoint_produce_cpm     ~kafka:9092|orders/q1 = -
        service_mq_consume_count    shop                  = 4
        service_mq_consume_latency  shop                  = 40
        endpoint_mq_consume_latency shop|Kafka/orders/Consumer = 40
        ",
    );
    let endpoints = world.listed(Scope::Endpoint);
    assert!(endpoints.contains(&"~kafka:9092|orders".to_owned()), "{endpoints:?}");
}

#[test]
fn a_latency_that_is_no_number_counts_as_a_message_without_one() {
    let mut world = world();
    feed(&mut world, [consume("soon").peer("k:1"), consume("20").peer("k:1")]);
    world.expect(
        START,
        "
        service_mq_consume_count   shop = 2
        service_mq_consume_latency shop = 20
        mq_service_consume_cpm     ~k:1 = 2
        mq_service_consume_latency ~k:1 = 10
        ",
    );
}
