//! What runs: the keys, checked and put into the units that the analysis uses.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::raw::SegmentStatus;
use crate::naming::Naming;

/// Checked configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) oal_dir: Option<PathBuf>,
    pub(crate) naming: Naming,
    pub(crate) limits: Limits,
    pub(crate) apdex: Thresholds,
    pub(crate) slow: SlowRules,
    /// `host:port` of gateways without an agent.
    pub(crate) gateways: HashSet<String>,
    pub(crate) segment_status: SegmentStatus,
    pub(crate) searchable_tags: Vec<String>,
    pub(crate) windows: WindowRules,
    pub(crate) pairing: PairingLimits,
    /// The file that groups endpoints, for messages.
    pub(crate) grouping_file: String,
}

impl Settings {
    /// Tag keys that can be searched for, in the order of the configuration.
    pub fn searchable_tags(&self) -> &[String] {
        &self.searchable_tags
    }
}

/// Things that a shard tells apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) services: usize,
    pub(crate) instances: usize,
    pub(crate) endpoints: usize,
    pub(crate) endpoints_per_service: usize,
    pub(crate) relations: usize,
    /// Bytes of entities and of routes between them.
    pub(crate) bytes: usize,
    /// Nanoseconds.
    pub(crate) idle: i64,
}

impl Limits {
    /// The limits of one of so many shards: memory is shared, the others are
    /// for each.
    pub(crate) fn share_of(self, shards: usize) -> Self {
        Self { bytes: self.bytes / shards.max(1), ..self }
    }

    /// Bytes for routes, which are made anew when there are too many.
    pub(crate) fn routes(&self) -> usize {
        self.bytes / 16 * 7
    }

    /// Bytes for entities.
    pub(crate) fn entities(&self) -> usize {
        self.bytes - self.routes()
    }
}

/// Apdex thresholds in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Thresholds {
    pub(crate) default: i64,
    pub(crate) by_name: HashMap<String, i64>,
}

impl Thresholds {
    pub(crate) fn of(&self, name: Option<&str>) -> i64 {
        name.and_then(|name| self.by_name.get(name)).copied().unwrap_or(self.default)
    }
}

/// What counts as slow.
#[derive(Debug, Clone)]
pub(crate) struct SlowRules {
    pub(crate) database: SlowThresholds,
    pub(crate) cache_read: SlowThresholds,
    pub(crate) cache_write: SlowThresholds,
    /// Characters.
    pub(crate) max_statement: usize,
}

/// Microseconds by lower-case type.
#[derive(Debug, Clone)]
pub(crate) struct SlowThresholds {
    by_type: HashMap<String, i64>,
    /// Nothing quicker is slow, whatever its type.
    least: i64,
}

impl SlowThresholds {
    pub(super) fn new(by_type: HashMap<String, i64>) -> Self {
        let least = by_type.values().copied().min().unwrap_or(i64::MAX);
        Self { by_type, least }
    }

    /// Whether something that took so many microseconds may be slow.
    #[inline]
    pub(crate) fn may_exceed(&self, latency: i64) -> bool {
        latency > self.least
    }

    /// Whether it is slow for its type; without a default nothing else is.
    pub(crate) fn exceeds(&self, kind: &str, latency: i64) -> bool {
        let known = self.by_type.iter().find(|known| known.0.eq_ignore_ascii_case(kind));
        let found = known.map(|known| known.1).or_else(|| self.by_type.get("default"));
        latency > found.copied().unwrap_or(i64::MAX)
    }
}

/// When windows open and close; nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowRules {
    pub(crate) budget: usize,
    pub(crate) grace: i64,
    pub(crate) past: i64,
    pub(crate) future: i64,
}

/// Bounds of pairing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PairingLimits {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
    /// Nanoseconds.
    pub(crate) wait: i64,
}
