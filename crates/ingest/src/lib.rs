//! Bytes to model: one folder per protocol.
//!
//! A message that came before is recognised (`duplicates`). Any other one is decoded into the open batch of its shard (`inbox`), the pump of
//! the shard takes the batch, appends it to the journal and hands it to the
//! analysis (`pump`), and the client is answered once the batch is stored
//! (`promise`).

mod auth;
mod config;
pub mod decode;
mod duplicates;
pub mod frame;
mod grpc;
mod http;
mod inbox;
mod ingest;
mod intake;
mod metrics;
mod otlp;
mod packing;
mod promise;
mod pump;
mod record;
mod room;
pub mod skywalking;
pub mod symbols;
mod throttle;
pub mod wire;

pub use config::{
    AuthConfig, BatchConfig, Config, ConfigError, DuplicatesConfig, GrpcConfig, HttpConfig,
    NamesConfig, OtlpConfig, PortConfig, ReportConfig, SegmentConfig, Settings,
};
pub use duplicates::{DuplicateLimits, Duplicates, SavedDuplicates};
pub use ingest::{Deps, Ingest, Serving};
pub use record::{DECODER, ReplayError, Replayer, record};
