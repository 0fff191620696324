//! What the checks append, and how they read it back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use skytrail_model::entity::{ChildRef, Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::metric::{
    Catalogue, Cell, Column, Histogram, Merge, MetricBlock, Row, Table, TableId,
};
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};

use super::harness::{Harness, Instance};
use crate::error::Result;
use crate::spi::{
    ColumnSelection, Completeness, Cut, EntitySelection, MetricRead, Origin, RelationRead,
    SegmentFilter, SegmentPage, Sighting, Storage, Visible,
};

/// 2026-03-10T00:00Z: the checks live in the days after it.
pub(super) const START: Minute = Minute(29_551_680);

/// A table with every kind of column.
pub(super) const SERVICE: TableId = TableId(0);
/// A table of one column.
pub(super) const ENDPOINT: TableId = TableId(1);

pub(super) fn catalogue() -> Arc<Catalogue> {
    let column = |name: &str, merge| Column { name: name.to_owned(), merge };
    let service = vec![
        column("count[]", Merge::Sum),
        column("sum(latency)", Merge::Sum),
        column("max(latency)", Merge::Max),
        column("min(latency)", Merge::Min),
        column("histogram(latency)", Merge::Histogram),
        column("labels(code)", Merge::Labels),
    ];
    let table = |name: &str, scope, columns| Table { name: name.to_owned(), scope, columns };
    let tables = vec![
        table("Service", Scope::Service, service),
        table("Endpoint", Scope::Endpoint, vec![column("count[]", Merge::Sum)]),
    ];
    Arc::new(Catalogue::new(tables, Vec::new()))
}

pub(super) fn schema(table: TableId) -> Table {
    catalogue().table(table).cloned().unwrap_or_else(|| unreachable!("table {table:?}"))
}

pub(super) async fn open(harness: &dyn Harness) -> Result<Box<dyn Instance>> {
    harness.open(catalogue(), Zone::utc()).await
}

pub(super) fn origin(shard: u16, sequence: u64) -> Origin {
    Origin { shard, sequence }
}

/// Shards with their last sequence number.
pub(super) type Lasts<'a> = &'a [(u16, u64)];

pub(super) fn cut(last: Lasts<'_>) -> Cut {
    let mut cut = Cut::default();
    last.iter().for_each(|(shard, sequence)| cut.include(*shard, *sequence));
    cut
}

pub(super) fn service(name: &str) -> ServiceRef {
    ServiceRef { name: name.to_owned(), normal: true }
}

pub(super) fn child(service_name: &str, name: &str) -> ChildRef {
    ChildRef { service: service(service_name), name: name.to_owned() }
}

pub(super) fn service_id(name: &str) -> EntityId {
    service(name).id()
}

/// A service that was seen in the given minutes after [`START`].
pub(super) fn seen(name: &str, first: i64, last: i64) -> EntityRecord {
    seen_entity(Entity::Service(service(name)), first, last)
}

pub(super) fn seen_entity(entity: Entity, first: i64, last: i64) -> EntityRecord {
    EntityRecord {
        entity,
        layers: LayerSet::of(Layer::GENERAL),
        first_seen: START.plus(first),
        last_seen: START.plus(last),
        properties: Vec::new(),
    }
}

/// The row of [`SERVICE`] after values were measured.
pub(super) fn row(values: &[i64]) -> Row {
    let schema = schema(SERVICE);
    let mut row = Row::empty(&schema);
    for value in values {
        let mut histogram = Histogram::default();
        histogram.add(*value);
        let labels = BTreeMap::from([(format!("code-{}", value.rem_euclid(3)), 1)]);
        let cells = vec![
            Cell::Int(1),
            Cell::Int(*value),
            Cell::Int(*value),
            Cell::Int(*value),
            Cell::Histogram(histogram),
            Cell::Labels(labels),
        ];
        row.merge(&schema, &Row { cells });
    }
    row
}

/// A block of [`SERVICE`] with one row a name.
pub(super) fn block(minute: Minute, rows: &[(&str, &[i64])]) -> MetricBlock {
    let mut block = MetricBlock::empty(SERVICE, &schema(SERVICE), minute);
    rows.iter().for_each(|(name, values)| block.push(service_id(name), &row(values)));
    block
}

/// Rows by start of their bucket and entity, partials merged.
pub(super) type Rows = BTreeMap<(Minute, EntityId), Row>;

/// A question for all entities of [`SERVICE`].
pub(super) fn every(downsampling: Downsampling, from: Minute, to: Minute) -> MetricRead {
    let (entities, columns) = (EntitySelection::All, ColumnSelection::All);
    MetricRead { table: SERVICE, entities, columns, downsampling, from, to, visible: Visible::All }
}

