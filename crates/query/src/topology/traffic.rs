//! Numbers of what is called.

use crate::measures::Measured;

/// What was measured of something that is called.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Traffic {
    /// Calls per minute.
    pub cpm: Option<f64>,
    /// Average latency, milliseconds.
    pub average: Option<f64>,
    /// 99th percentile of the latency, milliseconds.
    pub p99: Option<f64>,
    /// Failures in per cent.
    pub errors: Option<f64>,
}

impl Traffic {
    /// In so many minutes; none where nothing was called.
    pub(crate) fn some(measured: &Measured, minutes: f64) -> Option<Self> {
        (measured.calls > 0).then(|| Self::of(measured, minutes))
    }

    /// In so many minutes.
    pub(crate) fn of(measured: &Measured, minutes: f64) -> Self {
        Self {
            cpm: measured.cpm(minutes),
            average: measured.average(),
            p99: measured.percentile(99),
            errors: measured.errors(),
        }
    }
}
