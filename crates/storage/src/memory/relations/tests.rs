//! Limits and memory of the relation family.

use skytrail_model::entity::EntityId;
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::MemoryRelations;
use super::graph::EDGE_BYTES;
use crate::spi::{Cut, EntitySelection, Origin, RelationRead, Relations, Sighting, Visible};

const KIB: usize = 1 << 10;

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

async fn rows(relations: &MemoryRelations, scope: Scope) -> Vec<RelationRow> {
    let (from, to) = (Minute(i64::MIN), Minute(i64::MAX));
    let (touching, visible) = (EntitySelection::All, Visible::All);
    let read = RelationRead { scope, touching, from, to, visible };
    let mut rows = Vec::new();
    let mut take = |seen: &Sighting<'_>| {
        rows.extend(seen.rows());
        true
    };
    let _ = relations.read(&read, &mut take).await.unwrap();
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn the_oldest_hours_give_way_and_are_counted() {
    let limit = 64 * KIB;
    let relations = MemoryRelations::new(limit);
    for hour in 0..1_000 {
        let rows = (0..10).map(|dest| row(hour * 60 + 7, dest)).collect();
        relations.append(origin(hour as u64 + 1), rows).await.unwrap();
        assert!(relations.usage().bytes <= limit as u64);
    }
    let usage = relations.usage();
    assert_eq!(usage.rows + usage.evicted, 10_000);
    assert!(usage.evicted > 0 && usage.rows > 1_000, "{usage:?}");
    let held = rows(&relations, Scope::ServiceRelation).await;
    let first = 999 - usage.rows as i64 / 10 + 1;
    let newest = (first..1_000).flat_map(|hour| (0..10).map(move |d| row(hour * 60 + 7, d)));
    assert_eq!(held, newest.collect::<Vec<_>>());
    relations.expire(Minute(995 * 60 + 7));
    assert_eq!(relations.usage().rows, 50);
    relations.expire(Minute(995 * 60 + 8));
    assert_eq!(relations.usage().rows, 40);
    relations.expire(Minute(1_000 * 60));
    assert_eq!((relations.usage().bytes, relations.usage().expired), (0, usage.rows));
}

#[tokio::test]
async fn a_single_hour_keeps_to_the_limit_too() {
    let limit = 64 * KIB;
    let relations = MemoryRelations::new(limit);
    for sequence in 1..=20_i64 {
        let rows = (0..50).map(|dest| row(sequence, sequence as u128 * 50 + dest)).collect();
        relations.append(origin(sequence as u64), rows).await.unwrap();
        let usage = relations.usage();
        assert!(usage.bytes <= limit as u64, "{usage:?}");
        assert_eq!(usage.rows + usage.evicted, sequence as u64 * 50);
    }
    let usage = relations.usage();
    assert!(usage.rows as usize > limit / (2 * EDGE_BYTES), "{usage:?}");
    let held = rows(&relations, Scope::ServiceRelation).await;
    assert!(held.iter().any(|row| row.minute == Minute(20)), "the newest stay");
    assert!(held.iter().all(|row| row.minute > Minute(10)), "the oldest went");
}

#[tokio::test]
async fn many_endpoints_do_not_make_services_go() {
    let relations = MemoryRelations::new(256 * KIB);
    let services: Vec<_> = (0..100).map(|dest| row(0, dest)).collect();
    relations.append(origin(1), services.clone()).await.unwrap();
    for sequence in 2..50_u64 {
        let minute = sequence as i64 * 60;
        let endpoints = (0..100_u128).map(|n| RelationRow {
            scope: Scope::EndpointRelation,
            ..row(minute, u128::from(sequence) * 100 + n)
        });
        relations.append(origin(sequence), endpoints.collect()).await.unwrap();
    }
    let usage = relations.usage();
    assert!(usage.evicted > 0 && usage.bytes <= 256 * KIB as u64, "{usage:?}");
    assert_eq!(rows(&relations, Scope::ServiceRelation).await, services);
    assert!(!rows(&relations, Scope::EndpointRelation).await.is_empty());
}

