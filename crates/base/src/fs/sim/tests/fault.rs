use std::io::{self, ErrorKind};

use super::{SEEDS, crashes, create, durable, line, path};
use crate::fs::FileSystem;
use crate::fs::sim::{Fault, Operation, SimFileSystem};

fn kind<T>(result: io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn a_fault_hits_the_calls_it_names_and_no_others() {
    let disk = SimFileSystem::new();
    disk.create_dir(path("wal")).unwrap();
    let (wal, other) = (create(&disk, "wal/1", b""), create(&disk, "part", b""));
    let error = ErrorKind::StorageFull;
    disk.inject(Fault { skip: 1, times: 2, error, ..Fault::of(Operation::Write, "wal/") });
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(kind(wal.write_at(b"x", 0)));
        other.write_at(b"x", 0).unwrap();
        wal.sync().unwrap();
    }
    assert_eq!(seen, [None, Some(error), Some(error), None]);
}

#[test]
fn every_operation_can_fail() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", b"kept");
    let at = path("a");
    let mut byte = [0];
    let all: [(Operation, &mut dyn FnMut() -> Option<ErrorKind>); 13] = [
        (Operation::Open, &mut || kind(disk.open(at))),
        (Operation::Create, &mut || kind(disk.create(path("b")))),
        (Operation::Rename, &mut || kind(disk.rename(at, path("b")))),
        (Operation::Remove, &mut || kind(disk.remove(at))),
        (Operation::List, &mut || kind(disk.list(path("")))),
        (Operation::CreateDir, &mut || kind(disk.create_dir(path("b")))),
        (Operation::RemoveDir, &mut || kind(disk.remove_dir(path("b")))),
        (Operation::SyncDir, &mut || kind(disk.sync_dir(path("")))),
        (Operation::Read, &mut || kind(file.read_at(&mut byte, 0))),
        (Operation::Write, &mut || kind(file.write_at(b"", 0))),
        (Operation::Sync, &mut || kind(file.sync())),
        (Operation::SetLen, &mut || kind(file.set_len(0))),
        (Operation::Lock, &mut || kind(file.try_lock())),
    ];
    for (operation, call) in all {
        disk.inject(Fault { error: ErrorKind::TimedOut, ..Fault::of(operation, "") });
        assert_eq!(call(), Some(ErrorKind::TimedOut), "{operation}");
        disk.clear_faults();
    }
    assert_eq!(crashes(&disk), ["a=kept"]);
}

#[test]
fn a_failed_write_leaves_some_first_part() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..SEEDS {
        let disk = SimFileSystem::with_seed(seed);
        let file = create(&disk, "a", b"");
        disk.inject(Fault { times: 1, ..Fault::of(Operation::Write, "a") });
        file.write_at(b"123", 0).unwrap_err();
        seen.insert(line(&disk));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["a=", "a=1", "a=12", "a=123"]);
}

#[test]
fn bytes_of_a_failed_sync_are_seen_and_not_made_durable_by_the_next() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", b"old.");
    file.write_at(b"new", 0).unwrap();
    disk.inject(Fault { times: 1, ..Fault::of(Operation::Sync, "a") });
    file.sync().unwrap_err();
    file.write_at(b"!", 3).unwrap();
    file.sync().unwrap();
    assert_eq!(line(&disk), "a=new!");
    // They may have reached the disk, too.
    assert_eq!(crashes(&disk), ["a=new!", "a=old!"]);
    assert_eq!(crashes(&disk.killed()), ["a=new!", "a=old!"]);
    let lost = (0..SEEDS).filter(|seed| line(&disk.crash(*seed)) == "a=old!");
    assert!(lost.count() as u64 > SEEDS / 2, "a retried sync is found out by few crashes");
    file.write_at(b"n", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(crashes(&disk), ["a=new!", "a=nld!"]);
    file.write_at(b"two", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(crashes(&disk), ["a=two!"]);
}

#[test]
fn what_a_failed_sync_lost_at_the_end_of_a_file_is_zeros() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", b"1");
    disk.inject(Fault { times: 1, ..Fault::of(Operation::Sync, "a") });
    file.write_at(b"2", 1).unwrap();
    file.sync().unwrap_err();
    assert_eq!(crashes(&disk), ["a=1", "a=12"]);
    file.sync().unwrap();
    assert_eq!(crashes(&disk), ["a=1\u{0}", "a=12"]);
    file.write_at(b"3", 2).unwrap();
    file.sync().unwrap();
    assert_eq!(crashes(&disk), ["a=1\u{0}3", "a=123"]);
    file.set_len(1).unwrap();
    file.set_len(3).unwrap();
    file.sync().unwrap();
    assert_eq!(crashes(&disk), ["a=1\u{0}\u{0}"]);
}

