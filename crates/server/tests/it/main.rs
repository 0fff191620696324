//! The product as a whole: its parts wired together on a clock and a store of
//! the test's, and the binary as operators run it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a broken expectation is how a test fails, and what was blessed is said"
)]

mod app;
mod books;
mod cases;
mod configuration;
mod demo;
mod disk;
mod embedded;
mod encryption;
mod fixed_set;
mod flush;
mod golden;
mod health;
mod log;
mod metrics;
mod otlp;
mod pages;
mod power;
mod process;
mod replay;
mod rules;
mod stopping;
mod store;
mod templates;
mod tokens;
mod wire;
mod zones;
