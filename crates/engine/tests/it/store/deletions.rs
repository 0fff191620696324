//! What was deleted is nowhere, whatever happens; what came later stays.

mod crashes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use skytrail_base::fs::SharedFileSystem;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_engine::store::view::{View, backup, restore};
use skytrail_engine::store::{Deletion, EmbeddedStorage, MOST_DELETIONS};
use skytrail_model::entity::{ChildRef, Entity, EntityRecord, ServiceRef};
use skytrail_model::layer::LayerSet;
use skytrail_model::metric::{Cell, ColumnId, MetricBlock, Row};
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Zone};
use skytrail_storage::contract::build::{append, entry, read, segment};
use skytrail_storage::rows::Gather;
use skytrail_storage::{
    Checkpoints, ColumnSelection, Edge, EntityQuery, EntitySelection, MetricRead, Order, Origin,
    RecordRead, Storage, Visible,
};

use crate::store::crashes::{
    START, TABLE, all_calls, block_on, catalogue, checkpoint, opened, search,
};

const SERVICES: [&str; 3] = ["shop", "stock", "user"];
const SIZES: [Downsampling; 3] = [Downsampling::Minute, Downsampling::Hour, Downsampling::Day];

fn service(n: u64) -> ServiceRef {
    ServiceRef { name: SERVICES[n as usize % 3].to_owned(), normal: true }
}

fn instance(n: u64) -> Entity {
    Entity::Instance(ChildRef { service: service(n), name: format!("{}-1", service(n).name) })
}

fn trace_of(n: u64) -> String {
    format!("t{}", n % 5)
}

/// Step `n` adds rows of one service to each family, and a call of the next service.
async fn step(store: &dyn Storage, n: u64) {
    let origin = Origin { shard: (n % 2) as u16, sequence: n };
    let minute = START.plus((n / 8) as i64);
    let time = minute.start_nanos() + n as i64;
    let (own, other) = (Entity::Service(service(n)), Entity::Service(service(n + 1)));
    let one = segment(trace_of(n), format!("s{n}")).of(&service(n).name, "1");
    let spans = append([one.with([entry("/").at(time).lasting(n as i64)])]);
    store.spans().append(origin, spans).await.unwrap();
    let mut block = MetricBlock::empty(TABLE, catalogue().table(TABLE).unwrap(), minute);
    for id in [own.id(), instance(n).id()] {
        block.push(id, &Row { cells: vec![Cell::Int(1)] });
    }
    store.metrics().append(origin, vec![block]).await.unwrap();
    let call = Entity::ServiceRelation { source: service(n), dest: service(n + 1) };
    let relation = RelationRow {
        minute,
        scope: Scope::ServiceRelation,
        relation: call.id(),
        source: own.id(),
        dest: other.id(),
        source_service: own.id(),
        dest_service: other.id(),
        side: DetectPoint::Client,
        component: 0,
    };
    store.relations().append(origin, vec![relation]).await.unwrap();
    let record = TopRecord {
        stream: TopStream::DatabaseStatement,
        entity: own.id(),
        id: format!("r{n}"),
        statement: "select".to_owned(),
        trace_id: trace_of(n),
        latency_ms: n as i64,
        time,
    };
    store.records().append(origin, vec![record]).await.unwrap();
    let seen = |entity: Entity| EntityRecord {
        entity,
        layers: LayerSet::default(),
        first_seen: minute,
        last_seen: minute,
        properties: Vec::new(),
    };
    let records = [own, instance(n), call].map(seen).to_vec();
    store.entities().upsert(origin, records).await.unwrap();
}

/// Everything that a store answers.
#[derive(Debug, PartialEq, Eq, Default, Clone)]
struct Answers {
    segments: BTreeSet<String>,
    traced: BTreeSet<String>,
    records: BTreeSet<String>,
    calls: BTreeSet<(u128, u128)>,
    counts: BTreeMap<(u8, u128), i64>,
    names: BTreeSet<u128>,
}

/// What steps come to, without those that were deleted: the first `until` of each
/// deletion.
fn expected(steps: u64, deletions: &[(Deletion, u64)]) -> Answers {
    let mut answers = Answers::default();
    for n in 1..=steps {
        let is_gone = |is_of: &dyn Fn(&Deletion) -> bool| {
            deletions.iter().any(|(what, until)| n <= *until && is_of(what))
        };
        let is_service =
            |of: u64| move |what: &Deletion| *what == Deletion::Service(service(of).name);
        let own = is_gone(&is_service(n));
        let other = is_gone(&is_service(n + 1));
        let trace = is_gone(&|what| *what == Deletion::Trace(trace_of(n)));
        if !own && !trace {
            answers.segments.insert(format!("s{n}"));
            answers.traced.insert(format!("s{n}"));
            answers.records.insert(format!("r{n}"));
        }
        let (source, dest) = (service(n).id().0, service(n + 1).id().0);
        if !own && !other {
            answers.calls.insert((source, dest));
            let call = Entity::ServiceRelation { source: service(n), dest: service(n + 1) };
            answers.names.insert(call.id().0);
        }
        if !own {
            for id in [source, instance(n).id().0] {
                answers.names.insert(id);
                for size in SIZES {
                    *answers.counts.entry((size as u8, id)).or_default() += 1;
                }
            }
        }
    }
    answers
}

