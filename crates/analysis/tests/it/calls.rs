//! Who calls whom: every form of caller and callee.

use skytrail_analysis::{Config, config};
use skytrail_model::alias::Alias;
use skytrail_model::entity::ServiceRef;
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::span::{LinkKind, SpanLayer};
use skytrail_model::time::{Minute, Zone};
use skytrail_storage::Storage;
use skytrail_storage::contract::build::{SpanSpec, entry, exit, link, local, segment};

use crate::world::{MILLI, SECOND, START, World, world};

/// A span of 10 ms that starts one second after the begin of the tests.
fn at(span: SpanSpec) -> SpanSpec {
    span.at(START + SECOND).lasting(10 * MILLI)
}

fn feed(world: &mut World, spans: impl IntoIterator<Item = SpanSpec>) {
    world.feed([segment("t", "s").of("shop", "shop-1").with(spans)]);
}

fn aliases(world: &World) -> Vec<Alias> {
    world.block_on(world.memory.entities().aliases()).unwrap()
}

#[test]
fn a_user_calls_what_has_no_reference() {
    let mut world = world();
    feed(&mut world, [at(entry("/pay")).component(14)]);
    assert_eq!(world.listed(Scope::Service), ["shop"]);
    assert_eq!(world.listed(Scope::ServiceInstance), ["shop|shop-1"]);
    assert_eq!(world.listed(Scope::Endpoint), ["shop|/pay"]);
    assert_eq!(world.relations(Scope::ServiceRelation), ["~User > shop SERVER 14"]);
    assert_eq!(
        world.relations(Scope::ServiceInstanceRelation),
        ["~User|User > shop|shop-1 SERVER 14"]
    );
    assert_eq!(world.relations(Scope::EndpointRelation), ["~User|User > shop|/pay SERVER 14"]);
    assert!(aliases(&world).is_empty());
}

#[test]
fn a_reference_makes_a_relation_and_tells_who_is_behind_an_address() {
    let mut world = world();
    let from = link("t", "p", 3).parent("web", "web-1", "/home").address("10.0.0.7:8080");
    feed(&mut world, [at(entry("/pay")).component(14).linked(from)]);
    assert_eq!(world.relations(Scope::ServiceRelation), ["web > shop SERVER 14"]);
    let minute = Minute::of_nanos(START);
    assert_eq!(
        aliases(&world),
        [Alias {
            address: "10.0.0.7:8080".into(),
            service: ServiceRef { name: "shop".into(), normal: true },
            instance: "shop-1".into(),
            since: minute,
            last_seen: minute,
        }]
    );
    // The caller is listed when it reports itself, not because somebody names it.
    assert_eq!(world.listed(Scope::Service), ["shop"]);
}

#[test]
fn every_reference_is_a_call() {
    let mut world = world();
    let mut span = at(entry("orders/consume")).layer(SpanLayer::Mq).component(41);
    for (number, parent) in ["web", "web", "app"].into_iter().enumerate() {
        let from = link("t", &format!("p{number}"), 1)
            .parent(parent, &format!("{parent}-1"), "/home")
            .address("kafka:9092");
        span = span.linked(from);
    }
    feed(&mut world, [span]);
    world.expect(
        START,
        "
        service_cpm              shop                         = 3
        service_mq_consume_count shop                         = 3
        endpoint_cpm             shop|orders/consume          = 3
        service_relation_server_cpm ~kafka:9092 > shop        = 3
        endpoint_relation_cpm    web|/home > shop|orders/consume = 2
        endpoint_relation_cpm    app|/home > shop|orders/consume = 1
        ",
    );
    assert_eq!(
        world.relations(Scope::ServiceInstanceRelation),
        ["~kafka:9092|kafka:9092 > shop|shop-1 SERVER 41"]
    );
    assert!(aliases(&world).is_empty(), "a queue is not the consumer");
}

#[test]
fn a_queue_calls_when_nobody_knows_the_producer() {
    let mut world = world();
    let span = at(entry("orders/consume")).layer(SpanLayer::Mq).peer("kafka:9092").component(41);
    feed(&mut world, [span]);
    assert_eq!(world.relations(Scope::ServiceRelation), ["~kafka:9092 > shop SERVER 41"]);
    assert!(world.relations(Scope::EndpointRelation).is_empty());
    world.expect(START, "endpoint_cpm shop|orders/consume = 1");
}

