//! Commands that read a store while it runs.

use std::path::Path;
use std::sync::{Arc, Mutex};

use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::{Call, Operation, SimFileSystem, Watch, Watched};
use skytrail_engine::ErrorKind;
use skytrail_engine::store::view::{View, backup, restore};
use skytrail_engine::store::{Deletion, EmbeddedStorage};
use skytrail_storage::Checkpoints;

use super::crashes::{block_on, check, checkpoint, opened, step};

fn shared(disk: &Arc<SimFileSystem>) -> SharedFileSystem {
    disk.clone()
}

/// Goes on to step `to`, with a checkpoint.
fn go_on(store: &EmbeddedStorage, from: u64, to: u64) {
    block_on(async {
        for n in from..=to {
            step(store, n).await;
        }
        store.save(checkpoint(to)).await.unwrap();
    });
}

#[test]
fn a_running_store_is_counted_checked_and_read() {
    let disk = SimFileSystem::new();
    assert_eq!(View::open(&shared(&disk)).unwrap_err().kind, ErrorKind::Mismatch);
    let store = opened(&disk).unwrap();
    go_on(&store, 1, 10);
    go_on(&store, 11, 20);
    let view = View::open(&shared(&disk)).unwrap();
    let stats = view.stats();
    assert_eq!((stats.spans, view.position().0), (20, 20));
    let spans: Vec<_> = stats.families.iter().filter(|one| one.family == "spans").collect();
    assert_eq!(spans.iter().map(|one| one.parts).sum::<u64>(), 2);
    let (mut steps, mut read) = (Vec::new(), 0);
    assert_eq!(view.check(&mut |done, all| steps.push((done, all))), []);
    assert!(steps.last().is_some_and(|(done, all)| done == all), "{steps:?}");
    view.spans(&mut |rows| {
        read += rows.batch.spans.len();
        true
    })
    .unwrap();
    assert_eq!(read, 20);
}

/// Has a store do something when its manifest is opened for the first time.
struct Meanwhile<F>(Mutex<Option<F>>);

impl<F: FnOnce() + Send + 'static> Watch for Meanwhile<F> {
    fn done(&self, call: &Call<'_>, _: &std::io::Result<()>) {
        if call.operation == Operation::Open && call.path == Path::new("manifest") {
            let work = self.0.lock().unwrap().take();
            work.into_iter().for_each(|work| work());
        }
    }
}

#[test]
fn a_deletion_that_ends_while_a_store_is_opened_is_no_damage() {
    let disk = SimFileSystem::new();
    let store = opened(&disk).unwrap();
    go_on(&store, 1, 10);
    let what = Deletion::Service(String::new());
    block_on(store.delete(what)).unwrap();
    // The manifest that was read names a file that is gone when it is looked for.
    let work = move || assert!(block_on(store.merge()).is_ok());
    let fs = Watched::new(disk.clone(), Arc::new(Meanwhile(Mutex::new(Some(work)))));
    let view = View::open(&(fs as SharedFileSystem)).unwrap();
    assert!(view.stats().deletions.is_empty());
    assert!(disk.file_names().iter().all(|name| name.extension() != Some("entities".as_ref())));
}

#[test]
fn what_is_damaged_is_found_by_a_check() {
    let disk = SimFileSystem::new();
    let store = opened(&disk).unwrap();
    go_on(&store, 1, 10);
    for path in disk.file_names() {
        let extension = path.extension().and_then(|one| one.to_str()).unwrap_or_default();
        if !["spans", "minutes", "relations", "records", "state"].contains(&extension) {
            continue;
        }
        let len = disk.read_all(&path).unwrap().len() as u64;
        for place in 0..len {
            let damaged = disk.killed();
            damaged.flip_bit(&path, place * 8 + place % 8).unwrap();
            let found = View::open(&shared(&damaged)).unwrap().check(&mut |_, _| {});
            assert!(!found.is_empty(), "byte {place} of {}", path.display());
        }
    }
}

#[test]
fn a_backup_copies_what_is_new_and_becomes_a_store_again() {
    let (disk, copy) = (SimFileSystem::new(), SimFileSystem::new());
    let store = opened(&disk).unwrap();
    go_on(&store, 1, 10);
    let first = backup(&shared(&disk), &shared(&copy), &mut |_, _| {}).unwrap();
    assert_eq!((first.position, first.kept_files), (10, 0));
    for n in 11..=20 {
        go_on(&store, n, n);
    }
    let second = backup(&shared(&disk), &shared(&copy), &mut |_, _| {}).unwrap();
    assert!(second.kept_files > 0 && second.position == 20, "{second:?}");
    block_on(store.merge()).unwrap();
    let third = backup(&shared(&disk), &shared(&copy), &mut |_, _| {}).unwrap();
    assert!(third.removed_files > 0, "{third:?}");
    let target = SimFileSystem::new();
    let (_, found) = restore(&shared(&copy), &shared(&target), true, &mut |_, _| {}).unwrap();
    assert_eq!(found, []);
    let restored = opened(&target).unwrap();
    block_on(check(&restored, 20)).unwrap();
}

#[test]
fn nothing_is_overwritten() {
    let (disk, other) = (SimFileSystem::new(), SimFileSystem::new());
    drop((opened(&disk).unwrap(), opened(&other).unwrap()));
    let error = backup(&shared(&disk), &shared(&other), &mut |_, _| {}).unwrap_err();
    assert!(error.context.contains("backup of another store"), "{error}");
    let error = restore(&shared(&disk), &shared(&other), false, &mut |_, _| {}).unwrap_err();
    assert!(error.context.contains("restore into an empty folder"), "{error}");
}

#[test]
fn a_crash_during_a_backup_leaves_the_backup_before() {
    let disk = SimFileSystem::new();
    let store = opened(&disk).unwrap();
    go_on(&store, 1, 10);
    let copy = SimFileSystem::new();
    backup(&shared(&disk), &shared(&copy), &mut |_, _| {}).unwrap();
    go_on(&store, 11, 20);
    for stop in 0..40 {
        let broken = copy.crash(stop);
        broken.stop_after(broken.operations() + stop);
        let done = backup(&shared(&disk), &shared(&broken), &mut |_, _| {});
        let left = broken.crash(stop);
        let found = View::open(&shared(&left)).unwrap();
        assert_eq!(found.check(&mut |_, _| {}), [], "stop {stop}");
        let position = found.position().0;
        assert!(position == 20 || (position == 10 && done.is_err()), "stop {stop}: {position}");
    }
}
