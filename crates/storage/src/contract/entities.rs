//! Entities.

use skytrail_model::entity::{Entity, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::scope::Scope;

use super::data::{START, child, open, origin, seen, seen_entity, service, service_id};
use super::harness::{Check, Harness, Instance, checks};
use crate::error::Result;
use crate::spi::{EntityFilter, EntityQuery, Storage};

pub(super) const CHECKS: &[Check] = checks!("entities":
    records_merge_by_id,
    newer_properties_replace_older_ones,
    kinds_of_one_name_are_apart,
    ids_answer_in_their_order,
    the_latest_seen_come_first,
    a_limit_says_whether_it_cut,
    scopes_are_apart,
    every_filter_selects,
    filters_are_joined_by_and,
);

async fn get(store: &dyn Storage, name: &str) -> Result<Option<EntityRecord>> {
    Ok(store.entities().get(&[service_id(name)]).await?.pop())
}

async fn records_merge_by_id(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    assert_eq!(get(store, "a").await?, None);
    let mesh = EntityRecord { layers: LayerSet::of(Layer::MESH), ..seen("a", 3, 4) };
    store.entities().upsert(origin(0, 1), vec![seen("a", 5, 9), mesh]).await?;
    store.entities().upsert(origin(1, 1), vec![seen("a", 4, 7)]).await?;
    let merged = EntityRecord {
        layers: LayerSet::of(Layer::MESH).union(LayerSet::of(Layer::GENERAL)),
        ..seen("a", 3, 9)
    };
    assert_eq!(get(store, "a").await?, Some(merged.clone()));
    store.entities().upsert(origin(1, 1), vec![seen("a", 4, 7)]).await?;
    assert_eq!(get(store, "a").await?, Some(merged), "the same again changes nothing");
    Ok(())
}

type Properties<'a> = &'a [(&'a str, &'a str)];

async fn newer_properties_replace_older_ones(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let with = |properties: Properties<'_>| EntityRecord {
        properties: properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..seen("a", 0, 0)
    };
    let steps: [(Properties<'_>, Properties<'_>); 4] = [
        (&[("host", "one"), ("pid", "7")], &[("host", "one"), ("pid", "7")]),
        (&[], &[("host", "one"), ("pid", "7")]),
        (&[("host", "two")], &[("host", "two")]),
        (&[("b", "2"), ("a", "1"), ("a", "1")], &[("b", "2"), ("a", "1"), ("a", "1")]),
    ];
    for (sequence, (written, wanted)) in steps.into_iter().enumerate() {
        let record = with(written);
        store.entities().upsert(origin(0, sequence as u64 + 1), vec![record]).await?;
        assert_eq!(get(store, "a").await?, Some(with(wanted)));
    }
    Ok(())
}

async fn kinds_of_one_name_are_apart(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let names = [
        Entity::Service(service("a")),
        Entity::Service(ServiceRef { name: "a".to_owned(), normal: false }),
        Entity::Instance(child("a", "a")),
        Entity::Endpoint(child("a", "a")),
        Entity::ServiceRelation { source: service("a"), dest: service("a") },
        Entity::InstanceRelation { source: child("a", "a"), dest: child("a", "a") },
        Entity::EndpointRelation { source: child("a", "a"), dest: child("a", "a") },
        Entity::Service(service("")),
    ];
    let records: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, entity)| seen_entity(entity.clone(), n as i64, n as i64))
        .collect();
    store.entities().upsert(origin(0, 1), records.clone()).await?;
    let ids: Vec<_> = names.iter().map(Entity::id).collect();
    assert_eq!(store.entities().get(&ids).await?, records);
    Ok(())
}

async fn ids_answer_in_their_order(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    store.entities().upsert(origin(0, 1), ["a", "b", "c"].map(|n| seen(n, 0, 0)).to_vec()).await?;
    let ids = ["c", "nobody", "a"].map(service_id);
    let answered = store.entities().get(&ids).await?;
    assert_eq!(answered, [seen("c", 0, 0), seen("a", 0, 0)]);
    assert_eq!(store.entities().get(&[]).await?, []);
    Ok(())
}

fn query(filters: Vec<EntityFilter>) -> EntityQuery {
    EntityQuery { scope: Scope::Service, filters, limit: 100 }
}

async fn the_latest_seen_come_first(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let mut records: Vec<_> = (0..20).map(|n| seen(&format!("s{n}"), 0, n % 4)).collect();
    store.entities().upsert(origin(0, 1), records.clone()).await?;
    records.sort_by_key(|record| (std::cmp::Reverse(record.last_seen), record.entity.id()));
    assert_eq!(store.entities().list(&query(vec![])).await?, (records, false));
    Ok(())
}