/// Reads rows, and checks what holds for every answer: ascending buckets, all
/// columns, no empty blocks, nothing that was not asked for.
pub(super) async fn read_rows(store: &dyn Storage, read: &MetricRead) -> Result<Rows> {
    let schema = schema(read.table);
    let mut rows = Rows::new();
    let mut last = Minute(i64::MIN);
    let mut take = |block: &MetricBlock| {
        assert!(block.bucket >= last, "buckets come in ascending order");
        last = block.bucket;
        assert!((read.from..=read.to).contains(&block.bucket), "a bucket outside of the question");
        assert_eq!(block.table, read.table);
        assert!(!block.is_empty(), "rows that are not there are left out");
        assert_eq!(block.columns.len(), schema.columns.len(), "all columns are there");
        for (place, entity) in block.entities.iter().enumerate() {
            assert!(read.entities.contains(*entity), "an entity outside of the question");
            let merged = rows.entry((block.bucket, *entity)).or_insert_with(|| Row::empty(&schema));
            merged.merge(&schema, &block.row(place));
        }
        true
    };
    assert_eq!(store.metrics().read(read, &mut take).await?, Completeness::Complete);
    Ok(rows)
}

/// A call of a service to a service.
pub(super) fn call(minute: Minute, source: &str, dest: &str) -> RelationRow {
    let relation = Entity::ServiceRelation { source: service(source), dest: service(dest) };
    RelationRow {
        minute,
        scope: Scope::ServiceRelation,
        relation: relation.id(),
        source: service_id(source),
        dest: service_id(dest),
        source_service: service_id(source),
        dest_service: service_id(dest),
        side: DetectPoint::Client,
        component: 5,
    }
}

/// A question for all service relations.
pub(super) fn calls(from: Minute, to: Minute) -> RelationRead {
    let (scope, touching) = (Scope::ServiceRelation, EntitySelection::All);
    RelationRead { scope, touching, from, to, visible: Visible::All }
}

/// Reads relation rows sorted, each once, and checks what holds for every
/// answer: nothing that was not asked for, hours that ascend and hold something.
pub(super) async fn read_calls(
    store: &dyn Storage,
    read: &RelationRead,
) -> Result<Vec<RelationRow>> {
    let mut rows: Vec<RelationRow> = Vec::new();
    // An edge may come twice while it is written.
    let mut edges = BTreeSet::new();
    let mut take = |seen: &Sighting<'_>| {
        assert!(!seen.hours.is_empty() && seen.hours.iter().all(|hour| hour.minutes != 0));
        assert!(seen.hours.windows(2).all(|pair| pair[0].hour < pair[1].hour), "hours ascend");
        edges.insert(*seen.edge);
        let before = rows.len();
        rows.extend(seen.rows());
        let found = rows.iter().skip(before);
        assert!(found.clone().all(|row| read.wants(row)), "a row outside of the question");
        true
    };
    assert_eq!(store.relations().read(read, &mut take).await?, Completeness::Complete);
    let examined = store.relations().examined(read);
    assert!(examined >= edges.len() as u64, "each edge was looked at");
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// Everything, newest first.
pub(super) fn any_segment() -> SegmentFilter {
    SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() }
}

/// All pages of a search, each checked: no page is larger than `limit`, and a
/// page that is followed by another is complete and not empty.
pub(super) async fn pages(
    store: &dyn Storage,
    filter: &SegmentFilter,
    limit: usize,
) -> Result<Vec<SegmentPage>> {
    let mut pages: Vec<SegmentPage> = Vec::new();
    let mut after = None;
    loop {
        let page = store.spans().search(filter, after.as_ref(), limit).await?;
        assert!(page.segments.len() <= limit, "a page of more than its limit");
        assert!(page.complete, "a small store is searched to the end");
        assert!(page.next.is_none() || !page.segments.is_empty(), "a page that goes nowhere");
        assert_ne!((&page.next, after.is_some()), (&after, true), "a cursor that stands still");
        after = page.next.clone();
        pages.push(page);
        if after.is_none() {
            return Ok(pages);
        }
    }
}

/// Segment ids of a search in the order of the answer.
pub(super) async fn found(store: &dyn Storage, filter: &SegmentFilter) -> Result<Vec<String>> {
    let page = store.spans().search(filter, None, 10_000).await?;
    assert!(page.complete && page.next.is_none(), "one page holds everything");
    Ok(page.segments.into_iter().map(|found| found.segment.segment_id).collect())
}
