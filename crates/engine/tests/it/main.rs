//! The engine from outside, on simulated disks.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a function that a test calls fails the test by panicking"
)]

mod store;
mod wal;
