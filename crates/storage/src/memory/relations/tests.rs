//! Limits and memory of the relation family.

use skytrail_model::entity::EntityId;
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::{MINUTE_BYTES, MemoryRelations, ROW_BYTES};
use crate::spi::{Origin, Relations};

fn row(minute: i64, dest: u128) -> RelationRow {
    RelationRow {
        minute: Minute(minute),
        scope: Scope::ServiceRelation,
        relation: EntityId(dest),
        source: EntityId(1),
        dest: EntityId(dest),
        source_service: EntityId(1),
        dest_service: EntityId(dest),
        side: DetectPoint::Server,
        component: 0,
    }
}

fn origin(sequence: u64) -> Origin {
    Origin { shard: 0, sequence }
}

#[tokio::test]
async fn the_oldest_minutes_give_way_and_are_counted() {
    let limit = 100 * ROW_BYTES + 10 * MINUTE_BYTES;
    let relations = MemoryRelations::new(limit);
    for minute in 0..100 {
        let rows = (0..10).map(|dest| row(minute, dest)).collect();
        relations.append(origin(minute as u64 + 1), rows).await.unwrap();
        assert!(relations.usage().bytes <= limit as u64);
    }
    let usage = relations.usage();
    assert_eq!((usage.rows, usage.evicted), (100, 900));
    relations.expire(Minute(95));
    assert_eq!(relations.usage().rows, 50);
    relations.expire(Minute(100));
    assert_eq!((relations.usage().bytes, relations.usage().expired), (0, 100));
}

#[tokio::test]
async fn a_single_minute_keeps_to_the_limit_too() {
    let limit = 100 * ROW_BYTES + MINUTE_BYTES;
    let relations = MemoryRelations::new(limit);
    for sequence in 1..=10 {
        let rows = (0..50).map(|dest| row(0, u128::from(sequence) * 50 + dest)).collect();
        relations.append(origin(sequence), rows).await.unwrap();
    }
    let usage = relations.usage();
    assert_eq!((usage.rows, usage.evicted, usage.bytes), (100, 400, limit as u64));
}

#[tokio::test]
async fn rows_that_come_again_from_one_append_take_no_room() {
    let relations = MemoryRelations::new(1 << 20);
    for _ in 0..5 {
        relations.append(origin(1), vec![row(0, 1), row(0, 2), row(0, 1)]).await.unwrap();
    }
    assert_eq!(relations.usage().rows, 2);
}
