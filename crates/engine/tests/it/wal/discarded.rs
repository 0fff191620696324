//! What was deleted leaves the files of the log, whatever happens on the way.

use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Fault, Operation, SimFileSystem};
use skytrail_base::journal::{Journal, Position, Record};
use skytrail_engine::wal::{Log, Writer};

use super::{opened, opened_behind, record, replayed};

const SECRET: &[u8] = b"what is to be deleted";

/// Appends a record, and has it written; its position where it is durable.
fn append(log: &Log, writer: &mut Writer, record: Record<'_>) -> Option<u64> {
    let appended = log.append(record).ok()?;
    writer.step();
    appended.durable.now_or_never()?.ok()?;
    Some(appended.position.0)
}

/// So many records, each with the secret in it.
fn secrets(log: &Log, writer: &mut Writer, count: u64) -> Option<u64> {
    let secret = |number| Record { payload: SECRET.repeat(20).into(), ..record(number, 0) };
    (1..=count).filter_map(|number| append(log, writer, secret(number))).last()
}

fn has_secret(disk: &SimFileSystem) -> bool {
    let names = disk.file_names();
    let mut files = names.iter().map(|name| disk.read_all(name).unwrap());
    files.any(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET))
}

/// Deletes after a checkpoint, as far as the disk goes along: where everything before a position
/// is to be gone, it.
fn discarded(disk: &Arc<SimFileSystem>) -> Option<u64> {
    let (log, mut writer) = opened(disk.clone()).ok()?;
    let last = secrets(&log, &mut writer, 30)?;
    log.trim(Position(last + 1)).ok()?;
    log.discard().ok()?;
    writer.step();
    // Of another checkpoint, maybe.
    let _ = log.trim(Position(last + 1));
    let _ = append(&log, &mut writer, record(31, 300));
    Some(last)
}

#[test]
fn after_any_crash_it_goes_with_the_next_checkpoint_though_nothing_is_received() {
    let mut deleted = 0;
    for stop in 0.. {
        let disk = SimFileSystem::new();
        disk.stop_after(stop);
        let last = discarded(&disk);
        let is_whole = disk.operations() < stop;
        for seed in 0..8 {
            let disk = disk.crash(stop * 8 + seed);
            let checkpoint = last.unwrap_or(0);
            // The next start crashes, too.
            disk.stop_after(seed * 3);
            if let Ok((_log, mut writer)) = opened_behind(disk.clone(), checkpoint) {
                writer.step();
            }
            let disk = disk.crash(seed);
            let (log, mut writer) = opened_behind(disk.clone(), checkpoint).unwrap();
            writer.step();
            let found = replayed(&log, checkpoint + 1).unwrap();
            let next = found.last().map_or(checkpoint, |(position, _)| *position) + 1;
            log.trim(Position(next)).unwrap();
            assert!(last.is_none() || !has_secret(&disk), "stop {stop}, seed {seed}");
            deleted += usize::from(last.is_some());
            let marks = disk.file_names();
            let marks =
                marks.iter().filter(|name| name.extension().is_some_and(|x| x == "discard"));
            assert!(last.is_none() || marks.count() == 0, "stop {stop}, seed {seed}");
            append(&log, &mut writer, record(99, 300)).unwrap();
        }
        if is_whole {
            break;
        }
    }
    assert!(deleted > 20, "{deleted} crashes after a deletion");
}

#[test]
fn a_server_that_receives_nothing_lets_it_go_too() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let last = secrets(&log, &mut writer, 5).unwrap();
    log.discard().unwrap();
    assert!(has_secret(&disk), "it is not stored yet");
    writer.step();
    log.trim(Position(last + 1)).unwrap();
    assert!(!has_secret(&disk));
    assert_eq!(append(&log, &mut writer, record(6, 10)), Some(last + 1));
    let (again, _) = opened(disk.crash(1)).unwrap();
    assert_eq!(replayed(&again, 0).unwrap(), [(last + 1, record(6, 10))]);
}

#[test]
fn nothing_is_said_to_be_deleted_while_the_disk_cannot_note_it() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let last = secrets(&log, &mut writer, 5).unwrap();
    disk.inject(Fault::of(Operation::Create, "discard"));
    let error = log.discard().unwrap_err();
    assert!(error.message.contains("cannot write") && error.retryable, "{error}");
    disk.clear_faults();
    log.discard().unwrap();
    writer.step();
    log.trim(Position(last + 1)).unwrap();
    assert!(!has_secret(&disk));
}

#[test]
fn a_file_with_the_name_of_a_mark_that_no_log_makes_does_no_harm() {
    let disk = SimFileSystem::new();
    let name = format!("{}.discard", u64::MAX);
    disk.create(Path::new(&name)).unwrap();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let last = secrets(&log, &mut writer, 5).unwrap();
    drop((log, writer));
    let (again, _) = opened(disk.crash(1)).unwrap();
    assert_eq!(replayed(&again, 0).unwrap().len() as u64, last);
}
