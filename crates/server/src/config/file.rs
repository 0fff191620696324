//! The typed configuration: what every part is built from.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;
use skytrail_base::quantity::{Bytes, Period};
use skytrail_base::secret::Secret;
use skytrail_base::web_host::WebHosts;
use skytrail_base::web_origin::WebOrigins;
use skytrail_model::time::Zone;
use tracing_subscriber::EnvFilter;

use super::error::ConfigError;
use super::layers::Layers;
use super::storage::StorageConfig;
use crate::listen::{Limits, OpenCheck, TlsFiles};

/// The most of `api.graphql.timeout`, nanoseconds: parts of the store stay unmerged for longer.
const LONGEST_TIMEOUT: i64 = 600_000_000_000;

/// The version of the file format.
const VERSION: u32 = 1;

/// Everything, after the layers were put together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Version of the file format.
    pub version: u32,
    /// The process.
    pub server: ServerConfig,
    /// The log.
    pub log: LogConfig,
    /// Receivers.
    pub ingest: skytrail_ingest::Config,
    /// Analysis.
    pub analysis: skytrail_analysis::Config,
    /// The store.
    pub storage: StorageConfig,
    /// Limits of questions.
    pub query: QueryConfig,
    /// Answers.
    pub api: ApiConfig,
    /// Skytrail's metrics of itself.
    pub telemetry: Address,
}

/// `server`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Folder for the data.
    pub data_dir: PathBuf,
    /// Zone of hour and day boundaries: `system`, an IANA name or an offset.
    pub time_zone: String,
    /// Threads that analyse; 0 is one per core.
    pub shards: u16,
    /// How long stopping may take before it is cut off.
    pub shutdown_timeout: Period,
    /// Whether ports may be open to others without a token.
    pub allow_open: bool,
    /// Encryption of every port.
    pub tls: TlsConfig,
    /// What each port grants its peers.
    pub connections: ConnectionConfig,
}

/// `server.tls`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file of the certificate and its chain; empty for none.
    pub certificate_file: String,
    /// PEM file of the private key.
    pub key_file: String,
    /// PEM file of the authorities whose certificates peers must show; empty for none.
    pub client_authority_file: String,
}

/// `server.connections`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// Connections of one port at once.
    pub max_connections: usize,
    /// Streams of one connection at once.
    pub max_concurrent_streams: u32,
    /// What one stream may have on its way before it is looked at.
    pub stream_window: Bytes,
    /// Request headers.
    pub max_header_size: Bytes,
    /// Time to speak first and to send the headers of a request.
    pub first_byte_timeout: Period,
    /// How often a silent peer is asked whether it lives.
    pub keep_alive_interval: Period,
    /// How long it may take to answer.
    pub keep_alive_timeout: Period,
    /// Age at which a connection is asked to come again.
    pub max_connection_age: Period,
}

/// `log`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Least level, or directives such as `info,skytrail_ingest=debug`.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

impl LogConfig {
    /// Which lines are written.
    pub fn filter(&self) -> Result<EnvFilter, String> {
        // A peer that resets streams would have a line for each connection.
        let filter = EnvFilter::try_new(format!("h2=error,{}", self.level));
        filter.map_err(|error| format!("log.level: '{}' is not right: {error}", self.level))
    }

    fn check(&self) -> Result<(), String> {
        self.filter()?;
        match self.format.as_str() {
            "json" | "text" => Ok(()),
            other => Err(format!("log.format: '{other}' is not right; use text or json")),
        }
    }
}

/// `query`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryConfig {
    /// Memory of all questions together.
    pub memory: Bytes,
    /// Services, instances of a service, or relations of a topology.
    pub max_listed: usize,
    /// Endpoints that one search lists.
    pub max_endpoints: usize,
    /// Entities that are ranked by one `top_n`, or merged in one bucket.
    pub max_ranked_entities: usize,
    /// Spans of one trace.
    pub max_trace_spans: usize,
    /// Whole traces of one answer.
    pub max_traces: usize,
    /// Segments that a page may lie behind.
    pub max_paged_segments: usize,
    /// Keys or values of one tag completion.
    pub max_tag_options: usize,
    /// Records of one list.
    pub max_records: usize,
}

