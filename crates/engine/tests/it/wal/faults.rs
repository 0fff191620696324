//! Disks that refuse.

use std::io::ErrorKind;
use std::sync::Arc;

use futures_util::FutureExt;
use skytrail_base::fs::sim::{Fault, Operation, SimFileSystem};
use skytrail_base::journal::Journal;
use skytrail_engine::wal::{Log, Writer};

use super::{opened, record, replayed};

/// Appends a record and has it written; whether it is durable.
fn stored(log: &Log, writer: &mut Writer, number: u64) -> Result<u64, String> {
    let appended = log.append(record(number, 300)).map_err(|error| error.message)?;
    writer.step();
    let told = appended.durable.now_or_never().expect("somebody was told nothing");
    told.map(|()| appended.position.0).map_err(|error| {
        assert!(error.retryable, "{error}");
        error.message
    })
}

fn failing(operation: Operation, times: u64) -> Fault {
    Fault { operation, path_contains: "wal".to_owned(), skip: 0, times, error: ErrorKind::Other }
}

fn survivors(disk: &Arc<SimFileSystem>, seed: u64) -> Vec<u64> {
    let (log, _) = opened(disk.crash(seed)).unwrap();
    replayed(&log, 0).unwrap().into_iter().map(|(position, _)| position).collect()
}

#[test]
fn what_could_not_be_written_once_is_written_elsewhere() {
    for operation in [Operation::Write, Operation::Sync] {
        let disk = SimFileSystem::new();
        let (log, mut writer) = opened(disk.clone()).unwrap();
        for number in 1..=3 {
            stored(&log, &mut writer, number).unwrap();
        }
        disk.inject(failing(operation, 1));
        for number in 4..=6 {
            stored(&log, &mut writer, number).unwrap();
        }
        for seed in 0..50 {
            assert_eq!(survivors(&disk, seed), [1, 2, 3, 4, 5, 6], "{operation} seed {seed}");
        }
    }
}

#[test]
fn while_nothing_can_be_written_nothing_is_taken_and_then_it_goes_on() {
    for operation in [Operation::Write, Operation::Sync, Operation::Create] {
        let disk = SimFileSystem::new();
        let (log, mut writer) = opened(disk.clone()).unwrap();
        disk.inject(failing(operation, 20));
        let error = stored(&log, &mut writer, 1).unwrap_err();
        assert!(error.contains("the log cannot be written"), "{error}");
        let refused = log.append(record(2, 10)).unwrap_err();
        assert!(refused.retryable, "{refused}");
        disk.clear_faults();
        writer.step();
        let first = stored(&log, &mut writer, 3).unwrap();
        let second = stored(&log, &mut writer, 4).unwrap();
        for seed in 0..50 {
            let found = survivors(&disk, seed);
            assert!(found.ends_with(&[first, second]), "{operation} seed {seed}: {found:?}");
        }
        assert!(disk.file_names().len() <= 4, "{:?}", disk.file_names());
    }
}

#[test]
fn a_full_disk_stops_it_and_room_lets_it_go_on() {
    let disk = SimFileSystem::new();
    disk.set_capacity(10_000);
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let results: Vec<_> = (1..=60).map(|number| stored(&log, &mut writer, number)).collect();
    let taken: Vec<u64> = results.iter().flatten().copied().collect();
    assert!((5..40).contains(&taken.len()), "{results:?}");
    assert_eq!(survivors(&disk, 1), taken);
    disk.set_capacity(40_000);
    writer.step();
    let more = stored(&log, &mut writer, 100).unwrap();
    assert_eq!(survivors(&disk, 2).last(), Some(&more));
}

#[test]
fn a_record_that_no_file_can_be_made_for_costs_the_others_nothing() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    stored(&log, &mut writer, 1).unwrap();
    let used = log.used_bytes();
    // No other file can be made, whatever its size.
    disk.set_capacity(6_000);
    for _ in 0..5 {
        let error = log.append(record(2, 5_000)).unwrap_err();
        assert!(error.retryable && error.message.contains("no room for a record"), "{error}");
        writer.step();
    }
    assert_eq!(log.used_bytes(), used);
    stored(&log, &mut writer, 3).expect("the file that it has still has room");
    disk.set_capacity(40_000);
    let large = log.append(record(4, 5_000)).unwrap();
    writer.step();
    large.durable.now_or_never().unwrap().unwrap();
    assert_eq!(survivors(&disk, 1), [1, 2, 3]);
}

#[test]
fn whoever_appends_waits_while_too_much_is_on_its_way() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let has_room = |log: &Log| log.room(10_000).now_or_never().is_some();
    let mut appended = Vec::new();
    while has_room(&log) {
        appended.push(log.append(record(1, 10_000)).unwrap());
    }
    assert_eq!(appended.len(), 6, "64 KiB may wait");
    let mut waiting = log.room(10_000);
    assert!((&mut waiting).now_or_never().is_none());
    writer.step();
    assert!((&mut waiting).now_or_never().is_some());
    // Where it would be refused, nobody waits.
    appended.push(log.append(record(2, 60_000)).unwrap());
    disk.inject(Fault::of(Operation::Write, ""));
    let mut waiting = log.room(10_000);
    assert!((&mut waiting).now_or_never().is_none());
    writer.step();
    assert!((&mut waiting).now_or_never().is_some());
    assert!(has_room(&log) && log.append(record(3, 1)).is_err());
}

#[test]
fn a_full_log_takes_nothing_until_it_is_trimmed() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let mut last = 0;
    let error = loop {
        match stored(&log, &mut writer, last + 1) {
            Ok(position) => last = position,
            Err(error) => break error,
        }
    };
    assert!(error.contains("storage.log.limit") && error.contains("262144"), "{error}");
    let files = disk.file_names().into_iter().map(|name| disk.read_all(&name).unwrap().len());
    // And one that waits to be used.
    assert!(last > 180 && files.sum::<usize>() <= (256 << 10) + 4096, "{last}");
    log.trim(skytrail_base::journal::Position(last)).unwrap();
    stored(&log, &mut writer, last + 1).unwrap();
}
