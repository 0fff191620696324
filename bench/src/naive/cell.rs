//! Everything that is summed for one entity in one minute.

use std::collections::HashMap;

use skytrail_model::metric::histogram::bucket_of;

/// The Apdex threshold of every service, milliseconds.
const APDEX_THRESHOLD: i64 = 500;

/// Sums of one entity in one minute. Durations are in microseconds, those of
/// queues in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// Calls.
    pub count: i64,
    /// Calls without error.
    pub successful: i64,
    /// Sum of the durations.
    pub latency: i64,
    /// Durations by bucket.
    pub histogram: HashMap<u16, u64>,
    /// Calls without error within the Apdex threshold.
    pub satisfied: i64,
    /// Calls without error within four times the threshold, but not within it.
    pub tolerated: i64,
    /// Messages taken from a queue.
    pub consumed: i64,
    /// Sum of the times that messages spent in the queue, milliseconds.
    pub transmission: i64,
    /// Messages that say how long they were in the queue.
    pub transmitted: i64,
}

/// A call as every source sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Microseconds; for queues milliseconds.
    pub latency: i64,
    /// Whether it ended without error.
    pub is_successful: bool,
    /// Whether it took a message from a queue.
    pub is_message: bool,
    /// Milliseconds that the message was in the queue, if it says so.
    pub transmission: Option<i64>,
}

impl Cell {
    /// Counts a call.
    pub fn add(&mut self, call: Call) {
        self.count += 1;
        self.latency += call.latency;
        *self.histogram.entry(bucket_of(call.latency)).or_default() += 1;
        if call.is_successful {
            self.successful += 1;
            let millis = call.latency / 1000;
            if millis <= APDEX_THRESHOLD {
                self.satisfied += 1;
            } else if millis <= 4 * APDEX_THRESHOLD {
                self.tolerated += 1;
            }
        }
        self.consumed += i64::from(call.is_message);
        if let Some(transmission) = call.transmission {
            self.transmission += transmission;
            self.transmitted += 1;
        }
    }
}
