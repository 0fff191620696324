//! The contract of [`FileSystem`], held by the machine's files and by the
//! simulated ones alike.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::real::RealFileSystem;
use super::sim::SimFileSystem;
use super::{Entry, File, FileSystem, LARGEST_BLOCK};

macro_rules! contract {
    ($($requirement:ident),* $(,)?) => {
        mod real {
            use crate::fs::real::RealFileSystem;
            $(
                #[test]
                fn $requirement() {
                    let folder = tempfile::tempdir().unwrap();
                    super::$requirement(&*RealFileSystem::at(folder.path().to_path_buf()));
                }
            )*
        }
        mod sim {
            use crate::fs::sim::SimFileSystem;
            $(
                #[test]
                fn $requirement() {
                    super::$requirement(&*SimFileSystem::new());
                }
            )*
        }
    };
}

contract!(
    what_is_written_is_seen_by_every_handle,
    a_file_grows_with_zeros_and_is_cut_off,
    blocks_are_written_past_the_memory_of_the_system,
    names_are_made_once_and_in_folders_that_are_there,
    only_files_are_opened,
    a_renaming_replaces_the_file_of_that_name,
    a_renaming_needs_a_file_and_a_place,
    a_removed_file_stays_good_for_those_who_have_it_open,
    a_folder_lists_what_it_holds_by_name,
    folders_are_made_with_those_above_them,
    only_empty_folders_are_removed,
    paths_stay_inside_the_root,
    a_lock_is_held_by_one_handle_until_it_is_dropped,
    what_is_there_can_be_synced,
    the_disk_tells_its_room,
);

fn path(text: &str) -> &Path {
    Path::new(text)
}

fn create(disk: &dyn FileSystem, name: &str, text: &str) -> std::sync::Arc<dyn File> {
    let file = disk.create(path(name)).unwrap();
    file.write_at(text.as_bytes(), 0).unwrap();
    file
}

fn all(file: &dyn File) -> Vec<u8> {
    // One byte more than there is, to see that the end is told.
    let mut bytes = vec![1; file.len().unwrap() as usize + 1];
    let read = file.read_at(&mut bytes, 0).unwrap();
    bytes.truncate(read);
    bytes
}

fn text(disk: &dyn FileSystem, name: &str) -> String {
    String::from_utf8(all(&*disk.open(path(name)).unwrap())).unwrap()
}

fn fails<T>(result: std::io::Result<T>, kind: ErrorKind) {
    assert_eq!(result.err().map(|error| error.kind()), Some(kind));
}

fn what_is_written_is_seen_by_every_handle(disk: &dyn FileSystem) {
    let first = create(disk, "a", "hello");
    let second = disk.open(path("a")).unwrap();
    second.write_at(b"J", 0).unwrap();
    assert_eq!(all(&*first), b"Jello");
    let mut middle = [0; 3];
    assert_eq!(first.read_at(&mut middle, 1).unwrap(), 3);
    assert_eq!(&middle, b"ell");
    assert_eq!(first.read_at(&mut middle, 4).unwrap(), 1);
    assert_eq!(first.read_at(&mut middle, 5).unwrap(), 0);
    assert_eq!(first.read_at(&mut middle, 1 << 40).unwrap(), 0);
    assert_eq!(first.read_at(&mut [], 0).unwrap(), 0);
}

fn a_file_grows_with_zeros_and_is_cut_off(disk: &dyn FileSystem) {
    let file = disk.create(path("a")).unwrap();
    assert!(file.is_empty().unwrap());
    file.write_at(b"xy", 2).unwrap();
    assert_eq!(all(&*file), b"\0\0xy");
    file.set_len(6).unwrap();
    assert_eq!(all(&*file), b"\0\0xy\0\0");
    file.set_len(3).unwrap();
    file.set_len(4).unwrap();
    assert_eq!(all(&*file), b"\0\0x\0");
    file.write_at(b"", 100).unwrap();
    assert_eq!(file.len().unwrap(), 4);
}

fn blocks_are_written_past_the_memory_of_the_system(disk: &dyn FileSystem) {
    let block = disk.block();
    assert!(block.is_power_of_two() && block <= LARGEST_BLOCK, "{block}");
    fails(disk.open_direct(path("none")), ErrorKind::NotFound);
    let file = create(disk, "a", &"-".repeat(3 * block));
    assert_eq!(all(&*file).len(), 3 * block);
    let direct = match disk.open_direct(path("a")) {
        // Not every disk that tests run on can.
        Err(error) if error.kind() == ErrorKind::Unsupported => return,
        direct => direct.unwrap(),
    };
    let mut memory = vec![b'x'; 3 * block];
    let start = memory.as_ptr().align_offset(block);
    let aligned = &mut memory[start..start + block];
    direct.write_at(aligned, block as u64).unwrap();
    direct.sync().unwrap();
    let text = |byte: &str| byte.repeat(block);
    assert_eq!(all(&*file), (text("-") + &text("x") + &text("-")).as_bytes());
    file.write_at(b"y", 0).unwrap();
    assert_eq!(direct.read_at(aligned, 0).unwrap(), block);
    assert_eq!(aligned[..2], *b"y-");
}

