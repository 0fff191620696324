use std::collections::{HashMap, HashSet};

use prost::Message;
use skytrail_proto::v3::{SegmentObject, SpanType};

use super::{Workload, segments};

fn decoded(seed: u64, count: usize) -> Vec<SegmentObject> {
    let encoded = segments(seed, count).into_iter();
    encoded.map(|bytes| SegmentObject::decode(bytes).unwrap()).collect()
}

fn per(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[test]
fn segments_have_the_documented_size_and_shape() {
    let count = 20_000;
    let size: usize = segments(1, count).iter().map(|bytes| bytes.len()).sum();
    assert!((per(size, count) - 1_695.0).abs() < 17.0, "{} bytes a segment", per(size, count));

    let all = decoded(1, count);
    let spans: Vec<_> = all.iter().flat_map(|segment| &segment.spans).collect();
    assert_eq!(spans.len(), 5 * count);
    let tags: usize = spans.iter().map(|span| span.tags.len()).sum();
    assert!((per(tags, spans.len()) - 4.8).abs() < 0.001);
    let logs: usize = spans.iter().map(|span| span.logs.len()).sum();
    assert!((per(logs, spans.len()) - 0.05).abs() < 0.003);
    let references: usize = spans.iter().map(|span| span.refs.len()).sum();
    assert!((per(references, count) - 0.75).abs() < 0.01);
    let stack = spans.iter().flat_map(|span| &span.logs).flat_map(|log| &log.data);
    let stack = stack.filter(|line| line.key == "stack").map(|line| line.value.len()).max();
    assert!((450..550).contains(&stack.unwrap()), "{stack:?}");
    assert!(all.iter().all(|segment| (52..=56).contains(&segment.trace_segment_id.len())));
}

#[test]
fn equal_seeds_give_equal_bytes() {
    assert_eq!(segments(7, 900), segments(7, 900));
    assert_ne!(segments(7, 900), segments(8, 900));
}

#[test]
fn the_segments_of_a_trace_are_spread_and_refer_to_each_other() {
    let all = decoded(3, 8_000);
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, segment) in all.iter().enumerate() {
        places.entry(&segment.trace_id).or_default().push(place);
    }
    let whole: Vec<_> = places.values().filter(|places| places.len() == 4).collect();
    let spread: usize = whole.iter().map(|places| places[3] - places[0]).sum();
    assert!((300.0..1_200.0).contains(&per(spread, whole.len())), "{}", per(spread, whole.len()));

    let exits: HashMap<_, _> = all
        .iter()
        .flat_map(|segment| segment.spans.iter().map(move |span| (segment, span)))
        .filter(|(_, span)| span.span_type() == SpanType::Exit)
        .map(|(segment, span)| ((segment.trace_segment_id.as_str(), span.span_id), span))
        .collect();
    let mut found = 0;
    for span in all.iter().flat_map(|segment| &segment.spans) {
        for reference in &span.refs {
            let key = (reference.parent_trace_segment_id.as_str(), reference.parent_span_id);
            // The parents of some are beyond the end of the stream.
            let Some(parent) = exits.get(&key) else { continue };
            found += 1;
            assert_eq!(parent.peer, reference.network_address_used_at_peer);
            assert!(parent.start_time <= span.start_time && span.end_time <= parent.end_time);
        }
    }
    assert!(found > 5_500, "{found} references found their parent");
}

/// What metrics are kept for: every entity on either side of a call, as `mod.rs` counts them.
fn scopes(all: &[SegmentObject]) -> HashSet<Vec<&str>> {
    let mut scopes = HashSet::new();
    for segment in all {
        let (service, instance) = (segment.service.as_str(), segment.service_instance.as_str());
        scopes.insert(vec!["service", service]);
        scopes.insert(vec!["instance", instance]);
        for span in &segment.spans {
            let name = span.operation_name.as_str();
            match span.span_type() {
                SpanType::Entry => {
                    scopes.insert(vec!["endpoint", service, name]);
                    let user = ("User", "User", "User");
                    let from = span.refs.first().map_or(user, |r| {
                        (&r.parent_service, &r.parent_service_instance, &r.parent_endpoint)
                    });
                    scopes.insert(vec!["service called", from.0, service]);
                    scopes.insert(vec!["instance called", from.1, instance]);
                    scopes.insert(vec!["endpoint called", from.0, from.2, service, name]);
                }
                SpanType::Exit => {
                    scopes.insert(vec!["service calls", service, &span.peer]);
                    scopes.insert(vec!["instance calls", instance, &span.peer]);
                    if span.peer.contains(".db:") || span.peer.contains(".cache:") {
                        scopes.insert(vec!["virtual", &span.peer]);
                    }
                }
                SpanType::Local => {}
            }
        }
    }
    scopes
}

#[test]
fn there_are_about_42_000_scopes() {
    let all = decoded(1, 60_000);
    let found = scopes(&all);
    let count = |kind: &str| found.iter().filter(|scope| scope[0] == kind).count();
    assert_eq!(count("service"), 48);
    assert_eq!(count("instance"), 288);
    assert_eq!(count("endpoint"), 1_920);
    assert_eq!(count("service called"), 264);
    assert_eq!(count("service calls"), 1_620);
    assert_eq!(count("virtual"), 96);
    // Not every instance has met every other, nor every endpoint, in so few segments.
    assert!((9_000..=9_144).contains(&count("instance called")), "{}", count("instance called"));
    assert!((9_500..=9_720).contains(&count("instance calls")), "{}", count("instance calls"));
    let endpoints = count("endpoint called");
    assert!((16_500..=19_200).contains(&endpoints), "{endpoints}");
}

#[test]
fn time_follows_the_clock_it_is_set_to() {
    let mut workload = Workload::new(1);
    workload.set_time(1_800_000_000_000);
    let first = workload.segment();
    assert!(
        first.spans.iter().all(|span| (0..200).contains(&(span.start_time - 1_800_000_000_000)))
    );
}
