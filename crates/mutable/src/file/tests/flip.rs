//! Bits that are not what was written.

use std::sync::Arc;

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Dice, SimFileSystem};

use super::{Held, Store, file, open, read, seeds};
use crate::file::header::HEADER_BYTES;

fn filled(seed: u64) -> (Arc<SimFileSystem>, Store) {
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
fn check(disk: &Arc<SimFileSystem>, before: &Held, bit: u64) -> bool {
    let store = open(disk).unwrap();
    match &store.damage {
        None => assert_eq!(store.held(), *before, "bit {bit}"),
        Some(damage) => {
            assert!(disk.file_names().contains(&damage.set_aside));
            assert!(!disk.file_names().contains(&file().to_owned()));
            let mut rows = store.memory.rows.iter();
            assert!(rows.all(|(_, payload)| payload.len() < 6_000), "bit {bit}");
        }
    }
    store.damage.is_none()
}

/// Bits of a file: one of every byte that no checksum of a page covers, all of
/// the byte that says which state holds, and some of the others, or all with
/// many seeds.
fn bits(len: u64) -> Vec<u64> {
    const WHICH_STATE: u64 = HEADER_BYTES + 9;
    let few = seeds(300);
    let others = len * 8 / few.max(1);
    let marks = (0..32).chain(2048..2080);
    let bytes = marks.chain(HEADER_BYTES..HEADER_BYTES + 320);
    let bits = bytes.map(|byte| byte * 8 + byte % 8);
    let bits = bits.chain(WHICH_STATE * 8..WHICH_STATE * 8 + 8);
    bits.chain((0..len * 8).step_by(others.max(8) as usize)).collect()
}

#[test]
fn a_flipped_bit_is_found_or_changes_nothing() {
    for is_closed in [true, false] {
        let (disk, store) = filled(7);
        let before = store.held();
        if is_closed {
            drop(store);
        }
        let len = disk.read_all(file()).unwrap().len() as u64;
        let (mut found, mut passed) = (0, 0);
        for bit in bits(len) {
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
    let before = read(&disk.killed());
    let len = bytes.len();
    for cut in [0, 1, 31, 32, 4095, 4096, 4097, 4500, 8192, len / 2, len - 4096, len - 1] {
        let disk = disk.killed();
        disk.open(file()).unwrap().set_len(cut as u64).unwrap();
        // The last pages may hold nothing.
        assert!(!check(&disk, &before, cut as u64) || cut > len / 2, "{cut}");
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
    for seed in 0..seeds(20) {
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
        check(&disk.killed(), &store.held(), seed);
    }
}