fn names_are_made_once_and_in_folders_that_are_there(disk: &dyn FileSystem) {
    let _file = create(disk, "a", "kept");
    disk.create_dir(path("dir")).unwrap();
    fails(disk.create(path("a")), ErrorKind::AlreadyExists);
    fails(disk.create(path("dir")), ErrorKind::AlreadyExists);
    fails(disk.create(path("none/a")), ErrorKind::NotFound);
    fails(disk.create(path("a/b")), ErrorKind::NotADirectory);
    assert_eq!(text(disk, "a"), "kept");
}

fn only_files_are_opened(disk: &dyn FileSystem) {
    disk.create_dir(path("dir")).unwrap();
    fails(disk.open(path("a")), ErrorKind::NotFound);
    fails(disk.open(path("none/a")), ErrorKind::NotFound);
    fails(disk.open(path("dir")), ErrorKind::IsADirectory);
    create(disk, "a", "");
    fails(disk.open(path("a/b")), ErrorKind::NotADirectory);
}

fn a_renaming_replaces_the_file_of_that_name(disk: &dyn FileSystem) {
    disk.create_dir(path("dir")).unwrap();
    let old = create(disk, "dir/a", "old");
    let new = create(disk, "a.new", "new");
    disk.rename(path("a.new"), path("dir/a")).unwrap();
    fails(disk.open(path("a.new")), ErrorKind::NotFound);
    new.write_at(b"er", 3).unwrap();
    assert_eq!(text(disk, "dir/a"), "newer");
    assert_eq!(all(&*old), b"old");
    disk.rename(path("dir/a"), path("dir/a")).unwrap();
    assert_eq!(text(disk, "dir/a"), "newer");
}

fn a_renaming_needs_a_file_and_a_place(disk: &dyn FileSystem) {
    disk.create_dir(path("dir")).unwrap();
    create(disk, "a", "kept");
    fails(disk.rename(path("none"), path("b")), ErrorKind::NotFound);
    fails(disk.rename(path("a"), path("none/b")), ErrorKind::NotFound);
    fails(disk.rename(path("dir"), path("b")), ErrorKind::IsADirectory);
    fails(disk.rename(path("a"), path("dir")), ErrorKind::IsADirectory);
    assert_eq!(text(disk, "a"), "kept");
}

fn a_removed_file_stays_good_for_those_who_have_it_open(disk: &dyn FileSystem) {
    disk.create_dir(path("dir")).unwrap();
    let old = create(disk, "a", "old");
    disk.remove(path("a")).unwrap();
    fails(disk.open(path("a")), ErrorKind::NotFound);
    fails(disk.remove(path("a")), ErrorKind::NotFound);
    fails(disk.remove(path("dir")), ErrorKind::IsADirectory);
    create(disk, "a", "new");
    old.write_at(b"er", 3).unwrap();
    old.sync().unwrap();
    assert_eq!(all(&*old), b"older");
    assert_eq!(text(disk, "a"), "new");
}

fn a_folder_lists_what_it_holds_by_name(disk: &dyn FileSystem) {
    disk.create_dir(path("dir/b/c")).unwrap();
    create(disk, "dir/z", "12345");
    create(disk, "dir/a", "");
    let entry = |name: &str, is_dir, len| Entry { name: PathBuf::from(name), is_dir, len };
    let expected = [entry("a", false, 0), entry("b", true, 0), entry("z", false, 5)];
    assert_eq!(disk.list(path("dir")).unwrap(), expected);
    assert_eq!(disk.list(path("dir/")).unwrap(), expected);
    assert_eq!(disk.list(path("")).unwrap(), [entry("dir", true, 0)]);
    fails(disk.list(path("none")), ErrorKind::NotFound);
    fails(disk.list(path("dir/z")), ErrorKind::NotADirectory);
}

fn folders_are_made_with_those_above_them(disk: &dyn FileSystem) {
    disk.create_dir(path("")).unwrap();
    disk.create_dir(path("a/b/c")).unwrap();
    create(disk, "a/b/c/file", "kept");
    disk.create_dir(path("a/b/c")).unwrap();
    assert_eq!(text(disk, "a//b/c/file"), "kept");
    fails(disk.create_dir(path("a/b/c/file")), ErrorKind::AlreadyExists);
    fails(disk.create_dir(path("a/b/c/file/d")), ErrorKind::NotADirectory);
}

