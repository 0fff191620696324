use super::{crashes, create, durable, path};
use crate::fs::FileSystem;
use crate::fs::sim::SimFileSystem;

#[test]
fn a_name_may_be_lost_until_its_folder_is_synced() {
    let disk = SimFileSystem::new();
    create(&disk, "a", b"1");
    assert_eq!(crashes(&disk), ["", "a=1"]);
    disk.sync_dir(path("")).unwrap();
    assert_eq!(crashes(&disk), ["a=1"]);
    disk.remove(path("a")).unwrap();
    assert_eq!(crashes(&disk), ["", "a=1"]);
    disk.sync_dir(path("")).unwrap();
    assert_eq!(crashes(&disk), [""]);
}

#[test]
fn a_folder_is_a_name_in_the_folder_above() {
    let disk = SimFileSystem::new();
    disk.create_dir(path("x/y")).unwrap();
    durable(&disk, "x/y/a", b"1");
    assert_eq!(crashes(&disk), ["", "x/y/a=1"]);
    disk.sync_dir(path("x")).unwrap();
    assert_eq!(crashes(&disk), ["", "x/y/a=1"]);
    disk.sync_dir(path("")).unwrap();
    assert_eq!(crashes(&disk), ["x/y/a=1"]);
}

#[test]
fn a_folder_and_what_it_holds_are_synced_apart() {
    let disk = SimFileSystem::new();
    disk.create_dir(path("x")).unwrap();
    create(&disk, "x/a", b"1");
    disk.sync_dir(path("")).unwrap();
    assert_eq!(crashes(&disk), ["", "x/a=1"]);
    assert!((0..200).all(|seed| disk.crash(seed).list(path("x")).is_ok()));
}

#[test]
fn a_renaming_is_whole_or_not_at_all() {
    let disk = SimFileSystem::new();
    durable(&disk, "a", b"old");
    durable(&disk, "b", b"new");
    disk.rename(path("b"), path("a")).unwrap();
    assert_eq!(crashes(&disk), ["a=new", "a=old b=new"]);
    disk.sync_dir(path("")).unwrap();
    assert_eq!(crashes(&disk), ["a=new"]);
}

#[test]
fn a_new_file_renamed_over_an_old_one_never_leaves_the_name_without_a_file() {
    let disk = SimFileSystem::new();
    durable(&disk, "a", b"old");
    create(&disk, "a.new", b"new");
    disk.rename(path("a.new"), path("a")).unwrap();
    assert_eq!(crashes(&disk), ["a=new", "a=old", "a=old a.new=new"]);
}

#[test]
fn a_file_that_was_moved_away_is_not_lost_to_the_next_of_its_name() {
    let disk = SimFileSystem::new();
    durable(&disk, "a", b"1");
    disk.rename(path("a"), path("b")).unwrap();
    create(&disk, "a", b"2");
    assert_eq!(crashes(&disk), ["a=1", "a=2 b=1", "b=1"]);
}

#[test]
fn a_file_moved_twice_has_one_of_its_names() {
    let disk = SimFileSystem::new();
    durable(&disk, "a", b"1");
    disk.rename(path("a"), path("b")).unwrap();
    disk.rename(path("b"), path("c")).unwrap();
    assert_eq!(crashes(&disk), ["a=1", "b=1", "c=1"]);
}

#[test]
fn a_name_that_was_given_again_holds_any_of_its_files_or_none() {
    let disk = SimFileSystem::new();
    durable(&disk, "a", b"1");
    disk.remove(path("a")).unwrap();
    create(&disk, "a", b"2");
    assert_eq!(crashes(&disk), ["", "a=1", "a=2"]);
    disk.sync_dir(path("")).unwrap();
    assert_eq!(crashes(&disk), ["a=2"]);
}

#[test]
fn a_renaming_between_folders_is_durable_with_the_one_it_goes_into() {
    let disk = SimFileSystem::new();
    disk.create_dir(path("x")).unwrap();
    disk.create_dir(path("y")).unwrap();
    durable(&disk, "x/a", b"1");
    disk.sync_dir(path("")).unwrap();
    disk.rename(path("x/a"), path("y/a")).unwrap();
    disk.sync_dir(path("x")).unwrap();
    assert_eq!(crashes(&disk), ["x/a=1", "y/a=1"]);
    disk.sync_dir(path("y")).unwrap();
    assert_eq!(crashes(&disk), ["y/a=1"]);
}

#[test]
fn a_removed_folder_takes_nothing_with_it_that_was_moved_out() {
    let disk = SimFileSystem::new();
    disk.create_dir(path("x")).unwrap();
    durable(&disk, "x/a", b"1");
    disk.sync_dir(path("")).unwrap();
    disk.rename(path("x/a"), path("a")).unwrap();
    disk.remove_dir(path("x")).unwrap();
    create(&disk, "x", b"2");
    assert_eq!(crashes(&disk), ["a=1", "a=1 x=2", "x/a=1"]);
}

#[test]
fn files_without_a_name_are_gone_after_a_crash_and_after_a_kill() {
    let disk = SimFileSystem::new();
    let file = durable(&disk, "a", &[1; 1000]);
    let total = disk.space().unwrap().total;
    disk.remove(path("a")).unwrap();
    disk.sync_dir(path("")).unwrap();
    assert_eq!(disk.space().unwrap().free, total - 1000);
    assert_eq!(disk.crash(1).space().unwrap().free, total);
    assert_eq!(disk.killed().space().unwrap().free, total);
    drop(file);
    assert_eq!(disk.space().unwrap().free, total);
}

#[test]
fn room_is_taken_after_a_crash_by_what_can_be_reached() {
    let disk = SimFileSystem::new();
    disk.create_dir(path("x")).unwrap();
    durable(&disk, "x/a", &[1; 1000]);
    let room = |seed| {
        let after = disk.crash(seed);
        let space = after.space().unwrap();
        (after.file_names().len(), space.total - space.free)
    };
    let mut seen: Vec<_> = (0..200).map(room).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [(0, 0), (1, 1000)]);
}