#[test]
fn a_gateway_without_agent_stands_between_caller_and_callee() {
    let instance = config::GatewayInstance { host: "gate".into(), port: 80 };
    let gateway = config::GatewayConfig { name: "edge".into(), instances: vec![instance] };
    let config = Config { gateways: vec![gateway], ..Config::default() };
    let mut world = World::of(&config, Zone::utc(), 1);
    let from = link("t", "p", 3).parent("web", "web-1", "/home").address("gate:80");
    feed(
        &mut world,
        [
            at(entry("/pay")).component(14).linked(from),
            at(exit("/stock")).peer("gate:80").component(2),
            at(exit("/stock")).layer(SpanLayer::RpcFramework).peer("gate:80").component(3),
        ],
    );
    assert_eq!(
        world.relations(Scope::ServiceRelation),
        ["shop > gate:80 CLIENT 3", "shop > ~gate:80 CLIENT 2", "~gate:80 > shop SERVER 14"]
    );
    assert_eq!(world.relations(Scope::EndpointRelation), ["web|/home > shop|/pay SERVER 14"]);
    assert!(aliases(&world).is_empty());
}

#[test]
fn a_function_has_no_endpoints() {
    let mut world = world();
    feed(&mut world, [at(entry("/run")).layer(SpanLayer::Faas)]);
    assert!(world.listed(Scope::Endpoint).is_empty());
    assert!(world.relations(Scope::EndpointRelation).is_empty());
    let layers = world.records_of(Scope::Service)[0].layers;
    assert_eq!(layers.iter().collect::<Vec<_>>(), [Layer::FAAS]);
    world.expect(START, "service_cpm shop = 1\nservice_relation_server_cpm ~User > shop = 1");
}

#[test]
fn skipped_spans_count_for_nothing_but_virtual_services() {
    let mut world = world();
    let from = link("t", "p", 3).parent("web", "web-1", "/home").address("shop:80");
    feed(
        &mut world,
        [
            at(entry("/pay")).linked(from.clone()).skipped(),
            at(exit("/stock")).peer("stock:80").skipped(),
            at(exit("select")).layer(SpanLayer::Database).peer("db:3306").skipped(),
            at(local("work")).linked(from).skipped(),
        ],
    );
    assert_eq!(world.listed(Scope::Service), ["~db:3306"]);
    assert!(world.listed(Scope::Endpoint).is_empty());
    assert!(world.relations(Scope::ServiceRelation).is_empty());
    assert!(aliases(&world).is_empty());
    world.expect(START, "database_access_cpm ~db:3306 = 1\nservice_cpm shop = -");
}

#[test]
fn an_address_is_a_service_of_the_layer_that_the_span_speaks() {
    let mut world = world();
    let layers = [
        (SpanLayer::Unknown, "unknown:1"),
        (SpanLayer::Database, "db:1"),
        (SpanLayer::RpcFramework, "rpc:1"),
        (SpanLayer::Http, "http:1"),
        (SpanLayer::Mq, "mq:1"),
        (SpanLayer::Cache, "cache:1"),
        (SpanLayer::Faas, "faas:1"),
        (SpanLayer::GenAi, "model:1"),
    ];
    feed(&mut world, layers.map(|(layer, peer)| at(exit("op")).layer(layer).peer(peer)));
    feed(&mut world, [at(exit("op"))]);
    assert_eq!(
        world.relations(Scope::ServiceRelation),
        [
            "shop > faas:1 CLIENT 0",
            "shop > http:1 CLIENT 0",
            "shop > rpc:1 CLIENT 0",
            "shop > ~cache:1 CLIENT 0",
            "shop > ~db:1 CLIENT 0",
            "shop > ~model:1 CLIENT 0",
            "shop > ~mq:1 CLIENT 0",
            "shop > ~unknown:1 CLIENT 0",
        ]
    );
    assert_eq!(world.relations(Scope::ServiceInstanceRelation).len(), 8);
}

#[test]
fn instances_without_names_have_no_relations() {
    let mut world = world();
    let from = link("t", "p", 3).parent("web", "", "/home").address("shop:80");
    feed(&mut world, [at(entry("/pay")).linked(from)]);
    assert!(world.relations(Scope::ServiceInstanceRelation).is_empty());
    world.feed([segment("t", "s")
        .of("lone", "")
        .with([at(entry("/pay")), at(exit("x")).peer("a:1")])]);
    assert!(world.relations(Scope::ServiceInstanceRelation).is_empty());
    assert_eq!(world.listed(Scope::ServiceInstance), ["lone|_blank", "shop|shop-1"]);
}

#[test]
fn a_parent_without_endpoint_is_its_user_and_an_empty_operation_has_no_relation() {
    let mut world = world();
    let from = link("t", "p", 3).parent("web", "web-1", "").address("shop:80");
    feed(&mut world, [at(entry("/pay")).linked(from.clone()), at(entry("")).linked(from)]);
    assert_eq!(world.relations(Scope::EndpointRelation), ["web|User > shop|/pay SERVER 0"]);
    assert_eq!(world.listed(Scope::Endpoint), ["shop|/pay", "shop|_blank"]);
}