impl From<QueryConfig> for skytrail_query::Config {
    fn from(raw: QueryConfig) -> Self {
        Self {
            max_listed: raw.max_listed,
            max_endpoints: raw.max_endpoints,
            max_ranked_entities: raw.max_ranked_entities,
            max_trace_spans: raw.max_trace_spans,
            max_traces: raw.max_traces,
            max_paged_segments: raw.max_paged_segments,
            max_tag_options: raw.max_tag_options,
            max_records: raw.max_records,
        }
    }
}

/// `api`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {
    /// The REST port: GraphQL, health, status, and the agents' HTTP routes.
    pub rest: Address,
    /// Who may ask.
    pub auth: AuthConfig,
    /// What one GraphQL request may ask for.
    pub graphql: GraphqlConfig,
    /// Web pages that may ask from a browser.
    pub cors_origins: Vec<String>,
    /// Names under which browsers reach the server.
    pub allowed_hosts: Vec<String>,
}

/// `api.graphql`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphqlConfig {
    /// Nested fields.
    pub max_depth: usize,
    /// Aliased fields.
    pub max_aliases: usize,
    /// Stored rows and metric points that are read for one request.
    pub max_cost: u64,
    /// From the request to its answer.
    pub timeout: Period,
    /// Answers that clients have not taken yet, all together.
    pub unsent_answers: Bytes,
}

/// `api.auth`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// The token that clients must show; empty for none.
    pub token: Secret,
}

/// Host and port.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Address of the interface.
    pub host: IpAddr,
    /// Port; 0 lets the system choose.
    pub port: u16,
}

