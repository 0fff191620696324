//! Files that grow and shrink.

use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::journal::Position;

use super::{file, open, read};
use crate::row::Table;

#[test]
fn a_file_with_few_rows_left_is_packed() {
    let disk = SimFileSystem::new();
    let mut store = open(&disk).unwrap();
    let key = |n: u32| n.to_be_bytes().to_vec();
    store.writer.absorb(|batch| {
        (0..6_000).for_each(|n| batch.add(Table::Entities, key(n), Some(vec![1; 4_000])));
    });
    let memory = &mut store.memory.rows;
    (0..6_000).for_each(|n| drop(memory.insert((Table::Entities, key(n)), vec![1; 4_000])));
    store.commit().unwrap();
    let full = disk.read_all(file()).unwrap().len();
    assert!(full > 24 << 20);
    store.writer.absorb(|batch| {
        (100..6_000).for_each(|n| batch.add(Table::Entities, key(n), None));
    });
    store.memory.rows.retain(|(_, at), _| *at < key(100));
    store.commit().unwrap();
    store.commit().unwrap();
    let packed = disk.read_all(file()).unwrap().len();
    assert!(packed < 2 << 20, "{packed}");
    assert_eq!(read(&disk.killed()), store.held());
}

#[test]
fn what_waits_longer_than_there_is_memory_for_is_written_from_all_rows() {
    let disk = SimFileSystem::new();
    let mut store = open(&disk).unwrap();
    store.commit().unwrap();
    disk.stop_after(disk.operations());
    for n in 0..20u8 {
        let payload = vec![n; 2 << 20];
        store.writer.absorb(|batch| batch.add(Table::Aliases, vec![n], Some(payload.clone())));
        store.memory.rows.insert((Table::Aliases, vec![n]), payload);
        assert!(store.commit().is_err());
    }
    disk.stop_after(u64::MAX);
    store.position = Position(7);
    store.commit().unwrap();
    assert_eq!(read(&disk.crash(1)), store.held());
}
