//! Power that fails at any moment.

use std::sync::Arc;

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Dice, Fault, Operation, SimFileSystem, Watched};

use super::player::Player;
use crate::lies::{Lie, Lying};

/// Crashes in a row of one log.
const LIVES: u64 = 4;

/// Several lives of one log, each ended by a crash; `seen` is what it sees of
/// its disk.
fn live(seed: u64, seen: impl Fn(Arc<SimFileSystem>) -> Arc<dyn FileSystem>) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let mut disk = SimFileSystem::with_seed(seed);
    let mut player = Player::default();
    for _ in 0..LIVES {
        // Also while the log is being opened, and sometimes when all is quiet.
        disk.stop_after(disk.operations() + dice.below(120));
        refuse(&disk, &mut dice);
        player.play(seen(disk.clone()), &mut dice, 60)?;
        disk = if dice.below(8) == 0 { disk.killed() } else { disk.crash(dice.throw()) };
    }
    player.play(seen(disk), &mut dice, 0)
}

/// Lets a disk refuse some operations now and then.
fn refuse(disk: &SimFileSystem, dice: &mut Dice) {
    let operations = [Operation::Write, Operation::Sync, Operation::SyncDir, Operation::Create];
    for operation in operations {
        if dice.below(4) == 0 {
            let (skip, times) = (dice.below(30), 1 + dice.below(4));
            disk.inject(Fault { skip, times, ..Fault::of(operation, "") });
        }
    }
}

fn plain(disk: Arc<SimFileSystem>) -> Arc<dyn FileSystem> {
    disk
}

/// How many lives are tried; more for who sets `SKYTRAIL_SEEDS`.
fn seeds() -> u64 {
    let told = std::env::var("SKYTRAIL_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    told.unwrap_or(2_000)
}

#[test]
fn what_was_acknowledged_is_there_after_any_crash() {
    for seed in 0..seeds() {
        live(seed, plain).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    }
}

#[test]
fn a_crash_after_each_operation_loses_nothing() {
    for stop in 0.. {
        let disk = SimFileSystem::new();
        disk.stop_after(stop);
        let mut player = Player::default();
        let told = |wrong| panic!("stop {stop}: {wrong}");
        player.play(disk.clone(), &mut Dice::new(5), 200).unwrap_or_else(told);
        let crashed = disk.crash(stop);
        player.play(crashed, &mut Dice::new(6), 40).unwrap_or_else(told);
        if disk.operations() < stop {
            break;
        }
    }
}

#[test]
fn mistakes_that_a_log_could_have_are_found_out() {
    for lie in [Lie::AnswersBeforeSync, Lie::ForgetsFolders, Lie::TakesStaleRecords] {
        let seen = |disk: Arc<SimFileSystem>| -> Arc<dyn FileSystem> {
            Watched::new(disk.clone(), Lying::new(disk, lie))
        };
        let found = (0..300).find_map(|seed| live(seed, seen).err());
        eprintln!("{lie:?}: {}", found.unwrap_or_else(|| panic!("{lie:?} goes unnoticed")));
    }
}
