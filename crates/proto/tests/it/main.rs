//! The contracts as agents and clients meet them: names and numbers, bytes, JSON, calls.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod json;
mod raw;
mod wire;
