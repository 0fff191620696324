//! Protocols spoken by hand, so that they can be spoken wrongly.

pub mod frames;
pub mod http;
pub mod protobuf;
