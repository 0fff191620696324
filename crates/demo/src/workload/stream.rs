//! The order in which the segments come.

use bytes::Bytes;
use prost::Message;
use skytrail_proto::v3::SegmentObject;

use super::segment::Traces;
use crate::random::Random;

/// Segments over which those of one trace are spread.
const WINDOW: usize = 400;

/// Traces that start in a second unless the clock is set: 50,000 spans a second.
const TRACES_PER_SECOND: i64 = 2_500;

/// When the first trace starts unless told otherwise: 2026-01-05T10:00:00Z, in Unix milliseconds.
const START: i64 = 1_767_607_200_000;

/// An endless stream of encoded segments, the same for equal seeds and times.
#[derive(Debug)]
pub struct Workload {
    traces: Traces,
    order: Random,
    window: Vec<SegmentObject>,
    /// Unix milliseconds at which counting began, and traces since.
    start: i64,
    count: i64,
}

impl Workload {
    /// A stream whose first trace starts at 2026-01-05T10:00:00Z; its time passes as if 50,000
    /// spans came a second.
    pub fn new(seed: u64) -> Self {
        let order = Random::part(seed, 1);
        Self { traces: Traces::new(seed), order, window: Vec::new(), start: START, count: 0 }
    }

    /// Lets the traces that are yet to be made start at `unix_millis` and after. Up to 400 segments
    /// made before are still to come.
    pub fn set_time(&mut self, unix_millis: i64) {
        self.start = unix_millis;
        self.count = 0;
    }

    /// The next segment, not encoded.
    pub fn segment(&mut self) -> SegmentObject {
        while self.window.len() < WINDOW {
            let time = self.start + self.count * 1000 / TRACES_PER_SECOND;
            self.count += 1;
            self.window.extend(self.traces.trace(time));
        }
        self.window.swap_remove(self.order.place(self.window.len()))
    }
}

impl Iterator for Workload {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        Some(Bytes::from(self.segment().encode_to_vec()))
    }
}

/// The first `count` segments of the stream of a seed.
pub fn segments(seed: u64, count: usize) -> Vec<Bytes> {
    Workload::new(seed).take(count).collect()
}
