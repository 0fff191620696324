//! All checks, and how one of them is run.

use super::harness::{Check, Harness, JournalCheck, JournalHarness, block_on};
use super::{
    aliases, checkpoints, entities, expiry, journal, metrics, random, records, relations, search,
    tags, templates, traces, zones,
};

/// Every requirement on stores.
pub fn all() -> Vec<Check> {
    [
        aliases::CHECKS,
        checkpoints::CHECKS,
        entities::CHECKS,
        expiry::CHECKS,
        metrics::CHECKS,
        random::CHECKS,
        records::CHECKS,
        relations::CHECKS,
        search::CHECKS,
        tags::CHECKS,
        templates::CHECKS,
        traces::CHECKS,
        zones::CHECKS,
    ]
    .concat()
}

/// Every requirement on journals.
pub fn journal_all() -> &'static [JournalCheck] {
    journal::CHECKS
}

/// Runs one requirement on a backend; panics where it is not met.
pub fn run(harness: &dyn Harness, name: &str) {
    let check = all().into_iter().find(|check| check.name == name);
    assert!(check.is_some(), "there is no check {name}");
    let excused = harness.excuses().iter().any(|(excused, _)| *excused == name);
    if let Some(check) = check.filter(|_| !excused) {
        let result = block_on((check.body)(harness));
        assert!(result.is_ok(), "{name}: {result:?}");
    }
}

/// Runs one requirement on a journal; panics where it is not met.
pub fn run_journal(harness: &dyn JournalHarness, name: &str) {
    let check = journal::CHECKS.iter().find(|check| check.name == name);
    assert!(check.is_some(), "there is no check {name}");
    if let Some(check) = check {
        let result = block_on((check.body)(harness));
        assert!(result.is_ok(), "{name}: {result:?}");
    }
}
