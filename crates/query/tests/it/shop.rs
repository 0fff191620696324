//! A small shop: what is stored about it, and the questions' surroundings.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use skytrail_base::claim::Claim;
use skytrail_base::clock::ManualClock;
use skytrail_model::alias::Alias;
use skytrail_model::component;
use skytrail_model::entity::{ChildRef, Entity, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::metric::{
    Catalogue, Cell, Column, ColumnId, Formula, Histogram, Merge, Metric, MetricBlock, Row, Table,
    TableId,
};
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Minute, Zone};
use skytrail_query::{Budget, Config, Ctx, Deps, Duration, EntityCondition, Query, Step};
use skytrail_storage::memory::{self, MemoryStorage};
use skytrail_storage::{LiveMetrics, NoLiveMetrics, Origin, Storage};

/// 2026-03-01 10:00 UTC.
pub(crate) const TEN: Minute = Minute(29_539_320);

/// A minute of that hour.
pub(crate) fn at(minute: i64) -> Minute {
    TEN.plus(minute)
}

/// Minutes of that hour as a client writes them.
pub(crate) fn minutes(first: i64, last: i64) -> Duration {
    let text = |minute: i64| format!("2026-03-01 {:02}{:02}", 10 + minute / 60, minute % 60);
    Duration { start: text(first), end: text(last), step: Step::Minute, cold_stage: false }
}

/// Hours of that day as a client writes them.
pub(crate) fn hours(first: i64, last: i64) -> Duration {
    let text = |hour: i64| format!("2026-03-01 {hour:02}");
    Duration { start: text(first), end: text(last), step: Step::Hour, cold_stage: false }
}

pub(crate) fn service(name: &str) -> ServiceRef {
    ServiceRef { name: name.to_owned(), normal: true }
}

pub(crate) fn conjectured(name: &str) -> ServiceRef {
    ServiceRef { name: name.to_owned(), normal: false }
}

pub(crate) fn child(owner: &str, name: &str) -> ChildRef {
    ChildRef { service: service(owner), name: name.to_owned() }
}

/// A service as a client names it.
pub(crate) fn named(name: &str) -> EntityCondition {
    EntityCondition {
        service_name: Some(name.to_owned()),
        normal: Some(true),
        ..EntityCondition::default()
    }
}

/// A relation as a client names it.
pub(crate) fn called(source: &str, dest: &str) -> EntityCondition {
    EntityCondition {
        dest_service_name: Some(dest.to_owned()),
        dest_normal: Some(true),
        ..named(source)
    }
}

const COUNT: ColumnId = ColumnId(0);
const SUM: ColumnId = ColumnId(1);
const GOOD: ColumnId = ColumnId(2);
const LATENCIES: ColumnId = ColumnId(3);
const BY_WIDTH: ColumnId = ColumnId(4);

pub(crate) const SERVICE: TableId = TableId(0);
pub(crate) const INSTANCE: TableId = TableId(1);
pub(crate) const ENDPOINT: TableId = TableId(2);
pub(crate) const RELATION: TableId = TableId(3);
pub(crate) const INSTANCE_RELATION: TableId = TableId(4);

/// Every table has the same columns here.
pub(crate) fn catalogue() -> Catalogue {
    let column = |name: &str, merge| Column { name: name.to_owned(), merge };
    let columns = vec![
        column("count[]", Merge::Sum),
        column("sum(latency)", Merge::Sum),
        column("count[status == true]", Merge::Sum),
        column("histogram(latency)", Merge::Histogram),
        column("buckets(latency)", Merge::Labels),
    ];
    let table =
        |name: &str, scope| Table { name: name.to_owned(), scope, columns: columns.clone() };
    let tables = vec![
        table("Service", Scope::Service),
        table("ServiceInstance", Scope::ServiceInstance),
        table("Endpoint", Scope::Endpoint),
        table("ServiceRelation", Scope::ServiceRelation),
        table("ServiceInstanceRelation", Scope::ServiceInstanceRelation),
    ];
    let cpm = Formula::PerMinute { total: COUNT };
    let average = Formula::Average { sum: SUM, count: COUNT, divisor: 1000 };
    let metric = |name: &str, table, formula: &Formula| Metric {
        name: name.to_owned(),
        table,
        formula: formula.clone(),
        has_layer_attribute: matches!(table, SERVICE | ENDPOINT),
    };
    let metrics = vec![
        metric("service_cpm", SERVICE, &cpm),
        metric("service_resp_time", SERVICE, &average),
        metric("service_sla", SERVICE, &Formula::Percent { total: COUNT, matched: GOOD }),
        metric(
            "service_percentile",
            SERVICE,
            &Formula::Percentile { histogram: LATENCIES, divisor: 1000 },
        ),
        metric("service_heatmap", SERVICE, &Formula::Buckets { counts: BY_WIDTH }),
        metric("service_instance_cpm", INSTANCE, &cpm),
        metric("instance_jvm_cpu", INSTANCE, &Formula::FloatAverage { sum: SUM, count: COUNT }),
        metric("endpoint_cpm", ENDPOINT, &cpm),
        metric("service_relation_client_cpm", RELATION, &cpm),
        metric("service_relation_client_resp_time", RELATION, &average),
        metric("service_instance_relation_client_cpm", INSTANCE_RELATION, &cpm),
    ];
    Catalogue::new(tables, metrics)
}

