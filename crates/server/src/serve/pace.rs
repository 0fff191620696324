//! When the next checkpoint is due.

use std::time::Duration;

use tokio::time::Instant;

/// Pause after the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

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

    /// `is_wanted`: whether the store asks for one.
    pub(super) fn is_due(&self, used_bytes: usize, is_wanted: bool, now: Instant) -> bool {
        let is_paused = self.pause.is_some_and(|(_, end)| now < end);
        let is_long = used_bytes.saturating_sub(self.left) > self.limit_bytes;
        // After a failure one more is made even if nothing asks for it: only then is it over.
        !is_paused && (is_long || is_wanted || self.pause.is_some())
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
        assert!(!pace.is_due(100, false, now));
        assert!(pace.is_due(101, false, now));
        pace.made(101);
        assert!(!pace.is_due(101, false, now));
        assert!(!pace.is_due(201, false, now));
        assert!(pace.is_due(202, false, now));
        pace.made(0);
        assert!(pace.is_due(101, false, now));
    }

    #[test]
    fn failures_are_further_and_further_apart_up_to_a_limit() {
        let (mut pace, mut now) = (Pace::new(100), Instant::now());
        for seconds in [2, 4, 8, 15, 15] {
            assert!(pace.is_due(500, false, now));
            assert_eq!(pace.failed(now), SECOND * seconds);
            assert!(!pace.is_due(500, true, now + SECOND * (seconds - 1)));
            now += SECOND * seconds;
        }
        assert!(pace.is_due(0, false, now), "until one succeeds");
        pace.made(0);
        assert!(!pace.is_due(100, false, now));
        assert!(pace.is_due(100, true, now));
        assert!(pace.is_due(500, false, now));
        assert_eq!(pace.failed(now), SECOND * 2);
    }
}
