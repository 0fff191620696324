//! The client against a server in the same process.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod sink;
