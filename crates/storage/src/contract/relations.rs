//! Who called whom.

use skytrail_model::entity::Entity;
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;

use super::data::{Lasts, START, call, calls, child, cut, open, origin, read_calls, service_id};
use super::harness::{Check, Harness, checks};
use crate::error::Result;
use crate::spi::{Edge, EntitySelection, RelationRead, Sighting, Visible};

pub(super) const CHECKS: &[Check] = checks!("relations":
    rows_come_back_by_minute,
    equal_rows_are_one,
    rows_that_differ_in_anything_are_several,
    minutes_are_inclusive,
    either_end_selects,
    an_edge_is_held_whenever_it_was_seen,
    services_of_either_end_select,
    readers_stop_when_they_want,
    a_week_costs_a_look_an_edge_and_hour,
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

async fn an_edge_is_held_whenever_it_was_seen(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let row = call(START, "ui", "shop");
    let edge = Edge::from(&row);
    let asked = [
        edge,
        Edge { component: edge.component + 1, ..edge },
        Edge { scope: Scope::EndpointRelation, ..edge },
        Edge::from(&call(START, "ui", "cart")),
        Edge { side: DetectPoint::Server, ..edge },
    ];
    assert_eq!(store.relations().hold(&asked).await?, [false; 5]);
    let later = RelationRow { side: DetectPoint::Server, ..call(START.plus(99), "ui", "shop") };
    store.relations().append(origin(0, 1), vec![row, later]).await?;
    assert_eq!(store.relations().hold(&asked).await?, [true, false, false, false, true]);
    assert!(store.relations().hold(&[]).await?.is_empty());
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
    let rows = (0..10).map(|minute| call(START, "ui", &format!("shop-{minute}"))).collect();
    store.relations().append(origin(0, 1), rows).await?;
    let mut taken = 0;
    let mut take = |_: &Sighting<'_>| {
        taken += 1;
        taken < 3
    };
    let _ = store.relations().read(&calls(START, START.plus(9)), &mut take).await?;
    assert_eq!(taken, 3);
    Ok(())
}

async fn a_week_costs_a_look_an_edge_and_hour(harness: &dyn Harness) -> Result<()> {
    const WEEK: i64 = 7 * 1440;
    let opened = open(harness).await?;
    let store = opened.store();
    let edges = [("ui", "shop"), ("shop", "db"), ("shop", "mail")];
    let mut wanted = Vec::new();
    for day in 0..7 {
        // Each edge has minutes of its own without a call.
        let minutes = (day * 1440..(day + 1) * 1440).map(|minute| START.plus(minute));
        let rows = minutes.flat_map(|minute| {
            let seen =
                edges.iter().zip([7, 11, 13]).filter(move |(_, pause)| minute.0 % pause != 0);
            seen.map(move |((source, dest), _)| call(minute, source, dest))
        });
        let rows: Vec<_> = rows.collect();
        store.relations().append(origin(0, day as u64 + 1), rows.clone()).await?;
        wanted.extend(rows);
    }
    wanted.sort_unstable();
    for (from, to) in [(0, WEEK - 1), (-30, WEEK + 90), (61, WEEK - 61), (1439, 1440)] {
        let (from, to) = (START.plus(from), START.plus(to));
        let read = calls(from, to);
        let rows = wanted.iter().filter(|row| read.wants(row)).copied();
        assert_eq!(read_calls(store, &read).await?, rows.collect::<Vec<_>>());
        let hours = (to.0.div_euclid(60) - from.0.div_euclid(60) + 1) as usize;
        let mut looks = 0;
        let mut take = |seen: &Sighting<'_>| {
            looks += seen.hours.len();
            true
        };
        let _ = store.relations().read(&read, &mut take).await?;
        let most = hours * edges.len();
        let examined = store.relations().examined(&read);
        assert!(looks <= most && examined <= most as u64, "{looks}, {examined} in {hours} hours");
    }
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
