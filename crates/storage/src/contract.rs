//! The contract suite: what every backend must do, as tests.
//!
//! A backend implements [`Harness`] and writes, in its own tests,
//!
//! ```text
//! skytrail_storage::storage_contract!(MyHarness::default());
//! skytrail_storage::journal_contract!(MyJournalHarness::default());
//! ```
//!
//! which makes one `#[test]` of every check. [`build`] writes spans down the way
//! a test reads, for the tests of other parts too.

pub mod build;

mod aliases;
mod checkpoints;
mod data;
mod entities;
mod expiry;
mod harness;
mod journal;
mod list;
mod metrics;
mod random;
mod records;
mod relations;
mod search;
mod snapshot;
mod suite;
mod tags;
mod templates;
mod traces;
mod zones;

#[cfg(test)]
pub(crate) use harness::block_on;
pub use harness::{Attempt, Check, Harness, Instance, JournalCheck, JournalHarness, Ttl};
pub use suite::{all, journal_all, run, run_journal};
