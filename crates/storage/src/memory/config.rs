//! Limits of the in-memory backend.

/// Nanoseconds in a day.
const DAY: i64 = 86_400_000_000_000;

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Bytes for all families together.
    pub max_bytes: usize,
    /// How long spans and records are kept, nanoseconds.
    pub record_ttl: i64,
    /// How long metrics, relations and entities are kept, nanoseconds.
    pub metric_ttl: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_bytes: 256 << 20, record_ttl: 3 * DAY, metric_ttl: 7 * DAY }
    }
}

impl Config {
    fn share(&self, percent: usize) -> usize {
        self.max_bytes / 100 * percent
    }

    /// Share of the spans: 55 %.
    pub(super) fn span_bytes(&self) -> usize {
        self.share(55)
    }

    /// Share of the metric rows: 28 %.
    pub(super) fn metric_bytes(&self) -> usize {
        self.share(28)
    }

    /// Share of the relation rows: 5 %.
    pub(super) fn relation_bytes(&self) -> usize {
        self.share(5)
    }

    /// Share of the entities and aliases: 8 %.
    pub(super) fn entity_bytes(&self) -> usize {
        self.share(8)
    }

    /// Share of the slow records: 3 %.
    pub(super) fn record_bytes(&self) -> usize {
        self.share(3)
    }

    /// Share of the tags: 1 %.
    pub(super) fn tag_bytes(&self) -> usize {
        self.share(1)
    }
}
