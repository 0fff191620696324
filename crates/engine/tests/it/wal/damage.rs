//! Disks that lose what they had.

use std::sync::Arc;

use futures_util::FutureExt;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::journal::{Journal, Record};

use super::{opened, record, replayed};

/// A log of three segments, and what is in it.
fn filled() -> (Arc<SimFileSystem>, Vec<(u64, Record<'static>)>) {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    for number in 1..=30 {
        let appended = log.append(record(number, 200 + number as usize)).unwrap();
        writer.step();
        appended.durable.now_or_never().unwrap().unwrap();
    }
    let all = replayed(&log, 0);
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
            let found = replayed(&log, 0);
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
    let sum = xxhash_rust::xxh3::xxh3_64(&header[..48]);
    header[48..56].copy_from_slice(&sum.to_le_bytes());
    skytrail_base::fs::FileSystem::open(&*disk, &path).unwrap().write_at(&header, 0).unwrap();
    let bytes =
        || disk.file_names().iter().map(|path| disk.read_all(path).unwrap()).collect::<Vec<_>>();
    let before = bytes();
    let error = opened(disk.clone()).err().unwrap().to_string();
    assert!(error.contains("00000000.wal has version 2"), "{error}");
    assert_eq!(bytes(), before);
}
