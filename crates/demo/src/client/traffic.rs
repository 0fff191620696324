//! The customers of the shop, at their rate.

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::clock::SharedClock;
use skytrail_base::shutdown::Shutdown;
use skytrail_proto::v3::SegmentObject;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::summary::Tallies;
use crate::shop::Shop;

/// How often it is looked whether requests are due.
const TICK: Duration = Duration::from_millis(5);

/// Requests are made up for after a pause, but never more than of so long.
const CATCH_UP: Duration = Duration::from_secs(1);

/// Makes requests and deals their segments out to the lanes.
pub(super) struct Traffic {
    pub(super) shop: Shop,
    /// Traces per second.
    pub(super) rate: f64,
    pub(super) clock: SharedClock,
    pub(super) lanes: Vec<mpsc::Sender<SegmentObject>>,
    pub(super) tallies: Arc<Tallies>,
}

impl Traffic {
    /// Sends what the shop did in `history` until now, each request at its time, and waits for the
    /// lanes where the server is slower.
    pub(super) async fn catch_up(&mut self, history: Duration, stop: &Shutdown) {
        let end = self.clock.unix_nanos();
        let step = (1e9 / self.rate) as i64;
        let mut at = end - i64::try_from(history.as_nanos()).unwrap_or(0);
        while at < end && !stop.is_stopping() {
            for segment in self.made(at) {
                if let Some(lane) = self.lane_of(&segment) {
                    // A lane that has ended acknowledges nothing.
                    let _ = lane.send(segment).await;
                }
            }
            at += step.max(1);
        }
    }

    /// Returns at the shutdown; the lanes then know that nothing follows.
    pub(super) async fn run(mut self, mut stop: Shutdown) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut last = Instant::now();
        let mut due = 1.0;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.stopping() => return,
            }
            let now = Instant::now();
            due += (now - last).min(CATCH_UP).as_secs_f64() * self.rate;
            last = now;
            while due >= 1.0 && !stop.is_stopping() {
                due -= 1.0;
                self.request();
                // Lets the lanes send what there is, so that a high rate does not overrun them.
                tokio::task::yield_now().await;
            }
        }
    }

    fn request(&mut self) {
        for segment in self.made(self.clock.unix_nanos()) {
            if let Some(lane) = self.lane_of(&segment) {
                // A full lane means that the server has been away for long: an agent, too, throws
                // away what it cannot send. It counts as failed, since it is never acknowledged.
                let _ = lane.try_send(segment);
            }
        }
    }

    /// The segments of the request at a time, counted.
    fn made(&mut self, at: i64) -> Vec<SegmentObject> {
        let segments = self.shop.request(at);
        self.tallies.segments.make(segments.len() as u64);
        segments
    }

    /// Instances keep to one lane, so that their segments stay in order.
    fn lane_of(&self, segment: &SegmentObject) -> Option<&mpsc::Sender<SegmentObject>> {
        let bytes = segment.service_instance.bytes();
        let sum = bytes.fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        self.lanes.get(sum % self.lanes.len().max(1))
    }
}