impl Address {
    /// As a socket address.
    pub fn socket(self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

impl Config {
    /// From the layers; every problem names its key, and all are told at once.
    pub fn from_layers(layers: &Layers) -> Result<Self, ConfigError> {
        let (config, mut problems) = Self::read(layers)?;
        problems.extend(config.problems());
        if problems.is_empty() { Ok(config) } else { Err(ConfigError { problems }) }
    }

    /// Defaults stand in for values that cannot be read.
    fn read(layers: &Layers) -> Result<(Self, Vec<String>), ConfigError> {
        let (mut layers, defaults) = (layers.clone(), Layers::defaults()?);
        let mut problems = Vec::new();
        loop {
            let error = match serde_path_to_error::deserialize(layers.tree()) {
                Ok(config) => return Ok((config, problems)),
                Err(error) => error,
            };
            let path = error.path().to_string();
            problems.push(format!("{path}: {}", error.inner()));
            if !layers.reset(&path, &defaults) {
                return Err(ConfigError { problems });
            }
        }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.version != VERSION {
            problems
                .push(format!("version: is {}, and this program reads {VERSION}", self.version));
        }
        problems.extend(self.zone().err());
        problems.extend(self.tls_files().err());
        problems.extend(self.out_of_bounds());
        problems.extend(self.log.check().err());
        problems.extend(self.ingest.validate().err().into_iter().flat_map(|error| error.problems));
        problems.extend(self.analysis.validate().err().map(|error| error.to_string()));
        problems.extend(self.storage.problems());
        let timeout = self.api.graphql.timeout;
        if !(1..=LONGEST_TIMEOUT).contains(&timeout.0) {
            problems.push(format!("api.graphql.timeout: {timeout} is not between 1ns and 10m"));
        }
        if !self.api.auth.token.fits_header() {
            problems.push("api.auth.token: has a character that no header can carry".to_owned());
        }
        let origins = WebOrigins::parse(&self.api.cors_origins).err();
        problems.extend(origins.map(|error| format!("api.cors_origins: {error}")));
        let hosts = WebHosts::parse(&self.api.allowed_hosts).err();
        problems.extend(hosts.map(|error| format!("api.allowed_hosts: {error}")));
        problems.extend(self.open_ports());
        problems
    }

    fn out_of_bounds(&self) -> Vec<String> {
        let connections = &self.server.connections;
        let query = &self.query;
        let bounds = [
            ("server.shards", u64::from(self.server.shards), 0, 1024),
            (
                "server.connections.max_connections",
                connections.max_connections as u64,
                1,
                1_000_000,
            ),
            (
                "server.connections.max_concurrent_streams",
                connections.max_concurrent_streams.into(),
                1,
                100_000,
            ),
            ("server.connections.stream_window", connections.stream_window.0, 64 << 10, 16 << 20),
            ("server.connections.max_header_size", connections.max_header_size.0, 1 << 10, 1 << 20),
            ("query.memory", query.memory.0, 4 << 20, 2 << 30),
            ("api.graphql.unsent_answers", self.api.graphql.unsent_answers.0, 1 << 20, 2 << 30),
            ("query.max_listed", query.max_listed as u64, 1, 1_000_000),
            ("query.max_endpoints", query.max_endpoints as u64, 1, 1_000_000),
            ("query.max_ranked_entities", query.max_ranked_entities as u64, 1, 100_000_000),
            ("query.max_trace_spans", query.max_trace_spans as u64, 1, 10_000_000),
            ("query.max_traces", query.max_traces as u64, 1, 100_000),
            ("query.max_paged_segments", query.max_paged_segments as u64, 1, 10_000_000),
            ("query.max_tag_options", query.max_tag_options as u64, 1, 100_000),
            ("query.max_records", query.max_records as u64, 1, 1_000_000),
            ("api.graphql.max_depth", self.api.graphql.max_depth as u64, 1, 1_000),
            ("api.graphql.max_aliases", self.api.graphql.max_aliases as u64, 1, 1_000_000),
            ("api.graphql.max_cost", self.api.graphql.max_cost, 1, 1 << 40),
        ];
        let outside = bounds
            .into_iter()
            .chain(self.storage.bounds())
            .filter(|(_, value, least, most)| value < least || value > most);
        outside
            .map(|(key, value, least, most)| {
                format!("{key}: is {value}, and takes {least} to {most}")
            })
            .collect()
    }

    fn open_ports(&self) -> Vec<String> {
        let server = &self.server;
        let agents = !self.ingest.auth.token.is_empty();
        let clients = !self.api.auth.token.is_empty();
        let otlp = &self.ingest.otlp;
        let ports = [
            (self.ingest.grpc.host, "ingest.grpc.host", "ingest.auth.token", agents),
            (otlp.grpc.host, "ingest.otlp.grpc.host", "ingest.auth.token", agents),
            (otlp.http.host, "ingest.otlp.http.host", "ingest.auth.token", agents),
            (
                self.api.rest.host,
                "api.rest.host",
                "ingest.auth.token and api.auth.token",
                agents && clients,
            ),
            (self.telemetry.host, "telemetry.host", "telemetry.host to 127.0.0.1", false),
        ];
        let check = |(address, host_key, token_key, has_token)| {
            OpenCheck { host_key, token_key, has_token, allow_open: server.allow_open }
                .check(address)
        };
        ports.into_iter().filter_map(|port| check(port).err()).collect()
    }

    /// The configured zone.
    pub fn zone(&self) -> Result<Zone, String> {
        match self.server.time_zone.as_str() {
            "system" => Ok(Zone::system()),
            name => Zone::parse(name).map_err(|error| format!("server.time_zone: {error}")),
        }
    }

    /// The certificate files, when there are any.
    pub fn tls_files(&self) -> Result<Option<TlsFiles>, String> {
        let tls = &self.server.tls;
        match (tls.certificate_file.is_empty(), tls.key_file.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some(TlsFiles {
                certificate: PathBuf::from(&tls.certificate_file),
                key: PathBuf::from(&tls.key_file),
                client_authority: (!tls.client_authority_file.is_empty())
                    .then(|| PathBuf::from(&tls.client_authority_file)),
            })),
            _ => Err("server.tls: certificate_file and key_file go together".to_owned()),
        }
    }

    /// The limits of every port.
    pub fn limits(&self) -> Limits {
        let raw = &self.server.connections;
        Limits {
            max_connections: raw.max_connections,
            max_concurrent_streams: raw.max_concurrent_streams,
            stream_window: u32::try_from(raw.stream_window.0).unwrap_or(u32::MAX),
            max_header_bytes: u32::try_from(raw.max_header_size.0).unwrap_or(u32::MAX),
            first_byte_timeout: raw.first_byte_timeout.as_duration(),
            keep_alive_interval: raw.keep_alive_interval.as_duration(),
            keep_alive_timeout: raw.keep_alive_timeout.as_duration(),
            max_connection_age: raw.max_connection_age.as_duration(),
            drain: self.server.shutdown_timeout.as_duration() / 2,
        }
    }

    /// Shards to run: as configured, else one per core.
    pub fn shards(&self) -> u16 {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        match self.server.shards {
            0 => u16::try_from(cores).unwrap_or(u16::MAX),
            configured => configured,
        }
    }
}
