//! What the log tells about itself.

use skytrail_base::metrics::{Counter, Gauge, Histogram, Registry};

/// Seconds that a sync takes: from a fast disk to one that hangs.
const SYNC_SECONDS: [f64; 11] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Metrics of the log.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Bytes that wait in memory.
    pub(super) pending_bytes: Gauge,
    /// Bytes of all segments.
    pub(super) used_bytes: Gauge,
    /// Bytes written.
    pub(super) written_bytes: Counter,
    /// Records that became durable.
    pub(super) records: Counter,
    /// Records that were not taken, or could not be made durable.
    pub(super) refused: Counter,
    /// Records that the disk lost.
    pub(super) damaged: Counter,
    /// Writes and syncs that failed.
    pub(super) failures: Counter,
    /// Records between the end of the log and the checkpoint, at the start.
    pub(super) missing: Gauge,
    /// 1 while nothing can be made durable.
    pub(super) failing: Gauge,
    /// How long syncs take.
    pub(super) sync_seconds: Histogram,
}

impl Metrics {
    /// Registers them.
    pub fn new(registry: &Registry) -> Self {
        let gauge = |name: &str, help: &str| registry.register(name, help, Gauge::default());
        let counter = |name: &str, help: &str| registry.register(name, help, Counter::default());
        Self {
            pending_bytes: gauge(
                "skytrail_log_pending_bytes",
                "Bytes that wait to be written to the log",
            ),
            used_bytes: gauge("skytrail_log_used_bytes", "Bytes that the log holds on disk"),
            written_bytes: counter("skytrail_log_written_bytes", "Bytes written to the log"),
            records: counter("skytrail_log_records", "Records of the log that became durable"),
            refused: counter(
                "skytrail_log_refused_records",
                "Records that the log did not take or could not make durable",
            ),
            damaged: counter(
                "skytrail_log_damaged_records",
                "Durable records of the log that could not be read again",
            ),
            missing: gauge(
                "skytrail_log_missing_records",
                "Records by which the log ended before the checkpoint when it was opened",
            ),
            failures: counter("skytrail_log_failures", "Writes and syncs of the log that failed"),
            failing: gauge("skytrail_log_failing", "1 while the log can make nothing durable"),
            sync_seconds: registry.register(
                "skytrail_log_sync_seconds",
                "How long a sync of the log takes",
                Histogram::new(SYNC_SECONDS),
            ),
        }
    }
}
