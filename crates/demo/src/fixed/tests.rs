use std::collections::{HashMap, HashSet};
use std::path::Path;

use skytrail_proto::v3::{RefType, SpanObject, SpanType};

use super::{jvm, properties, segments};

/// 2026-01-05T10:30:00Z.
const BASE: i64 = 1_767_609_000_000;

/// Calls, sum of milliseconds, failures.
type Sums = (usize, i64, usize);

/// Sums of the spans that `pick` puts under a name.
fn sums(pick: impl Fn(&str, &SpanObject) -> Option<String>) -> HashMap<String, Sums> {
    let mut sums: HashMap<String, Sums> = HashMap::new();
    for segment in segments(BASE) {
        for span in segment.spans.iter().filter(|span| !span.skip_analysis) {
            let Some(name) = pick(&segment.service_instance, span) else { continue };
            let minute = (span.start_time - BASE).div_euclid(60_000);
            let sum = sums.entry(format!("{name} {minute}")).or_default();
            let calls = span.refs.len().max(1);
            let time = span.end_time - span.start_time;
            *sum = (sum.0 + calls, sum.1 + time * calls as i64, sum.2 + usize::from(span.is_error));
        }
    }
    sums
}

#[test]
fn entries_add_up_to_the_documented_values() {
    let found =
        sums(|instance, span| (span.span_type() == SpanType::Entry).then(|| instance.to_owned()));
    let expected = [
        ("web-1 0", (4, 1_200, 1)),
        ("web-1 1", (2, 650, 0)),
        ("web-1 -60", (1, 2_100, 0)),
        ("web-1 -1440", (1, 300, 0)),
        ("orders-1 0", (2, 160, 1)),
        ("orders-2 0", (1, 300, 0)),
        ("stock-1 0", (2, 80, 0)),
        ("stock-1 1", (1, 30, 0)),
    ];
    assert_eq!(found, expected.map(|(name, sum)| (name.to_owned(), sum)).into());
}

#[test]
fn exits_add_up_to_the_documented_values() {
    let found = sums(|instance, span| {
        let service = instance.split('-').next().unwrap();
        (span.span_type() == SpanType::Exit).then(|| format!("{service} {}", span.peer))
    });
    let expected = [
        ("web 10.0.0.11:8080 0", (2, 260, 1)),
        ("web 10.0.0.12:8080 0", (1, 380, 0)),
        ("web 10.0.0.21:9000 1", (1, 40, 0)),
        ("web pay.fixed:443 1", (1, 550, 0)),
        ("orders db.fixed:3306 0", (4, 360, 1)),
        ("orders redis.fixed:6379 0", (2, 27, 0)),
        ("orders kafka.fixed:9092 0", (2, 4, 0)),
        ("stock db.fixed:3306 0", (1, 20, 0)),
    ];
    assert_eq!(found, expected.map(|(name, sum)| (name.to_owned(), sum)).into());
}

#[test]
fn references_lead_to_their_spans_and_ids_are_unique() {
    let all = segments(BASE);
    let ids: HashSet<_> = all.iter().map(|segment| &segment.trace_segment_id).collect();
    assert_eq!(ids.len(), all.len());
    let mut threads = 0;
    for span in all.iter().flat_map(|segment| &segment.spans) {
        for reference in &span.refs {
            let id = &reference.parent_trace_segment_id;
            let from = all.iter().find(|segment| segment.trace_segment_id == *id).unwrap();
            assert_eq!(from.trace_id, reference.trace_id);
            let parent = from.spans.iter().find(|span| span.span_id == reference.parent_span_id);
            if reference.ref_type() == RefType::CrossThread {
                threads += 1;
            } else {
                assert_eq!(parent.unwrap().peer, reference.network_address_used_at_peer);
            }
        }
    }
    assert_eq!(threads, 1);
    assert!(segments(BASE + 60_000).iter().all(|segment| !ids.contains(&segment.trace_segment_id)));
    assert_eq!(properties().len(), 4);
    assert_eq!(jvm(BASE).metrics.len(), 2);
}

/// `SKYTRAIL_BLESS=1` writes the file anew.
#[test]
fn the_published_file_holds_the_same_segments() {
    let path = Path::new("../../cases/segments/fixed.json");
    let text = serde_json::to_string_pretty(&segments(BASE)).unwrap() + "\n";
    if std::env::var_os("SKYTRAIL_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == text, "fixed.json differs from the code");
}
