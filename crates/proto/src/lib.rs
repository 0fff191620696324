//! Wire contracts of agents and clients, and their generated code.
//!
//! The `.proto` files of this crate state the interfaces: packages, messages, field
//! numbers, services. The modules hold what is generated from them:
//!
//! - `v3`: package `skywalking.v3`, nearly everything.
//! - `v10`: package `skywalking.v10`, the newer profilers.
//! - `otlp`: the packages of `opentelemetry.proto`.
//! - `compat`: the seven services that older agents call without a package.
//! - `raw`: messages as the bytes they come in, and a client of the segment service that sends
//!   what was encoded before.
//! - `json`: the protobuf-JSON mapping, for the messages that have HTTP routes.
//!
//! Features, all on by default: `client`, `server`, `json`.

mod generated;
#[cfg(feature = "json")]
pub mod json;
pub mod raw;

#[cfg(any(feature = "client", feature = "server"))]
pub use generated::compat;
pub use generated::otlp::opentelemetry::proto as otlp;
pub use generated::skywalking::{v3, v10};

/// All services and messages of this crate as an encoded `google.protobuf.FileDescriptorSet`, as
/// gRPC reflection serves them.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contracts.fds"));
