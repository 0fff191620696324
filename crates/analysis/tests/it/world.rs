//! An analysis with a store in memory, and answers in words.

use std::sync::Arc;

use skytrail_analysis::{Analysis, Config, Deps, Rules};
use skytrail_base::clock::ManualClock;
use skytrail_base::handoff::Handoff;
use skytrail_base::metrics::Registry;
use skytrail_base::queue::{Sender, bounded};
use skytrail_model::batch::Batch;
use skytrail_model::entity::{ChildRef, Entity, EntityRecord, ServiceRef};
use skytrail_model::metric::{Catalogue, Metric, MetricBlock, MetricValue, Row};
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::contract::build::{SegmentSpec, Symbols, batch_in};
use skytrail_storage::memory::{self, MemoryStorage};
use skytrail_storage::{
    ColumnSelection, EntityQuery, EntitySelection, MetricRead, RecordRead, RelationRead,
    SharedStorage, Sighting, Storage, Visible,
};

/// 2026-03-01T10:00:00Z.
pub(crate) const START: i64 = 1_772_359_200_000_000_000;
pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const MILLI: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;

/// An analysis and its store.
pub(crate) struct World {
    pub(crate) analysis: Analysis,
    pub(crate) memory: Arc<MemoryStorage>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) registry: Registry,
    pub(crate) senders: Vec<Sender<Handoff<Batch>>>,
    symbols: Symbols,
    runtime: tokio::runtime::Runtime,
}

pub(crate) fn world() -> World {
    World::of(&Config::default(), Zone::utc(), 1)
}

impl World {
    pub(crate) fn of(config: &Config, zone: Zone, shards: usize) -> Self {
        let rules = Rules::load(&config.validate().unwrap()).unwrap();
        let memory = MemoryStorage::new(memory::Config::default(), zone.clone(), rules.catalogue());
        Self::on(Arc::new(memory), config, zone, shards)
    }

    pub(crate) fn on(
        memory: Arc<MemoryStorage>,
        config: &Config,
        zone: Zone,
        shards: usize,
    ) -> Self {
        Self::with(memory.clone(), memory, config, zone, shards)
    }

    /// `storage` is what the analysis sees, `memory` what is asked.
    pub(crate) fn with(
        storage: SharedStorage,
        memory: Arc<MemoryStorage>,
        config: &Config,
        zone: Zone,
        shards: usize,
    ) -> Self {
        let settings = config.validate().unwrap();
        let rules = Rules::load(&settings).unwrap();
        let registry = Registry::default();
        let deps = Deps {
            rules,
            storage,
            registry: registry.clone(),
            clock: ManualClock::at(START),
            zone,
        };
        let (senders, receivers) = (0..shards).map(|_| bounded(1 << 20)).unzip();
        let analysis = Analysis::build(settings, deps, receivers).unwrap();
        let catalogue = analysis.catalogue();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .unwrap();
        let symbols = Symbols::of_shard(0);
        Self { analysis, memory, catalogue, registry, senders, symbols, runtime }
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub(crate) fn batch(
        &mut self,
        arrival: i64,
        segments: impl IntoIterator<Item = SegmentSpec>,
    ) -> Batch {
        let spans = batch_in(&mut self.symbols, segments);
        Batch { shard: 0, arrival, spans, ..Batch::default() }
    }

    /// A batch that arrives at once.
    pub(crate) fn feed(&mut self, segments: impl IntoIterator<Item = SegmentSpec>) {
        self.feed_at(START + 30 * SECOND, segments);
    }

    pub(crate) fn feed_at(
        &mut self,
        arrival: i64,
        segments: impl IntoIterator<Item = SegmentSpec>,
    ) {
        let batch = self.batch(arrival, segments);
        self.replay(batch);
    }

    pub(crate) fn replay(&self, batch: Batch) {
        self.block_on(self.analysis.replay(batch)).unwrap();
    }

    /// What a reader of live and stored rows gets.
    pub(crate) fn row(
        &self,
        metric: &Metric,
        entity: &Entity,
        downsampling: Downsampling,
        bucket: Minute,
    ) -> Row {
        let read = MetricRead {
            table: metric.table,
            entities: EntitySelection::these(vec![entity.id()]),
            columns: ColumnSelection::All,
            downsampling,
            from: bucket,
            to: bucket,
            visible: Visible::All,
        };
        let table = self.catalogue.table(metric.table).unwrap();
        let mut row = Row::empty(table);
        let mut add = |block: &MetricBlock| {
            assert_eq!(block.bucket, bucket);
            (0..block.len()).for_each(|place| row.merge(table, &block.row(place)));
            true
        };
        let (live, visible) = self.analysis.live().metrics(&read);
        live.iter().for_each(|block| {
            add(block);
        });
        let read = MetricRead { visible, ..read };
        let _ = self.block_on(self.memory.metrics().read(&read, &mut add)).unwrap();
        row
    }

    pub(crate) fn value(
        &self,
        name: &str,
        entity: &str,
        downsampling: Downsampling,
        bucket: Minute,
    ) -> String {
        let metric = self.catalogue.metric(name).unwrap_or_else(|| panic!("no metric {name}"));
        let scope = self.catalogue.table(metric.table).unwrap().scope;
        let row = self.row(metric, &entity_of(scope, entity), downsampling, bucket);
        shown(&metric.formula.value(&row, downsampling))
    }

    /// Compares a table of `metric  entity  = value` with what is answered for
    /// the minute of `at`.
    #[track_caller]
    pub(crate) fn expect(&self, at: i64, table: &str) {
        self.expect_in(Downsampling::Minute, Minute::of_nanos(at), table);
    }

    #[track_caller]
    pub(crate) fn expect_in(&self, downsampling: Downsampling, bucket: Minute, table: &str) {
        let lines: Vec<&str> =
            table.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let answered: Vec<String> = lines
            .iter()
            .map(|line| {
                let (what, _) = line.rsplit_once('=').unwrap();
                let (metric, entity) = what.trim().split_once(' ').unwrap();
                let value = self.value(metric, entity.trim(), downsampling, bucket);
                format!("{what}= {value}")
            })
            .collect();
        assert_eq!(answered.join("\n"), lines.join("\n"));
    }

    /// Names of the listed entities of a scope, sorted.
    pub(crate) fn listed(&self, scope: Scope) -> Vec<String> {
        let mut names: Vec<_> =
            self.records_of(scope).iter().map(|record| name_of(&record.entity)).collect();
        names.sort();
        names
    }

    pub(crate) fn records_of(&self, scope: Scope) -> Vec<EntityRecord> {
        let query = EntityQuery { scope, filters: Vec::new(), limit: 10_000 };
        self.block_on(self.memory.entities().list(&query)).unwrap().0
    }

    /// `source > dest side component` of a scope, live and stored, sorted.
    pub(crate) fn relations(&self, scope: Scope) -> Vec<String> {
        let read = RelationRead {
            scope,
            touching: EntitySelection::All,
            from: Minute(0),
            to: Minute(i64::MAX),
            visible: Visible::All,
        };
        let (mut rows, visible) = self.analysis.live().relations(&read);
        let read = RelationRead { visible, ..read };
        let mut take = |seen: &Sighting<'_>| {
            rows.extend(seen.rows());
            true
        };
        let _ = self.block_on(self.memory.relations().read(&read, &mut take)).unwrap();
        let names = self.records_of(scope);
        let mut shown: Vec<String> = rows
            .iter()
            .map(|row| {
                let record = names.iter().find(|record| record.entity.id() == row.relation);
                let entity = &record.expect("a relation has a name").entity;
                let (source, dest) = entity.ends().unwrap();
                assert_eq!((row.source, row.dest), (source.id(), dest.id()));
                assert_eq!(row.source_service, source.service().id());
                assert_eq!(row.dest_service, dest.service().id());
                format!("{} {} {}", name_of(entity), row.side.name(), row.component)
            })
            .collect();
        shown.sort();
        shown.dedup();
        shown
    }

