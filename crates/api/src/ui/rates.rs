//! How fast data comes now: what was received, against what had been received a moment before.

use std::collections::VecDeque;

use parking_lot::Mutex;
use skytrail_base::clock::SharedClock;

use super::server::{Receiver, ServerSource};

/// Milliseconds that rates are averaged over, at most where somebody asks that often.
const OVER: i64 = 10_000;

/// The same where nobody asked for a while: what is older tells nothing of now.
const LONGEST: i64 = 60_000;

/// Milliseconds from one look to the next, at least: so there are few, whoever asks how often.
const APART: i64 = 1_000;

/// What had been received at a time.
struct Look {
    /// Milliseconds since the Unix epoch.
    at: i64,
    receivers: Vec<Receiver>,
}

/// Remembers what had been received whenever somebody asked, for a minute.
pub(crate) struct Rates {
    looks: Mutex<VecDeque<Look>>,
    clock: SharedClock,
}

/// What was received, and how fast.
pub(crate) struct Pace {
    /// Since the start.
    pub(crate) now: Vec<Receiver>,
    /// Seconds that rates are averaged over, and what had been received before these.
    then: Option<(f64, Vec<Receiver>)>,
}

impl Rates {
    pub(crate) fn new(clock: SharedClock) -> Self {
        Self { looks: Mutex::default(), clock }
    }

    /// Looks again.
    pub(crate) fn look(&self, server: &dyn ServerSource) -> Pace {
        // Under the lock, so that looks stand in the order of their times.
        let mut looks = self.looks.lock();
        let (at, now) = (self.clock.unix_millis(), server.receivers());
        // The first that is young enough, or else the one before it.
        while looks.get(1).is_some_and(|next| at - next.at >= OVER) {
            looks.pop_front();
        }
        // A clock that was set back makes all looks worthless.
        looks.retain(|look| (0..=LONGEST).contains(&(at - look.at)));
        let first = looks.front().filter(|look| at - look.at >= APART);
        let then = first.map(|look| ((at - look.at) as f64 / 1e3, look.receivers.clone()));
        if looks.back().is_none_or(|last| at - last.at >= APART) {
            looks.push_back(Look { at, receivers: now.clone() });
        }
        Pace { now, then }
    }
}

impl Pace {
    /// Seconds that rates are averaged over; none where it is too early to tell.
    pub(crate) fn seconds(&self) -> Option<f64> {
        self.then.as_ref().map(|(seconds, _)| *seconds)
    }

    /// By how much a number grows in a second.
    pub(crate) fn per_second(&self, count: impl Fn(&[Receiver]) -> u64) -> Option<f64> {
        let (seconds, then) = self.then.as_ref()?;
        Some(count(&self.now).saturating_sub(count(then)) as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use skytrail_base::clock::ManualClock;

    use super::Rates;
    use crate::ui::server::{Disk, Receiver, Refusal, ServerSource};

    /// Has received so much.
    #[derive(Default)]
    struct Taking(AtomicU64);

    impl ServerSource for Taking {
        fn uptime(&self) -> u64 {
            0
        }

        fn receivers(&self) -> Vec<Receiver> {
            vec![Receiver { received: self.0.load(Ordering::Relaxed), ..Receiver::default() }]
        }

        fn stored_bytes(&self) -> Option<u64> {
            None
        }

        fn refusal(&self) -> Option<Refusal> {
            None
        }

        fn disk(&self) -> Disk {
            Disk::default()
        }
    }

    #[test]
    fn rates_are_those_of_the_last_seconds() {
        let clock = ManualClock::at(0);
        let (rates, server) = (Rates::new(clock.clone()), Taking::default());
        let ask = |second: i64, received: u64| {
            clock.set(second * 1_000_000_000);
            server.0.store(received, Ordering::Relaxed);
            let pace = rates.look(&server);
            let rate = pace.per_second(|all| all.iter().map(|one| one.received).sum());
            pace.seconds().zip(rate)
        };
        assert_eq!(ask(100, 1_000), None, "it is too early");
        assert_eq!(ask(100, 1_001), None);
        assert_eq!(ask(104, 1_400), Some((4.0, 100.0)));
        assert_eq!(ask(108, 1_400), Some((8.0, 50.0)));
        assert_eq!(ask(112, 1_400), Some((12.0, 400.0 / 12.0)));
        assert_eq!(ask(116, 1_400), Some((12.0, 0.0)), "those of then count no more");
        assert_eq!(ask(150, 3_440), Some((34.0, 60.0)), "nobody asked meanwhile");
        assert_eq!(ask(300, 3_440), None, "for a long time");
        assert_eq!(ask(20, 3_440), None, "the clock was set back");
        for second in 21..2_000 {
            ask(second, 3_440);
        }
        assert!(rates.looks.lock().len() < 13);
    }
}
