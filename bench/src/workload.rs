//! The segments that every row works on.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use prost::Message;
use skytrail_demo::workload::Workload as Stream;
use skytrail_proto::v3::SegmentObject;

/// The seed of the traffic.
pub const SEED: u64 = 1;

/// A run of segments of the benchmark's traffic.
#[derive(Debug, Clone)]
pub struct Workload {
    /// As they are sent.
    pub encoded: Vec<Bytes>,
    /// The same, not encoded.
    pub decoded: Vec<SegmentObject>,
    /// Spans in all of them.
    pub spans: u64,
}

impl Workload {
    /// `count` segments; the same for the same count.
    pub fn new(count: usize) -> Self {
        Self::take(&mut Stream::new(SEED), count)
    }

    /// The next `count` segments of a stream.
    pub fn take(stream: &mut Stream, count: usize) -> Self {
        Self::of((0..count).map(|_| stream.segment()).collect())
    }

    /// These segments.
    pub fn of(decoded: Vec<SegmentObject>) -> Self {
        let encoded = encode(&decoded);
        let spans = decoded.iter().map(|segment| segment.spans.len() as u64).sum();
        Self { encoded, decoded, spans }
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> usize {
        self.encoded.iter().map(Bytes::len).sum()
    }

    /// Tells the traffic in a line.
    pub fn describe(&self) -> String {
        let (segments, spans) = (self.encoded.len(), self.spans);
        format!("{segments} segments, {spans} spans of {} B", self.bytes() as u64 / spans.max(1))
    }

    /// The segments of each instance together, as an SDK that batches by
    /// process would send them.
    pub fn by_instance(&self) -> Vec<Vec<&SegmentObject>> {
        let mut groups: HashMap<(&str, &str), Vec<&SegmentObject>> = HashMap::new();
        for segment in &self.decoded {
            let instance = (segment.service.as_str(), segment.service_instance.as_str());
            groups.entry(instance).or_default().push(segment);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_unstable_by_key(|(instance, _)| *instance);
        groups.into_iter().map(|(_, segments)| segments).collect()
    }
}

/// Encodes segments one behind the other, as they stand in what was received.
fn encode(segments: &[SegmentObject]) -> Vec<Bytes> {
    let mut all = Vec::with_capacity(segments.iter().map(SegmentObject::encoded_len).sum());
    let places: Vec<_> = segments
        .iter()
        .map(|segment| {
            let start = all.len();
            all.extend_from_slice(&segment.encode_to_vec());
            start..all.len()
        })
        .collect();
    let all = Bytes::from(all);
    places.into_iter().map(|place| all.slice(place)).collect()
}

/// A stream whose traces start now and later.
pub fn stream_from_now(seed: u64) -> Stream {
    let mut stream = Stream::new(seed);
    stream.set_time(now_ms());
    stream
}

/// Unix time in milliseconds.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
