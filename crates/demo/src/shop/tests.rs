use std::collections::{HashMap, HashSet};

use prost::Message;
use skytrail_proto::v3::{RefType, SegmentObject, SpanLayer, SpanObject, SpanType};

use super::scenario::{CUSTOMERS, ENTRANCE, SERVICES};
use super::script::{Action, Step};
use super::surroundings::QUEUES;
use super::{Incident, Shop};

/// 2026-01-05T10:00:00Z, where the bank is quick for the next 100 s.
const START: i64 = 1_767_607_200_000_000_000;
const SECOND: i64 = 1_000_000_000;

/// `count` requests at 20 a second.
fn traffic(seed: u64, count: i64) -> Vec<SegmentObject> {
    let mut shop = Shop::new(seed);
    (0..count).flat_map(|number| shop.request(START + number * SECOND / 20)).collect()
}

type Spans<'a> = HashMap<(&'a str, i32), (&'a SegmentObject, &'a SpanObject)>;

fn spans(segments: &[SegmentObject]) -> Spans<'_> {
    let mut spans = HashMap::new();
    for segment in segments {
        for span in &segment.spans {
            let key = (segment.trace_segment_id.as_str(), span.span_id);
            assert!(spans.insert(key, (segment, span)).is_none(), "{key:?} is there twice");
        }
    }
    spans
}

fn tag<'a>(span: &'a SpanObject, key: &str) -> Option<&'a str> {
    span.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
}

#[test]
fn equal_seeds_and_times_give_equal_bytes() {
    let bytes = |seed| -> Vec<Vec<u8>> {
        traffic(seed, 400).iter().map(|segment| segment.encode_to_vec()).collect()
    };
    assert_eq!(bytes(5), bytes(5));
    assert_ne!(bytes(5), bytes(6));
    assert_eq!(Shop::new(5).properties(), Shop::new(5).properties());
    assert_eq!(Shop::new(5).jvm(START), Shop::new(5).jvm(START));
}

#[test]
fn every_reference_leads_to_the_span_that_made_it() {
    let segments = traffic(1, 3_000);
    let all = spans(&segments);
    let mut kinds = HashSet::new();
    for (segment, span) in all.values() {
        for reference in &span.refs {
            let key = (reference.parent_trace_segment_id.as_str(), reference.parent_span_id);
            let (from, parent) = all[&key];
            kinds.insert((reference.ref_type(), span.span_layer(), span.refs.len() > 1));
            assert_eq!(reference.trace_id, from.trace_id);
            assert_eq!(reference.parent_service, from.service);
            assert_eq!(reference.parent_service_instance, from.service_instance);
            assert!(parent.start_time <= span.start_time);
            assert!(from.spans.iter().any(|span| span.operation_name == reference.parent_endpoint));
            if reference.ref_type() == RefType::CrossThread {
                assert_eq!(from.service_instance, segment.service_instance);
                assert_eq!(reference.network_address_used_at_peer, "");
                continue;
            }
            assert_eq!(parent.span_type(), SpanType::Exit);
            assert_eq!(parent.peer, reference.network_address_used_at_peer);
            assert_eq!(parent.span_layer(), span.span_layer());
            if span.span_layer() != SpanLayer::Mq {
                assert!(span.end_time <= parent.end_time);
            }
        }
    }
    for expected in [
        (RefType::CrossProcess, SpanLayer::Http, false),
        (RefType::CrossProcess, SpanLayer::RpcFramework, false),
        (RefType::CrossProcess, SpanLayer::Mq, false),
        (RefType::CrossProcess, SpanLayer::Mq, true),
        (RefType::CrossThread, SpanLayer::Unknown, false),
    ] {
        assert!(kinds.contains(&expected), "{expected:?} never occurs");
    }
}

#[test]
fn spans_are_within_their_parents_and_nothing_is_in_the_future() {
    let mut shop = Shop::new(2);
    for number in 0..2_000 {
        let now = START + number * SECOND / 10;
        for segment in shop.request(now) {
            let root = segment.spans.iter().find(|span| span.parent_span_id == -1).unwrap();
            assert_eq!(root.span_id, 0);
            for span in &segment.spans {
                assert!(span.start_time <= span.end_time && span.end_time <= now / 1_000_000);
                assert!(span.logs.iter().all(|log| log.time <= span.end_time));
                if span.parent_span_id >= 0 {
                    let parent = segment.spans.iter().find(|p| p.span_id == span.parent_span_id);
                    let parent = parent.unwrap();
                    assert!(parent.start_time <= span.start_time, "{segment:?}");
                    assert!(span.end_time <= parent.end_time, "{segment:?}");
                }
            }
        }
    }
}

