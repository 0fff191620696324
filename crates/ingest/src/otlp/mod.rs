//! OpenTelemetry's protocol.

mod assemble;
mod conventions;
mod export;
mod glance;
pub(crate) mod grpc;
pub(crate) mod http;
mod json;
mod naming;
mod resource;
mod scratch;
mod sent;
mod span;
#[cfg(test)]
pub(crate) mod tests;
mod value;

pub(crate) use glance::glance;
pub(crate) use scratch::Scratch;
