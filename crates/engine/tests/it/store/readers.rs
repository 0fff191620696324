//! Readers beside appends, checkpoints and merges: every moment is a whole one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_engine::store::EmbeddedStorage;
use skytrail_engine::store::view::View;
use skytrail_model::time::Downsampling;
use skytrail_storage::{Checkpoints, Order};

use super::crashes::{callers, checkpoint, count, opened, search, step};

const STEPS: u64 = 400;

/// How many steps were begun, and how many are done.
#[derive(Default)]
struct Progress {
    begun: AtomicU64,
    done: AtomicU64,
}

async fn write(store: Arc<EmbeddedStorage>, progress: Arc<Progress>) {
    for n in 1..=STEPS {
        progress.begun.store(n, Ordering::SeqCst);
        step(&*store, n).await;
        progress.done.store(n, Ordering::SeqCst);
        if n % 7 == 0 {
            store.save(checkpoint(n)).await.unwrap();
        }
        if n % 60 == 0 {
            store.merge().await.unwrap();
        }
    }
}

async fn read(store: Arc<EmbeddedStorage>, progress: Arc<Progress>) {
    for round in 0.. {
        let done = progress.done.load(Ordering::SeqCst);
        let found: u64 = match round % 4 {
            0 => {
                let found = search(&*store, Order::Start).await;
                let distinct: BTreeSet<_> = found.iter().collect();
                assert_eq!(distinct.len(), found.len(), "a segment twice");
                found.len() as u64
            }
            1 => count(&*store, Downsampling::Minute).await,
            2 => count(&*store, Downsampling::Day).await,
            _ => callers(&*store).await.len() as u64,
        };
        let begun = progress.begun.load(Ordering::SeqCst);
        assert!((done..=begun).contains(&found), "{found} of {done} to {begun}, round {round}");
        if done == STEPS {
            break;
        }
    }
}

#[test]
fn what_was_appended_is_seen_once_at_every_moment() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        let disk = SimFileSystem::new();
        let store = Arc::new(opened(&disk).unwrap());
        let progress = Arc::<Progress>::default();
        let readers: Vec<_> =
            (0..3).map(|_| tokio::spawn(read(store.clone(), progress.clone()))).collect();
        tokio::spawn(write(store, progress)).await.unwrap();
        for reader in readers {
            reader.await.unwrap();
        }
        let view = View::open(&(disk as SharedFileSystem)).unwrap();
        assert!(view.stats().families.iter().any(|one| one.level > 0), "nothing was merged");
    });
}
