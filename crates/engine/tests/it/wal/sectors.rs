//! A disk that cannot read some sectors, and one that has no room for a large record.

use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt;
use skytrail_base::fs::sim::{Fault, Operation, SimFileSystem};
use skytrail_base::fs::{Entry, File, FileSystem, Space};
use skytrail_base::journal::{Journal, Position};

use super::{opened, record, replayed};

/// What the system says of a sector that cannot be read.
const EIO: i32 = 5;

/// A disk on which some bytes of a file cannot be read.
struct Scratched {
    disk: Arc<SimFileSystem>,
    path: PathBuf,
    bytes: Range<u64>,
    /// Whether it takes writes past the page cache, though none of such blocks.
    has_large_blocks: bool,
}

struct ScratchedFile {
    file: Arc<dyn File>,
    bytes: Range<u64>,
    is_refusing: bool,
}

impl FileSystem for Scratched {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = self.disk.open(path)?;
        let bytes = if path == self.path { self.bytes.clone() } else { 0..0 };
        Ok(Arc::new(ScratchedFile { file, bytes, is_refusing: false }))
    }

    fn open_direct(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        if !self.has_large_blocks {
            return Err(ErrorKind::Unsupported.into());
        }
        let file = self.disk.open(path)?;
        Ok(Arc::new(ScratchedFile { file, bytes: 0..0, is_refusing: true }))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.disk.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        self.disk.list(dir)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.create_dir(dir)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.remove_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.sync_dir(dir)
    }

    fn space(&self) -> io::Result<Space> {
        self.disk.space()
    }

    fn describe(&self, path: &Path) -> String {
        self.disk.describe(path)
    }
}

impl File for ScratchedFile {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let end = offset + into.len() as u64;
        if self.bytes.start < end && offset < self.bytes.end {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        self.file.read_at(into, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.is_refusing {
            return Err(ErrorKind::InvalidInput.into());
        }
        self.file.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }
}

#[test]
fn a_sector_that_cannot_be_read_costs_the_records_in_it() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    for number in 1..=30 {
        let appended = log.append(record(number, 100)).unwrap();
        writer.step();
        appended.durable.now_or_never().unwrap().unwrap();
    }
    drop((log, writer));
    let path = disk.file_names().into_iter().min().unwrap();
    for sector in 0..8_u64 {
        let scratched = Scratched {
            disk: disk.killed(),
            path: path.clone(),
            bytes: sector * 512..(sector + 1) * 512,
            has_large_blocks: false,
        };
        let (log, _) = opened(Arc::new(scratched)).unwrap();
        let found = replayed(&log, 0).unwrap();
        // Frames have 168 bytes: five at most lie in or reach into a sector.
        assert!(found.len() >= 25, "sector {sector}: {}", found.len());
        let last = found.last().map(|(position, _)| *position);
        assert_eq!(last, Some(30), "sector {sector}");
    }
}

#[test]
fn a_disk_that_takes_nothing_past_the_page_cache_is_written_through_it() {
    for has_large_blocks in [false, true] {
        let disk = SimFileSystem::new();
        let (path, bytes) = (PathBuf::new(), 0..0);
        let seen = Scratched { disk: disk.clone(), path, bytes, has_large_blocks };
        let (log, mut writer) = opened(Arc::new(seen)).unwrap();
        for number in 1..=30 {
            let appended = log.append(record(number, 300)).unwrap();
            writer.step();
            appended.durable.now_or_never().unwrap().unwrap();
        }
        for seed in 0..20 {
            let (log, _) = opened(disk.crash(seed)).unwrap();
            let found = replayed(&log, 0).unwrap().into_iter().map(|one| one.0);
            assert!(found.eq(1..=30), "{has_large_blocks} {seed}");
        }
    }
}

#[test]
fn a_record_that_the_disk_has_no_room_for_is_refused_alone() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let sizes = [100, 60_000, 100, 50_000, 100];
    let appended = sizes.map(|bytes| log.append(record(1, bytes)).unwrap());
    // There was room when they were taken.
    disk.set_capacity(40_000);
    writer.step();
    let mut durable = Vec::new();
    for (one, bytes) in appended.into_iter().zip(sizes) {
        let told = one.durable.now_or_never().unwrap();
        assert_eq!(told.is_ok(), bytes == 100, "{bytes}: {told:?}");
        durable.extend(told.ok().map(|()| one.position.0));
    }
    let after = log.append(record(2, 100)).unwrap();
    writer.step();
    after.durable.now_or_never().unwrap().unwrap();
    durable.push(after.position.0);
    for seed in 0..50 {
        let (log, _) = opened(disk.crash(seed)).unwrap();
        let found: Vec<_> = replayed(&log, 0).unwrap().into_iter().map(|one| one.0).collect();
        assert_eq!(found, durable, "seed {seed}");
    }
}

#[test]
fn a_file_that_cannot_be_removed_counts_and_is_tried_again() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let mut last = 0;
    for number in 1..=150 {
        let appended = log.append(record(number, 300)).unwrap();
        writer.step();
        appended.durable.now_or_never().unwrap().unwrap();
        last = appended.position.0;
    }
    let (used, files) = (log.used_bytes(), disk.file_names().len());
    disk.inject(Fault { error: ErrorKind::Other, ..Fault::of(Operation::Remove, "wal") });
    log.trim(Position(last + 1)).unwrap_err();
    let left = log.used_bytes();
    assert!(left > used / 2 && disk.file_names().len() == files, "{left} of {used}");
    disk.clear_faults();
    log.trim(Position(last + 1)).unwrap();
    assert!(log.used_bytes() < 8_192, "{}", log.used_bytes());
    assert!(disk.file_names().len() <= 6, "{:?}", disk.file_names());
}

#[test]
fn what_is_discarded_leaves_the_disk_with_the_next_trim() {
    let disk = SimFileSystem::new();
    let (log, mut writer) = opened(disk.clone()).unwrap();
    let mut append = |number| {
        let appended = log.append(record(number, 300)).unwrap();
        writer.step();
        appended.durable.now_or_never().unwrap().unwrap();
        appended.position.0
    };
    let last = (1..=40).map(&mut append).last().unwrap();
    log.trim(Position(last + 1)).unwrap();
    let before = disk.file_names();
    log.discard().unwrap();
    let next = append(41);
    log.trim(Position(next)).unwrap();
    let after = disk.file_names();
    assert!(after.iter().all(|name| !before.contains(name)), "{before:?} {after:?}");
    let (again, _) = opened(disk.crash(1)).unwrap();
    let found: Vec<_> = replayed(&again, 0).unwrap().into_iter().map(|one| one.0).collect();
    assert_eq!(found, [next]);
}
