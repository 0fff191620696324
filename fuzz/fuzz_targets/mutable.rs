//! The file of what changes in place with anything in it: read, gone on with, and
//! read again, or refused.

#![no_main]

mod edits;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use libfuzzer_sys::fuzz_target;
use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::journal::Position;
use skytrail_model::alias::Alias;
use skytrail_model::entity::ServiceRef;
use skytrail_model::time::Minute;
use skytrail_mutable::{Config, Mutable, Result};
use skytrail_storage::Origin;

const NAME: &str = "mutable";
const ORIGIN: Origin = Origin { shard: 0, sequence: 1 };

fn opened(disk: &Arc<SimFileSystem>) -> Result<Mutable> {
    let small = Config { cache_bytes: 64 << 10, ..Config::default() };
    Mutable::open(disk.clone(), PathBuf::from(NAME), small).map(|opened| opened.mutable)
}

fn alias(n: i64) -> Alias {
    Alias {
        address: format!("address-{n}:80"),
        service: ServiceRef { name: format!("service-{n}"), normal: true },
        instance: format!("instance-{n}"),
        since: Minute(n),
        last_seen: Minute(n + 5),
    }
}

fn fill(mutable: &Mutable, from: i64) {
    let aliases = (from..from + 20).map(alias).collect();
    let _ = mutable.entities().upsert_aliases(ORIGIN, aliases).now_or_never();
    let _ = mutable.commit_with(Position(from as u64 + 1), &[("clock", &[1; 8])]);
}

fn stored() -> &'static Vec<u8> {
    static STORED: OnceLock<Vec<u8>> = OnceLock::new();
    STORED.get_or_init(|| {
        let disk = SimFileSystem::new();
        let mutable = opened(&disk).expect("an empty disk");
        fill(&mutable, 0);
        fill(&mutable, 10);
        drop(mutable);
        disk.read_all(Path::new(NAME)).expect("a file")
    })
}

/// Places count from the start of the pages that are in use.
fn pages(file: &[u8], which: u8, changes: &[u8]) -> Vec<u8> {
    let used: Vec<usize> =
        (0..file.len()).step_by(4096).filter(|at| file[*at..].iter().take(4096).any(|b| *b != 0)).collect();
    let Some(start) = used.get(usize::from(which) % used.len().max(1)) else { return file.to_vec() };
    let (before, rest) = file.split_at(*start);
    // Only what keeps the length: pages stay where they are.
    let keeps = |change: &&[u8; 4]| change[2] % 8 < 6;
    let changes: Vec<u8> = changes.as_chunks::<4>().0.iter().filter(keeps).flatten().copied().collect();
    [before, &edits::edited(rest, &changes)].concat()
}

fuzz_target!(|input: &[u8]| {
    let Some((which, changes)) = input.split_first() else { return };
    let disk = SimFileSystem::new();
    let bytes = pages(stored(), *which, changes);
    let written = disk.create(Path::new(NAME)).and_then(|file| file.write_at(&bytes, 0));
    written.expect("a disk that takes everything");
    let Ok(mutable) = opened(&disk) else { return };
    let _ = mutable.entities().aliases().now_or_never();
    let _ = mutable.get_blob("clock");
    mutable.usage();
    fill(&mutable, 40);
    mutable.expire_entities(Minute(3));
    let is_stored = mutable.commit(Position(100)).is_ok();
    drop(mutable);
    if is_stored {
        opened(&disk).expect("what was committed is read again");
    }
});
