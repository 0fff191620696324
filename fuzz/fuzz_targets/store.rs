//! A folder with a manifest of anything: opened, looked at, gone on with, or
//! refused. Its checksum is put right.

#![no_main]

mod edits;

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use skytrail_base::clock::ManualClock;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::fs::{FileSystem, SharedFileSystem};
use skytrail_base::journal::Position;
use skytrail_base::metrics::Registry;
use skytrail_engine::store::view::View;
use skytrail_engine::store::{Config, EmbeddedStorage, Metrics, Opening, open};
use skytrail_model::metric::Catalogue;
use skytrail_model::time::Zone;
use skytrail_storage::rows::Gather;
use skytrail_storage::contract::build::{append, entry, segment};
use skytrail_storage::{Checkpoint, Checkpoints, Cut, Origin, SegmentFilter, Storage};

const DAY: i64 = 86_400_000_000_000;

fn opened(disk: &Arc<SimFileSystem>) -> skytrail_engine::Result<EmbeddedStorage> {
    open(Opening {
        fs: disk.clone(),
        config: Config { settle: Duration::ZERO, doubts_clock: false, ..Config::default() },
        catalogue: Arc::new(Catalogue::new(Vec::new(), Vec::new())),
        zone: Zone::utc(),
        clock: ManualClock::at(3 * DAY),
        metrics: Metrics::new(&Registry::default()),
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn checkpoint(n: u64) -> Checkpoint {
    let mut cut = Cut::default();
    cut.include(0, n);
    let (position, zone) = (Position(n), "UTC".to_owned());
    Checkpoint { position, cut, state: vec![7; 100], rules: 1, zone }
}

async fn add(store: &EmbeddedStorage, n: u64) -> skytrail_storage::Result<()> {
    let spans = append([segment("t", format!("s{n}")).with([entry("/").at(3 * DAY + n as i64)])]);
    store.spans().append(Origin { shard: 0, sequence: n }, spans).await?;
    store.save(checkpoint(n)).await
}

/// A store of three parts.
fn stored() -> &'static (Arc<SimFileSystem>, Vec<u8>) {
    static STORED: OnceLock<(Arc<SimFileSystem>, Vec<u8>)> = OnceLock::new();
    STORED.get_or_init(|| {
        let disk = SimFileSystem::new();
        let store = opened(&disk).expect("an empty disk");
        block_on(async {
            for n in 1..=3 {
                add(&store, n).await.expect("a disk that takes everything");
            }
        });
        drop(store);
        let manifest = disk.read_all(Path::new("manifest")).expect("a manifest");
        (disk, manifest)
    })
}

/// The manifest with another body, under a right checksum.
fn changed(manifest: &[u8], which: u8, changes: &[u8]) -> Vec<u8> {
    let mut lines = manifest.split(|byte| *byte == b'\n');
    let (header, body) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let body = match which % 4 {
        3 => changes.to_vec(),
        _ => edits::edited(body, changes),
    };
    let sum = xxhash_rust::xxh3::xxh3_64_with_seed(&body, 0);
    [header, b"\n", &body, b"\n", format!("{sum:016x}\n").as_bytes()].concat()
}

fuzz_target!(|input: &[u8]| {
    let Some((which, changes)) = input.split_first() else { return };
    let (disk, manifest) = stored();
    let disk = disk.killed();
    let path = Path::new("manifest");
    let whole = changed(manifest, *which, changes);
    let written = disk.open(path).and_then(|file| {
        file.set_len(0)?;
        file.write_at(&whole, 0)
    });
    written.expect("a disk that takes everything");
    if let Ok(view) = View::open(&(disk.clone() as SharedFileSystem)) {
        view.stats();
        view.check(&mut |_, _| {});
        let _ = view.spans(&mut |_| true);
    }
    let Ok(store) = opened(&disk) else { return };
    block_on(async {
        let filter = SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() };
        let _ = store.load().await;
        let _ = store.spans().search(&filter, None, 10).await;
        let _ = Gather::whole(store.spans(), "t", 10).await;
        let _ = add(&store, 4).await;
        let _ = store.merge().await;
        let _ = store.expire(4 * DAY).await;
        store.usage();
    });
});