async fn a_limit_says_whether_it_cut(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let all: Vec<_> = (0..4).map(|n| seen(&format!("s{n}"), 0, -n)).collect();
    store.entities().upsert(origin(0, 1), all.clone()).await?;
    for limit in 0..6 {
        let query = EntityQuery { limit, ..query(vec![]) };
        let kept = limit.min(4);
        let wanted = (all[..kept].to_vec(), limit < 4);
        assert_eq!(store.entities().list(&query).await?, wanted, "at most {limit}");
    }
    Ok(())
}

async fn scopes_are_apart(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let instance = seen_entity(Entity::Instance(child("a", "a-1")), 0, 0);
    let endpoint = seen_entity(Entity::Endpoint(child("a", "/")), 0, 0);
    let records = vec![seen("a", 0, 0), instance.clone(), endpoint.clone()];
    store.entities().upsert(origin(0, 1), records).await?;
    let expected = [
        (Scope::Service, vec![seen("a", 0, 0)]),
        (Scope::ServiceInstance, vec![instance]),
        (Scope::Endpoint, vec![endpoint]),
        (Scope::ServiceRelation, vec![]),
    ];
    for (scope, wanted) in expected {
        let query = EntityQuery { scope, ..query(vec![]) };
        assert_eq!(store.entities().list(&query).await?, (wanted, false), "{scope:?}");
    }
    Ok(())
}

/// Instances of two services: `web-1` and `web-2` of `shop`, `Job` of `cron`.
async fn instances(harness: &dyn Harness) -> Result<Box<dyn Instance>> {
    let opened = open(harness).await?;
    let one = |of: &str, name: &str, first, last| {
        seen_entity(Entity::Instance(child(of, name)), first, last)
    };
    let job = EntityRecord { layers: LayerSet::of(Layer::FAAS), ..one("cron", "Job \u{c4}", 5, 5) };
    let records = vec![one("shop", "web-1", 0, 10), one("shop", "web-2", 5, 20), job];
    opened.store().entities().upsert(origin(0, 1), records).await?;
    Ok(opened)
}

async fn expect(opened: &dyn Instance, filters: Vec<EntityFilter>, wanted: &[&str]) -> Result<()> {
    let query = EntityQuery { scope: Scope::ServiceInstance, ..query(filters) };
    let (records, cut) = opened.store().entities().list(&query).await?;
    let names = records.iter().map(|record| match &record.entity {
        Entity::Instance(child) => child.name.as_str(),
        _ => "not an instance",
    });
    assert_eq!((names.collect::<Vec<_>>(), cut), (wanted.to_vec(), false), "{:?}", query.filters);
    Ok(())
}

fn keyword(text: &str) -> EntityFilter {
    EntityFilter::Keyword(text.to_owned())
}

async fn every_filter_selects(harness: &dyn Harness) -> Result<()> {
    let opened = instances(harness).await?;
    let job = "Job \u{c4}";
    let cases: [(EntityFilter, &[&str]); 15] = [
        (EntityFilter::Service(service_id("shop")), &["web-2", "web-1"]),
        (EntityFilter::Service(service_id("nobody")), &[]),
        (EntityFilter::Layer(Layer::FAAS), &[job]),
        (EntityFilter::Layer(Layer::MESH), &[]),
        (keyword("WEB"), &["web-2", "web-1"]),
        (keyword("b-1"), &["web-1"]),
        (keyword("job"), &[job]),
        (keyword("\u{c4}"), &[job]),
        (keyword("\u{e4}"), &[]),
        (keyword(""), &["web-2", "web-1", job]),
        (EntityFilter::SeenSince(START.plus(10)), &["web-2", "web-1"]),
        (EntityFilter::SeenSince(START.plus(11)), &["web-2"]),
        (EntityFilter::FirstSeenBy(START.plus(4)), &["web-1"]),
        (EntityFilter::FirstSeenBy(START.plus(5)), &["web-2", "web-1", job]),
        (EntityFilter::FirstSeenBy(START.plus(-1)), &[]),
    ];
    for (filter, wanted) in cases {
        expect(&*opened, vec![filter], wanted).await?;
    }
    Ok(())
}

async fn filters_are_joined_by_and(harness: &dyn Harness) -> Result<()> {
    let opened = instances(harness).await?;
    let shop = || EntityFilter::Service(service_id("shop"));
    expect(&*opened, vec![shop(), keyword("1")], &["web-1"]).await?;
    expect(&*opened, vec![shop(), EntityFilter::Layer(Layer::FAAS)], &[]).await?;
    expect(&*opened, vec![keyword("web"), keyword("2"), shop()], &["web-2"]).await
}