#[test]
fn a_full_disk_takes_what_fits_until_there_is_room_again() {
    let disk = SimFileSystem::new();
    disk.set_capacity(10);
    let first = create(&disk, "a", b"123456");
    let second = create(&disk, "b", b"");
    assert_eq!(kind(second.write_at(b"12345", 0)), Some(ErrorKind::StorageFull));
    assert_eq!(line(&disk), "a=123456 b=1234");
    assert_eq!(disk.space().unwrap().free, 0);
    first.write_at(b"abc", 0).unwrap();
    assert_eq!(kind(first.set_len(7)), Some(ErrorKind::StorageFull));
    assert_eq!(kind(second.write_at(b"x", 100)), Some(ErrorKind::StorageFull));
    disk.remove(path("a")).unwrap();
    assert_eq!(disk.space().unwrap().free, 0, "still open");
    drop(first);
    assert_eq!(disk.space().unwrap().free, 6);
    second.write_at(b"12345", 0).unwrap();
    create(&disk, "c", b"12345");
    disk.rename(path("c"), path("b")).unwrap();
    drop(second);
    let space = disk.crash(0).space().unwrap();
    assert_eq!((disk.space().unwrap().free, space.total), (5, 10));
}

/// A program that replaces a file, with its faults.
fn replace(disk: &dyn FileSystem, text: &[u8], without: Option<Operation>) -> io::Result<()> {
    let file = disk.create(path("a.new"))?;
    file.write_at(text, 0)?;
    if without != Some(Operation::Sync) {
        file.sync()?;
    }
    disk.rename(path("a.new"), path("a"))?;
    if without != Some(Operation::SyncDir) {
        disk.sync_dir(path(""))?;
    }
    Ok(())
}

/// Crashes after every operation with many seeds. Whether the file was always
/// the old or the new one, and the new one once the program said so.
fn survives(without: Option<Operation>) -> bool {
    let is_good = |steps| {
        let disk = SimFileSystem::new();
        durable(&disk, "a", b"old");
        disk.stop_after(disk.operations() + steps);
        let is_done = replace(&*disk, b"new", without).is_ok();
        let read = |seed| disk.crash(seed).read_all(path("a"));
        let is_good = |text: &[u8]| text == b"new" || (text == b"old" && !is_done);
        (0..SEEDS).all(|seed| read(seed).is_ok_and(|text| is_good(&text)))
    };
    (0..=5).all(is_good)
}

#[test]
fn a_stop_after_every_operation_finds_each_missing_step() {
    assert!(survives(None));
    assert!(!survives(Some(Operation::Sync)));
    assert!(!survives(Some(Operation::SyncDir)));
}

#[test]
fn after_the_stop_nothing_is_changed_any_more() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", b"1");
    assert_eq!(disk.operations(), 4);
    disk.stop_after(5);
    file.write_at(b"2", 0).unwrap();
    file.sync().unwrap_err();
    file.write_at(b"3", 0).unwrap_err();
    disk.remove(path("a")).unwrap_err();
    assert_eq!(disk.operations(), 5);
    assert_eq!(crashes(&disk), ["a=1", "a=2"]);
    assert_eq!(disk.crash(0).operations(), 0);
}

#[test]
fn a_flipped_bit_stays_flipped() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", b"ab");
    file.write_at(b"c", 1).unwrap();
    disk.flip_bit(path("a"), 8).unwrap();
    disk.flip_bit(path("a"), 1).unwrap();
    assert_eq!(line(&disk), "a=cb");
    assert_eq!(crashes(&disk), ["a=cb", "a=cc"]);
    file.sync().unwrap();
    assert_eq!(crashes(&disk), ["a=cb"]);
    assert_eq!(kind(disk.flip_bit(path("a"), 16)), Some(ErrorKind::InvalidInput));
}

#[test]
fn the_trace_tells_the_order() {
    let disk = SimFileSystem::new();
    durable(&disk, "a", b"1");
    disk.clear_trace();
    replace(&*disk, b"2", None).unwrap();
    disk.open(path("b")).map(|_| ()).unwrap_err();
    let trace: Vec<_> = disk.trace().iter().map(ToString::to_string).collect();
    let expected = [
        "create a.new",
        "write a.new",
        "sync a.new",
        "rename a.new to a",
        "sync_dir .",
        "open b: entity not found",
    ];
    assert_eq!(trace, expected);
}
