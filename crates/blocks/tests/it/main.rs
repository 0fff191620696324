//! Blocks and parts, seen from outside.

#![expect(clippy::unwrap_used, reason = "a function that a test calls fails the test by panicking")]

mod damage;
mod open;
mod parts;
mod random;
mod round_trip;
mod search;
mod tags;
