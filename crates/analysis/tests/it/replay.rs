//! A process that stops anywhere and comes again answers the same.

use std::sync::Arc;

use proptest::prelude::*;
use skytrail_analysis::{Config, Rules, config};
use skytrail_base::journal::Position;
use skytrail_model::batch::Batch;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::contract::build::{SegmentSpec, entry, exit, segment};
use skytrail_storage::{Checkpoint, Storage};

use crate::world::{MILLI, SECOND, START, World};

fn config() -> Config {
    let grouping = config::GroupingConfig {
        max_endpoints_per_service: 5,
        ..config::GroupingConfig::default()
    };
    Config { endpoint_grouping: grouping, ..Config::default() }
}

/// Calls with references and with span ids only, and more endpoints than allowed.
fn segments(number: i64) -> Vec<SegmentSpec> {
    let start = START + number * 7 * SECOND;
    let (a, b) = (format!("a{number}"), format!("b{}", number / 2));
    vec![
        segment(format!("t{number}"), format!("s{number}")).of("shop", "shop-1").with([
            entry(format!("/user/{number}")).at(start).lasting(number * MILLI),
            exit("query").at(start).lasting(MILLI).peer("db:1"),
        ]),
        // Every second caller is answered two batches later; the others wait in vain.
        segment("p", format!("w{number}")).of("web", "web-1").with([exit("call")
            .ids(&a, "")
            .at(start)
            .lasting(MILLI)
            .peer("late:80")]),
        segment("p", format!("l{number}"))
            .of("late", "late-1")
            .with([entry("/late").ids(&b, &format!("a{}", number - 2)).at(start).lasting(MILLI)]),
    ]
}

fn arrival(number: i64) -> i64 {
    START + number * 7 * SECOND + SECOND
}

/// Answers of everything that the batches can have touched.
fn answers(world: &World) -> Vec<String> {
    let mut answers = Vec::new();
    for scope in Scope::ALL {
        answers.extend(world.listed(scope));
        if scope.is_relation() {
            answers.extend(world.relations(scope));
        }
    }
    let minute = Minute::of_nanos(START);
    for offset in 0..6 {
        for (metric, entity) in [
            ("service_cpm", "shop"),
            ("service_resp_time", "shop"),
            ("service_percentile", "shop"),
            ("endpoint_cpm", "shop|_abandoned"),
            ("service_relation_client_cpm", "web > late"),
            ("service_relation_client_cpm", "web > late:80"),
            ("service_relation_server_cpm", "web > late"),
            ("service_relation_server_cpm", "~User > late"),
            ("database_access_cpm", "~db:1"),
        ] {
            let value = world.value(metric, entity, Downsampling::Minute, minute.plus(offset));
            answers.push(format!("{offset} {metric} {entity} = {value}"));
        }
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn stopped_at_any_batch_and_replayed_the_answers_are_equal(
        count in 1_i64..30,
        checkpointed in 0_i64..30,
        stopped in 0_i64..30,
    ) {
        let checkpointed = checkpointed.min(count);
        let stopped = stopped.clamp(checkpointed, count);
        let mut whole = World::of(&config(), Zone::utc(), 1);
        (0..count).for_each(|number| whole.feed_at(arrival(number), segments(number)));

        let mut first = World::of(&config(), Zone::utc(), 1);
        (0..checkpointed).for_each(|number| first.feed_at(arrival(number), segments(number)));
        let position = Position(checkpointed as u64);
        first.block_on(first.analysis.checkpoint(position)).unwrap();
        (checkpointed..stopped).for_each(|number| first.feed_at(arrival(number), segments(number)));

        // What a crash leaves, and a new process on it.
        let left = Arc::new(first.memory.reopen());
        let mut second = World::on(left.clone(), &config(), Zone::utc(), 1);
        let checkpoint = second.block_on(left.checkpoints().load()).unwrap().unwrap();
        prop_assert_eq!(checkpoint.position, position);
        second.analysis.restore(&checkpoint).unwrap();
        (checkpointed..count).for_each(|number| second.feed_at(arrival(number), segments(number)));
        prop_assert_eq!(answers(&second), answers(&whole));
    }
}

#[test]
fn a_checkpoint_brings_the_rules_that_it_was_made_with() {
    let settings = config().validate().unwrap();
    let mut first = World::of(&config(), Zone::utc(), 1);
    first.feed_at(arrival(0), segments(0));
    first.block_on(first.analysis.checkpoint(Position(1))).unwrap();
    let checkpoint = first.block_on(first.memory.checkpoints().load()).unwrap().unwrap();
    let found = Rules::of_checkpoint(&checkpoint, &settings).unwrap().unwrap();
    assert_eq!(found.hash(), checkpoint.rules);
    let fresh = Checkpoint { state: Vec::new(), ..checkpoint };
    assert!(Rules::of_checkpoint(&fresh, &settings).unwrap().is_none());
}

#[test]
fn a_state_of_other_shards_is_taken_as_far_as_it_goes() {
    let mut first = World::of(&config(), Zone::utc(), 1);
    first.feed_at(arrival(0), segments(0));
    first.block_on(first.analysis.checkpoint(Position(1))).unwrap();
    let checkpoint = first.block_on(first.memory.checkpoints().load()).unwrap().unwrap();
    let second = World::on(first.memory.clone(), &config(), Zone::utc(), 3);
    second.analysis.restore(&checkpoint).unwrap();
    second.expect(START, "service_relation_client_cpm web > late:80 = -\nservice_cpm shop = 1");
    for shard in 0..3 {
        second.replay(Batch { shard, arrival: arrival(9), ..Batch::default() });
    }
    second.expect(START, "service_relation_client_cpm web > late:80 = 1");
    let broken = Checkpoint { state: b"{".to_vec(), ..checkpoint };
    assert!(second.analysis.restore(&broken).unwrap_err().context.contains("cannot be read"));
}