#[test]
fn work_in_another_thread_relates_endpoints_and_nothing_else() {
    let mut world = world();
    let from =
        link("t", "p", 3).kind(LinkKind::CrossThread).parent("shop", "shop-1", "/pay").address("");
    feed(&mut world, [at(local("job")).linked(from).component(80)]);
    assert_eq!(world.relations(Scope::EndpointRelation), ["shop|/pay > shop|job SERVER 80"]);
    assert!(world.relations(Scope::ServiceRelation).is_empty());
    assert_eq!(world.listed(Scope::Endpoint), ["shop|/pay", "shop|job"]);
    assert!(world.listed(Scope::Service).is_empty());
    world.expect(
        START,
        "
        endpoint_cpm            shop|job               = 1
        endpoint_resp_time      shop|job               = 10
        endpoint_cpm            shop|/pay              = -
        endpoint_relation_cpm   shop|/pay > shop|job   = 1
        service_cpm             shop                   = -
        ",
    );
}

#[test]
fn a_consumer_as_local_span_relates_to_the_producers_endpoint() {
    let mut world = world();
    let from = link("t", "p", 3).parent("web", "web-1", "/home").address("kafka:9092");
    feed(&mut world, [at(exit("forward")).layer(SpanLayer::Mq).peer("kafka:9092").linked(from)]);
    assert_eq!(world.relations(Scope::EndpointRelation), ["web|/home > shop|forward SERVER 0"]);
    assert_eq!(world.relations(Scope::ServiceRelation), ["shop > ~kafka:9092 CLIENT 0"]);
}

#[test]
fn a_link_that_is_no_reference_is_no_call() {
    let mut world = world();
    let follows = link("t2", "p", 3).kind(LinkKind::Follows).parent("web", "web-1", "/home");
    feed(&mut world, [at(entry("/pay")).linked(follows)]);
    assert_eq!(world.relations(Scope::ServiceRelation), ["~User > shop SERVER 0"]);
}

#[test]
fn logic_endpoints_count_beside_calls() {
    let mut world = world();
    let named = r#"{"name":"graph/user","latency":40,"status":false}"#;
    let other = r#"{"name":"graph/cart","latency":7,"status":true}"#;
    feed(
        &mut world,
        [
            at(entry("/graphql")).tag("x-le", named).tag("x-le", other),
            at(local("resolve")).tag("x-le", r#"{"logic-span":true}"#),
            at(exit("never")).peer("a:1").tag("x-le", named),
            at(entry("/skipped")).tag("x-le", named).skipped(),
        ],
    );
    assert_eq!(
        world.listed(Scope::Endpoint),
        ["shop|/graphql", "shop|graph/cart", "shop|graph/user", "shop|resolve"]
    );
    world.expect(
        START,
        "
        endpoint_cpm        shop|graph/user = 1
        endpoint_resp_time  shop|graph/user = 40
        endpoint_resp_time  shop|graph/cart = 7
        endpoint_sla        shop|graph/user = 0
        endpoint_resp_time  shop|resolve    = 10
        endpoint_sla        shop|resolve    = 10000
        service_cpm         shop            = 1
        ",
    );
}

#[test]
fn names_are_cut_and_grouped_for_relations_and_aliases_alike() {
    let mut world = world();
    let long = "x".repeat(80);
    let from = link("t", "p", 3).parent("web", "web-1", "/home").address(&long);
    world.feed([segment("t", "s").of(&long, "i").with([at(entry("y".repeat(200))).linked(from)])]);
    let cut = "x".repeat(70);
    assert_eq!(world.listed(Scope::Service).concat(), cut);
    assert_eq!(world.listed(Scope::Endpoint), [format!("{cut}|{}", "y".repeat(150))]);
    let alias = &aliases(&world)[0];
    assert_eq!((&alias.address, &alias.service.name), (&cut, &cut));
}

#[test]
fn an_address_is_cut_to_one_length_as_a_service_and_as_an_instance() {
    let names = config::NamesConfig { instance_length: 10, ..config::NamesConfig::default() };
    let mut world = World::of(&Config { names, ..Config::default() }, Zone::utc(), 1);
    feed(&mut world, [at(exit("GET")).peer("shop.example:8080")]);
    assert_eq!(
        world.relations(Scope::ServiceInstanceRelation),
        ["shop|shop-1 > shop.example:8080|shop.example:8080 CLIENT 0"]
    );
}