#[test]
fn a_request_is_one_trace_and_a_batch_belongs_to_its_first_message() {
    let mut shop = Shop::new(3);
    let mut batches = 0;
    for number in 0..2_000 {
        let segments = shop.request(START + number * SECOND / 20);
        let trace = segments[0].trace_id.clone();
        for segment in segments.iter().filter(|segment| segment.trace_id != trace) {
            let root = segment.spans.iter().find(|span| span.span_id == 0).unwrap();
            assert_eq!(root.refs[0].trace_id, segment.trace_id);
            batches += usize::from(root.refs.len() == 4);
        }
    }
    assert!(batches > 5, "{batches} full batches");
}

#[test]
fn all_that_a_server_derives_something_from_occurs() {
    let segments = traffic(1, 6_000);
    let all = spans(&segments);
    let services: HashSet<_> = segments.iter().map(|segment| segment.service.as_str()).collect();
    assert_eq!(services.len(), SERVICES.len());
    let instances: HashSet<_> = segments.iter().map(|segment| &segment.service_instance).collect();
    assert_eq!(instances.len(), Shop::new(1).properties().len());
    let some = |test: &dyn Fn(&SpanObject) -> bool| all.values().any(|(_, span)| test(span));
    let time = |span: &SpanObject| span.end_time - span.start_time;
    assert!(some(&|s| tag(s, "db.type").is_some()
        && tag(s, "db.statement").is_some()
        && time(s) > 200));
    for operation in ["read", "write"] {
        assert!(some(&|s| tag(s, "cache.op") == Some(operation) && time(s) > 10), "{operation}");
    }
    assert!(some(&|s| tag(s, "transmission.latency").is_some() && tag(s, "mq.queue").is_some()));
    assert!(some(&|s| s.peer == "api.bank.example:443" && s.is_error && s.logs.len() == 1));
    assert!(some(&|s| s.span_type() == SpanType::Local && s.parent_span_id >= 0));
    assert!(some(&|s| tag(s, "http.status_code") == Some("404") && s.is_error));
    for (_, span) in all.values().filter(|(_, span)| span.component_id != 0) {
        assert_ne!(skytrail_model::component::name(span.component_id), "N/A");
    }
}

#[test]
fn the_bank_is_slow_in_the_last_20_seconds_of_every_2_minutes() {
    let mut shop = Shop::new(4);
    let mut times = (Vec::new(), Vec::new());
    for number in 0..2_400 {
        let now = START + number * SECOND / 10;
        for span in shop.request(now).into_iter().flat_map(|segment| segment.spans) {
            if span.peer == "api.bank.example:443" {
                let second = (now / SECOND) % 120;
                let times = if second >= 100 { &mut times.1 } else { &mut times.0 };
                times.push(span.end_time - span.start_time);
            }
        }
    }
    assert!(times.0.len() > 50 && times.1.len() > 10);
    assert!(times.0.iter().all(|time| *time <= 91), "{:?}", times.0);
    assert!(times.1.iter().all(|time| *time >= 699), "{:?}", times.1);
}

/// Milliseconds of the calls of a statement.
fn times_of(segments: &[SegmentObject], statement: &str) -> Vec<i64> {
    let spans = segments.iter().flat_map(|segment| &segment.spans);
    let calls = spans.filter(|span| tag(span, "db.statement") == Some(statement));
    calls.map(|span| span.end_time - span.start_time).collect()
}

#[test]
fn orders_of_one_tenant_take_longer_and_its_requests_say_whose_they_are() {
    let mut shop = Shop::new(1);
    let (mut slow, mut others) = (Vec::new(), Vec::new());
    for number in 0..6_000 {
        let segments = shop.request(START + number * SECOND / 20);
        let entrance = segments.iter().flat_map(|one| &one.spans).find_map(|s| tag(s, "tenant"));
        let times =
            times_of(&segments, "INSERT INTO purchase (id, account, total) VALUES (?, ?, ?)");
        if entrance == Some("northwind") { &mut slow } else { &mut others }.extend(times);
    }
    assert!(slow.len() > 20 && others.len() > 200, "{} {}", slow.len(), others.len());
    assert!(slow.iter().all(|time| *time >= 450), "{slow:?}");
    let long = others.iter().filter(|time| **time >= 450).count();
    assert!(long * 50 < others.len(), "{long} of {}", others.len());
}

