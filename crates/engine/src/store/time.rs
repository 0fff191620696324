//! The time that the time to live goes by: believed, doubted, written down.

use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use skytrail_base::fs::FileSystem;
use skytrail_mutable::Mutable;
use skytrail_storage::SegmentEntry;

use super::self_metrics::Metrics;
use super::trust::Trust;

/// The name under which the time that was believed last is kept.
const BLOB: &str = "clock";

/// A file that the operator makes to say that the clock is right. It is removed
/// when it was read.
const CONFIRMED: &str = "clock-is-right";

/// Segments of an append that are looked at as witnesses.
const WITNESSES_PER_APPEND: usize = 4;

/// Decides about the wall clock, over restarts.
#[derive(Debug)]
pub(crate) struct Time {
    begun: Instant,
    trust: Mutex<Trust>,
}

impl Time {
    /// With what was written down before.
    pub(crate) fn open(mutable: &Mutable) -> Self {
        let held = mutable.get_blob(BLOB);
        let believed = held.and_then(|bytes| Some(i64::from_le_bytes(*bytes.first_chunk()?)));
        let trust = Mutex::new(Trust::new(believed, Duration::ZERO));
        Self { begun: Instant::now(), trust }
    }

    /// The latest time that was ever believed: what arrived then is no younger.
    pub(crate) fn latest(mutable: &Mutable) -> Option<i64> {
        let held = mutable.get_blob(BLOB)?;
        Some(i64::from_le_bytes(*held.last_chunk()?))
    }

    /// The time, if the wall clock is believed; tells when that changes.
    pub(crate) fn believed(
        &self,
        wall: i64,
        fs: &dyn FileSystem,
        metrics: &Metrics,
    ) -> Option<i64> {
        let passed = self.begun.elapsed();
        let mut trust = self.trust.lock();
        let was_doubted = trust.doubt(passed).is_some();
        // Only when it is gone for good: it speaks of this time, and no later one.
        let is_gone = || fs.remove(Path::new(CONFIRMED)).and_then(|()| fs.sync_dir(Path::new("")));
        if is_gone().is_ok() {
            trust.confirm(wall, passed);
        }
        let time = trust.time(wall, passed);
        metrics.clock_doubted.set(i64::from(time.is_none()));
        match (was_doubted, trust.doubt(passed)) {
            (false, Some(expected)) => tracing::warn!(
                clock_shows = seconds(wall),
                expected = seconds(expected),
                confirm_by_making = fs.describe(Path::new(CONFIRMED)),
                "the clock of this machine was set, or the server was off; nothing is removed by \
                 age until data of two instances agrees with it for an hour, or the file is made"
            ),
            (true, None) => tracing::info!("the clock is believed; old data is removed again"),
            _ => {}
        }
        time
    }

    /// Looks at the times of segments, while the wall clock is not believed.
    pub(crate) fn witness(&self, entries: &[SegmentEntry], wall: impl FnOnce() -> i64) {
        let Some(mut trust) = self.trust.try_lock().filter(|trust| trust.wants_witnesses()) else {
            return;
        };
        let (wall, passed) = (wall(), self.begun.elapsed());
        for entry in entries.iter().rev().take(WITNESSES_PER_APPEND) {
            let end = entry.start.saturating_add(entry.duration);
            trust.witness(entry.instance, end, wall, passed);
        }
    }

    /// What is written down, for a time that is believed and the latest that ever was.
    pub(crate) fn blob(time: i64, latest: i64) -> (&'static str, Vec<u8>) {
        (BLOB, [time.to_le_bytes(), latest.to_le_bytes()].concat())
    }
}

/// Seconds since the Unix epoch, for the log.
fn seconds(nanos: i64) -> i64 {
    nanos.div_euclid(1_000_000_000)
}
