//! The keys of `ingest`, with their defaults.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};
use skytrail_base::quantity::{Bytes, Period};

const SECOND: i64 = 1_000_000_000;

/// The section `ingest`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who may send.
    pub auth: AuthConfig,
    /// The gRPC port of the agents.
    pub grpc: GrpcConfig,
    /// The agents' routes on the REST port.
    pub http: HttpConfig,
    /// The ports of OpenTelemetry.
    pub otlp: OtlpConfig,
    /// How messages are gathered and how much of them may be under way.
    pub batch: BatchConfig,
    /// Messages that are recognised when they come again.
    pub duplicates: DuplicatesConfig,
    /// The tables of known names.
    pub names: NamesConfig,
    /// What a trace segment may hold.
    pub segment: SegmentConfig,
    /// What a report of an instance about itself may hold.
    pub report: ReportConfig,
}

/// `ingest.auth`
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// The token that agents show as `Authentication`. Empty: nobody is asked.
    pub token: String,
}

impl fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = if self.token.is_empty() { "none" } else { "***" };
        f.debug_struct("AuthConfig").field("token", &token).finish()
    }
}

/// `ingest.grpc`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrpcConfig {
    /// Address of the interface.
    pub host: IpAddr,
    /// Port; 0 lets the system choose.
    pub port: u16,
    /// Largest message, as sent and after decompression. A larger one ends its call.
    pub max_message_size: Bytes,
    /// A call must bring its first message within this time. The Rust agent
    /// keeps a call open for 30 s without one, so less than that costs it errors.
    pub first_message_timeout: Period,
    /// A stream without a message for so long is ended.
    pub idle_stream_timeout: Period,
}

impl Default for GrpcConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 11800,
            max_message_size: Bytes(20 << 20),
            first_message_timeout: Period(40 * SECOND),
            idle_stream_timeout: Period(600 * SECOND),
        }
    }
}

/// `ingest.http`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Largest body, as sent and after decompression.
    pub max_body_size: Bytes,
    /// A body that brings nothing for so long is given up.
    pub body_timeout: Period,
    /// JSON values (array elements and object fields) of one body: they take
    /// memory that its size does not tell.
    pub max_json_values: usize,
    /// Web pages that may send from a browser, such as `https://shop.example.com`.
    pub cors_origins: Vec<String>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            max_body_size: Bytes(20 << 20),
            body_timeout: Period(15 * SECOND),
            max_json_values: 250_000,
            cors_origins: Vec::new(),
        }
    }
}

/// `ingest.otlp`: what is sent to these ports is taken on those of the agents, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OtlpConfig {
    /// gRPC.
    pub grpc: PortConfig,
    /// HTTP, protobuf and JSON.
    pub http: PortConfig,
}

impl Default for OtlpConfig {
    fn default() -> Self {
        Self { grpc: PortConfig::on(4317), http: PortConfig::on(4318) }
    }
}

/// A port of its own for one protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortConfig {
    /// Whether it is opened.
    pub enabled: bool,
    /// Address of the interface.
    pub host: IpAddr,
    /// Port; 0 lets the system choose.
    pub port: u16,
}

impl PortConfig {
    fn on(port: u16) -> Self {
        Self { enabled: true, host: IpAddr::V4(Ipv4Addr::LOCALHOST), port }
    }
}

/// `ingest.batch`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchConfig {
    /// A batch takes no more messages once it holds so much of them. Larger
    /// ones save little, and leave the processor's cache.
    pub max_size: Bytes,
    /// Batches of one shard that wait for the analysis or are in it, in memory.
    pub queue_size: Bytes,
    /// Large messages and HTTP bodies that are being received, all together.
    pub in_flight_size: Bytes,
    /// A batch that is not full leaves at the earliest so long after the one
    /// before, so that messages that come one by one share batches.
    pub pace: Period,
    /// A full queue stalls its senders for so long, then they are told to come again.
    pub stall_timeout: Period,
    /// How long an answer waits for its data to be stored.
    pub answer_timeout: Period,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            max_size: Bytes(512 << 10),
            queue_size: Bytes(16 << 20),
            in_flight_size: Bytes(32 << 20),
            pace: Period(2_000_000),
            stall_timeout: Period(20 * SECOND),
            answer_timeout: Period(60 * SECOND),
        }
    }
}

/// `ingest.duplicates`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DuplicatesConfig {
    /// Memory of all shards together; 0 recognises nothing. Beyond it the oldest
    /// are forgotten before their time, which is counted.
    pub memory: Bytes,
    /// How long a message is remembered, by the times at which others arrive.
    pub window: Period,
}

impl Default for DuplicatesConfig {
    fn default() -> Self {
        Self { memory: Bytes(16 << 20), window: Period(600 * SECOND) }
    }
}

/// `ingest.names`: of each shard. A table that is over a limit is emptied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NamesConfig {
    /// Distinct names.
    pub max_entries: usize,
    /// Memory.
    pub budget: Bytes,
}

impl Default for NamesConfig {
    fn default() -> Self {
        Self { max_entries: 200_000, budget: Bytes(16 << 20) }
    }
}

/// `ingest.segment`. Over the first four limits a segment is refused, over the
/// others it is cut: texts at a character, surplus rows left out. Lengths are
/// in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SegmentConfig {
    /// The message.
    pub max_size: Bytes,
    /// Spans.
    pub max_spans: u32,
    /// Attributes, events and references of all its spans together.
    pub max_rows: u32,
    /// A trace or segment id.
    pub max_id_length: u32,
    /// Attributes (tags) of a span, or of one event.
    pub max_attributes: u32,
    /// Events (logs) of a span.
    pub max_events: u32,
    /// References of a span.
    pub max_links: u32,
    /// An attribute's key.
    pub max_key_length: u32,
    /// An attribute's value.
    pub max_value_length: u32,
    /// The value of `db.statement`, and those of events.
    pub max_long_value_length: u32,
    /// A service, instance, operation or peer.
    pub max_name_length: u32,
}

impl Default for SegmentConfig {
    fn default() -> Self {
        Self {
            max_size: Bytes(20 << 20),
            max_spans: 10_000,
            max_rows: 200_000,
            max_id_length: 512,
            max_attributes: 128,
            max_events: 128,
            max_links: 128,
            max_key_length: 256,
            max_value_length: 4096,
            max_long_value_length: 32 << 10,
            max_name_length: 1024,
        }
    }
}

/// `ingest.report`: properties, life signs and JVM metrics. Over a limit a
/// report is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportConfig {
    /// The message.
    pub max_size: Bytes,
    /// Properties of an instance.
    pub max_properties: u32,
    /// Samples of a JVM report.
    pub max_samples: u32,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self { max_size: Bytes(1 << 20), max_properties: 512, max_samples: 1000 }
    }
}