#[test]
fn an_incident_begins_when_it_is_said_to_and_stays_in_its_place() {
    let kind = std::mem::discriminant::<Incident>;
    let mut seen = HashSet::new();
    for incident in (0..30).map(Incident::drawn).filter(|one| seen.insert(kind(one))) {
        let begin = START + 25 * SECOND;
        let mut shop = Shop::new(1).with_incident(incident.clone(), begin);
        let mut usual = Shop::new(1);
        let mut later = Vec::new();
        for number in 0..3_500 {
            let now = START + number * SECOND / 20;
            let segments = shop.request(now);
            if now < begin {
                assert_eq!(segments, usual.request(now));
            } else {
                later.extend(segments);
            }
        }
        let (mut of_it, mut of_others) = (Vec::new(), Vec::new());
        for segment in &later {
            let is_here = |span: &&SpanObject| match &incident {
                Incident::SlowStatement { statement, .. }
                | Incident::LockWait { statement, .. } => {
                    tag(span, "db.statement") == Some(*statement)
                }
                Incident::BadInstance { instance, .. } => {
                    segment.service_instance == *instance && span.span_type() == SpanType::Entry
                }
            };
            let millis = |span: &SpanObject| span.end_time - span.start_time;
            of_it.extend(segment.spans.iter().filter(is_here).map(millis));
            let elsewhere = segment.spans.iter().filter(|span| !is_here(span));
            of_others.extend(elsewhere.filter(|s| tag(s, "db.statement").is_some()).map(millis));
        }
        assert!(of_it.len() > 20, "{incident}: {}", of_it.len());
        assert!(of_it.iter().all(|time| *time >= 150), "{incident}");
        let long = of_others.iter().filter(|time| **time >= 150).count();
        assert!(long * 20 < of_others.len(), "{incident}: {long} of {}", of_others.len());
    }
}

#[test]
fn whoever_the_scenario_names_is_in_it() {
    fn check(steps: &[Step]) {
        for step in steps {
            match step.action {
                Action::Local { steps, .. } | Action::Async { steps, .. } => check(steps),
                Action::Call { service, endpoint } => named(service, endpoint),
                Action::Publish { queue } => {
                    named(queue.service, queue.endpoint);
                    assert!(QUEUES.iter().any(|known| std::ptr::eq(*known, queue)));
                }
                Action::External { .. } | Action::Sql { .. } | Action::Cache { .. } => {}
            }
        }
    }
    fn named(service: &str, endpoint: &str) {
        let found = SERVICES.iter().find(|known| known.name == service);
        let found = found.and_then(|known| known.endpoint(endpoint));
        assert!(found.is_some(), "{service} {endpoint}");
    }
    for (_, endpoint) in CUSTOMERS {
        named(ENTRANCE, endpoint);
    }
    for endpoint in SERVICES.iter().flat_map(|service| service.endpoints) {
        check(endpoint.steps);
    }
}

#[test]
fn java_instances_report_their_machine_and_all_report_themselves() {
    let shop = Shop::new(1);
    let java = |name: &str| !["recommendations", "notifications"].contains(&name);
    let readings = shop.jvm(START);
    let expected = shop.keep_alive().iter().filter(|ping| java(&ping.service)).count();
    assert_eq!(readings.len(), expected);
    for reading in &readings {
        let metric = &reading.metrics[0];
        assert_eq!(metric.time, START / 1_000_000);
        assert!((1.0..100.0).contains(&metric.cpu.unwrap().usage_percent));
        assert!(metric.memory.iter().all(|memory| memory.used <= memory.committed));
        assert!(metric.memory_pool.iter().all(|pool| pool.used <= pool.max));
    }
    let collected: i64 = (0..60)
        .flat_map(|second| shop.jvm(START + second * SECOND))
        .flat_map(|reading| reading.metrics)
        .flat_map(|metric| metric.gc)
        .map(|gc| gc.count)
        .sum();
    assert!((readings.len() as i64 * 4..readings.len() as i64 * 12).contains(&collected));
}
