//! The API over its router, as clients call it.

#![expect(clippy::expect_used, clippy::panic, reason = "a broken expectation is how a test fails")]

mod client;
mod contract;
mod execution;
mod fakes;
mod limits;
mod pages;
mod requests;
mod transport;
