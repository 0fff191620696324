//! Deletions and power that fails.

use std::collections::BTreeSet;

use skytrail_base::fs::sim::{Fault, Operation, SimFileSystem};
use skytrail_engine::store::Deletion;
use skytrail_storage::Checkpoints;

use super::{Answers, answers, deletions, expected, go_on, step, view};
use crate::store::crashes::{block_on, checkpoint, opened};

#[test]
fn no_crash_brings_anything_back() {
    for what in deletions() {
        let reached = (0..).take_while(|stop| block_on(crash_at(&what, *stop))).count();
        assert!(reached > 20, "{reached}");
    }
}

/// The power fails a number of operations after a deletion was begun; whether there were so many
/// until it was done and nothing of it was left.
async fn crash_at(what: &Deletion, stop: u64) -> bool {
    let told = format!("{what}, stopped after {stop}");
    let disk = SimFileSystem::with_seed(stop);
    let store = opened(&disk).unwrap();
    go_on(&store, 1, 10).await;
    let before = disk.operations();
    disk.stop_after(before + stop);
    let done = store.delete(what.clone()).await;
    // Masked parts are written anew as far as the disk lets them.
    let _ = store.merge().await;
    drop(store);
    let is_reached = disk.operations() >= before + stop;
    let disk = disk.crash(stop);
    let store = opened(&disk).unwrap();
    let gone = [(what.clone(), 10)];
    let (found, masked) = (answers(&store).await, expected(10, &gone));
    let whole = expected(10, &[]);
    // Names alone may be back until it is deleted again, if it was not done.
    let rest = |answers: &Answers| Answers { names: BTreeSet::new(), ..answers.clone() };
    match done {
        Ok(_) => assert_eq!(found, masked, "{told}"),
        Err(_) => {
            assert!([rest(&masked), rest(&whole)].contains(&rest(&found)), "{told}: {found:?}")
        }
    }
    if found != masked {
        store.delete(what.clone()).await.unwrap();
    }
    go_on(&store, 11, 20).await;
    assert_eq!(answers(&store).await, expected(20, &gone), "{told}");
    store.merge().await.unwrap();
    assert!(view(&disk).stats().deletions.is_empty(), "{told}");
    drop(store);
    let store = opened(&disk.crash(stop + 1)).unwrap();
    assert_eq!(answers(&store).await, expected(20, &gone), "{told}");
    is_reached
}

#[test]
fn names_that_come_after_a_deletion_stay_whenever_the_power_fails() {
    let what = deletions()[0].clone();
    let stops = (0..).step_by(3);
    let reached = stops.take_while(|stop| block_on(names_after(&what, *stop))).count();
    assert!(reached > 20, "{reached}");
}

/// A deletion of which the second edit fails, so that the first one stands alone: then names of
/// the same service, and a crash.
async fn names_after(what: &Deletion, stop: u64) -> bool {
    let told = format!("stopped after {stop}");
    let disk = SimFileSystem::with_seed(stop);
    let store = opened(&disk).unwrap();
    go_on(&store, 1, 10).await;
    disk.inject(Fault { skip: 1, times: 1, ..Fault::of(Operation::Rename, "manifest") });
    store.delete(what.clone()).await.unwrap_err();
    let before = disk.operations();
    disk.stop_after(before + stop);
    for n in 11..=16 {
        step(&store, n).await;
        // The disk may refuse from here on.
        let _ = store.save(checkpoint(n)).await;
    }
    drop(store);
    let is_reached = disk.operations() >= before + stop;
    let disk = disk.crash(stop);
    let store = opened(&disk).unwrap();
    // What the log would bring again.
    let found = store.load().await.unwrap().map_or(0, |found| found.position.0);
    go_on(&store, found + 1, 17).await;
    let gone = [(what.clone(), 10)];
    assert_eq!(answers(&store).await, expected(17, &gone), "{told}");
    store.merge().await.unwrap();
    assert_eq!(answers(&store).await, expected(17, &gone), "{told}");
    is_reached
}
