//! Reports of instances, and what is kept about segments.

use skytrail_analysis::{Config, config};
use skytrail_model::batch::Batch;
use skytrail_model::jvm::{
    ClassSample, GcPhase, GcSample, JvmReport, JvmSample, MemoryPool, MemorySample, PoolSample,
    ThreadSample,
};
use skytrail_model::layer::Layer;
use skytrail_model::management::InstanceReport;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Minute, Zone};
use skytrail_storage::contract::build::{entry, exit, local, segment};
use skytrail_storage::{SegmentFilter, SegmentSummary, Storage, TagKind, TagRead};

use crate::world::{MILLI, SECOND, START, World, world};

fn sample(time: i64, cpu: f64, used: i64) -> JvmSample {
    JvmSample {
        time,
        cpu_percent: cpu,
        memory: vec![
            MemorySample { is_heap: true, max: 1000, used },
            MemorySample { is_heap: false, max: -1, used: 7 },
        ],
        pools: vec![
            PoolSample { pool: Some(MemoryPool::OldGeneration), used: 40 },
            PoolSample { pool: None, used: 1 },
        ],
        collections: vec![
            GcSample { phase: Some(GcPhase::New), count: 2, time_ms: 30 },
            GcSample { phase: Some(GcPhase::Old), count: 1, time_ms: 90 },
        ],
        threads: ThreadSample { live: 10, peak: 12, timed_waiting: 3, ..ThreadSample::default() },
        classes: ClassSample { loaded: 5, total_unloaded: 1, total_loaded: 6 },
    }
}

fn jvm(samples: Vec<JvmSample>) -> Batch {
    let report = JvmReport { service: "shop".into(), instance: "shop-1".into(), samples };
    Batch { arrival: START + 30 * SECOND, jvm: vec![report], ..Batch::default() }
}

#[test]
fn virtual_machines_count_by_the_time_of_their_samples() {
    let world = world();
    let late = START - 600 * SECOND;
    world.replay(jvm(vec![sample(START, 0.3, 100), sample(START + SECOND, 4.5, 201)]));
    world.replay(jvm(vec![sample(late, 9.0, 5), sample(START + 3600 * SECOND, 1.0, 1)]));
    world.expect(
        START,
        "
        instance_jvm_cpu                 shop|shop-1 = 2.75
        instance_jvm_memory_heap         shop|shop-1 = 150
        instance_jvm_memory_heap_max     shop|shop-1 = 1000
        instance_jvm_memory_noheap       shop|shop-1 = 7
        instance_jvm_memory_noheap_max   shop|shop-1 = -1
        instance_jvm_memory_pool_oldgen  shop|shop-1 = 40
        instance_jvm_memory_pool_newgen  shop|shop-1 = -
        instance_jvm_young_gc_time       shop|shop-1 = 60
        instance_jvm_young_gc_count      shop|shop-1 = 4
        instance_jvm_old_gc_time         shop|shop-1 = 180
        instance_jvm_normal_gc_count     shop|shop-1 = -
        instance_jvm_thread_live_count   shop|shop-1 = 10
        instance_jvm_thread_peak_count   shop|shop-1 = 12
        instance_jvm_thread_timed_waiting_state_thread_count shop|shop-1 = 3
        instance_jvm_class_total_loaded_class_count shop|shop-1 = 6
        ",
    );
    world.expect(late, "instance_jvm_cpu shop|shop-1 = 9");
    let text = world.registry.encode();
    assert!(text.contains("skytrail_analysis_outside_time_total 1"), "{text}");
}

