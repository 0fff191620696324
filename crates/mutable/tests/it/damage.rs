//! Files that are damaged.

use std::path::Path;

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Dice, SimFileSystem};
use skytrail_base::journal::Position;
use skytrail_mutable::Opened;

use crate::answers::{Answers, LARGE, answers, fill, now, open};

#[test]
fn a_damaged_file_is_set_aside_and_the_store_begins_anew() {
    let disk = SimFileSystem::new();
    let mutable = open(&disk, LARGE).unwrap().mutable;
    now(fill(&mutable, &mut Dice::new(1), 300));
    mutable.commit(Position(4)).unwrap();
    drop(mutable);
    let damaged = disk.killed();
    let bytes = damaged.read_all(Path::new("mutable")).unwrap();
    let middle = bytes.len() as u64 / 2;
    damaged.open(Path::new("mutable")).unwrap().write_at(&[0x55; 9_000], middle).unwrap();
    let Opened { mutable, position, damage } = open(&damaged, LARGE).unwrap();
    let damage = damage.unwrap();
    assert_eq!(damage.set_aside, Path::new("mutable.damaged-1"));
    assert_eq!((position, now(answers(&mutable))), (Position(0), Answers::default()));
    mutable.commit(Position(5)).unwrap();
    let next = open(&damaged.crash(1), LARGE).unwrap();
    assert_eq!((next.position, next.damage), (Position(5), None));
}

#[test]
fn an_older_state_than_was_durable_is_found_and_its_rows_are_kept() {
    let disk = SimFileSystem::new();
    let mutable = open(&disk, LARGE).unwrap().mutable;
    now(fill(&mutable, &mut Dice::new(1), 300));
    mutable.commit(Position(4)).unwrap();
    let before = now(answers(&mutable));
    now(fill(&mutable, &mut Dice::new(2), 10));
    mutable.commit(Position(5)).unwrap();
    let disk = disk.killed();
    // The bit that says which of the database's two last states holds.
    disk.flip_bit(Path::new("mutable"), (4096 + 9) * 8).unwrap();
    let Opened { mutable, position, damage } = open(&disk, LARGE).unwrap();
    let damage = damage.unwrap();
    assert_eq!(damage.reason, "it holds an older state than was durable");
    assert!(damage.kept_rows > 100 && damage.unreadable_rows == 0);
    assert_eq!((position, now(answers(&mutable))), (Position(4), before.clone()));
    let next = open(&disk.crash(1), LARGE).unwrap();
    assert_eq!((next.position, next.damage), (Position(4), None));
    assert_eq!(now(answers(&next.mutable)), before);
}
