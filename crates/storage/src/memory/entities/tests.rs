//! Limits and memory of the entity family.

use skytrail_model::alias::Alias;
use skytrail_model::entity::{ChildRef, Entity, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::MemoryEntities;
use crate::spi::{Entities, EntityQuery, Origin};

const ORIGIN: Origin = Origin { shard: 0, sequence: 1 };
const LIMIT: usize = 256 << 10;

fn service(name: &str) -> ServiceRef {
    ServiceRef { name: name.to_owned(), normal: true }
}

fn record(entity: Entity, minute: i64) -> EntityRecord {
    EntityRecord {
        entity,
        layers: LayerSet::of(Layer::GENERAL),
        first_seen: Minute(minute),
        last_seen: Minute(minute),
        properties: Vec::new(),
    }
}

fn endpoint(n: usize, minute: i64) -> EntityRecord {
    let child = ChildRef { service: service("shop"), name: format!("/orders/{n}") };
    record(Entity::Endpoint(child), minute)
}

fn alias(n: usize, minute: i64) -> Alias {
    Alias {
        address: format!("10.0.0.1:{n}"),
        service: service("shop"),
        instance: "shop-1".to_owned(),
        since: Minute(minute),
        last_seen: Minute(minute),
    }
}

async fn count(entities: &MemoryEntities, scope: Scope) -> usize {
    let query = EntityQuery { scope, filters: Vec::new(), limit: usize::MAX };
    entities.list(&query).await.unwrap().0.len()
}

#[tokio::test]
async fn a_flood_of_endpoints_leaves_the_services() {
    let entities = MemoryEntities::new(LIMIT);
    let services = (0..50).map(|n| record(Entity::Service(service(&format!("s{n}"))), 7)).collect();
    entities.upsert(ORIGIN, services).await.unwrap();
    for start in (0..10_000).step_by(100) {
        // Quiet since the first minute, the services are older than every endpoint.
        let flood = (start..start + 100).map(|n| endpoint(n, 8 + n as i64)).collect();
        entities.upsert(ORIGIN, flood).await.unwrap();
        assert!(entities.usage().bytes <= LIMIT as u64);
    }
    let (services, endpoints) =
        (count(&entities, Scope::Service).await, count(&entities, Scope::Endpoint).await);
    assert_eq!(services, 50);
    assert!(endpoints > 100, "{endpoints}");
    assert_eq!(entities.usage().evicted as usize + endpoints, 10_000);
}

#[tokio::test]
async fn classes_go_one_after_the_other() {
    let entities = MemoryEntities::new(LIMIT);
    let child = |name: &str| ChildRef { service: service("shop"), name: name.to_owned() };
    let call = |n: usize| (child(&format!("a{n}")), child(&format!("b{n}")));
    let classes: [fn((ChildRef, ChildRef)) -> Entity; 5] = [
        |(one, _)| Entity::Endpoint(one),
        |(source, dest)| Entity::EndpointRelation { source, dest },
        |(source, dest)| Entity::InstanceRelation { source, dest },
        |(one, _)| Entity::Instance(one),
        |(one, _)| Entity::Service(ServiceRef { name: one.name, normal: true }),
    ];
    // The coarser, the longer not seen.
    for (class, entity) in classes.iter().enumerate() {
        let records = (0..100).map(|n| record(entity(call(n)), 50 - class as i64));
        entities.upsert(ORIGIN, records.collect()).await.unwrap();
    }
    let scopes = classes.map(|entity| entity(call(0)).scope());
    for (finer, coarser) in scopes.iter().zip(scopes.iter().skip(1)) {
        while count(&entities, *finer).await > 0 {
            assert_eq!(count(&entities, *coarser).await, 100, "{finer:?} before {coarser:?}");
            let before = entities.usage().rows;
            entities.table.write().evict(1);
            assert_eq!(entities.usage().rows, before - 1);
        }
    }
}

#[tokio::test]
async fn what_was_not_seen_for_long_goes_first() {
    let entities = MemoryEntities::new(LIMIT);
    for n in 0..10_000 {
        entities.upsert(ORIGIN, vec![endpoint(n, n as i64)]).await.unwrap();
    }
    let query = EntityQuery { scope: Scope::Endpoint, filters: Vec::new(), limit: usize::MAX };
    let (held, _) = entities.list(&query).await.unwrap();
    let oldest = held.last().map(|record| record.last_seen.0);
    assert_eq!(oldest, Some(10_000 - held.len() as i64), "no gaps");
}

#[tokio::test]
async fn aliases_are_bounded_too_and_readers_hear_of_it() {
    let entities = MemoryEntities::new(LIMIT);
    for n in 0..10_000 {
        entities.upsert_aliases(ORIGIN, vec![alias(n, n as i64)]).await.unwrap();
        assert!(entities.usage().bytes <= LIMIT as u64);
    }
    let version = entities.alias_version();
    let held = entities.aliases().await.unwrap().len();
    let flood = (0..900).map(|n| endpoint(n, 20_000)).collect();
    entities.upsert(ORIGIN, flood).await.unwrap();
    assert_eq!(entities.aliases().await.unwrap().len(), held, "endpoints go first");
    assert_eq!(entities.alias_version(), version);
    // Services alone push out aliases that are older.
    let services = (0..900).map(|n| record(Entity::Service(service(&format!("s{n}"))), 20_000));
    entities.upsert(ORIGIN, services.collect()).await.unwrap();
    assert!(entities.aliases().await.unwrap().len() < held);
    assert!(entities.alias_version() > version);
}

#[tokio::test]
async fn the_books_cover_what_is_held_and_close_at_nothing() {
    let entities = MemoryEntities::new(64 << 20);
    let mut large = endpoint(1, 5);
    large.properties = vec![("java.classpath".to_owned(), "x".repeat(100_000))];
    entities.upsert(ORIGIN, vec![endpoint(1, 3), large]).await.unwrap();
    entities.upsert_aliases(ORIGIN, vec![alias(1, 3)]).await.unwrap();
    assert!(entities.usage().bytes > 100_000, "{:?}", entities.usage());
    let before = entities.alias_version();
    entities.expire(Minute(4));
    assert_eq!((entities.usage().rows, entities.usage().expired), (1, 1));
    assert!(entities.alias_version() > before, "an alias expired");
    entities.expire(Minute(6));
    let usage = entities.usage();
    assert_eq!((usage.rows, usage.bytes, usage.expired), (0, 0, 2));
}
