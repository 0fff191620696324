//! Looking at something from time to time, until the shutdown.

use std::time::Duration;

use skytrail_base::shutdown::Shutdown;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Looks that follow each other; one that takes long makes the next ones later.
#[derive(Debug)]
pub(super) struct Looks {
    turns: Interval,
    stop: Shutdown,
}

impl Looks {
    /// The first at once.
    pub(super) fn every(period: Duration, stop: Shutdown) -> Self {
        Self::from(Instant::now(), period, stop)
    }

    /// The first after one period.
    pub(super) fn after_each(period: Duration, stop: Shutdown) -> Self {
        Self::from(Instant::now() + period, period, stop)
    }

    fn from(first: Instant, period: Duration, stop: Shutdown) -> Self {
        let mut turns = interval_at(first, period);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { turns, stop }
    }

    /// Waits for the next one; false when there is none, because of the shutdown.
    pub(super) async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.turns.tick() => true,
            () = self.stop.stopping() => false,
        }
    }
}