    pub(crate) fn top(&self, stream: TopStream) -> Vec<TopRecord> {
        let read = RecordRead {
            stream,
            entity: None,
            from: 0,
            to: i64::MAX,
            descending: true,
            limit: 100,
        };
        self.block_on(self.memory.records().top(&read)).unwrap().0
    }
}

fn service_of(text: &str) -> ServiceRef {
    match text.strip_prefix('~') {
        Some(name) => ServiceRef { name: name.to_owned(), normal: false },
        None => ServiceRef { name: text.to_owned(), normal: true },
    }
}

fn child_of(text: &str) -> ChildRef {
    let (service, name) = text.split_once('|').unwrap_or_else(|| panic!("{text} has no |"));
    ChildRef { service: service_of(service), name: name.to_owned() }
}

/// `shop`, `~User` for a conjectured service, `shop|instance`, `a > b`.
pub(crate) fn entity_of(scope: Scope, text: &str) -> Entity {
    let ends = || text.split_once(" > ").unwrap_or_else(|| panic!("{text} has no >"));
    match scope {
        Scope::Service => Entity::Service(service_of(text)),
        Scope::ServiceInstance => Entity::Instance(child_of(text)),
        Scope::Endpoint => Entity::Endpoint(child_of(text)),
        Scope::ServiceRelation => {
            Entity::ServiceRelation { source: service_of(ends().0), dest: service_of(ends().1) }
        }
        Scope::ServiceInstanceRelation => {
            Entity::InstanceRelation { source: child_of(ends().0), dest: child_of(ends().1) }
        }
        Scope::EndpointRelation => {
            Entity::EndpointRelation { source: child_of(ends().0), dest: child_of(ends().1) }
        }
    }
}

fn name_of(entity: &Entity) -> String {
    let service =
        |service: &ServiceRef| format!("{}{}", if service.normal { "" } else { "~" }, service.name);
    let child = |child: &ChildRef| format!("{}|{}", service(&child.service), child.name);
    match entity {
        Entity::Service(it) => service(it),
        Entity::Instance(it) | Entity::Endpoint(it) => child(it),
        Entity::ServiceRelation { source, dest } => {
            format!("{} > {}", service(source), service(dest))
        }
        Entity::InstanceRelation { source, dest } | Entity::EndpointRelation { source, dest } => {
            format!("{} > {}", child(source), child(dest))
        }
    }
}

fn shown(value: &MetricValue) -> String {
    match value {
        MetricValue::Absent => "-".to_owned(),
        MetricValue::Single(value) => value.to_string(),
        MetricValue::Labelled(key, values) => {
            let values: Vec<_> =
                values.iter().map(|(label, value)| format!("{key}{label}:{value}")).collect();
            values.join(" ")
        }
    }
}
