//! Disks that lose what they had.

use std::sync::Arc;

use futures_util::FutureExt;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::journal::{Journal, Record};

use super::{opened, opened_behind, record, replayed};

/// A log of three segments, and what is in it.
fn filled() -> (Arc<SimFileSystem>, Vec<(u64, Record<'static>)>) {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    for group in 0..10 {
        let records = (1..=3).map(|place| 3 * group + place);
        let appended: Vec<_> = records
            .map(|number| log.append(record(number, 200 + number as usize)).unwrap())
            .collect();
        writer.step();
        for one in appended {
            one.durable.now_or_never().unwrap().unwrap();
        }
    }
    let all = replayed(&log, 0).unwrap();
    assert_eq!(all.len(), 30);
    assert!(disk.file_names().len() >= 3);
    (disk, all)
}

#[test]
fn a_flipped_bit_costs_one_record_at_most() {
    let (disk, all) = filled();
    for path in disk.file_names() {
        let bytes = disk.read_all(&path).unwrap().len() as u64;
        for bit in (0..bytes * 8).step_by(11) {
            let damaged = disk.killed();
            damaged.flip_bit(&path, bit).unwrap();
            let (log, _) = opened(damaged).unwrap();
            let found = replayed(&log, 0).unwrap();
            assert!(
                found.len() >= all.len() - 1,
                "{} bit {bit}: {:?}",
                path.display(),
                found.iter().map(|one| one.0).collect::<Vec<_>>()
            );
            assert!(found.iter().all(|one| all.contains(one)), "{} bit {bit}", path.display());
        }
    }
}

#[test]
fn a_file_of_another_version_is_not_touched_and_the_error_names_it() {
    let (disk, _) = filled();
    let path = disk.file_names()[0].clone();
    let mut header = disk.read_all(&path).unwrap()[..512].to_vec();
    header[8] = 2;
    let sum = xxhash_rust::xxh3::xxh3_64(&header[..56]);
    header[56..64].copy_from_slice(&sum.to_le_bytes());
    skytrail_base::fs::FileSystem::open(&*disk, &path).unwrap().write_at(&header, 0).unwrap();
    let bytes =
        || disk.file_names().iter().map(|path| disk.read_all(path).unwrap()).collect::<Vec<_>>();
    let before = bytes();
    let error = opened(disk.clone()).err().unwrap().to_string();
    assert!(error.contains("00000000.wal has version 2"), "{error}");
    assert_eq!(bytes(), before);
}

#[test]
fn no_payload_passes_for_a_record_when_the_one_around_it_is_torn() {
    let mut forged = [0; 64];
    forged[..4].copy_from_slice(b"WREC");
    forged[8] = 1;
    forged[16..24].copy_from_slice(&9_000_000_u64.to_le_bytes());
    forged[24..32].copy_from_slice(&8_999_999_u64.to_le_bytes());
    forged[48..56].copy_from_slice(&xxhash_rust::xxh3::xxh3_64(&[]).to_le_bytes());
    let sum = xxhash_rust::xxh3::xxh3_64(&forged[..56]);
    forged[56..].copy_from_slice(&sum.to_le_bytes());
    let payload = forged.repeat(40);
    for seed in 0..300 {
        let disk = SimFileSystem::new();
        let (log, mut writer) = opened(disk.clone()).unwrap();
        drop(log.append(record(1, 10)).unwrap());
        writer.step();
        let record = Record { payload: payload.clone().into(), ..record(2, 0) };
        drop(log.append(record).unwrap());
        // Written, and then the power fails.
        disk.stop_after(disk.operations() + 1);
        writer.step();
        let (log, _) = opened(disk.crash(seed)).unwrap();
        let found = replayed(&log, 0).unwrap();
        assert!(found.iter().all(|(position, _)| *position <= 2), "seed {seed}");
    }
}

#[test]
fn positions_go_on_behind_the_last_checkpoint() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened_behind(disk.clone(), 8).unwrap();
    let appended = log.append(record(1, 100)).unwrap();
    assert_eq!(appended.position.0, 9);
    writer.step();
    appended.durable.now_or_never().unwrap().unwrap();
    let (log, _) = opened_behind(disk.crash(3), 8).unwrap();
    assert_eq!(replayed(&log, 9).unwrap(), [(9, record(1, 100))]);
}
