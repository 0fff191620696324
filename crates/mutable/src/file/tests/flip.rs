//! Bits that are not what was written.

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Dice, SimFileSystem};

use super::{Store, file, open, seeds};

fn filled(seed: u64) -> (std::sync::Arc<SimFileSystem>, Store) {
    let disk = SimFileSystem::with_seed(seed);
    let mut store = open(&disk).unwrap();
    let mut dice = Dice::new(seed);
    for _ in 0..4 {
        store.change(&mut dice);
        store.commit().unwrap();
    }
    (disk, store)
}

/// Opens a damaged disk: it holds what was written, or says that it does not.
/// True when it does.
fn check(disk: &std::sync::Arc<SimFileSystem>, before: &Store, bit: u64) -> bool {
    let store = open(disk).unwrap();
    match &store.damage {
        None => assert_eq!(store.held(), before.held(), "bit {bit}"),
        Some(damage) => {
            assert!(disk.file_names().contains(&damage.set_aside));
            assert!(!disk.file_names().contains(&file().to_owned()));
            let mut rows = store.memory.rows.iter();
            assert!(rows.all(|(_, payload)| payload.len() < 6_000), "bit {bit}");
        }
    }
    store.damage.is_none()
}

#[test]
fn a_flipped_bit_is_found_or_changes_nothing() {
    // One was closed, the other was not.
    for is_closed in [true, false] {
        let (disk, store) = filled(7);
        let disk = if is_closed {
            drop(store);
            disk.killed()
        } else {
            disk.killed()
        };
        let before = open(&disk.killed()).unwrap();
        let len = disk.read_all(file()).unwrap().len() as u64;
        let header = (0..(4096 + 512) * 8).filter(|bit| bit / 8 < 32 || bit / 8 >= 2048);
        let stride = (len * 8 / seeds(400).max(1)).max(1);
        let others = ((4096 + 512) * 8..len * 8).step_by(stride as usize);
        let (mut found, mut passed) = (0, 0);
        for bit in header.chain(others) {
            let disk = disk.killed();
            disk.flip_bit(file(), bit).unwrap();
            match check(&disk, &before, bit) {
                true => passed += 1,
                false => found += 1,
            }
        }
        assert!(found > 100 && passed > 100, "{found} {passed}");
    }
}

#[test]
fn a_file_cut_off_or_of_any_bytes_is_set_aside() {
    let (disk, store) = filled(3);
    drop(store);
    let bytes = disk.read_all(file()).unwrap();
    let before = open(&disk.killed()).unwrap();
    for len in [0, 1, 31, 32, 4095, 4096, 4097, 4500, 8192, bytes.len() - 4096, bytes.len() - 1] {
        let disk = disk.killed();
        disk.open(file()).unwrap().set_len(len as u64).unwrap();
        assert!(!check(&disk, &before, len as u64), "{len}");
    }
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let disk = disk.killed();
        let noise: Vec<_> = (0..4096).map(|_| dice.throw() as u8).collect();
        let place = if seed == 0 { 0 } else { dice.below(bytes.len() as u64 - 4096) };
        disk.open(file()).unwrap().write_at(&noise, place).unwrap();
        check(&disk, &before, place);
    }
}

#[test]
fn damaged_files_are_kept_up_to_a_number_and_the_store_goes_on() {
    let disk = SimFileSystem::new();
    for round in 0..12 {
        let mut store = open(&disk).unwrap();
        assert_eq!(store.damage.is_some(), round > 0);
        store.change(&mut Dice::new(round));
        store.commit().unwrap();
        drop(store);
        disk.open(file()).unwrap().write_at(&[0; 4096], 4096).unwrap();
    }
    assert_eq!(disk.file_names().len(), 9);
}

#[test]
fn bits_that_flip_while_the_file_is_open_are_found_at_the_next_start_at_the_latest() {
    for seed in 0..seeds(60) {
        let (disk, mut store) = filled(seed);
        let mut dice = Dice::new(seed);
        let len = disk.read_all(file()).unwrap().len() as u64;
        for _ in 0..3 {
            disk.flip_bit(file(), 4096 * 8 + dice.below(len * 8 - 4096 * 8)).unwrap();
        }
        for _ in 0..4 {
            store.change(&mut dice);
            store.commit().unwrap();
        }
        check(&disk.killed(), &store, seed);
    }
}