/// Calls of an entity in a minute, all of one latency in milliseconds.
pub(crate) fn calls(count: i64, latency: i64) -> Row {
    failing(count, 0, latency)
}

/// The same, some of which fail.
pub(crate) fn failing(count: i64, failed: i64, latency: i64) -> Row {
    let mut histogram = Histogram::default();
    (0..count).for_each(|_| histogram.add(latency * 1000));
    let width = (latency / 100 * 100).to_string();
    Row {
        cells: vec![
            Cell::Int(count),
            Cell::Int(count * latency * 1000),
            Cell::Int(count - failed),
            Cell::Histogram(histogram),
            Cell::Labels([(width, count)].into()),
        ],
    }
}

pub(crate) fn block(table: TableId, minute: Minute, entity: &Entity, row: &Row) -> MetricBlock {
    let catalogue = catalogue();
    let mut block = MetricBlock::empty(table, catalogue.table(table).unwrap(), minute);
    block.push(entity.id(), row);
    block
}

pub(crate) struct Shop {
    pub(crate) storage: Arc<MemoryStorage>,
    pub(crate) query: Query,
    pub(crate) ctx: Ctx,
    sequence: AtomicU64,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self::with("UTC", Arc::new(NoLiveMetrics))
    }

    pub(crate) fn with(zone: &str, live: Arc<dyn LiveMetrics>) -> Self {
        Self::within(memory::Config::default(), zone, live)
    }

    /// The same with a store of limits of its own.
    pub(crate) fn within(config: memory::Config, zone: &str, live: Arc<dyn LiveMetrics>) -> Self {
        let zone = Zone::parse(zone).unwrap();
        let catalogue = Arc::new(catalogue());
        let storage = Arc::new(MemoryStorage::new(config, zone.clone(), catalogue.clone()));
        let query = Query::new(Deps {
            storage: storage.clone(),
            live,
            catalogue,
            zone,
            clock: ManualClock::at(at(60).start_nanos()),
            config: Config::default(),
        });
        let ctx = Ctx::new(Arc::new(Budget::default()), None, Claim::default());
        Self { storage, query, ctx, sequence: AtomicU64::new(0) }
    }

    /// The same storage under other limits.
    pub(crate) fn limited(mut self, config: Config) -> Self {
        self.query = Query::new(Deps {
            storage: self.storage.clone(),
            live: Arc::new(NoLiveMetrics),
            catalogue: Arc::new(catalogue()),
            zone: Zone::utc(),
            clock: ManualClock::at(at(60).start_nanos()),
            config,
        });
        self
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin { shard: 0, sequence: self.sequence.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    pub(crate) async fn know(&self, entity: Entity, layers: LayerSet) {
        self.know_with(entity, layers, &[]).await;
    }

    pub(crate) async fn know_with(
        &self,
        entity: Entity,
        layers: LayerSet,
        properties: &[(&str, &str)],
    ) {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let record = EntityRecord {
            entity,
            layers,
            first_seen: TEN,
            last_seen: at(30),
            properties: properties.iter().map(own).collect(),
        };
        self.storage.entities().upsert(self.origin(), vec![record]).await.unwrap();
    }

    /// A service that reports itself.
    pub(crate) async fn general(&self, name: &str) {
        self.know(Entity::Service(service(name)), LayerSet::of(Layer::GENERAL)).await;
    }

    pub(crate) async fn metric(&self, table: TableId, minute: i64, entity: &Entity, row: &Row) {
        let block = block(table, at(minute), entity, row);
        self.storage.metrics().append(self.origin(), vec![block]).await.unwrap();
    }

    /// A call between services, as one side reports it with a component.
    pub(crate) async fn call(
        &self,
        source: &ServiceRef,
        dest: &ServiceRef,
        side: DetectPoint,
        component: &str,
        minute: i64,
    ) {
        let relation = Entity::ServiceRelation { source: source.clone(), dest: dest.clone() };
        self.relation(relation, side, component::number(component).unwrap_or(0), minute).await;
    }

    pub(crate) async fn relation(
        &self,
        entity: Entity,
        side: DetectPoint,
        component: i32,
        minute: i64,
    ) {
        let (source, dest) = entity.ends().unwrap();
        let row = RelationRow {
            minute: at(minute),
            scope: entity.scope(),
            relation: entity.id(),
            source: source.id(),
            dest: dest.id(),
            source_service: source.service().id(),
            dest_service: dest.service().id(),
            side,
            component,
        };
        self.storage.relations().append(self.origin(), vec![row]).await.unwrap();
        self.know(entity, LayerSet::default()).await;
    }

    pub(crate) async fn alias(&self, address: &str, owner: &str, instance: &str, since: i64) {
        let alias = Alias {
            address: address.to_owned(),
            service: service(owner),
            instance: instance.to_owned(),
            since: at(since),
            last_seen: at(since),
        };
        self.storage.entities().upsert_aliases(self.origin(), vec![alias]).await.unwrap();
    }
}
