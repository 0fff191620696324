//! Who called whom.

use skytrail_model::entity::Entity;
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;

use super::data::{Lasts, START, call, calls, child, cut, open, origin, read_calls, service_id};
use super::harness::{Check, Harness, checks};
use crate::error::Result;
use crate::spi::{EntitySelection, RelationRead, Visible};

pub(super) const CHECKS: &[Check] = checks!("relations":
    rows_come_back_by_minute,
    equal_rows_are_one,
    rows_that_differ_in_anything_are_several,
    minutes_are_inclusive,
    either_end_selects,
    services_of_either_end_select,
    readers_stop_when_they_want,
    readers_see_up_to_their_cut,
);

async fn rows_come_back_by_minute(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    assert_eq!(read_calls(store, &calls(START, START.plus(9))).await?, []);
    let at = |minute: i64, dest: &str| call(START.plus(minute), "ui", dest);
    store.relations().append(origin(0, 1), vec![at(3, "a"), at(1, "b")]).await?;
    store.relations().append(origin(1, 1), vec![at(2, "c"), at(1, "a")]).await?;
    let mut expected = vec![at(3, "a"), at(1, "b"), at(2, "c"), at(1, "a")];
    expected.sort_unstable();
    assert_eq!(read_calls(store, &calls(START, START.plus(9))).await?, expected);
    Ok(())
}

async fn equal_rows_are_one(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let row = call(START, "ui", "shop");
    store.relations().append(origin(0, 1), vec![row, row]).await?;
    store.relations().append(origin(0, 2), vec![row]).await?;
    store.relations().append(origin(1, 1), vec![row]).await?;
    assert_eq!(read_calls(store, &calls(START, START)).await?, [row]);
    Ok(())
}

async fn rows_that_differ_in_anything_are_several(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let row = call(START, "ui", "shop");
    let mut rows = vec![
        row,
        RelationRow { side: DetectPoint::Server, ..row },
        RelationRow { component: 6, ..row },
        RelationRow { component: -1, ..row },
        call(START, "shop", "ui"),
        call(START, "ui", "ui"),
    ];
    store.relations().append(origin(0, 1), rows.clone()).await?;
    rows.sort_unstable();
    assert_eq!(read_calls(store, &calls(START, START)).await?, rows);
    Ok(())
}

async fn minutes_are_inclusive(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let rows = (0..10).map(|minute| call(START.plus(minute), "ui", "shop")).collect();
    store.relations().append(origin(0, 1), rows).await?;
    for (from, to, wanted) in [(2, 4, 2..5), (7, 7, 7..8), (9, 99, 9..10), (4, 2, 0..0)] {
        let answered = read_calls(store, &calls(START.plus(from), START.plus(to))).await?;
        let minutes: Vec<_> = answered.iter().map(|row| row.minute.0 - START.0).collect();
        assert_eq!(minutes, wanted.collect::<Vec<_>>(), "{from}..={to}");
    }
    Ok(())
}

async fn either_end_selects(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let rows = [("ui", "shop"), ("shop", "db"), ("shop", "stock"), ("cron", "cron")];
    let rows = rows.map(|(source, dest)| call(START, source, dest));
    store.relations().append(origin(0, 1), rows.to_vec()).await?;
    let cases: [(&[&str], &[usize]); 5] = [
        (&["shop"], &[0, 1, 2]),
        (&["db", "ui"], &[0, 1]),
        (&["cron"], &[3]),
        (&["nobody"], &[]),
        (&[], &[]),
    ];
    for (names, places) in cases {
        let ids = names.iter().map(|name| service_id(name)).collect();
        let read = RelationRead { touching: EntitySelection::these(ids), ..calls(START, START) };
        let mut wanted: Vec<_> = places.iter().map(|place| rows[*place]).collect();
        wanted.sort_unstable();
        assert_eq!(read_calls(store, &read).await?, wanted, "{names:?}");
    }
    Ok(())
}

async fn services_of_either_end_select(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let source = child("ui", "ui-1");
    let dest = child("shop", "shop-1");
    let relation = Entity::InstanceRelation { source: source.clone(), dest: dest.clone() };
    let instances = RelationRow {
        scope: Scope::ServiceInstanceRelation,
        relation: relation.id(),
        source: Entity::Instance(source).id(),
        dest: Entity::Instance(dest).id(),
        ..call(START, "ui", "shop")
    };
    let services = call(START, "ui", "shop");
    store.relations().append(origin(0, 1), vec![instances, services]).await?;
    for (scope, row) in
        [(Scope::ServiceInstanceRelation, instances), (Scope::ServiceRelation, services)]
    {
        for id in [row.source, row.dest, row.source_service, row.dest_service] {
            let touching = EntitySelection::these(vec![id]);
            let read = RelationRead { scope, touching, ..calls(START, START) };
            assert_eq!(read_calls(store, &read).await?, [row]);
        }
    }
    let read = RelationRead { scope: Scope::EndpointRelation, ..calls(START, START) };
    assert_eq!(read_calls(store, &read).await?, []);
    Ok(())
}

async fn readers_stop_when_they_want(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let rows = (0..10).map(|minute| call(START.plus(minute), "ui", "shop")).collect();
    store.relations().append(origin(0, 1), rows).await?;
    let mut taken = Vec::new();
    let mut take = |row: &RelationRow| {
        taken.push(row.minute.0 - START.0);
        taken.len() < 3
    };
    store.relations().read(&calls(START, START.plus(9)), &mut take).await?;
    assert_eq!(taken, [0, 1, 2]);
    Ok(())
}

async fn readers_see_up_to_their_cut(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let [both, late, other] = ["both", "late", "other"].map(|dest| call(START, "ui", dest));
    store.relations().append(origin(0, 1), vec![both]).await?;
    store.relations().append(origin(1, 1), vec![both, other]).await?;
    store.relations().append(origin(0, 2), vec![late, both]).await?;
    let cases: [(Lasts<'_>, &[RelationRow]); 5] = [
        (&[], &[]),
        (&[(0, 1)], &[both]),
        (&[(0, 2)], &[both, late]),
        (&[(1, 1)], &[both, other]),
        (&[(0, 2), (1, 1)], &[both, late, other]),
    ];
    for (last, wanted) in cases {
        let read = RelationRead { visible: Visible::UpTo(cut(last)), ..calls(START, START) };
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(read_calls(store, &read).await?, wanted, "up to {last:?}");
    }
    Ok(())
}
