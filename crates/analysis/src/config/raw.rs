//! The keys of `analysis`, with their defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use skytrail_base::quantity::{Bytes, Period};

/// The section `analysis`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Metric rules.
    pub oal: OalConfig,
    /// Lengths of names.
    pub names: NamesConfig,
    /// How endpoint names are put together.
    pub endpoint_grouping: GroupingConfig,
    /// How many things are told apart.
    pub limits: LimitsConfig,
    /// Thresholds of apdex metrics.
    pub apdex: ApdexConfig,
    /// What counts as slow.
    pub slow: SlowConfig,
    /// Gateways without an agent that pass trace headers on.
    pub gateways: Vec<GatewayConfig>,
    /// What makes a segment a failed one.
    pub segment_status: SegmentStatus,
    /// Tag keys that can be searched for; their values are completed.
    pub searchable_tags: SearchableTags,
    /// Windows of metrics that are being filled.
    pub windows: WindowsConfig,
    /// Matching of client and server spans by span id.
    pub pairing: PairingConfig,
}

/// `analysis.oal`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OalConfig {
    /// Folder with `*.oal` files; one with the name of a built-in file replaces
    /// it. Empty for none.
    pub dir: String,
}

/// `analysis.names`, in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NamesConfig {
    /// Longest service name; longer ones are cut.
    pub service_length: usize,
    /// Longest instance name.
    pub instance_length: usize,
    /// Longest endpoint name.
    pub endpoint_length: usize,
}

impl Default for NamesConfig {
    fn default() -> Self {
        Self { service_length: 70, instance_length: 70, endpoint_length: 150 }
    }
}

/// `analysis.endpoint_grouping`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupingConfig {
    /// YAML file of patterns by service, in the form of SkyWalking's
    /// `endpoint-name-grouping.yml`. Empty for none.
    pub file: String,
    /// Distinct endpoints of a service; more of them count as `_abandoned`.
    pub max_endpoints_per_service: usize,
}

impl Default for GroupingConfig {
    fn default() -> Self {
        Self { file: String::new(), max_endpoints_per_service: 3000 }
    }
}

/// `analysis.limits`: things that each shard tells apart at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Services, conjectured ones included; more of them count as `_other_`.
    pub services: usize,
    /// Instances; more of them count as `_other_`.
    pub instances: usize,
    /// Endpoints; more of them count as `_other_`.
    pub endpoints: usize,
    /// Relations of each kind; calls along more of them make no relation.
    pub relations: usize,
    /// Memory of all names and of where their calls go, all shards together;
    /// names beyond it are treated as those beyond the other limits.
    pub names_size: Bytes,
    /// After so long without a call a name no longer counts against the limits.
    pub idle: Period,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            services: 2_000,
            instances: 20_000,
            endpoints: 100_000,
            relations: 200_000,
            names_size: Bytes(64 << 20),
            idle: Period(600_000_000_000),
        }
    }
}

/// `analysis.apdex`, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApdexConfig {
    /// Up to here a caller is satisfied, up to four times of it he bears with it.
    pub default_ms: i64,
    /// The same by service name.
    pub services: BTreeMap<String, i64>,
}

impl Default for ApdexConfig {
    fn default() -> Self {
        Self { default_ms: 500, services: BTreeMap::new() }
    }
}

/// `analysis.slow`: milliseconds by lower-case type; `default` for the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlowConfig {
    /// Statements of databases, by `db.type`.
    pub database_ms: BTreeMap<String, i64>,
    /// Reads of caches, by `cache.type`.
    pub cache_read_ms: BTreeMap<String, i64>,
    /// Writes of caches, by `cache.type`.
    pub cache_write_ms: BTreeMap<String, i64>,
    /// Longest statement that is kept, in characters; longer ones are cut.
    pub max_statement_length: usize,
}

impl Default for SlowConfig {
    fn default() -> Self {
        let of = |pairs: [(&str, i64); 2]| {
            pairs.into_iter().map(|(name, ms)| (name.to_owned(), ms)).collect()
        };
        Self {
            database_ms: of([("default", 200), ("mongodb", 100)]),
            cache_read_ms: of([("default", 20), ("redis", 10)]),
            cache_write_ms: of([("default", 20), ("redis", 10)]),
            max_statement_length: 2000,
        }
    }
}

/// One entry of `analysis.gateways`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// A name for people.
    pub name: String,
    /// Its addresses.
    pub instances: Vec<GatewayInstance>,
}

/// An address of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayInstance {
    /// Host as callers name it.
    pub host: String,
    /// Port; 80 when it is not given.
    pub port: u16,
}

impl Default for GatewayInstance {
    fn default() -> Self {
        Self { host: String::new(), port: 80 }
    }
}

/// `analysis.segment_status`, spelled as SkyWalking does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SegmentStatus {
    /// Any failed span makes a failed segment.
    #[default]
    #[serde(rename = "FROM_SPAN_STATUS")]
    FromSpanStatus,
    /// Any failed entry span does.
    #[serde(rename = "FROM_ENTRY_SPAN")]
    FromEntrySpan,
    /// Only the first span does.
    #[serde(rename = "FROM_FIRST_SPAN")]
    FromFirstSpan,
}

/// `analysis.searchable_tags`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SearchableTags(pub Vec<String>);

impl Default for SearchableTags {
    fn default() -> Self {
        let keys = [
            "http.method",
            "http.status_code",
            "rpc.status_code",
            "db.type",
            "db.instance",
            "mq.queue",
            "mq.topic",
            "mq.broker",
        ];
        Self(keys.map(str::to_owned).to_vec())
    }
}

/// `analysis.windows`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WindowsConfig {
    /// Bytes of all open windows together; beyond it the oldest are written early.
    pub budget: Bytes,
    /// A minute is written so long after its end.
    pub grace: Period,
    /// Spans that started longer ago count for no metric; their trace is kept.
    pub accept_past: Period,
    /// Spans that start later than this from now count for no metric.
    pub accept_future: Period,
}

impl Default for WindowsConfig {
    fn default() -> Self {
        Self {
            budget: Bytes(40 << 20),
            grace: Period(10_000_000_000),
            accept_past: Period(7 * 86_400_000_000_000),
            accept_future: Period(600_000_000_000),
        }
    }
}

/// `analysis.pairing`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairingConfig {
    /// Spans that wait for their other side.
    pub max_entries: usize,
    /// Bytes of their names.
    pub max_bytes: Bytes,
    /// How long they wait.
    pub wait: Period,
}

impl Default for PairingConfig {
    fn default() -> Self {
        Self { max_entries: 100_000, max_bytes: Bytes(16 << 20), wait: Period(30_000_000_000) }
    }
}
