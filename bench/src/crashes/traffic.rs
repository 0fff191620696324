//! Numbered segments: everything of a segment follows from the seed, its number
//! and when its round began, so that nothing of it need be kept.
//!
//! A trace is a front, often a back that it calls, and often a worker that takes
//! from the queue of the back. Services: two fronts, three backs, a worker, each
//! of two instances and three endpoints.

use skytrail_proto::v3::{
    KeyStringValuePair, SegmentObject, SegmentReference, SpanLayer, SpanObject, SpanType,
};

use crate::soak::random::Random;

/// Segments of a trace, at most.
pub const PARTS: usize = 3;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// How long before its round a trace starts at most, apart from those of the day before.
pub const LATE_MS: i64 = 3 * MINUTE_MS;

/// A trace by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TraceNumber {
    /// The round in which it was first sent.
    pub round: u32,
    /// Within the round.
    pub trace: u32,
}

/// A segment by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    /// The trace.
    pub trace: TraceNumber,
    /// Within the trace, below [`PARTS`].
    pub part: usize,
}

/// Makes the traces of a run.
#[derive(Debug, Clone, Copy)]
pub struct Traffic {
    seed: u64,
}

/// Where a segment runs.
struct Place {
    service: String,
    instance: usize,
    endpoint: usize,
}

impl Place {
    fn instance(&self) -> String {
        format!("{}-{}", self.service, self.instance)
    }

    fn address(&self) -> String {
        format!("{}.crash:8080", self.instance())
    }

    fn operation(&self) -> String {
        format!("/{}/{}", self.service, self.endpoint)
    }
}

impl Traffic {
    /// Of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The id of a trace.
    pub fn trace_id(self, number: TraceNumber) -> String {
        self.id(number, 9, 0)
    }

    /// An id in the form of the Java agent.
    fn id(self, number: TraceNumber, thread: u32, part: usize) -> String {
        let mut process = Random::new(self.seed.wrapping_add(u64::from(thread)));
        let count = (u64::from(number.round) * 1_000_000 + u64::from(number.trace)) * 10;
        let count = 17_000_000_000_000_000 + count + part as u64;
        format!("{:016x}{:016x}.{thread}.{count}", process.number(), process.number())
    }

