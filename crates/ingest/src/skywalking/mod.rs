//! The protocols of the SkyWalking agents.

pub(crate) mod grpc;
pub(crate) mod http;
pub mod report;
pub mod segment;
