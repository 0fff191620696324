//! The API over its router, as clients call it.

#![expect(clippy::expect_used, clippy::panic, reason = "a broken expectation is how a test fails")]

mod client;
mod contract;
mod execution;
mod fakes;
mod limits;
mod memory;
mod mutations;
mod pages;
mod queries;
mod requests;
mod samples;
mod self_metrics;
mod shop;
mod token;
mod transport;
mod ui;
mod ui_dashboards;
mod ui_files;
mod ui_pages;
mod ui_session;
