//! Both sides of a call found by span id, as protocols without references have it.

use skytrail_analysis::Config;
use skytrail_model::scope::Scope;
use skytrail_model::time::Zone;
use skytrail_storage::contract::build::{SegmentSpec, consumer, entry, exit, producer, segment};

use crate::world::{MILLI, SECOND, START, World, world};

fn web() -> SegmentSpec {
    segment("t", "w").of("web", "web-1").with([
        entry("/home").ids("a", "").at(START).lasting(50 * MILLI).component(1),
        exit("GET").ids("b", "a").at(START).lasting(40 * MILLI).peer("shop:80").component(2),
    ])
}

fn shop() -> SegmentSpec {
    segment("t", "s").of("shop", "shop-1").with([entry("/pay")
        .ids("c", "b")
        .at(START + MILLI)
        .lasting(30 * MILLI)
        .component(3)])
}

const PAIRED: &str = "
    service_cpm                       shop         = 1
    endpoint_cpm                      shop|/pay    = 1
    service_relation_server_cpm       web > shop   = 1
    service_relation_server_resp_time web > shop   = 30
    service_relation_client_cpm       web > shop   = 1
    service_relation_client_resp_time web > shop   = 40
    service_instance_relation_client_resp_time web|web-1 > shop|shop-1 = 40
    endpoint_relation_cpm             web|/home > shop|/pay = 1
    service_relation_client_cpm       web > shop:80 = -
    service_relation_server_cpm       ~User > shop = -
    service_relation_server_cpm       ~User > web  = 1
";

#[test]
fn the_two_sides_meet_in_either_order_and_across_shards() {
    for first_is_web in [true, false] {
        let mut world = World::of(&Config::default(), Zone::utc(), 2);
        let mut segments = [web(), shop()];
        if !first_is_web {
            segments.reverse();
        }
        for (shard, segment) in segments.into_iter().enumerate() {
            let batch = world.batch(START + SECOND, [segment]);
            world.replay(skytrail_model::batch::Batch { shard: shard as u16, ..batch });
        }
        world.expect(START, PAIRED);
        assert_eq!(
            world.relations(Scope::ServiceRelation),
            ["web > shop CLIENT 2", "web > shop SERVER 3", "~User > web SERVER 1"]
        );
    }
}

#[test]
fn who_waited_in_vain_is_counted_as_if_alone() {
    let mut world = world();
    world.feed_at(START + SECOND, [web()]);
    let lone = segment("u", "s")
        .of("shop", "shop-1")
        .with([entry("/pay").ids("z", "nobody").at(START).lasting(30 * MILLI)]);
    world.feed_at(START + SECOND, [lone]);
    world.expect(START, "service_relation_client_cpm web > shop:80 = -\nservice_cpm shop = 1");
    world.feed_at(START + 32 * SECOND, []);
    world.expect(
        START,
        "
        service_relation_client_cpm web > shop:80      = 1
        service_relation_server_cpm ~User > shop       = 1
        endpoint_relation_cpm ~User|User > shop|/pay   = 1
        service_cpm                 shop               = 1
        ",
    );
}

#[test]
fn a_queue_stands_between_producer_and_consumers() {
    let mut world = world();
    world.feed([
        segment("t", "w").of("web", "web-1").with([
            entry("/home").ids("a", "").at(START),
            producer("send").ids("b", "a").at(START).lasting(MILLI).peer("kafka:9092"),
        ]),
        segment("t", "x").of("shop", "shop-1").with([consumer("recv").ids("c", "b").at(START)]),
        segment("t", "y").of("mail", "mail-1").with([consumer("recv").ids("d", "b").at(START)]),
    ]);
    assert_eq!(
        world.relations(Scope::ServiceRelation),
        [
            "web > ~kafka:9092 CLIENT 0",
            "~User > web SERVER 0",
            "~kafka:9092 > mail SERVER 0",
            "~kafka:9092 > shop SERVER 0",
        ]
    );
    assert_eq!(
        world.relations(Scope::EndpointRelation),
        [
            "web|/home > mail|recv SERVER 0",
            "web|/home > shop|recv SERVER 0",
            "~User|User > web|/home SERVER 0",
        ]
    );
    world.expect(START, "service_relation_client_cpm web > ~kafka:9092 = 1");
}

#[test]
fn who_still_waits_at_the_end_is_counted_as_if_alone() {
    let mut world = world();
    world.feed_at(START + SECOND, [web()]);
    let (trigger, signal) = skytrail_base::shutdown::channel();
    trigger.stop();
    world.block_on(world.analysis.run(signal)).unwrap();
    world.expect(START, "service_relation_client_cpm web > shop:80 = 1");
    let text = world.registry.encode();
    assert!(text.contains("skytrail_analysis_unpaired_at_end_total 1"), "{text}");
}
