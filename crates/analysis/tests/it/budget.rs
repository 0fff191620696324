//! Limits: memory of windows, and how many names are told apart.

use skytrail_analysis::{Config, config};
use skytrail_base::quantity::Bytes;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::Storage;
use skytrail_storage::contract::build::{SegmentSpec, entry, segment};

use crate::world::{MILLI, MINUTE, START, World};

fn call(service: &str, operation: String, start: i64) -> SegmentSpec {
    segment("t", "s").of(service, "i").with([entry(operation).at(start).lasting(MILLI)])
}

#[test]
fn a_full_budget_writes_windows_early_and_loses_nothing() {
    let windows =
        config::WindowsConfig { budget: Bytes(1 << 20), ..config::WindowsConfig::default() };
    let config = Config { windows, ..Config::default() };
    let mut world = World::of(&config, Zone::utc(), 1);
    // 8,000 endpoints in a minute that is far from over; every round leaves out one more call.
    for round in 0..5 {
        let calls = (0..400).flat_map(|endpoint| {
            (0..20).map(move |service| call(&format!("s{service}"), format!("/{endpoint}"), START))
        });
        let calls: Vec<_> = calls.skip(round).collect();
        world.feed_at(START, calls);
    }
    let minute = Minute::of_nanos(START);
    let cpm = |service: String| world.value("service_cpm", &service, Downsampling::Minute, minute);
    let total: usize = (0..20).map(|n| cpm(format!("s{n}")).parse::<usize>().unwrap()).sum();
    assert_eq!(total, (0..5).map(|round| 8000 - round).sum::<usize>());
    let usage = world.memory.usage();
    let metrics = usage.families.iter().find(|family| family.name == "metrics").unwrap();
    assert!(metrics.rows > 3 * 16_000, "endpoints were written more than once: {}", metrics.rows);
}

#[test]
fn a_service_with_too_many_endpoints_is_named_and_the_rest_abandoned() {
    let grouping = config::GroupingConfig {
        max_endpoints_per_service: 10,
        ..config::GroupingConfig::default()
    };
    let config = Config { endpoint_grouping: grouping, ..Config::default() };
    let mut world = World::of(&config, Zone::utc(), 1);
    world.feed_at(START, (0..30).map(|number| call("shop", format!("/user/{number}"), START)));
    assert_eq!(world.listed(Scope::Endpoint).len(), 11);
    world.expect(
        START,
        "
        endpoint_cpm shop|_abandoned = 20
        endpoint_cpm shop|/user/3    = 1
        service_cpm  shop            = 30
        ",
    );
    let text = world.registry.encode();
    assert!(
        text.contains("skytrail_analysis_endpoints_over_limit_total{service=\"shop\"} 20"),
        "{text}"
    );
    // Known endpoints go on, and after a while without calls others have their turn.
    world.feed_at(START + 20 * MINUTE, [call("shop", "/user/29".into(), START + 20 * MINUTE)]);
    world.expect(START + 20 * MINUTE, "endpoint_cpm shop|/user/29 = 1");
}

#[test]
fn services_instances_and_relations_are_bounded() {
    let limits = config::LimitsConfig {
        services: 5,
        instances: 4,
        relations: 3,
        ..config::LimitsConfig::default()
    };
    let config = Config { limits, ..Config::default() };
    let mut world = World::of(&config, Zone::utc(), 1);
    world.feed_at(START, (0..10).map(|number| call(&format!("s{number}"), "/x".into(), START)));
    assert!(world.listed(Scope::Service).contains(&"_other_".to_owned()));
    let relations = world.relations(Scope::ServiceRelation);
    assert_eq!(relations.len(), 3, "{relations:?}");
    // The user is one of the five services, so six are not told apart.
    world.expect(START, "service_cpm _other_ = 6");
    let text = world.registry.encode();
    assert!(text.contains("skytrail_analysis_over_limit_total{scope=\"service\"}"), "{text}");
}
