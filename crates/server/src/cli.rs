//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Application performance monitoring and distributed tracing in one binary.
#[derive(Debug, Parser)]
#[command(name = "skytrail", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  skytrail serve --data ./data
  skytrail serve --config skytrail.yaml --set ingest.grpc.port=11801
  skytrail config print --config skytrail.yaml
  skytrail oal check my-rules.oal
  skytrail demo --rate 50";

/// The roles and tools of the binary.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server: receive, analyse, store and answer, all in one process.
    Serve(Serve),
    /// Look at the configuration without starting anything.
    Config {
        /// What to show.
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Work with metric rules.
    Oal {
        /// What to do with them.
        #[command(subcommand)]
        action: OalAction,
    },
    /// Send the traffic of an online shop to a server, like agents would.
    Demo(Demo),
}

/// Where the configuration comes from. Later ones win: the defaults, the file,
/// the environment, `--set`.
#[derive(Debug, Clone, Args, Default)]
pub struct Sources {
    /// Configuration file (YAML).
    #[arg(long, value_name = "FILE", env = "SKYTRAIL_CONFIG")]
    pub config: Option<PathBuf>,
    /// One key, as `path.to.key=value`; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Options of `skytrail serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  skytrail serve --data ./data
  skytrail serve --config skytrail.yaml --data /var/lib/skytrail
  SKYTRAIL_API_REST_PORT=12801 skytrail serve
  skytrail serve --set server.time_zone=+0800 --set storage.memory.budget=2GiB
  skytrail serve --set ingest.grpc.host=0.0.0.0 --set server.tls.certificate_file=cert.pem \\
    --set server.tls.key_file=key.pem   # the token in SKYTRAIL_INGEST_AUTH_TOKEN")]
pub struct Serve {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub sources: Sources,
    /// Folder for the data; made when it is not there.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// What `skytrail config` shows.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Say whether the configuration is right, and what is wrong with it.
    Check(Sources),
    /// Print every key with its value and where the value came from.
    Print(Sources),
    /// Print the commented defaults, a complete configuration file.
    Default,
}

/// What `skytrail oal` does.
#[derive(Debug, Subcommand)]
pub enum OalAction {
    /// Check rule files and explain each rule: its source, scope and function.
    Check {
        /// Rule files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Options of `skytrail demo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  skytrail demo
  skytrail demo --rate 200 --seconds 60
  skytrail demo --address 127.0.0.1:11801 --token secret")]
pub struct Demo {
    /// The server's gRPC address.
    #[arg(long, default_value = "127.0.0.1:11800", value_name = "HOST:PORT")]
    pub address: String,
    /// Requests to the shop per second; each is one trace of several segments.
    #[arg(long, default_value_t = 20.0, value_name = "TRACES")]
    pub rate: f64,
    /// Stop after so many seconds; without it, on Ctrl-C.
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// Equal seeds make equal traffic.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// The shared token, where the server asks for one.
    #[arg(long, value_name = "TEXT", env = "SKYTRAIL_DEMO_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Speak TLS, and trust the authorities in this PEM file.
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Name in the server's certificate, where it is not the host of the address.
    #[arg(long, value_name = "NAME", requires = "tls_ca")]
    pub tls_domain: Option<String>,
}
