//! Everything that a store answers, and what fills it.

use std::path::PathBuf;
use std::sync::Arc;

use skytrail_base::fs::sim::{Dice, SimFileSystem};
use skytrail_model::alias::Alias;
use skytrail_model::entity::{ChildRef, Entity, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::scope::Scope;
use skytrail_model::template::UiTemplate;
use skytrail_model::time::Minute;
use skytrail_mutable::{Config, Mutable, Opened, Result};
use skytrail_storage::{EntityQuery, Origin, TagKind, TagRead, TagSighting};

/// Minutes of a day.
pub(crate) const DAY: i64 = 1440;

/// Days that tests have tags of.
const DAYS: i64 = 6;

pub(crate) const ORIGIN: Origin = Origin { shard: 0, sequence: 1 };

/// Enough that nothing is evicted by what most tests put in.
pub(crate) const LARGE: Config =
    Config { entity_bytes: 8 << 20, tag_bytes: 2 << 20, cache_bytes: 1 << 20 };

pub(crate) fn open(disk: &Arc<SimFileSystem>, config: Config) -> Result<Opened> {
    Mutable::open(disk.clone(), PathBuf::from("mutable"), config)
}

/// The end of a future that waits for nobody but the disk, without a runtime.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(future)
}

/// All answers, in one order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answers {
    pub(crate) entities: Vec<EntityRecord>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) tags: Vec<(i64, TagKind, String, Vec<String>)>,
    pub(crate) templates: Vec<UiTemplate>,
    pub(crate) blobs: Vec<(String, Vec<u8>)>,
}

/// Names of the blobs of the tests.
const BLOBS: [&str; 3] = ["clock", "zone", "analysis"];

pub(crate) async fn answers(store: &Mutable) -> Answers {
    let mut all = Answers::default();
    for scope in Scope::ALL {
        let query = EntityQuery { scope, filters: Vec::new(), limit: usize::MAX };
        all.entities.extend(store.entities().list(&query).await.unwrap().0);
    }
    all.aliases = store.entities().aliases().await.unwrap();
    for day in 0..DAYS {
        for kind in [TagKind::Trace, TagKind::Log, TagKind::Alarm] {
            let (from, to) = (Minute(day * DAY), Minute(day * DAY));
            let read = |key| TagRead { kind, key, from, to, limit: usize::MAX };
            for key in store.tags().list(&read(None)).await.unwrap() {
                let values = store.tags().list(&read(Some(key.clone()))).await.unwrap();
                all.tags.push((day, kind, key, values));
            }
        }
    }
    all.templates = store.templates().list().await.unwrap();
    let blobs = BLOBS.iter().filter_map(|name| Some((*name, store.get_blob(name)?)));
    all.blobs = blobs.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    all
}

fn service(dice: &mut Dice) -> ServiceRef {
    ServiceRef { name: format!("service-{}", dice.below(9)), normal: dice.below(5) > 0 }
}

fn child(dice: &mut Dice) -> ChildRef {
    ChildRef { service: service(dice), name: format!("/path/{}", dice.below(30)) }
}

pub(crate) fn record(dice: &mut Dice) -> EntityRecord {
    let entity = match dice.below(6) {
        0 => Entity::Service(service(dice)),
        1 => Entity::Instance(child(dice)),
        2 => Entity::Endpoint(child(dice)),
        3 => Entity::ServiceRelation { source: service(dice), dest: service(dice) },
        4 => Entity::InstanceRelation { source: child(dice), dest: child(dice) },
        _ => Entity::EndpointRelation { source: child(dice), dest: child(dice) },
    };
    let seen = Minute(dice.below(DAYS as u64 * DAY as u64) as i64);
    let layer = if dice.below(2) == 0 { Layer::GENERAL } else { Layer::MESH };
    let property = |n: u64| (format!("key-{n}"), "value ".repeat(n as usize));
    let properties = (0..dice.below(3)).map(property).collect();
    let layers = LayerSet::of(layer);
    EntityRecord { entity, layers, first_seen: seen, last_seen: seen, properties }
}

fn alias(dice: &mut Dice) -> Alias {
    let since = Minute(dice.below(DAYS as u64 * DAY as u64) as i64);
    let address = format!("10.0.0.{}:80", dice.below(9));
    let instance = format!("instance-{}", dice.below(3));
    Alias { address, service: service(dice), instance, since, last_seen: since }
}

fn sighting(dice: &mut Dice) -> TagSighting {
    let kind = if dice.below(2) == 0 { TagKind::Trace } else { TagKind::Log };
    let key = format!("key-{}", dice.below(4));
    let value = format!("value-{}", dice.below(40));
    TagSighting { kind, key, value, day: Minute(dice.below(DAYS as u64) as i64 * DAY) }
}

pub(crate) fn template(dice: &mut Dice) -> UiTemplate {
    let id = format!("dashboard-{}", dice.below(4));
    let configuration = "{}".repeat(dice.below(50_000) as usize);
    UiTemplate { id, configuration, disabled: dice.below(2) == 0, updated_at: 7 }
}

/// Bytes under one of the names.
pub(crate) fn blob(dice: &mut Dice) -> (&'static str, Vec<u8>) {
    let bytes = vec![dice.below(256) as u8; dice.below(150_000) as usize];
    (BLOBS[dice.below(3) as usize], bytes)
}

/// Puts some of everything in that is written behind.
pub(crate) async fn fill(store: &Mutable, dice: &mut Dice, most: u64) {
    let records = (0..dice.below(most)).map(|_| record(dice)).collect();
    store.entities().upsert(ORIGIN, records).await.unwrap();
    let aliases = (0..dice.below(most / 4)).map(|_| alias(dice)).collect();
    store.entities().upsert_aliases(ORIGIN, aliases).await.unwrap();
    let tags = (0..dice.below(most)).map(|_| sighting(dice)).collect();
    store.tags().upsert(ORIGIN, tags).await.unwrap();
}
