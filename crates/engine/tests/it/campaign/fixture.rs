//! A small store and its log as each version of the formats wrote them: all later versions read
//! them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::real::RealFileSystem;
use skytrail_base::fs::sim::SimFileSystem;

use super::process::{Deleted, Kind, Process, shared};
use crate::store::crashes::{START, block_on};

/// Where they are. Tests run in the folder of their crate.
const FOLDER: &str = "../../cases/store";

/// Versions of the formats, each in a folder of its own; the last is the one that is written now.
const VERSIONS: [&str; 2] = ["1", "2"];

/// Set to write the last one anew.
const BLESS: &str = "SKYTRAIL_BLESS";

/// Steps that are in it, and those of them that a checkpoint covers.
const STEPS: u64 = 20;
const COVERED: u64 = 16;

/// Parts of every family, merged and not; what the log holds alone comes last.
fn write() -> Arc<SimFileSystem> {
    let disk = SimFileSystem::new();
    block_on(async {
        let mut process = Process::start(shared(&disk), Kind::default()).await.unwrap();
        for n in 1..=STEPS {
            process.send(1, None).await;
            if n <= COVERED && n % 4 == 0 {
                assert!(process.save().await);
            }
            if n == 8 {
                process.merge().await;
            }
        }
    });
    disk.killed()
}

fn copy(from: &dyn FileSystem, dir: &Path, to: &SimFileSystem) {
    for entry in from.list(dir).unwrap() {
        let path = dir.join(&entry.name);
        if entry.is_dir {
            to.create_dir(&path).unwrap();
            copy(from, &path, to);
        } else {
            let mut bytes = vec![0; entry.len as usize];
            assert_eq!(from.open(&path).unwrap().read_at(&mut bytes, 0).unwrap(), bytes.len());
            to.create(&path).unwrap().write_at(&bytes, 0).unwrap();
        }
    }
}

/// What the names of files end with.
fn kinds(disk: &SimFileSystem) -> BTreeSet<String> {
    let names = disk.file_names().into_iter();
    let kind = |name: PathBuf| {
        let end = name.extension().or(name.file_name()).unwrap_or_default();
        end.to_string_lossy().into_owned()
    };
    names.map(kind).collect()
}

#[test]
fn a_store_that_was_written_before_is_read() {
    let disk = write();
    let folders = VERSIONS.map(|version| Path::new(FOLDER).join(version));
    if let (Some(_), [.., last]) = (std::env::var_os(BLESS), &folders) {
        let _ = std::fs::remove_dir_all(last);
        let folder = RealFileSystem::at(last.clone());
        folder.create_dir(Path::new("")).unwrap();
        disk.copy_to(&*folder).unwrap();
        eprintln!("written anew: {}", last.display());
    }
    for folder in folders {
        let kept = SimFileSystem::new();
        copy(&*RealFileSystem::at(folder), Path::new(""), &kept);
        assert_eq!(kinds(&kept), kinds(&disk), "files of every kind are there");
        goes_on(&kept);
    }
}

/// Everything is there, and more can come.
fn goes_on(kept: &Arc<SimFileSystem>) {
    block_on(async {
        let mut process = Process::start(shared(kept), Kind::default()).await.unwrap();
        assert_eq!(process.applied, STEPS);
        process.check(START, &Deleted::new()).await.unwrap();
        // And it goes on from there.
        process.send(4, Some(3)).await;
        assert!(process.save().await);
        process.merge().await;
        process.check(START, &Deleted::new()).await.unwrap();
    });
}
