//! What became of what was sent.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Messages of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Made, whether they left this process or not.
    pub made: u64,
    /// Answered with success. For segments: their stream was.
    pub acknowledged: u64,
}

impl Count {
    /// Made and never acknowledged: refused, lost with their stream, or thrown away because the
    /// server was away for too long.
    pub fn failed(self) -> u64 {
        self.made.saturating_sub(self.acknowledged)
    }
}

/// What became of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Trace segments.
    pub segments: Count,
    /// Properties, life signs and JVM readings.
    pub reports: Count,
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segments, reports } = self;
        write!(
            out,
            "{} segments made, {} acknowledged, {} failed; {} reports made, {} acknowledged, {} failed",
            segments.made,
            segments.acknowledged,
            segments.failed(),
            reports.made,
            reports.acknowledged,
            reports.failed()
        )
    }
}

/// A [`Count`] that tasks share.
#[derive(Debug, Default)]
pub(super) struct Tally {
    made: AtomicU64,
    acknowledged: AtomicU64,
}

impl Tally {
    pub(super) fn make(&self, count: u64) {
        self.made.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn acknowledge(&self, count: u64) {
        self.acknowledged.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> Count {
        let acknowledged = self.acknowledged.load(Ordering::Acquire);
        Count { made: self.made.load(Ordering::Acquire), acknowledged }
    }
}

/// All that is counted.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub(super) segments: Tally,
    pub(super) reports: Tally,
}

impl Tallies {
    pub(super) fn summary(&self) -> Summary {
        Summary { segments: self.segments.count(), reports: self.reports.count() }
    }
}