#[tokio::test]
async fn rows_that_come_again_from_one_append_take_no_room() {
    let relations = MemoryRelations::new(1 << 20);
    for _ in 0..5 {
        relations.append(origin(1), vec![row(0, 1), row(0, 2), row(0, 1)]).await.unwrap();
    }
    assert_eq!(relations.usage().rows, 2);
}

#[tokio::test]
async fn a_day_of_an_edge_costs_little_more_than_an_hour() {
    let relations = MemoryRelations::new(1 << 20);
    for minute in 0..1440 {
        // Other families append as well.
        relations.append(origin(minute as u64 * 100 + 1), vec![row(minute, 1)]).await.unwrap();
    }
    let usage = relations.usage();
    assert_eq!(usage.rows, 1440);
    assert!(usage.bytes < 2 * KIB as u64, "{usage:?}");
}

#[tokio::test]
async fn a_crash_leaves_the_cut_however_much_is_settled_behind_it() {
    let relations = MemoryRelations::new(1 << 20);
    let append = async |number: u64| {
        // So far apart that the append before is settled.
        let origin = origin(number * 10_000);
        let own = row(number as i64 * 7, 2);
        relations.append(origin, vec![row(number as i64 % 100, 1), own]).await.unwrap();
        origin
    };
    let mut cut = Cut::default();
    for checkpoint in 1..=3 {
        for number in checkpoint * 50..checkpoint * 50 + 40 {
            cut.widen(append(number).await);
        }
        relations.keep(&cut);
        let wanted = rows(&relations, Scope::ServiceRelation).await;
        for number in checkpoint * 50 + 40..checkpoint * 50 + 50 {
            append(number).await;
        }
        let all = rows(&relations, Scope::ServiceRelation).await;
        assert!(all.len() > wanted.len());
        let reopened = relations.within(&cut);
        assert_eq!(rows(&reopened, Scope::ServiceRelation).await, wanted);
        // The others come again by replay.
        for row in &all {
            reopened.append(origin(10_000_000), vec![*row]).await.unwrap();
        }
        assert_eq!(rows(&reopened, Scope::ServiceRelation).await, all);
        assert_eq!(reopened.usage().rows as usize, all.len());
    }
}

#[tokio::test]
async fn edges_that_are_gone_give_their_room_back() {
    let relations = MemoryRelations::new(64 << 20);
    let taken = || {
        let (taken, usage) = (relations.table.read().service.taken_bytes(), relations.usage());
        assert!(taken <= usage.bytes as usize + KIB, "{taken} of {usage:?}");
        taken
    };
    for sequence in 1..=100_u64 {
        let minute = sequence as i64 * 60;
        let rows = (0..100).map(|n| row(minute, u128::from(sequence) * 100 + n)).collect();
        relations.append(origin(sequence), rows).await.unwrap();
        taken();
    }
    let most = taken();
    for hour in 2..=100 {
        relations.expire(Minute(hour * 60));
        taken();
        let held = rows(&relations, Scope::ServiceRelation).await;
        let first = hour as u128 * 100;
        assert_eq!(held, (first..10_100).map(|n| row(n as i64 / 100 * 60, n)).collect::<Vec<_>>());
    }
    assert!(taken() < most / 50);
    relations.expire(Minute(i64::MAX));
    assert_eq!(taken(), 0);
}

#[tokio::test]
async fn a_reader_misses_no_edge_whose_place_changes_on_the_way() {
    let relations = MemoryRelations::new(64 << 20);
    let many = 3 * super::EDGES_PER_TURN as u128;
    // The first part goes while the rest is read.
    let rows = (0..many).map(|n| row(if n < many / 3 { 1 } else { 2 }, n)).collect();
    relations.append(origin(1), rows).await.unwrap();
    let (from, to) = (Minute(0), Minute(2));
    let (touching, visible) = (EntitySelection::All, Visible::All);
    let read = RelationRead { scope: Scope::ServiceRelation, touching, from, to, visible };
    let mut seen = std::collections::BTreeSet::new();
    let mut is_first = true;
    let mut take = |sighting: &Sighting<'_>| {
        seen.insert(sighting.edge.dest);
        if std::mem::take(&mut is_first) {
            relations.expire(Minute(2));
        }
        true
    };
    let _ = relations.read(&read, &mut take).await.unwrap();
    assert_eq!(seen.len() as u128, many);
}
