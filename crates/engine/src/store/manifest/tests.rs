use std::path::Path;

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Fault, Operation, SimFileSystem};

use super::{BlobEntry, CheckpointEntry, Family, Manifest, PartEntry, parse};
use crate::error::ErrorKind;

fn manifest(edit: u64) -> Manifest {
    let state = Some(BlobEntry { number: 4, bytes: 17, checksum: u64::MAX });
    let (cut, rules) = (vec![3, 0, 9], u64::MAX);
    let part = PartEntry {
        number: 7,
        family: Family::FoldedMinutes,
        level: 1,
        day: -1,
        bytes: 1 << 40,
        checksum: u64::MAX,
        rows: 12,
        first: i64::MIN,
        last: i64::MAX,
        age: 3,
    };
    Manifest {
        store: 77,
        edit,
        next_file: 8,
        zone: "Asia/Kolkata".to_owned(),
        checkpoint: Some(CheckpointEntry { position: 12, cut, rules, state }),
        parts: vec![part],
        ..Manifest::default()
    }
}

#[test]
fn what_was_stored_last_is_what_is_loaded() {
    let disk = SimFileSystem::new();
    assert_eq!(Manifest::load(&*disk).unwrap(), None);
    for edit in 1..4 {
        manifest(edit).store(&*disk).unwrap();
        let crashed = disk.crash(edit);
        assert_eq!(Manifest::load(&*crashed).unwrap(), Some(manifest(edit)));
    }
}

#[test]
fn a_crash_leaves_the_one_before_or_the_one_after() {
    for seed in 0..200 {
        let disk = SimFileSystem::with_seed(seed);
        manifest(1).store(&*disk).unwrap();
        disk.stop_after(disk.operations() + seed % 7);
        let stored = manifest(2).store(&*disk).is_ok();
        let found = Manifest::load(&*disk.crash(seed)).unwrap().unwrap();
        assert!(found == manifest(2) || (!stored && found == manifest(1)), "seed {seed}");
    }
}

#[test]
fn a_disk_that_refuses_is_told_and_the_next_try_goes_well() {
    for operation in [Operation::Create, Operation::Write, Operation::Sync, Operation::Rename] {
        let disk = SimFileSystem::new();
        manifest(1).store(&*disk).unwrap();
        disk.inject(Fault { times: 1, ..Fault::of(operation, "") });
        let error = manifest(2).store(&*disk).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Io, "{operation:?}");
        manifest(3).store(&*disk).unwrap();
        assert_eq!(Manifest::load(&*disk).unwrap(), Some(manifest(3)));
    }
}

#[test]
fn no_flipped_byte_and_no_cut_goes_unnoticed() {
    let bytes = manifest(1).write().unwrap();
    assert_eq!(parse(&bytes, "m").unwrap(), manifest(1));
    for place in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1;
        assert!(parse(&flipped, "m").is_err(), "byte {place}");
        assert!(parse(&bytes[..place], "m").is_err(), "cut at {place}");
    }
}

#[test]
fn a_later_version_is_told_apart_from_damage() {
    let error = parse(b"skytrail manifest 2\n{}\n0\n", "m").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Version);
    assert!(error.context.contains("has version 2"), "{error}");
    let error = parse(b"something else\n", "m").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
}

#[test]
fn a_draft_that_a_crash_left_is_written_over() {
    let disk = SimFileSystem::new();
    disk.create(Path::new(super::DRAFT)).unwrap().write_at(&[7; 9000], 0).unwrap();
    manifest(1).store(&*disk).unwrap();
    assert_eq!(Manifest::load(&*disk).unwrap(), Some(manifest(1)));
}