fn only_empty_folders_are_removed(disk: &dyn FileSystem) {
    disk.create_dir(path("a/b")).unwrap();
    create(disk, "file", "");
    fails(disk.remove_dir(path("a")), ErrorKind::DirectoryNotEmpty);
    fails(disk.remove_dir(path("none")), ErrorKind::NotFound);
    fails(disk.remove_dir(path("file")), ErrorKind::NotADirectory);
    fails(disk.remove_dir(path("")), ErrorKind::InvalidInput);
    disk.remove_dir(path("a/b")).unwrap();
    disk.remove_dir(path("a")).unwrap();
    fails(disk.list(path("a")), ErrorKind::NotFound);
}

fn paths_stay_inside_the_root(disk: &dyn FileSystem) {
    create(disk, "a", "");
    for outside in ["/etc/passwd", "/", "..", "../a", "a/../../b", "a/..", "./a", "a\0"] {
        let outside = path(outside);
        fails(disk.open(outside), ErrorKind::InvalidInput);
        fails(disk.create(outside), ErrorKind::InvalidInput);
        fails(disk.rename(outside, path("b")), ErrorKind::InvalidInput);
        fails(disk.rename(path("a"), outside), ErrorKind::InvalidInput);
        fails(disk.remove(outside), ErrorKind::InvalidInput);
        fails(disk.list(outside), ErrorKind::InvalidInput);
        fails(disk.create_dir(outside), ErrorKind::InvalidInput);
        fails(disk.remove_dir(outside), ErrorKind::InvalidInput);
        fails(disk.sync_dir(outside), ErrorKind::InvalidInput);
    }
    fails(disk.open(path("")), ErrorKind::InvalidInput);
    fails(disk.create(path("")), ErrorKind::InvalidInput);
}

fn a_lock_is_held_by_one_handle_until_it_is_dropped(disk: &dyn FileSystem) {
    let holder = create(disk, "lock", "");
    let other = disk.open(path("lock")).unwrap();
    assert!(holder.try_lock().unwrap());
    assert!(!other.try_lock().unwrap());
    other.write_at(b"123", 0).unwrap();
    assert_eq!(all(&*holder), b"123");
    drop(holder);
    assert!(other.try_lock().unwrap());
    assert!(!disk.open(path("lock")).unwrap().try_lock().unwrap());
}

fn what_is_there_can_be_synced(disk: &dyn FileSystem) {
    disk.create_dir(path("a/b")).unwrap();
    create(disk, "a/b/file", "kept").sync().unwrap();
    for dir in ["", "a", "a/b"] {
        disk.sync_dir(path(dir)).unwrap();
    }
    fails(disk.sync_dir(path("none")), ErrorKind::NotFound);
    fails(disk.sync_dir(path("a/b/file")), ErrorKind::NotADirectory);
    assert_eq!(text(disk, "a/b/file"), "kept");
}

fn the_disk_tells_its_room(disk: &dyn FileSystem) {
    let space = disk.space().unwrap();
    assert!(space.total > 0 && space.free <= space.total);
    assert!(disk.describe(path("wal/1")).ends_with("wal/1"));
}

#[test]
fn the_real_root_is_made_on_demand_and_closed_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data/store");
    let disk = RealFileSystem::at(root.clone());
    fails(disk.list(path("")), ErrorKind::NotFound);
    disk.create_dir(path("wal")).unwrap();
    create(&*disk, "wal/1", "");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("wal")), 0o700);
    assert_eq!(mode(&root.join("wal/1")), 0o600);
    assert_eq!(disk.describe(path("")), root.display().to_string());
    assert_eq!(disk.describe(path("wal/1")), root.join("wal/1").display().to_string());
}

#[test]
fn handles_are_shared_among_threads() {
    let disk = SimFileSystem::new();
    let file = create(&*disk, "a", "");
    std::thread::scope(|scope| {
        for part in 0..4_u8 {
            let file = file.clone();
            scope.spawn(move || file.write_at(&[part; 100], u64::from(part) * 100));
        }
    });
    let expected: Vec<_> = (0..4_u8).flat_map(|part| [part; 100]).collect();
    assert_eq!(disk.read_all(path("a")).unwrap(), expected);
}

#[test]
fn a_simulated_disk_is_copied_with_its_folders() {
    let (disk, folder) = (SimFileSystem::new(), tempfile::tempdir().unwrap());
    disk.create_dir(path("empty/too")).unwrap();
    disk.create_dir(path("wal")).unwrap();
    create(&*disk, "wal/1", "12");
    let real = RealFileSystem::at(folder.path().join("copy"));
    disk.copy_to(&*real).unwrap();
    assert_eq!(text(&*real, "wal/1"), "12");
    for dir in ["", "wal", "empty", "empty/too"] {
        assert_eq!(real.list(path(dir)).unwrap(), disk.list(path(dir)).unwrap());
    }
    fails(disk.copy_to(&*real), ErrorKind::AlreadyExists);
}
