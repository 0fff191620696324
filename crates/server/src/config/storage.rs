//! The section `storage`.

use serde::Deserialize;
use skytrail_base::quantity::{Bytes, Period};

/// Values of `storage.selector`.
pub(super) const SELECTORS: [&str; 2] = ["embedded", "memory"];

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const DAY: i64 = 86_400_000_000_000;

/// `storage`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageConfig {
    /// Which backend.
    pub selector: String,
    /// How long spans and slow records are kept.
    pub record_ttl: Period,
    /// How long metrics of minutes, relations and entities are kept.
    pub metric_ttl: Period,
    /// The backend `memory`.
    pub memory: MemoryConfig,
    /// The backend `embedded`.
    pub embedded: EmbeddedConfig,
    /// The log in front of a backend on disk.
    pub log: WalConfig,
}

/// `storage.memory`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryConfig {
    /// For all families together.
    pub budget: Bytes,
}

/// `storage.embedded`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddedConfig {
    /// How long metrics of hours are kept.
    pub hour_ttl: Period,
    /// How long metrics of days are kept.
    pub day_ttl: Period,
    /// Of all files; 0 is no limit.
    pub disk_size: Bytes,
    /// The same in percent of the disk.
    pub disk_percent: u8,
    /// What is kept on the disk for the store alone.
    pub reserve: Bytes,
    /// Spans as rows.
    pub open_spans: Bytes,
    /// Spans that are encoded and not written yet.
    pub sealed_spans: Bytes,
    /// Metric rows that are not written yet.
    pub metrics: Bytes,
    /// Relations that are not written yet.
    pub relations: Bytes,
    /// Slow statements that are not written yet.
    pub records: Bytes,
    /// Services, instances, endpoints, relations and aliases by name.
    pub entities: Bytes,
    /// Tag keys and values.
    pub tags: Bytes,
    /// What was read of files.
    pub cache: Bytes,
    /// Dictionaries of spans.
    pub dictionaries: Bytes,
}

/// `storage.log`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalConfig {
    /// Its folder; empty for `log` in the data folder.
    pub wal_dir: String,
    /// Beyond it nothing is taken.
    pub limit: Bytes,
    /// A checkpoint is made whenever it has grown by so much.
    pub checkpoint_every: Bytes,
    /// What waits in memory to be written, and as much that is being written.
    pub pending: Bytes,
    /// How long a message waits for others to be made durable with it.
    pub interval: Period,
    /// When a client is answered.
    pub ack: Ack,
}

/// When a client is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ack {
    /// When its message is on the disk.
    Durable,
    /// When it is in memory: a crash loses what came in the moments before.
    Memory,
}

impl StorageConfig {
    /// Key, value, least and most.
    pub(super) fn bounds(&self) -> [(&'static str, u64, u64, u64); 15] {
        let (embedded, log) = (&self.embedded, &self.log);
        [
            ("storage.memory.budget", self.memory.budget.0, 16 * MIB, 1 << 50),
            ("storage.embedded.reserve", embedded.reserve.0, 0, 64 * GIB),
            ("storage.embedded.open_spans", embedded.open_spans.0, MIB, 64 * GIB),
            ("storage.embedded.sealed_spans", embedded.sealed_spans.0, MIB, 64 * GIB),
            ("storage.embedded.metrics", embedded.metrics.0, MIB, 64 * GIB),
            ("storage.embedded.relations", embedded.relations.0, MIB, 64 * GIB),
            ("storage.embedded.records", embedded.records.0, 64 * KIB, 64 * GIB),
            ("storage.embedded.entities", embedded.entities.0, MIB, 64 * GIB),
            ("storage.embedded.tags", embedded.tags.0, 64 * KIB, 64 * GIB),
            ("storage.embedded.cache", embedded.cache.0, MIB, 1024 * GIB),
            ("storage.embedded.dictionaries", embedded.dictionaries.0, MIB, 64 * GIB),
            ("storage.embedded.disk_percent", u64::from(embedded.disk_percent), 1, 100),
            ("storage.log.limit", log.limit.0, 32 * MIB, 1024 * GIB),
            ("storage.log.pending", log.pending.0, 64 * KIB, 4 * GIB),
            ("storage.log.checkpoint_every", log.checkpoint_every.0, MIB, 512 * GIB),
        ]
    }

    /// What else is wrong with it.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !SELECTORS.contains(&self.selector.as_str()) {
            let (known, selector) = (SELECTORS.join(", "), &self.selector);
            problems.push(format!(
                "storage.selector: '{selector}' is not a backend; there is: {known}"
            ));
        }
        let (limit, every) = (self.log.limit, self.log.checkpoint_every);
        if every.0 > limit.0 / 2 {
            problems.push(format!(
                "storage.log.checkpoint_every: {every} is more than half of storage.log.limit, \
                 {limit}; what comes while a checkpoint is made has to fit, too"
            ));
        }
        if !(1_000_000..=10_000_000_000).contains(&self.log.interval.0) {
            let interval = self.log.interval;
            problems.push(format!("storage.log.interval: {interval} is not between 1ms and 10s"));
        }
        let ttls = [
            ("storage.record_ttl", self.record_ttl),
            ("storage.metric_ttl", self.metric_ttl),
            ("storage.embedded.hour_ttl", self.embedded.hour_ttl),
            ("storage.embedded.day_ttl", self.embedded.day_ttl),
        ];
        for (key, ttl) in ttls.into_iter().filter(|(_, ttl)| ttl.0 < DAY / 24) {
            problems.push(format!("{key}: {ttl} is less than 1h"));
        }
        problems
    }
}
