//! Bytes to model: one folder per protocol.

pub mod frame;
pub mod skywalking;
pub mod symbols;
