//! When the next checkpoint is due.

use std::time::Duration;

use tokio::time::Instant;

/// Pause after the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Growth of the log since the last checkpoint, and failures since then.
#[derive(Debug)]
pub(super) struct Pace {
    limit_bytes: usize,
    /// Bytes that the log did not give back at the last one.
    left: usize,
    pause: Option<(Duration, Instant)>,
}

impl Pace {
    /// One whenever the log has grown by more than `limit_bytes`.
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, left: 0, pause: None }
    }

    pub(super) fn is_due(&self, used_bytes: usize, now: Instant) -> bool {
        let is_paused = self.pause.is_some_and(|(_, end)| now < end);
        !is_paused && used_bytes.saturating_sub(self.left) > self.limit_bytes
    }

    /// One was made; the log keeps `left` bytes of what it covers.
    pub(super) fn made(&mut self, left: usize) {
        self.left = left;
        self.pause = None;
    }

    /// One failed; gives the pause before the next try.
    pub(super) fn failed(&mut self, now: Instant) -> Duration {
        let pause = match self.pause {
            Some((last, _)) => (last * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        self.pause = Some((pause, now + pause));
        pause
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Pace;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_log_that_gives_nothing_back_is_left_alone_until_it_has_grown() {
        let (mut pace, now) = (Pace::new(100), Instant::now());
        assert!(!pace.is_due(100, now));
        assert!(pace.is_due(101, now));
        pace.made(101);
        assert!(!pace.is_due(101, now));
        assert!(!pace.is_due(201, now));
        assert!(pace.is_due(202, now));
        pace.made(0);
        assert!(pace.is_due(101, now));
    }

    #[test]
    fn failures_are_further_and_further_apart_up_to_a_minute() {
        let (mut pace, mut now) = (Pace::new(100), Instant::now());
        for seconds in [2, 4, 8, 16, 32, 60, 60] {
            assert!(pace.is_due(500, now));
            assert_eq!(pace.failed(now), SECOND * seconds);
            assert!(!pace.is_due(500, now + SECOND * (seconds - 1)));
            now += SECOND * seconds;
        }
        pace.made(0);
        assert!(pace.is_due(500, now));
        assert_eq!(pace.failed(now), SECOND * 2);
    }
}
