//! What the store tells about itself.

use skytrail_base::metrics::{Counter, Gauge, Registry};

/// Metrics of the store.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Bytes of parts written, those of merges included.
    pub(crate) written_bytes: Counter,
    /// Of these, bytes that merges wrote.
    pub(crate) merged_bytes: Counter,
    /// Bytes of the parts that count.
    pub(crate) part_bytes: Gauge,
    /// Parts that count.
    pub(crate) parts: Gauge,
    /// Bytes of rows and encoded spans in memory.
    pub(crate) memory_bytes: Gauge,
    /// Bytes of the cache.
    pub(crate) cache_bytes: Gauge,
    /// Bytes of directories, summaries, filters and dictionaries of parts.
    pub(crate) index_bytes: Gauge,
    /// Checkpoints made.
    pub(crate) checkpoints: Counter,
    /// Writes that failed.
    pub(crate) failures: Counter,
    /// Parts that could not be read and were set aside.
    pub(crate) damaged: Counter,
    /// 1 while nothing is removed by age because the clock was set.
    pub(crate) clock_doubted: Gauge,
}

impl Metrics {
    /// Registers them.
    pub fn new(registry: &Registry) -> Self {
        let gauge = |name: &str, help: &str| registry.register(name, help, Gauge::default());
        let counter = |name: &str, help: &str| registry.register(name, help, Counter::default());
        Self {
            written_bytes: counter("skytrail_store_written_bytes", "Bytes of parts written"),
            merged_bytes: counter(
                "skytrail_store_merged_bytes",
                "Bytes of parts that merges wrote",
            ),
            part_bytes: gauge("skytrail_store_part_bytes", "Bytes of the parts that count"),
            parts: gauge("skytrail_store_parts", "Parts that count"),
            memory_bytes: gauge(
                "skytrail_store_memory_bytes",
                "Bytes of rows and encoded spans in memory that no checkpoint covers, with the \
                 room that they are written into and what spans are encoded with",
            ),
            cache_bytes: gauge("skytrail_store_cache_bytes", "Bytes of parts held in memory"),
            index_bytes: gauge(
                "skytrail_store_index_bytes",
                "Bytes of directories, summaries, filters and dictionaries of parts in memory",
            ),
            checkpoints: counter("skytrail_store_checkpoints", "Checkpoints made"),
            failures: counter("skytrail_store_failures", "Writes of the store that failed"),
            damaged: counter(
                "skytrail_store_damaged_parts",
                "Parts that could not be read and were set aside",
            ),
            clock_doubted: gauge(
                "skytrail_store_clock_doubted",
                "1 while nothing is removed by age because the clock of the machine was set",
            ),
        }
    }
}
