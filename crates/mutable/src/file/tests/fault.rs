//! Disks that refuse.

use std::io;

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Dice, Fault, Operation, SimFileSystem};

use super::{file, open, read, seeds};
use crate::error::ErrorKind;

const OPERATIONS: [Operation; 9] = [
    Operation::Open,
    Operation::Create,
    Operation::Rename,
    Operation::Remove,
    Operation::SyncDir,
    Operation::Read,
    Operation::Write,
    Operation::Sync,
    Operation::SetLen,
];

#[test]
fn after_any_fault_what_waited_is_written_and_no_crash_shows_the_fault() {
    for operation in OPERATIONS {
        for skip in 0..seeds(10) {
            let disk = SimFileSystem::with_seed(skip);
            let mut dice = Dice::new(skip);
            let mut store = open(&disk).unwrap();
            store.act(&mut dice).unwrap();
            let times = 1 + skip % 3;
            disk.inject(Fault { skip, times, ..Fault::of(operation, "") });
            for _ in 0..6 {
                let _ = store.act(&mut dice);
                for seed in 0..2 {
                    let held = read(&disk.crash(seed));
                    assert!(store.may_hold.contains(&held), "{operation} {skip} {seed}");
                }
            }
            disk.clear_faults();
            store.change(&mut dice);
            store.commit().unwrap();
            assert_eq!(store.held(), read(&disk.crash(skip)), "{operation} {skip}");
            assert_eq!(store.held(), read(&disk.killed()), "{operation} {skip}");
        }
    }
}

#[test]
fn after_a_failed_sync_all_goes_into_a_new_file_and_after_other_faults_it_does_not() {
    for (operation, is_new) in [(Operation::Sync, true), (Operation::Write, false)] {
        for skip in 0..2 {
            let disk = SimFileSystem::new();
            let mut store = open(&disk).unwrap();
            store.commit().unwrap();
            disk.inject(Fault { skip, times: 1, ..Fault::of(operation, "") });
            store.commit().unwrap_err();
            disk.clear_trace();
            store.commit().unwrap();
            let mut trace = disk.trace().into_iter().map(|traced| traced.to_string());
            assert_eq!(trace.any(|traced| traced == "create mutable.new"), is_new, "{operation}");
        }
    }
}

#[test]
fn a_commit_that_failed_and_is_in_the_file_nevertheless_is_not_built_upon() {
    let mut written_anew = 0;
    for skip in 0..9 {
        let disk = SimFileSystem::new();
        let mut store = open(&disk).unwrap();
        store.change(&mut Dice::new(1));
        store.commit().unwrap();
        store.change(&mut Dice::new(2));
        disk.inject(Fault { skip, times: 1, ..Fault::of(Operation::Write, "") });
        let _ = store.commit();
        disk.clear_trace();
        store.change(&mut Dice::new(3));
        store.commit().unwrap();
        assert_eq!(read(&disk.killed()), store.held(), "{skip}");
        let mut trace = disk.trace().into_iter().map(|traced| traced.to_string());
        written_anew += u32::from(trace.any(|traced| traced == "create mutable.new"));
    }
    assert!(written_anew > 0);
}

#[test]
fn a_sync_that_fails_while_the_file_is_opened_again_does_no_harm() {
    for seed in 0..seeds(2) {
        for skip in 0..5 {
            let disk = SimFileSystem::with_seed(seed);
            let mut dice = Dice::new(seed);
            let mut store = open(&disk).unwrap();
            (0..3).for_each(|_| store.act(&mut dice).unwrap());
            disk.inject(Fault { skip: seed % 5, times: 1, ..Fault::of(Operation::Write, "") });
            disk.inject(Fault { skip, times: 1, ..Fault::of(Operation::Sync, "") });
            for _ in 0..5 {
                let _ = store.act(&mut dice);
                for seed in 0..3 {
                    let held = read(&disk.crash(seed));
                    assert!(store.may_hold.contains(&held), "{seed} {skip}");
                }
            }
        }
    }
}

#[test]
fn a_disk_that_refuses_to_read_is_no_damage() {
    for operation in [Operation::Open, Operation::Read, Operation::Lock] {
        for skip in 0..8 {
            let disk = SimFileSystem::new();
            open(&disk).unwrap().act(&mut Dice::new(1)).unwrap();
            disk.inject(Fault { skip, times: 1, ..Fault::of(operation, "") });
            match open(&disk) {
                Ok(store) => assert!(store.damage.is_none(), "{operation} {skip}"),
                Err(error) => assert_eq!(error.kind, ErrorKind::Io, "{operation} {skip}"),
            }
            assert_eq!(disk.file_names(), [file()]);
        }
    }
}

#[test]
fn opening_writes_nothing() {
    let disk = SimFileSystem::new();
    let mut store = open(&disk).unwrap();
    store.act(&mut Dice::new(1)).unwrap();
    let held = store.held();
    let disk = disk.killed();
    disk.stop_after(0);
    assert_eq!(read(&disk), held);
    assert_eq!(disk.operations(), 0);
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    for seed in 0..seeds(5) {
        let disk = SimFileSystem::with_seed(seed);
        let mut dice = Dice::new(seed);
        let mut store = open(&disk).unwrap();
        store.act(&mut dice).unwrap();
        disk.set_capacity(disk.read_all(file()).unwrap().len() as u64 + dice.below(9_000));
        let mut refused = 0;
        for _ in 0..30 {
            match store.act(&mut dice) {
                Ok(()) => {}
                Err(error) => {
                    let source = error.source.as_ref().map(io::Error::kind);
                    assert_eq!(source, Some(io::ErrorKind::StorageFull), "{error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 0, "seed {seed}");
        let held = read(&disk.crash(seed));
        assert!(store.may_hold.contains(&held), "seed {seed}");
        disk.set_capacity(1 << 30);
        store.commit().unwrap();
        assert_eq!(store.held(), read(&disk.crash(seed)), "seed {seed}");
        assert_eq!(disk.file_names(), [file()], "seed {seed}");
    }
}

#[test]
fn a_file_in_use_is_refused_and_one_of_a_later_version_is_left_alone() {
    let disk = SimFileSystem::new();
    let mut store = open(&disk).unwrap();
    store.commit().unwrap();
    assert_eq!(open(&disk).err().map(|error| error.kind), Some(ErrorKind::Locked));
    drop(store);
    open(&disk).unwrap();
    let opened = disk.open(file()).unwrap();
    opened.write_at(&crate::file::header::mark(9, 77), 0).unwrap();
    assert_eq!(open(&disk).err().map(|error| error.kind), Some(ErrorKind::Version));
    assert_eq!(disk.file_names(), [file()]);
}