    /// The segments of a trace, those that call before those that are called;
    /// `base` is when the round began, Unix milliseconds.
    pub fn trace(self, number: TraceNumber, base: i64) -> Vec<SegmentObject> {
        let mix = u64::from(number.round) << 32 | u64::from(number.trace);
        let mut random = Random::new(self.seed ^ mix.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let parts = 1 + random.below(PARTS);
        let start = base
            - match random.below(100) {
                0..75 => random.below(2_000) as i64,
                75..97 => random.below(LATE_MS as usize) as i64,
                _ => DAY_MS + random.below(MINUTE_MS as usize) as i64,
            };
        let places: Vec<_> = (0..parts).map(|part| place(part, &mut random)).collect();
        let mut reference = None;
        let mut segments = Vec::with_capacity(parts);
        for (part, place) in places.iter().enumerate() {
            let called = match places.get(part + 1) {
                Some(next) if part == 0 => Some(next.address()),
                Some(_) => Some(QUEUE.to_owned()),
                None => None,
            };
            let mut segment = SegmentObject {
                trace_id: self.trace_id(number),
                trace_segment_id: self.id(number, 10 + part as u32, part),
                service: place.service.clone(),
                service_instance: place.instance(),
                ..SegmentObject::default()
            };
            let begin = start + 10 * part as i64;
            reference = fill(&mut segment, place, reference, called, (part, begin), &mut random);
            segments.push(segment);
        }
        segments
    }
}

const SERVICES: [&[&str]; PARTS] =
    [&["front-a", "front-b"], &["back-a", "back-b", "back-c"], &["worker"]];

/// Words of 16 bytes of a note, at most; a value of a tag may have 4,096 bytes.
const NOTE_WORDS: usize = 250;

/// The queue between backs and workers.
const QUEUE: &str = "queue.crash:9092";

fn place(part: usize, random: &mut Random) -> Place {
    let services = SERVICES.get(part).copied().unwrap_or_default();
    let service = random.pick(services).copied().unwrap_or("worker").to_owned();
    Place { service, instance: random.below(2), endpoint: random.below(3) }
}

/// Adds the spans, those first that end first; gives the reference that the last
/// call hands on.
fn fill(
    segment: &mut SegmentObject,
    place: &Place,
    reference: Option<SegmentReference>,
    called: Option<String>,
    (part, start): (usize, i64),
    random: &mut Random,
) -> Option<SegmentReference> {
    let length = 20 + random.below(400) as i64;
    let entry_layer = if part == 2 { SpanLayer::Mq } else { SpanLayer::Http };
    let mut entry = span(SpanType::Entry, entry_layer, &place.operation(), (start, start + length));
    entry.parent_span_id = -1;
    entry.component_id = if part == 2 { 41 } else { 14 };
    entry.is_error = random.below(10) == 0;
    entry.refs.extend(reference);
    entry.tags = vec![tag("http.method", "GET"), tag("note", &note(random))];
    let mut inner = Vec::new();
    for number in 0..random.below(3) {
        let name = format!("step-{number}");
        inner.push(span(SpanType::Local, SpanLayer::Unknown, &name, (start + 1, start + 3)));
    }
    let (layer, component, peer) = match part {
        1 => (SpanLayer::Database, 33, Some("mysql.crash:3306")),
        2 => (SpanLayer::Cache, 30, Some("redis.crash:6379")),
        _ => (SpanLayer::Unknown, 0, None),
    };
    if let Some(peer) = peer {
        let end = start + 4 + random.below(9) as i64;
        let mut access = span(SpanType::Exit, layer, "access", (start + 3, end));
        (access.component_id, access.peer) = (component, peer.to_owned());
        access.tags = match layer {
            SpanLayer::Database => vec![tag("db.type", "sql"), tag("db.statement", "SELECT 1")],
            _ => vec![tag("cache.type", "Redis"), tag("cache.op", "read")],
        };
        inner.push(access);
    }
    if let Some(address) = &called {
        let layer = if part == 0 { SpanLayer::Http } else { SpanLayer::Mq };
        let mut exit = span(SpanType::Exit, layer, "call", (start + 5, start + length - 5));
        exit.component_id = if part == 0 { 2 } else { 40 };
        exit.peer.clone_from(address);
        inner.push(exit);
    }
    for (before, span) in inner.iter_mut().enumerate() {
        span.span_id = before as i32 + 1;
    }
    let last = inner.len() as i32;
    segment.spans = inner;
    segment.spans.push(entry);
    called.map(|address| SegmentReference {
        trace_id: segment.trace_id.clone(),
        parent_trace_segment_id: segment.trace_segment_id.clone(),
        parent_span_id: last,
        parent_service: segment.service.clone(),
        parent_service_instance: segment.service_instance.clone(),
        parent_endpoint: place.operation(),
        network_address_used_at_peer: address,
        ..SegmentReference::default()
    })
}

/// A text that cannot be compressed, so that the log and the blocks fill up fast.
fn note(random: &mut Random) -> String {
    (0..random.below(NOTE_WORDS)).map(|_| format!("{:016x}", random.number())).collect()
}

fn span(kind: SpanType, layer: SpanLayer, name: &str, (start, end): (i64, i64)) -> SpanObject {
    SpanObject {
        start_time: start,
        end_time: end,
        operation_name: name.to_owned(),
        span_type: kind.into(),
        span_layer: layer.into(),
        ..SpanObject::default()
    }
}

fn tag(key: &str, value: &str) -> KeyStringValuePair {
    KeyStringValuePair { key: key.to_owned(), value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{PARTS, TraceNumber, Traffic};

    #[test]
    fn a_number_gives_the_same_segments_and_ids_are_distinct() {
        let traffic = Traffic::new(3);
        let numbers = (0..4).flat_map(|round| (0..50).map(move |trace| (round, trace)));
        let mut ids = HashSet::new();
        let mut parts = [0; PARTS];
        for (round, trace) in numbers {
            let number = TraceNumber { round, trace };
            let segments = traffic.trace(number, 1_700_000_000_000);
            assert_eq!(segments, traffic.trace(number, 1_700_000_000_000));
            parts[segments.len() - 1] += 1;
            for segment in &segments {
                assert!(ids.insert(segment.trace_segment_id.clone()));
                assert_eq!(segment.trace_id, traffic.trace_id(number));
                assert!(segment.spans.iter().all(|span| span.end_time > span.start_time));
            }
        }
        assert!(parts.iter().all(|count| *count > 30));
    }
}