async fn answers(store: &dyn Storage) -> Answers {
    let mut answers = Answers::default();
    for order in [Order::Start, Order::Duration] {
        let found = search(store, order).await;
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
        answers.segments.extend(found);
    }
    for trace in 0..5 {
        let answer = Gather::whole(store.spans(), &trace_of(trace), 1_000).await.unwrap();
        let parts = answer.parts.iter().flat_map(|part| read(&part.batch));
        answers.traced.extend(parts.map(|segment| segment.segment_id));
    }
    let read = RecordRead {
        stream: TopStream::DatabaseStatement,
        entity: None,
        from: 0,
        to: i64::MAX,
        descending: true,
        limit: 1_000,
    };
    let records = store.records().top(&read).await.unwrap().0;
    answers.records.extend(records.into_iter().map(|record| record.id));
    let read = all_calls();
    let mut edges: Vec<Edge> = Vec::new();
    let mut take = |sighting: &skytrail_storage::Sighting<'_>| {
        edges.push(*sighting.edge);
        true
    };
    let _ = store.relations().read(&read, &mut take).await.unwrap();
    assert!(store.relations().hold(&edges).await.unwrap().iter().all(|held| *held));
    answers.calls.extend(edges.iter().map(|edge| (edge.source.0, edge.dest.0)));
    for size in SIZES {
        count(store, size, &mut answers).await;
    }
    for scope in [Scope::Service, Scope::ServiceInstance, Scope::ServiceRelation] {
        let query = EntityQuery { scope, filters: Vec::new(), limit: 1_000 };
        let (found, _) = store.entities().list(&query).await.unwrap();
        answers.names.extend(found.iter().map(|record| record.entity.id().0));
    }
    answers
}

async fn count(store: &dyn Storage, size: Downsampling, answers: &mut Answers) {
    let zone = Zone::utc();
    let read = MetricRead {
        table: TABLE,
        entities: EntitySelection::All,
        columns: ColumnSelection::All,
        downsampling: size,
        from: zone.bucket(size, START),
        to: zone.bucket(size, START.plus(10_000)),
        visible: Visible::All,
    };
    let mut take = |block: &MetricBlock| {
        for (row, entity) in block.entities.iter().enumerate() {
            *answers.counts.entry((size as u8, entity.0)).or_default() +=
                block.row(row).int(ColumnId(0));
        }
        true
    };
    let _ = store.metrics().read(&read, &mut take).await.unwrap();
}

/// Steps, with a checkpoint after every third.
async fn go_on(store: &EmbeddedStorage, from: u64, to: u64) {
    for n in from..=to {
        step(store, n).await;
        if n % 3 == 0 || n == to {
            store.save(checkpoint(n)).await.unwrap();
        }
    }
}

fn view(disk: &Arc<SimFileSystem>) -> View {
    View::open(&(disk.clone() as SharedFileSystem)).unwrap()
}

fn deletions() -> [Deletion; 2] {
    [Deletion::Service("shop".to_owned()), Deletion::Trace("t2".to_owned())]
}

#[test]
fn what_is_deleted_is_nowhere_at_once_and_what_comes_later_stays() {
    for what in deletions() {
        block_on(async {
            let disk = SimFileSystem::new();
            let store = opened(&disk).unwrap();
            go_on(&store, 1, 20).await;
            assert_eq!(answers(&store).await, expected(20, &[]));
            let done = store.delete(what.clone()).await.unwrap();
            assert!(done.position == 20 && done.files > 0, "{done:?}");
            let gone = [(what.clone(), 20)];
            assert_eq!(answers(&store).await, expected(20, &gone), "{what}");
            let mut exported = BTreeSet::new();
            view(&disk)
                .spans(&mut |rows| {
                    exported.extend(read(&rows.batch).into_iter().map(|one| one.segment_id));
                    true
                })
                .unwrap();
            assert_eq!(exported, expected(20, &gone).segments, "{what}");
            let services = view(&disk).by_service(&mut |_, _| {}).unwrap();
            let told = services.iter().any(|one| Deletion::Service(one.service.clone()) == what);
            assert!(!told, "{what} is named by what counts services");
            go_on(&store, 21, 40).await;
            assert_eq!(answers(&store).await, expected(40, &gone), "{what}");
            store.merge().await.unwrap();
            assert!(view(&disk).stats().deletions.is_empty(), "{what}");
            assert_eq!(answers(&store).await, expected(40, &gone), "{what}");
            assert_eq!(view(&disk).check(&mut |_, _| {}), []);
            let spans = expected(40, &gone).segments.len() as u64;
            assert_eq!(view(&disk).stats().spans, spans, "{what} is gone from the disk");
            assert!(
                disk.file_names().iter().all(|name| name.extension() != Some("entities".as_ref()))
            );
            drop(store);
            let store = opened(&disk.crash(7)).unwrap();
            assert_eq!(answers(&store).await, expected(40, &gone), "{what}");
        });
    }
}