#[test]
fn instances_live_and_keep_their_properties() {
    let world = world();
    let report = |layer, properties: &[(&str, &str)]| {
        let properties = properties.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let report =
            InstanceReport { service: "shop".into(), instance: "shop-1".into(), layer, properties };
        Batch { arrival: START + 30 * SECOND, instances: vec![report], ..Batch::default() }
    };
    world.replay(report(Layer::GENERAL, &[("os", "Linux"), ("ipv4", "10.0.0.1")]));
    world.replay(Batch { arrival: START + 95 * SECOND, ..report(Layer::FAAS, &[]) });
    let instance = &world.records_of(Scope::ServiceInstance)[0];
    assert_eq!(instance.first_seen, Minute::of_nanos(START));
    assert_eq!(instance.last_seen, Minute::of_nanos(START).plus(1));
    let expected = [("os", "Linux"), ("ipv4s", "10.0.0.1")];
    assert_eq!(instance.properties, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    let service = &world.records_of(Scope::Service)[0];
    assert_eq!(service.layers.iter().collect::<Vec<_>>(), [Layer::GENERAL, Layer::FAAS]);
}

fn summaries(world: &World) -> Vec<SegmentSummary> {
    let filter = SegmentFilter { from: 0, to: i64::MAX, ..SegmentFilter::default() };
    let page = world.block_on(world.memory.spans().search(&filter, None, 100)).unwrap();
    let mut segments = page.segments;
    segments.sort_by(|a, b| a.segment.segment_id.cmp(&b.segment.segment_id));
    segments
}

#[test]
fn a_segment_is_named_after_its_last_entry_span_or_its_first_one() {
    let mut world = world();
    let at = |offset: i64| START + offset * MILLI;
    world.feed([
        segment("t", "a").with([
            local("inner").number(1).at(at(5)).lasting(100 * MILLI),
            entry("/pay").number(0).at(at(0)).lasting(50 * MILLI),
        ]),
        segment("t", "b").with([
            exit("call").number(1).at(at(3)).peer("x:1").failed(),
            local("job").number(0).at(at(1)).lasting(MILLI),
        ]),
        segment("t", "c").with([]),
        segment("t", "d").with([entry("/one").at(at(0)), entry("/two").at(at(0))]),
    ]);
    let found: Vec<_> = summaries(&world)
        .into_iter()
        .map(|s| (s.segment.segment_id, s.endpoint_name, s.start, s.duration, s.is_error))
        .collect();
    assert_eq!(
        found,
        [
            ("a".into(), "/pay".into(), at(0), 105 * MILLI, false),
            ("b".into(), "job".into(), at(1), 2 * MILLI, true),
            ("d".into(), "/two".into(), at(0), 0, false),
        ]
    );
    assert!(world.registry.encode().contains("skytrail_analysis_empty_segments_total 1"));
}

#[test]
fn what_makes_a_segment_fail_is_configured() {
    for (strategy, failed) in [
        (config::SegmentStatus::FromSpanStatus, [true, true, true]),
        (config::SegmentStatus::FromEntrySpan, [false, true, false]),
        (config::SegmentStatus::FromFirstSpan, [true, false, false]),
    ] {
        let config = Config { segment_status: strategy, ..Config::default() };
        let mut world = World::of(&config, Zone::utc(), 1);
        world.feed([
            segment("t", "a").with([local("a").at(START).failed(), entry("/x").at(START)]),
            segment("t", "b").with([local("a").at(START), entry("/x").at(START).failed()]),
            segment("t", "c").with([entry("/x").at(START), exit("y").at(START).failed()]),
        ]);
        let found: Vec<_> = summaries(&world).iter().map(|summary| summary.is_error).collect();
        assert_eq!(found, failed, "{strategy:?}");
    }
}

#[test]
fn searchable_tags_are_told_once_a_day() {
    let mut world = World::of(&Config::default(), Zone::parse("+0530").unwrap(), 1);
    let long = "v".repeat(300);
    world.feed([segment("t", "a").with([
        entry("/x").at(START).tag("http.method", "GET").tag("http.status_code", 404_i64),
        exit("y").at(START).tag("http.method", "POST").tag("other", "z").tag("db.type", &*long),
    ])]);
    // Half past midnight of the next day in India.
    world.feed_at(
        START + 9 * 3600 * SECOND,
        [segment("t", "old")
            .with([entry("/x").at(START - 8 * 86_400 * SECOND).tag("http.method", "OLD")])],
    );
    world.feed_at(
        START + 9 * 3600 * SECOND,
        [segment("t", "b")
            .with([entry("/x").at(START + 9 * 3600 * SECOND).tag("http.method", "PUT")])],
    );
    let list = |key: Option<&str>, from: i64, to: i64| {
        let read = TagRead {
            kind: TagKind::Trace,
            key: key.map(str::to_owned),
            from: Minute(from),
            to: Minute(to),
            limit: 100,
        };
        world.block_on(world.memory.tags().list(&read)).unwrap()
    };
    assert_eq!(list(None, 0, i64::MAX), ["http.method", "http.status_code"]);
    assert_eq!(list(Some("http.status_code"), 0, i64::MAX), ["404"]);
    // A span that counts for nothing completes nothing.
    assert_eq!(list(Some("http.method"), 0, i64::MAX), ["GET", "POST", "PUT"]);
    // 2026-03-01T00:00+0530 is 18:30 of the day before.
    let day = Minute::of_nanos(START).0 - 15 * 60 - 30;
    assert_eq!(list(Some("http.method"), day, day), ["GET", "POST"]);
    assert_eq!(list(Some("http.method"), day + 1440, day + 1440), ["PUT"]);
}
