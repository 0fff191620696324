//! Late data, the accepted time, and hours and days of a zone.

use skytrail_analysis::{Config, config};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::Storage;
use skytrail_storage::contract::build::{SegmentSpec, entry, local, segment};
use skytrail_storage::rows::Gather;

use crate::world::{MILLI, MINUTE, SECOND, START, World, world};

fn at(start: i64) -> [SegmentSpec; 1] {
    let id = format!("s{start}");
    [segment("t", id).of("shop", "i").with([entry("/x").at(start).lasting(10 * MILLI)])]
}

#[test]
fn late_data_goes_into_its_own_minute() {
    let mut world = world();
    world.feed_at(START + SECOND, at(START));
    // The minute is long written when its second and third call come.
    world.feed_at(START + 10 * MINUTE, at(START + 10 * MINUTE));
    world.feed_at(START + 11 * MINUTE, at(START + 5 * SECOND));
    world.feed_at(START + 30 * MINUTE, at(START + 6 * SECOND));
    world.expect(START, "service_cpm shop = 3\nservice_resp_time shop = 10");
    world.expect(START + 10 * MINUTE, "service_cpm shop = 1");
    world.expect(START + 11 * MINUTE, "service_cpm shop = -");
    let hour = Minute::of_nanos(START);
    world.expect_in(Downsampling::Hour, hour, "service_sla shop = 10000");
}

#[test]
fn what_is_too_old_or_too_new_counts_for_no_metric_but_is_kept() {
    let mut world = world();
    let week = 7 * 24 * 60 * MINUTE;
    world.feed_at(START, at(START - week - SECOND));
    world.feed_at(START, at(START + 10 * MINUTE + SECOND));
    assert!(world.listed(Scope::Service).is_empty());
    world.feed_at(START, at(START - week));
    world.feed_at(START, at(START + 10 * MINUTE));
    world.expect(START - week, "service_cpm shop = 1");
    world.expect(START + 10 * MINUTE, "service_cpm shop = 1");
    assert!(world.registry.encode().contains("skytrail_analysis_outside_time_total 2"));
    let answer = world.block_on(Gather::whole(world.memory.spans(), "t", 100)).unwrap();
    let kept: usize = answer.parts.iter().map(|part| part.entries.len()).sum();
    assert_eq!(kept, 4);
}

#[test]
fn hours_and_days_follow_the_zone_while_live_and_when_stored() {
    // 10:00 UTC is 15:30 in India: two minutes of one UTC hour are two of its hours.
    let zone = Zone::parse("+0530").unwrap();
    let mut world = World::of(&Config::default(), zone, 1);
    world.feed_at(START, at(START + 29 * MINUTE).into_iter().chain(at(START + 30 * MINUTE)));
    world.feed_at(START + 30 * MINUTE, at(START + 31 * MINUTE));
    let minute = Minute::of_nanos(START);
    for _ in 0..2 {
        world.expect_in(Downsampling::Hour, minute.plus(-30), "service_mq_consume_count shop = -");
        let hour = |offset| {
            let metric = world.catalogue.metric("service_sla").unwrap();
            let entity = crate::world::entity_of(Scope::Service, "shop");
            let row = world.row(metric, &entity, Downsampling::Hour, minute.plus(offset));
            row.int(skytrail_model::metric::ColumnId(0))
        };
        // 29 minutes after ten lies outside of what is accepted at ten.
        assert_eq!((hour(-30), hour(30)), (0, 1));
        world.block_on(world.analysis.checkpoint(skytrail_base::journal::Position(1))).unwrap();
    }
}

#[test]
fn a_day_of_25_hours_is_one_bucket() {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let mut world = World::of(&Config::default(), zone.clone(), 1);
    let noon = zone.minute_of("2026-10-25T12:00".parse().unwrap()).unwrap();
    let day = zone.bucket(Downsampling::Day, noon);
    for minute in [day, day.plus(2 * 60 + 30), day.plus(3 * 60 + 30), day.plus(25 * 60 - 1)] {
        world.feed_at(minute.start_nanos() + SECOND, at(minute.start_nanos()));
    }
    world.feed_at(day.plus(25 * 60).start_nanos(), at(day.plus(25 * 60).start_nanos()));
    let metric = world.catalogue.metric("service_cpm").unwrap().clone();
    let entity = crate::world::entity_of(Scope::Service, "shop");
    let count = |bucket| {
        let row = world.row(&metric, &entity, Downsampling::Day, bucket);
        row.int(metric.formula.columns()[0])
    };
    assert_eq!((count(day), count(day.plus(25 * 60))), (4, 1));
}

#[test]
fn a_batch_of_many_minutes_loses_nothing_and_keeps_few_windows() {
    let mut world = world();
    let minutes = 600;
    // Each minute twice, far apart, so that its window was closed in between.
    let calls = (0..2 * minutes).flat_map(|number| at(START - (number % minutes) * MINUTE));
    let calls: Vec<_> = calls.collect();
    world.feed_at(START, calls);
    for minute in [0, 1, 255, 256, 599] {
        world.expect(START - minute * MINUTE, "service_cpm shop = 2");
    }
    world.feed_at(START + MINUTE, []);
    assert!(world.registry.encode().contains("skytrail_analysis_outside_time_total 0"));
}

#[test]
fn a_flood_of_minutes_is_bounded_and_counted() {
    let mut world = world();
    let calls: Vec<_> = (0..2000).flat_map(|number| at(START - number * MINUTE)).collect();
    world.feed_at(START, calls);
    let text = world.registry.encode();
    let refused = 2000 - 256 - 1024;
    assert!(text.contains(&format!("skytrail_analysis_no_window_total {refused}")), "{text}");
    assert!(text.contains("skytrail_analysis_outside_time_total 0"), "{text}");
    world.expect(START - 1279 * MINUTE, "service_cpm shop = 1");
    world.expect(START - 1280 * MINUTE, "service_cpm shop = -");
    // The next batch finds room again.
    world.feed_at(START, at(START - 1280 * MINUTE));
    world.expect(START - 1280 * MINUTE, "service_cpm shop = 1");
}

#[test]
fn who_is_in_use_is_known_for_ever_even_if_none_of_its_spans_count() {
    let limits = config::LimitsConfig { services: 3, ..config::LimitsConfig::default() };
    let mut world = World::of(&Config { limits, ..Config::default() }, Zone::utc(), 1);
    let quiet = |now| [segment("t", "q").of("quiet", "i").with([local("job").at(now)])];
    world.feed_at(START, quiet(START));
    // Longer than `limits.idle` in all, and never as long between two.
    for number in 1..3 {
        let now = START + number * 4 * MINUTE;
        world.feed_at(now, quiet(now));
    }
    let now = START + 12 * MINUTE;
    world.feed_at(now, at(now));
    world.feed_at(now, at(now));
    let late = [segment("t", "l").of("late", "i").with([entry("/x").at(now)])];
    world.feed_at(now, late);
    // The quiet one, the shop and the user leave no room.
    world.expect(now, "service_cpm _other_ = 1");
}
