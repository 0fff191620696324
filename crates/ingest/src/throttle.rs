//! Log lines that input can cause: at most one in a while, with the number of
//! those left out.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use skytrail_base::clock::Clock;

const EVERY_NANOS: i64 = 10_000_000_000;

/// Lets one line through every ten seconds.
#[derive(Debug)]
pub(crate) struct Throttle {
    next: AtomicI64,
    left_out: AtomicU64,
}

impl Throttle {
    pub(crate) const fn new() -> Self {
        Self { next: AtomicI64::new(i64::MIN), left_out: AtomicU64::new(0) }
    }

    /// Says whether to log now; if so, how many lines were left out before.
    pub(crate) fn pass(&self, clock: &dyn Clock) -> Option<u64> {
        let now = clock.unix_nanos();
        let next = self.next.load(Ordering::Relaxed);
        // A clock that was put back must not silence the log for longer than one turn.
        let is_due = now >= next || next > now.saturating_add(EVERY_NANOS);
        let then = now.saturating_add(EVERY_NANOS);
        let order = Ordering::Relaxed;
        if is_due && self.next.compare_exchange(next, then, order, order).is_ok() {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use skytrail_base::clock::ManualClock;

    use super::Throttle;

    #[test]
    fn one_line_passes_in_a_while_and_counts_the_others() {
        let clock = ManualClock::at(1_000);
        let throttle = Throttle::new();
        assert_eq!(throttle.pass(&*clock), Some(0));
        assert_eq!(throttle.pass(&*clock), None);
        assert_eq!(throttle.pass(&*clock), None);
        clock.advance(Duration::from_secs(10));
        assert_eq!(throttle.pass(&*clock), Some(2));
        clock.set(-500_000_000_000);
        assert_eq!(throttle.pass(&*clock), Some(0));
    }
}
