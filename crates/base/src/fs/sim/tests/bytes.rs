use std::collections::BTreeSet;

use super::{SEEDS, create, durable, path};
use crate::fs::FileSystem;
use crate::fs::sim::{Loss, SimFileSystem};

const SECTOR: usize = 512;

/// The byte that every sector is filled with.
fn sectors(bytes: &[u8]) -> Vec<u8> {
    let uniform = |sector: &[u8]| {
        assert!(sector.iter().all(|byte| *byte == sector[0]), "torn within a sector");
        sector[0]
    };
    bytes.chunks(SECTOR).map(uniform).collect()
}

#[test]
fn what_was_synced_survives_and_what_was_not_is_kept_lost_or_torn() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", &[1; 8 * SECTOR]);
    file.write_at(&[2; 4 * SECTOR], 2 * SECTOR as u64).unwrap();
    let mut seen = BTreeSet::new();
    for seed in 0..SEEDS {
        let after = disk.crash(seed).read_all(path("a")).unwrap();
        let after = sectors(&after);
        assert_eq!((&after[..2], &after[6..]), (&[1, 1][..], &[1, 1][..]));
        seen.insert(after[2..6].to_vec());
    }
    assert!(seen.contains(&vec![1; 4]), "lost");
    assert!(seen.contains(&vec![2; 4]), "kept");
    let is_torn = |sectors: &&Vec<u8>| sectors.contains(&1) && sectors.contains(&2);
    assert!(seen.iter().filter(is_torn).count() > 4, "torn in several ways: {seen:?}");
    assert!(seen.contains(&vec![1, 2, 2, 2]), "torn at the start");
}

#[test]
fn writes_that_cross_sectors_are_torn_where_the_disk_has_its_sectors() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", &[0; 1024]);
    file.write_at(&[7; 100], 462).unwrap();
    let torn = (0..SEEDS).map(|seed| disk.crash(seed).read_all(path("a")).unwrap());
    let seen: BTreeSet<_> =
        torn.map(|bytes| (bytes[462..512] == [7; 50], bytes[512] == 7)).collect();
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[test]
fn what_is_written_past_the_memory_of_the_system_is_whole_sectors_that_are_synced_as_ever() {
    let disk = SimFileSystem::new();
    durable(&disk, "a", &[0; 3 * SECTOR]);
    let file = disk.open_direct(path("a")).unwrap();
    let memory = vec![7; 3 * SECTOR];
    let start = memory.as_ptr().align_offset(SECTOR);
    for (from, len, offset) in [(1, SECTOR, 0), (0, SECTOR - 1, 0), (0, SECTOR, 1)] {
        let bytes = &memory[start + from..start + from + len];
        file.write_at(bytes, offset).unwrap_err();
    }
    file.write_at(&memory[start..start + SECTOR], SECTOR as u64).unwrap();
    let seen = |disk: &SimFileSystem| sectors(&disk.read_all(path("a")).unwrap());
    assert_eq!(seen(&disk), [0, 7, 0]);
    let kept: BTreeSet<_> = (0..SEEDS).map(|seed| seen(&disk.crash(seed))).collect();
    assert_eq!(kept, [vec![0, 0, 0], vec![0, 7, 0]].into());
    file.sync().unwrap();
    (0..SEEDS).for_each(|seed| assert_eq!(seen(&disk.crash(seed)), [0, 7, 0]));
}

#[test]
fn unsynced_writes_survive_in_any_order() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", b"0000");
    file.write_at(b"1", 0).unwrap();
    file.write_at(b"2", 1).unwrap();
    file.write_at(b"3", 1).unwrap();
    let seen: BTreeSet<_> =
        (0..SEEDS).map(|seed| disk.crash(seed).read_all(path("a")).unwrap()).collect();
    let texts = ["0000", "0200", "0300", "1000", "1200", "1300"];
    assert_eq!(seen, texts.iter().map(|text| text.as_bytes().to_vec()).collect());
    file.sync().unwrap();
    for seed in 0..SEEDS {
        assert_eq!(disk.crash(seed).read_all(path("a")).unwrap(), b"1300");
    }
}

#[test]
fn all_of_many_writes_are_often_lost_and_often_kept() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", &[0; 40]);
    (0..40).for_each(|at| file.write_at(&[1], at).unwrap());
    let kept = |seed| disk.crash(seed).read_all(path("a")).unwrap().iter().sum::<u8>();
    let kept: Vec<_> = (0..SEEDS).map(kept).collect();
    for all in [0, 40] {
        assert!(kept.iter().filter(|kept| **kept == all).count() as u64 > SEEDS / 10, "{kept:?}");
    }
}

