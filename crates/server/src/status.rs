//! What the server says about itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use skytrail_api::health::{Health, HealthSource};
use skytrail_api::status::{
    ClusterNode, DiskLimits, MetricsRetention, RecordsRetention, StatusSource,
};
use skytrail_base::quantity::Period;

use crate::config::{Config, Layers};

/// The version of the query protocol that is answered; clients adapt to it.
pub const PROTOCOL_VERSION: &str = "10.3.0-skytrail";

/// A cold tier that is not there.
const NONE: i32 = -1;

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
struct Days {
    minutes: i32,
    hours: i32,
    days: i32,
    records: i32,
}

impl Days {
    fn of(config: &Config) -> Self {
        let storage = &config.storage;
        let (hours, of_days) = match storage.selector.as_str() {
            "embedded" => (storage.embedded.hour_ttl, storage.embedded.day_ttl),
            _ => (storage.metric_ttl, storage.metric_ttl),
        };
        Self {
            minutes: days(storage.metric_ttl),
            hours: days(hours),
            days: days(of_days),
            records: days(storage.record_ttl),
        }
    }
}

/// Facts about the running server.
pub struct Status {
    node: OnceLock<SocketAddr>,
    days: Mutex<Days>,
    disk: DiskLimits,
    config: Mutex<Vec<(String, String)>>,
    started: AtomicBool,
    failed: AtomicBool,
    /// Parts that cannot do their work for now, and why.
    troubles: Mutex<BTreeMap<&'static str, String>>,
}

impl Status {
    /// From the configuration it runs with.
    pub fn new(config: &Config, layers: &Layers) -> Arc<Self> {
        Arc::new(Self {
            node: OnceLock::new(),
            days: Mutex::new(Days::of(config)),
            disk: disk_limits(config),
            config: Mutex::new(layers.dump()),
            started: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            troubles: Mutex::default(),
        })
    }

    /// Things are kept as another configuration says, of which `keys` count.
    pub fn set_retention(&self, config: &Config, layers: &Layers, keys: &[&str]) {
        *self.days.lock().unwrap_or_else(PoisonError::into_inner) = Days::of(config);
        let changed: BTreeMap<_, _> = layers.dump().into_iter().collect();
        let mut shown = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in shown.iter_mut().filter(|(key, _)| keys.contains(&key.as_str())) {
            if let Some(changed) = changed.get(key) {
                value.clone_from(changed);
            }
        }
    }

    /// Where agents, and nodes of a cluster, reach this one. The first one stays.
    pub fn set_node(&self, address: SocketAddr) {
        let _ = self.node.set(address);
    }

    /// Every part is running.
    pub fn set_started(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// What is wrong with a part for now; gives what was before.
    pub fn set_trouble(&self, part: &'static str, why: Option<String>) -> Option<String> {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        match why {
            Some(why) => troubles.insert(part, why),
            None => troubles.remove(part),
        }
    }

    /// A part that cannot do its work for now, and why.
    pub fn trouble(&self) -> Option<(&'static str, String)> {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.iter().next().map(|(part, why)| (*part, why.clone()))
    }

    /// Whether something is wrong with any part.
    pub fn has_trouble(&self) -> bool {
        !self.troubles.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// A part ended before its time.
    pub fn set_failed(&self) {
        self.failed.store(true, Ordering::Release);
    }
}

fn disk_limits(config: &Config) -> DiskLimits {
    let embedded = &config.storage.embedded;
    if config.storage.selector != "embedded" {
        return DiskLimits::default();
    }
    let bytes = Some(embedded.disk_size.0).filter(|bytes| *bytes > 0);
    DiskLimits {
        bytes: bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
        percent: Some(embedded.disk_percent).filter(|one| (1..100).contains(one)).map(i32::from),
    }
}

/// Whole days, at least one.
fn days(period: Period) -> i32 {
    let days = period.0 / 86_400_000_000_000;
    i32::try_from(days.max(1)).unwrap_or(i32::MAX)
}

impl HealthSource for Status {
    fn health(&self) -> Health {
        if !self.started.load(Ordering::Acquire) {
            return Health { score: -1, unhealthy: Vec::new() };
        }
        let failed = self.failed.load(Ordering::Acquire);
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = failed.then_some("server").into_iter().chain(troubles.keys().copied());
        let unhealthy: Vec<_> = parts.map(str::to_owned).collect();
        Health { score: unhealthy.len() as i32, unhealthy }
    }
}

impl StatusSource for Status {
    fn version(&self) -> String {
        PROTOCOL_VERSION.to_owned()
    }

    fn nodes(&self) -> Vec<ClusterNode> {
        let node = |at: &SocketAddr| ClusterNode {
            host: at.ip().to_string(),
            port: at.port(),
            this: true,
        };
        self.node.get().map(node).into_iter().collect()
    }

    fn retention(&self) -> (MetricsRetention, RecordsRetention) {
        let kept = *self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let (metrics, records) = (kept.minutes, kept.records);
        (
            MetricsRetention {
                metadata: metrics,
                minute: metrics,
                hour: kept.hours,
                day: kept.days,
                cold_minute: NONE,
                cold_hour: NONE,
                cold_day: NONE,
            },
            RecordsRetention {
                normal: records,
                trace: records,
                zipkin_trace: records,
                log: records,
                browser_error_log: records,
                cold_normal: NONE,
                cold_trace: NONE,
                cold_zipkin_trace: NONE,
                cold_log: NONE,
                cold_browser_error_log: NONE,
            },
        )
    }

    fn disk_limits(&self) -> DiskLimits {
        self.disk
    }

    fn config(&self) -> Vec<(String, String)> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
