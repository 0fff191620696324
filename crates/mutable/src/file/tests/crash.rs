//! Power that fails at any operation.

use skytrail_base::fs::sim::{Dice, SimFileSystem};

use super::{Store, open, read, seeds};

/// Crashes the disk in several ways, and looks at each.
fn check(disk: &SimFileSystem, store: &Store, seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let held = read(&disk.crash(seed));
        assert!(store.may_hold.contains(&held), "crash {seed}: position {:?}", held.1);
    }
}

#[test]
fn a_crash_at_any_operation_leaves_a_state_that_was_committed() {
    for seed in 0..seeds(2) {
        for step in 0.. {
            let disk = SimFileSystem::with_seed(seed);
            let mut dice = Dice::new(seed);
            let mut store = open(&disk).unwrap();
            store.act(&mut dice).unwrap();
            store.act(&mut dice).unwrap();
            disk.stop_after(disk.operations() + step);
            let is_done = (0..2).all(|_| store.act(&mut dice).is_ok());
            check(&disk, &store, step * 100..step * 100 + 4);
            if is_done {
                break;
            }
        }
    }
}

#[test]
fn a_first_commit_is_there_whole_or_not_at_all() {
    for step in 0.. {
        let disk = SimFileSystem::new();
        disk.stop_after(step);
        let mut store = open(&disk).unwrap();
        let is_done = store.act(&mut Dice::new(step)).is_ok();
        check(&disk, &store, 0..10);
        if is_done {
            break;
        }
    }
}

#[test]
fn lives_go_on_after_crashes_and_kills() {
    for seed in 0..seeds(12) {
        let mut dice = Dice::new(seed);
        let mut disk = SimFileSystem::with_seed(seed);
        let mut allowed = None;
        for _ in 0..6 {
            let mut store = open(&disk).unwrap();
            let held = store.held();
            assert!(store.damage.is_none(), "seed {seed}: {:?}", store.damage);
            assert!(allowed.is_none_or(|allowed: Vec<_>| allowed.contains(&held)), "seed {seed}");
            disk.stop_after(disk.operations() + dice.below(150));
            while store.act(&mut dice).is_ok() {}
            allowed = Some(store.may_hold.clone());
            disk = if dice.below(2) == 0 { disk.killed() } else { disk.crash(dice.throw()) };
        }
    }
}
