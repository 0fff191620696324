//! Disks that refuse for a while: nothing waits for ever, and nothing is left over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Fault, Operation, SimFileSystem};
use skytrail_engine::ErrorKind;
use skytrail_engine::store::Config;
use skytrail_storage::{Checkpoints, Order};

use super::crashes::{block_on, check, checkpoint, opened, opened_with, search, step};

/// Far longer than the store rests between its tries.
const PATIENCE: Duration = Duration::from_secs(20);

fn small() -> Config {
    Config {
        open_bytes: 16 << 10,
        sealed_bytes: 1,
        metric_bytes: 1,
        relation_bytes: 1,
        top_record_bytes: 1,
        settle: Duration::ZERO,
        ..Config::default()
    }
}

/// Numbered files that the manifest does not name.
fn orphans(disk: &SimFileSystem) -> Vec<PathBuf> {
    let manifest = disk.read_all(Path::new("manifest")).unwrap();
    let manifest = String::from_utf8(manifest).unwrap();
    let body: serde_json::Value = serde_json::from_str(manifest.lines().nth(1).unwrap()).unwrap();
    let parts = body["parts"].as_array().unwrap().iter();
    let state = body.pointer("/checkpoint/state/number").and_then(serde_json::Value::as_u64);
    let named: BTreeSet<u64> =
        parts.map(|part| part["number"].as_u64().unwrap()).chain(state).collect();
    let number = |path: &PathBuf| path.file_stem()?.to_str()?.parse::<u64>().ok();
    let files = disk.file_names().into_iter();
    files.filter(|path| number(path).is_some_and(|number| !named.contains(&number))).collect()
}

#[test]
fn who_waits_for_room_gets_it_when_the_disk_takes_something_again() {
    let disk = SimFileSystem::new();
    let store = Arc::new(opened_with(&disk, small()).unwrap());
    disk.inject(Fault { times: u64::MAX, ..Fault::of(Operation::Create, ".spans") });
    let steps = 400;
    let appending = store.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let appended = tokio::spawn(async move {
            for n in 1..=steps {
                step(&*appending, n).await;
                if n % 50 == 0 {
                    // It fails, and leaves a generation that the next one has to write.
                    drop(appending.save(checkpoint(n)).await);
                }
            }
        });
        while store.save(checkpoint(0)).await.is_ok() && !appended.is_finished() {}
        disk.clear_faults();
        tokio::time::timeout(PATIENCE, appended).await.expect("appends go on").unwrap();
        store.save(checkpoint(steps)).await.unwrap();
        check(&*store, steps).await.unwrap();
    });
    assert_eq!(orphans(&disk), Vec::<PathBuf>::new());
}

#[test]
fn blocks_that_somebody_read_before_they_were_written_give_all_of_their_room_back() {
    let disk = SimFileSystem::new();
    let store = Arc::new(opened_with(&disk, small()).unwrap());
    disk.inject(Fault { times: 40, ..Fault::of(Operation::Create, ".spans") });
    let reading = store.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let appended = tokio::spawn(async move {
            for n in 1..=300 {
                step(&*store, n).await;
            }
        });
        let read = async {
            while !appended.is_finished() {
                search(&*reading, Order::Duration).await;
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("appends go on");
        check(&*reading, 300).await.unwrap();
    });
}

#[test]
fn what_was_written_in_vain_goes_when_something_succeeds() {
    for operation in [Operation::Create, Operation::Write, Operation::Sync, Operation::SyncDir] {
        for skip in 0..25 {
            let disk = SimFileSystem::new();
            let store = opened(&disk).unwrap();
            block_on(async {
                for n in 1..=12 {
                    step(&store, n).await;
                }
                disk.inject(Fault { skip, times: 3, ..Fault::of(operation, "") });
                for _ in 0..4 {
                    drop(store.save(checkpoint(12)).await);
                    drop(store.merge().await);
                }
                disk.clear_faults();
                store.save(checkpoint(12)).await.unwrap();
                check(&store, 12).await.unwrap();
            });
            assert_eq!(orphans(&disk), Vec::<PathBuf>::new(), "{operation:?} after {skip}");
        }
    }
}

#[test]
fn parts_without_a_manifest_are_not_touched() {
    let disk = SimFileSystem::new();
    let store = opened(&disk).unwrap();
    block_on(async {
        step(&store, 1).await;
        store.save(checkpoint(1)).await.unwrap();
    });
    drop(store);
    let files = disk.file_names().len();
    disk.remove(Path::new("manifest")).unwrap();
    let error = opened(&disk).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(error.context.contains("no manifest"), "{error}");
    assert_eq!(disk.file_names().len(), files - 1);
}

#[test]
fn a_damaged_part_stops_no_merge_of_others() {
    let disk = SimFileSystem::new();
    let store = opened(&disk).unwrap();
    block_on(async {
        for n in 1..=10 {
            step(&store, n).await;
            store.save(checkpoint(n)).await.unwrap();
        }
    });
    drop(store);
    let minutes = disk.file_names().into_iter();
    let minutes = minutes.filter(|path| path.extension().is_some_and(|one| one == "minutes"));
    let damaged = minutes.min().unwrap();
    let len = disk.read_all(&damaged).unwrap().len() as u64;
    // In the middle: opening it finds nothing wrong.
    disk.flip_bit(&damaged, len / 2 * 8).unwrap();
    let store = opened(&disk).unwrap();
    let merged = block_on(async {
        for _ in 0..50 {
            if store.merge().await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        store.merge().await
    });
    assert!(merged.is_ok(), "{merged:?}");
    let aside = disk.file_names().into_iter().any(|name| name.starts_with("damaged"));
    assert!(aside, "the damaged part is where nobody looks");
}