#[test]
fn the_length_survives_apart_from_the_bytes() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", &[1; 600]);
    file.write_at(&[2; 1400], 600).unwrap();
    let (mut lens, mut has_zeros, mut lost) = (BTreeSet::new(), false, 0);
    for seed in 0..SEEDS {
        let after = disk.crash(seed).read_all(path("a")).unwrap();
        assert_eq!(after[..600], [1; 600]);
        assert!(after[600..].iter().all(|byte| [0, 2].contains(byte)));
        has_zeros |= after[600..].contains(&0);
        lost += u64::from(after.len() == 600);
        lens.insert(after.len());
    }
    assert!(lost > SEEDS / 6 && lost < SEEDS * 5 / 6, "{lost}");
    assert!(lens.contains(&600) && lens.contains(&2000) && lens.len() > 4, "{lens:?}");
    assert!(has_zeros && lens.iter().all(|len| (600..=2000).contains(len)));
}

#[test]
fn a_cut_may_be_lost_until_it_is_synced() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", b"longer");
    file.set_len(2).unwrap();
    let crash = |seed| disk.crash(seed).read_all(path("a")).unwrap();
    let seen: BTreeSet<_> = (0..SEEDS).map(crash).collect();
    assert!(seen.contains(&b"longer"[..]) && seen.contains(&b"lo"[..]), "{seen:?}");
    file.sync().unwrap();
    assert!((0..SEEDS).all(|seed| crash(seed) == b"lo"));
    file.set_len(6).unwrap();
    file.sync().unwrap();
    assert!((0..SEEDS).all(|seed| crash(seed) == b"lo\0\0\0\0"));
}

#[test]
fn a_durable_name_says_nothing_about_the_bytes() {
    let disk = SimFileSystem::new();
    let file = disk.create(path("a")).unwrap();
    file.write_at(&[5; 900], 0).unwrap();
    disk.sync_dir(path("")).unwrap();
    let lens = (0..SEEDS).map(|seed| disk.crash(seed).read_all(path("a")).unwrap().len());
    let lens: BTreeSet<_> = lens.collect();
    assert!(lens.contains(&0) && lens.contains(&900) && lens.len() > 4, "{lens:?}");
}

#[test]
fn a_crash_leaves_the_old_disk_alone_and_is_the_same_for_the_same_seed() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", &[1; 4 * SECTOR]);
    file.write_at(&[2; 4 * SECTOR], 0).unwrap();
    for seed in 0..SEEDS {
        let (first, second) = (disk.crash(seed), disk.crash(seed));
        let after = first.read_all(path("a")).unwrap();
        assert_eq!(after, second.read_all(path("a")).unwrap());
        let again = first.crash(seed + 1).read_all(path("a")).unwrap();
        assert_eq!(after, again, "all that is left is durable");
    }
    assert_eq!(disk.read_all(path("a")).unwrap(), [2; 4 * SECTOR]);
    file.sync().unwrap();
    assert_eq!(disk.crash(0).read_all(path("a")).unwrap(), [2; 4 * SECTOR]);
}

#[test]
fn a_killed_process_loses_its_locks_and_a_crash_after_it_the_rest() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", b"old");
    assert!(file.try_lock().unwrap());
    file.write_at(b"new", 0).unwrap();
    create(&disk, "b", b"new");
    let next = disk.killed();
    assert_eq!(super::line(&next), "a=new b=new");
    let reopened = next.open(path("a")).unwrap();
    assert!(reopened.try_lock().unwrap());
    assert_eq!(super::crashes(&next), ["a=new", "a=new b=new", "a=old", "a=old b=new"]);
    reopened.sync().unwrap();
    next.sync_dir(path("")).unwrap();
    assert_eq!(super::crashes(&next), ["a=new b=new"]);
}

#[test]
fn what_becomes_of_unsynced_writes_may_be_told() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", &[0; 4 * SECTOR]);
    file.write_at(&[1; 2 * SECTOR], 0).unwrap();
    file.write_at(&[2; 2 * SECTOR], 2 * SECTOR as u64).unwrap();
    let seen = |loss| -> BTreeSet<Vec<u8>> {
        let images = (0..SEEDS).map(|seed| disk.crash_losing(loss, seed));
        images.map(|image| sectors(&image.read_all(path("a")).unwrap())).collect()
    };
    assert_eq!(seen(Loss::Everything), [vec![0; 4]].into());
    let whole: BTreeSet<_> =
        [[0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 2, 2], [1, 1, 2, 2]].map(Vec::from).into();
    assert_eq!(seen(Loss::Reordered), whole);
    assert!(seen(Loss::Torn).contains(&vec![1, 0, 0, 2]));
}
