//! Random histories, compared with a store that is too naive to be wrong.
//!
//! `PROPTEST_CASES` sets how many histories are played; 64 if it is not set.

mod history;
mod naive;
mod operation;
mod play;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::harness::{Check, Harness, checks};
use crate::error::{Error, ErrorKind, Result};

pub(super) const CHECKS: &[Check] = checks!("random":
    any_history_answers_as_a_naive_store,
);

const CASES: u32 = 64;

fn play_one(harness: &dyn Harness, operations: Vec<operation::Operation>) -> Result<()> {
    super::harness::block_on(play::play(harness, operations))
}

async fn any_history_answers_as_a_naive_store(harness: &dyn Harness) -> Result<()> {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config =
        Config { cases: cases.unwrap_or(CASES), failure_persistence: None, ..Config::default() };
    // Every history has a runtime of its own, which cannot be started on the thread of another.
    let played = std::thread::scope(|scope| {
        let histories = prop::collection::vec(operation::operation(), 1..40);
        let run = move || {
            TestRunner::new(config).run(&histories, |operations| {
                let played = play_one(harness, operations);
                played.map_err(|error| TestCaseError::fail(error.to_string()))
            })
        };
        scope.spawn(run).join()
    });
    match played {
        Ok(result) => result.map_err(|error| Error::new(ErrorKind::Corrupt, error.to_string())),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
