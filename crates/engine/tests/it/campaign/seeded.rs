//! Mistakes that somebody could make are found by the campaign.

use super::lives::history;
use crate::lies::Lie;

/// Histories that are tried until a mistake is found.
const SEEDS: u64 = 400;

fn is_found(lie: Lie) {
    let found = (0..SEEDS).find_map(|seed| history(seed, Some(lie)).err().map(|how| (seed, how)));
    let (seed, how) = found.unwrap_or_else(|| panic!("{lie:?} goes unnoticed"));
    eprintln!("{lie:?} is found by history {seed}: {how}");
}

#[test]
fn an_answer_before_the_sync_is_found() {
    is_found(Lie::AnswersBeforeSync);
}

#[test]
fn a_folder_that_is_not_synced_is_found() {
    is_found(Lie::ForgetsFolders);
}

#[test]
fn a_renaming_before_the_sync_is_found() {
    is_found(Lie::RenamesBeforeSync);
}

#[test]
fn a_part_that_is_not_synced_is_found() {
    is_found(Lie::ForgetsParts);
}
