//! Files that grow and shrink.

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Dice, SimFileSystem};
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

#[test]
fn a_length_that_no_commit_left_is_gone_on_with() {
    for more in [1, 512, 4_095, 4_096, 5_000, 200_000] {
        let disk = SimFileSystem::new();
        let mut store = open(&disk).unwrap();
        store.change(&mut Dice::new(1));
        store.commit().unwrap();
        let held = store.held();
        let disk = disk.killed();
        let opened = disk.open(file()).unwrap();
        opened.set_len(opened.len().unwrap() + more).unwrap();
        drop(opened);
        let mut store = open(&disk).unwrap();
        assert_eq!((&store.damage, store.held()), (&None, held), "{more}");
        store.change(&mut Dice::new(2));
        store.commit().unwrap();
        assert_eq!(read(&disk.crash(more)), store.held(), "{more}");
    }
}
