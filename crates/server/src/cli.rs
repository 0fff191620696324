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
    /// Look at, check, copy, restore a store on disk, and delete from it.
    Store {
        /// What to do with it.
        #[command(subcommand)]
        action: StoreAction,
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
#[derive(Debug, Clone, Args)]
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

/// What `skytrail store` does. All but `restore` work on the store of a running
/// server, as it was at its last checkpoint.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  skytrail store stats --data ./data
  skytrail store check --data /var/lib/skytrail
  skytrail store export --data ./data --format jsonl > spans.jsonl
  skytrail store delete --service shop --data ./data
  skytrail store backup /backup/skytrail --data ./data
  skytrail store restore /backup/skytrail --data ./restored --verify")]
pub enum StoreAction {
    /// Say what takes room on the disk, by kind and day, or of spans by service or column.
    Stats {
        /// Which store.
        #[command(flatten)]
        data: DataDir,
        /// How it is told apart: service and column are of spans only, and apportioned.
        #[arg(long, value_enum, default_value_t = StatsBy::Kind)]
        by: StatsBy,
    },
    /// Tell what is in one file of the store: its frames, blocks and columns with their bytes.
    Dump {
        /// The number of the file, or its name.
        #[arg(value_name = "FILE")]
        file: String,
        /// Print its rows, too.
        #[arg(long)]
        rows: bool,
        /// Which store.
        #[command(flatten)]
        data: DataDir,
    },
    /// Let the store be written in formats that the release before cannot read.
    Finalize(DataDir),
    /// Read every byte and say what is not as it was written.
    Check(DataDir),
    /// Print all spans, a segment a line.
    Export {
        /// Which store.
        #[command(flatten)]
        data: DataDir,
        /// In which form.
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
    /// Copy the store into a folder; what an earlier backup has is not copied again.
    Backup {
        /// The folder: empty, or with an earlier backup of the same store.
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// Which store.
        #[command(flatten)]
        data: DataDir,
    },
    /// Delete a service or a trace: nothing of it is answered from then on, and within a day of a
    /// server that runs it leaves the files of the store and the log, but for what the
    /// documentation names. What arrives later is not deleted.
    Delete {
        /// What to delete.
        #[command(flatten)]
        what: DeletionArgs,
        /// Which store.
        #[command(flatten)]
        data: DataDir,
    },
    /// Make a store of a backup, in a data folder that has none.
    Restore {
        /// The backup.
        #[arg(value_name = "DIR")]
        from: PathBuf,
        /// Where to.
        #[command(flatten)]
        data: DataDir,
        /// Read every byte of it afterwards.
        #[arg(long)]
        verify: bool,
    },
}

/// The data folder of a server.
#[derive(Debug, Clone, Args)]
pub struct DataDir {
    /// Folder for the data, as `skytrail serve` has it.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
}

/// What to delete.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct DeletionArgs {
    /// A service by its name, with its instances, endpoints, metrics and relations.
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// A trace by its id.
    #[arg(long, value_name = "ID")]
    pub trace: Option<String>,
}

/// What bytes are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StatsBy {
    /// Kind and day of rows.
    Kind,
    /// Service whose spans they are.
    Service,
    /// Column of spans; those of tags by their keys. Reads everything.
    Column,
}

/// Forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// A JSON object a line.
    Jsonl,
}

/// Options of `skytrail demo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  skytrail demo
  skytrail demo --rate 200 --seconds 60
  skytrail demo --history 120 --incident 7
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
    /// First send what the shop did in so many minutes until now.
    #[arg(long, default_value_t = 0, value_name = "MINUTES")]
    pub history: u64,
    /// Something goes wrong in the shop, drawn by this number; what it was is told at the end.
    #[arg(long, value_name = "NUMBER")]
    pub incident: Option<u64>,
    /// Seconds until it does; below zero in the history.
    #[arg(
        long,
        default_value_t = 0,
        value_name = "SECONDS",
        requires = "incident",
        allow_negative_numbers = true
    )]
    pub incident_after: i64,
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
