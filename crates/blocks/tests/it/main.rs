//! Blocks and parts, seen from outside.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod damage;
mod parts;
mod random;
mod round_trip;
mod search;
