//! The section `ingest` of the configuration: what an operator writes, checked
//! and turned into what the receivers run with.

mod check;
mod raw;

pub use check::{ConfigError, Settings};
pub use raw::{
    AuthConfig, BatchConfig, Config, DuplicatesConfig, GrpcConfig, HttpConfig, NamesConfig,
    OtlpConfig, PortConfig, ReportConfig, SegmentConfig,
};
