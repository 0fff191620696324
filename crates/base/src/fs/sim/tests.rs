//! What the simulated disk may do to bytes and names, and what it must not.

mod bytes;
mod fault;
mod names;
mod random;

use std::path::Path;
use std::sync::Arc;

use super::SimFileSystem;
use crate::fs::{File, FileSystem};

/// Enough for everything that may happen in these tests to happen.
const SEEDS: u64 = 200;

fn path(text: &str) -> &Path {
    Path::new(text)
}

/// A file whose bytes are durable, and whose name is not yet.
fn create(disk: &SimFileSystem, name: &str, text: &[u8]) -> Arc<dyn File> {
    let file = disk.create(path(name)).unwrap();
    file.write_at(text, 0).unwrap();
    file.sync().unwrap();
    file
}

/// A file that is durable altogether.
fn durable(disk: &SimFileSystem, name: &str, text: &[u8]) -> Arc<dyn File> {
    let file = create(disk, name, text);
    disk.sync_dir(path(name).parent().unwrap()).unwrap();
    file
}

/// Files and their text, as the seed of the crash left them.
fn files(disk: &SimFileSystem) -> Vec<(String, String)> {
    let text = |name: &Path| String::from_utf8_lossy(&disk.read_all(name).unwrap()).into_owned();
    let names = disk.file_names().into_iter();
    names.map(|name| (name.to_string_lossy().into_owned(), text(&name))).collect()
}

/// The same in one line, such as `a=old dir/b=new`.
fn line(disk: &SimFileSystem) -> String {
    let files = files(disk).into_iter().map(|(name, text)| format!("{name}={text}"));
    files.collect::<Vec<_>>().join(" ")
}

/// Every different disk that a crash now may leave, each as a line, sorted.
fn crashes(disk: &SimFileSystem) -> Vec<String> {
    let mut lines: Vec<_> = (0..SEEDS).map(|seed| line(&disk.crash(seed))).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}
