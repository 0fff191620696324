//! The engine from outside, on simulated disks.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a function that a test calls fails the test by panicking, and what was tried is said"
)]

mod campaign;
mod lies;
mod store;
mod wal;
