//! The analysis through its public doors: batches in, answers out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a function that a test calls fails the test by panicking"
)]

mod budget;
mod calls;
mod golden;
mod live;
mod pairing;
mod queues;
mod replay;
mod reports;
mod rules;
mod running;
mod time;
mod virtuals;
mod world;
