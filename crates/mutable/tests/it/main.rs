//! The store of what changes in place, from outside.
#![expect(clippy::unwrap_used, reason = "a test that panics fails")]

mod answers;
mod contract;
mod damage;
mod durable;
mod random;
