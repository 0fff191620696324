//! Time behind a trait, so that tests and simulations own it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Wall-clock time. Durations inside the process are measured with
/// [`std::time::Instant`] only where no behaviour depends on them.
pub trait Clock: Send + Sync + 'static {
    /// Nanoseconds since the Unix epoch, UTC.
    fn unix_nanos(&self) -> i64;

    /// Milliseconds since the Unix epoch, UTC.
    fn unix_millis(&self) -> i64 {
        self.unix_nanos().div_euclid(1_000_000)
    }
}

/// A clock that parts share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_nanos(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    }
}

/// A clock that moves only when told to.
#[derive(Debug, Default)]
pub struct ManualClock {
    nanos: AtomicI64,
}

impl ManualClock {
    /// A clock standing at `unix_nanos`.
    pub fn at(unix_nanos: i64) -> Arc<Self> {
        Arc::new(Self { nanos: AtomicI64::new(unix_nanos) })
    }

    /// Puts the clock to `unix_nanos`, backwards too.
    pub fn set(&self, unix_nanos: i64) {
        self.nanos.store(unix_nanos, Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
        self.nanos.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn unix_nanos(&self) -> i64 {
        self.nanos.load(Ordering::SeqCst)
    }
}
