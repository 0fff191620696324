//! Files that do not hold what was written: it is found, told, and the rest goes on.

use std::path::PathBuf;
use std::sync::Arc;

use skytrail_base::fs::sim::SimFileSystem;
use skytrail_model::metric::TableId;
use skytrail_model::record::TopStream;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::rows::Gather;
use skytrail_storage::{
    Checkpoints, ColumnSelection, Completeness, EntitySelection, MetricRead, Order, RecordRead,
    RelationRead, Storage, Visible,
};

use super::crashes::{block_on, checkpoint, opened, search_page, search_tag, step};

/// Steps that are stored.
const STEPS: u64 = 12;

fn stored() -> Arc<SimFileSystem> {
    let disk = SimFileSystem::new();
    let store = opened(&disk).unwrap();
    block_on(async {
        for n in 1..=STEPS {
            step(&store, n).await;
        }
        store.save(checkpoint(STEPS)).await.unwrap();
    });
    drop(store);
    disk
}

fn files(disk: &SimFileSystem, extension: &str) -> Vec<PathBuf> {
    let names = disk.file_names().into_iter();
    names.filter(|name| name.extension().is_some_and(|one| one == extension)).collect()
}

/// Whether the spans are all there, or the answer says that some may be missing.
async fn is_honest(store: &dyn Storage) -> bool {
    let page = search_page(store, Order::Start).await;
    let mut found = 0;
    for trace in 0..5 {
        let answer = Gather::whole(store.spans(), &format!("t{trace}"), 1_000).await.unwrap();
        let spans: usize = answer.parts.iter().map(|part| part.batch.spans.len()).sum();
        found += if answer.truncated { 1_000 } else { spans };
    }
    let has_all = page.segments.len() as u64 == STEPS && found as u64 >= STEPS;
    let tagged = search_tag(store, STEPS / 2).await;
    (has_all || !page.complete) && (tagged.segments.len() == 1 || !tagged.complete)
}

#[test]
fn a_flipped_byte_of_spans_is_never_taken_for_an_answer() {
    let disk = stored();
    let path = files(&disk, "spans").remove(0);
    let len = disk.read_all(&path).unwrap().len() as u64;
    let mut found = 0;
    for place in 0..len {
        let damaged = disk.killed();
        damaged.flip_bit(&path, place * 8 + place % 8).unwrap();
        let store = opened(&damaged).unwrap();
        assert!(block_on(is_honest(&store)), "byte {place}");
        let was_there = block_on(search_page(&store, Order::Start)).complete;
        found += u64::from(!was_there);
    }
    assert!(found > len / 2, "{found} of {len} were found");
}

/// What answers about metrics, relations and records say of themselves.
async fn completeness(store: &dyn Storage) -> [Completeness; 3] {
    let (from, to, visible) = (Minute(0), Minute(i64::MAX / 120), Visible::All);
    let (entities, columns) = (EntitySelection::All, ColumnSelection::All);
    let downsampling = Downsampling::Minute;
    let metrics =
        MetricRead { table: TableId(0), entities, columns, downsampling, from, to, visible };
    let (scope, touching) = (Scope::ServiceRelation, EntitySelection::All);
    let relations = RelationRead { scope, touching, from, to, visible: Visible::All };
    let records = RecordRead {
        stream: TopStream::DatabaseStatement,
        entity: None,
        from: 0,
        to: i64::MAX,
        descending: true,
        limit: 10,
    };
    [
        store.metrics().read(&metrics, &mut |_| true).await.unwrap(),
        store.relations().read(&relations, &mut |_| true).await.unwrap(),
        store.records().top(&records).await.unwrap().1,
    ]
}

#[test]
fn answers_say_that_a_damaged_part_may_have_been_in_them() {
    let disk = stored();
    assert_eq!(block_on(completeness(&opened(&disk).unwrap())), [Completeness::Complete; 3]);
    for (place, extension) in ["minutes", "relations", "records"].into_iter().enumerate() {
        let mut wanted = [Completeness::Complete; 3];
        wanted[place] = Completeness::Incomplete;
        let path = files(&disk, extension).remove(0);
        let len = disk.read_all(&path).unwrap().len() as u64;
        // The first bytes are found at the start, those in the middle by who reads them.
        for byte in [3, len / 3] {
            let damaged = disk.killed();
            damaged.flip_bit(&path, 8 * byte).unwrap();
            let store = opened(&damaged).unwrap();
            assert_eq!(block_on(completeness(&store)), wanted, "{extension}, byte {byte}");
            block_on(async {
                step(&store, STEPS + 1).await;
                store.save(checkpoint(STEPS + 1)).await.unwrap();
            });
            assert_eq!(block_on(completeness(&store)), wanted, "{extension}, put aside");
            drop(store);
            let store = opened(&damaged).unwrap();
            assert_eq!(block_on(completeness(&store)), wanted, "{extension}, opened again");
        }
    }
}

#[test]
fn a_damaged_part_of_any_family_is_set_aside_and_the_rest_goes_on() {
    let disk = stored();
    for extension in ["spans", "minutes", "relations", "records"] {
        for path in files(&disk, extension) {
            let damaged = disk.killed();
            damaged.flip_bit(&path, 8 * 3).unwrap();
            let store = opened(&damaged).unwrap();
            block_on(async {
                store.usage();
                step(&store, STEPS + 1).await;
                store.save(checkpoint(STEPS + 1)).await.unwrap();
            });
            let aside = damaged.file_names().into_iter().any(|name| name.starts_with("damaged"));
            assert!(aside, "{}", path.display());
            drop(store);
            // It was told once; the next start finds nothing damaged.
            assert!(opened(&damaged).is_ok());
        }
    }
}

#[test]
fn a_missing_part_is_told_and_the_rest_goes_on() {
    let disk = stored();
    for path in files(&disk, "spans") {
        skytrail_base::fs::FileSystem::remove(&*disk, &path).unwrap();
    }
    let store = opened(&disk).unwrap();
    assert!(!block_on(search_page(&store, Order::Start)).complete);
}

#[test]
fn a_damaged_state_or_manifest_is_an_error_that_says_what_to_do() {
    let disk = stored();
    let path = files(&disk, "state").remove(0);
    let damaged = disk.killed();
    damaged.flip_bit(&path, 9).unwrap();
    let store = opened(&damaged).unwrap();
    let error = block_on(store.load()).unwrap_err().to_string();
    assert!(error.contains("checksum"), "{error}");
    drop(store);
    disk.flip_bit(&PathBuf::from("manifest"), 800).unwrap();
    let error = opened(&disk).unwrap_err().to_string();
    assert!(error.contains("restore the folder from a backup"), "{error}");
}