#[test]
fn deletions_add_up_and_backups_have_them() {
    block_on(async {
        let (disk, copy, target) =
            (SimFileSystem::new(), SimFileSystem::new(), SimFileSystem::new());
        let store = opened(&disk).unwrap();
        let mut gone = Vec::new();
        let mut steps = 0;
        for what in [deletions(), [Deletion::Service("user".to_owned()), deletions()[1].clone()]] {
            for what in what {
                go_on(&store, steps + 1, steps + 7).await;
                steps += 7;
                store.delete(what.clone()).await.unwrap();
                gone.push((what, steps));
                assert_eq!(answers(&store).await, expected(steps, &gone));
            }
        }
        let shared = |disk: &Arc<SimFileSystem>| disk.clone() as SharedFileSystem;
        backup(&shared(&disk), &shared(&copy), &mut |_, _| {}).unwrap();
        let restored = restore(&shared(&copy), &shared(&target), true, &mut |_, _| {}).unwrap();
        assert_eq!(restored.1, []);
        let restored = opened(&target).unwrap();
        assert_eq!(answers(&restored).await, expected(steps, &gone));
        restored.merge().await.unwrap();
        assert_eq!(answers(&restored).await, expected(steps, &gone));
    });
}

#[test]
fn there_is_a_limit_of_deletions_that_wait() {
    block_on(async {
        let disk = SimFileSystem::new();
        // Nothing is written anew as long as readers may hold on to it.
        let store = crate::store::crashes::opened_with(&disk, Default::default()).unwrap();
        go_on(&store, 1, 4).await;
        for number in 0..MOST_DELETIONS {
            store.delete(Deletion::Trace(format!("t{}", number % 3))).await.unwrap();
        }
        let error = store.delete(Deletion::Trace("t1".to_owned())).await.unwrap_err();
        assert!(error.context.contains("256 deletions"), "{error}");
        assert_eq!(skytrail_storage::ErrorKind::TooLarge, error.kind);
    });
}

#[test]
fn every_flipped_byte_of_what_is_deleted_is_found_and_costs_no_part() {
    block_on(async {
        let disk = SimFileSystem::new();
        let store = crate::store::crashes::opened_with(&disk, Default::default()).unwrap();
        go_on(&store, 1, 10).await;
        store.delete(deletions()[0].clone()).await.unwrap();
        drop(store);
        let is_ids = |name: &std::path::PathBuf| name.extension() == Some("entities".as_ref());
        let name = disk.file_names().into_iter().find(is_ids).unwrap();
        for place in 0..disk.read_all(&name).unwrap().len() as u64 {
            let damaged = disk.killed();
            damaged.flip_bit(&name, place * 8 + place % 8).unwrap();
            let error = View::open(&(damaged.clone() as SharedFileSystem)).unwrap_err();
            assert_eq!(error.kind, skytrail_engine::ErrorKind::Corrupt);
            let error = opened(&damaged).unwrap_err();
            assert_eq!(error.kind, skytrail_engine::ErrorKind::Corrupt);
            assert_eq!(damaged.file_names().len(), disk.file_names().len(), "nothing was moved");
        }
    });
}

/// What a file tells about itself, in lines.
#[derive(Default)]
struct Lines(Vec<String>, usize);

impl skytrail_engine::store::view::Take for Lines {
    fn line(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }

    fn spans(&mut self, rows: &skytrail_storage::SpanAppend) {
        self.1 += rows.entries.len();
    }
}

#[test]
fn a_file_tells_what_is_in_it_and_every_byte_of_it_is_accounted_for() {
    block_on(async {
        let disk = SimFileSystem::new();
        let store = opened(&disk).unwrap();
        for n in 1..=12 {
            step(&store, n).await;
        }
        store.save(checkpoint(12)).await.unwrap();
        let view = view(&disk);
        let mut spans = 0;
        for number in view.parts() {
            let mut told = Lines::default();
            view.dump(number, true, &mut told).unwrap();
            spans += told.1;
            let frames = told.0.iter().filter(|line| line.contains(" stream, stored as "));
            let bytes: u64 =
                frames.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum();
            let file = disk
                .file_names()
                .into_iter()
                .find(|name| name.to_string_lossy().starts_with(&format!("{number:012}.")));
            let len = disk.read_all(&file.unwrap()).unwrap().len() as u64;
            assert_eq!(bytes + 16 + 40, len, "{:?}", told.0);
        }
        assert_eq!(spans, 12);
        let services = view.by_service(&mut |_, _| {}).unwrap();
        assert_eq!(services.iter().map(|one| one.segments).sum::<u64>(), 12);
        let of_spans = view.stats().families.into_iter().filter(|one| one.family == "spans");
        let of_spans: u64 = of_spans.map(|one| one.bytes).sum();
        let columns: u64 =
            view.by_column(&mut |_, _| {}).unwrap().iter().map(|one| one.bytes).sum();
        assert_eq!(columns + 16 + 40, of_spans, "all but the header and footer of the one file");
        assert!(view.dump(7_777, false, &mut Lines::default()).is_err());
    });
}
