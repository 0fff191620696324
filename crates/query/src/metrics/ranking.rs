//! The entities with the largest or smallest values.

use std::cmp::Ordering;

use skytrail_model::entity::{Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::id;
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::metric::{Formula, Metric, MetricValue};
use skytrail_model::scope::Scope;
use skytrail_model::time::Downsampling;
use skytrail_storage::{EntityFilter, EntityQuery, EntitySelection};

use super::kind::Known;
use crate::context::{Ctx, Working};
use crate::entity::Order;
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::query::Query;
use crate::rows::RowRead;
use crate::time::{Duration, Window};

/// Records that are looked up at once.
const CHUNK: usize = 256;

/// About what an entity takes while it is summed up, and in the order of all.
const SUM_BYTES: usize = 96;

/// About what an entity takes in an answer, names included.
const RANKED_BYTES: usize = 512;

/// What to rank (protocol `TopNCondition`; its `scope` is not read).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopNCondition {
    /// Name of the metric, or of a list of records.
    pub name: String,
    /// Only what belongs to this service; none or empty is everything.
    pub parent_service: Option<String>,
    /// Whether that service reports itself; needed with it.
    pub normal: Option<bool>,
    /// Entries.
    pub top_n: i64,
    /// Order.
    pub order: Order,
}

/// A ranked entity or a record (protocol `SelectedRecord`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedRecord {
    /// What is shown: the entity, led by its service when that was not named;
    /// or the statement.
    pub name: String,
    /// Id of the entity.
    pub id: String,
    /// The value as text.
    pub value: String,
    /// The trace of a record.
    pub ref_id: Option<String>,
    /// Whose value it is; none for records.
    pub owner: Option<Owner>,
}

/// Whose value it is (protocol `Owner`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// `Service`, `ServiceInstance` or `Endpoint`.
    pub scope: Option<&'static str>,
    /// Id of the service.
    pub service_id: Option<String>,
    /// Its name.
    pub service_name: Option<String>,
    /// Whether it reports itself.
    pub normal: Option<bool>,
    /// Id of the instance.
    pub service_instance_id: Option<String>,
    /// Its name.
    pub service_instance_name: Option<String>,
    /// Id of the endpoint.
    pub endpoint_id: Option<String>,
    /// Its name.
    pub endpoint_name: Option<String>,
}

/// A condition on an additional attribute of ranked rows. Attribute 0 is the
/// layer of the service; the others are kept by nothing and equal nothing.
pub(crate) struct Attribute<'a> {
    pub(crate) number: u8,
    pub(crate) value: &'a str,
    pub(crate) negated: bool,
}

impl Attribute<'_> {
    fn holds(&self, layers: LayerSet) -> bool {
        let layer = (self.number == 0).then(|| Layer::from_name(self.value)).flatten();
        layer.is_some_and(|layer| layers.contains(layer)) != self.negated
    }
}

/// A ranking of one metric.
pub(crate) struct RankRead<'a> {
    pub(crate) metric: &'a Metric,
    pub(crate) scope: Scope,
    pub(crate) parent: Option<ServiceRef>,
    pub(crate) attributes: Vec<Attribute<'a>>,
    pub(crate) limit: usize,
    pub(crate) order: Order,
    pub(crate) window: Window,
}

/// An entity and its average over the range.
pub(crate) struct Ranked {
    pub(crate) record: EntityRecord,
    pub(crate) value: f64,
}

impl Ranked {
    /// What is shown of it.
    pub(crate) fn name(&self, with_service: bool) -> String {
        match &self.record.entity {
            Entity::Service(service) => service.name.clone(),
            Entity::Instance(child) | Entity::Endpoint(child) if with_service => {
                format!("{} - {}", child.service.name, child.name)
            }
            Entity::Instance(child) | Entity::Endpoint(child) => child.name.clone(),
            // Relations have no name in the protocol.
            _ => "Unknown".to_owned(),
        }
    }

    /// Whose value it is.
    pub(crate) fn owner(&self) -> Owner {
        let service = self.record.entity.service();
        let mut owner = Owner {
            service_id: Some(id::service_id(service)),
            service_name: Some(service.name.clone()),
            normal: Some(service.normal),
            ..Owner::default()
        };
        match &self.record.entity {
            Entity::Service(_) => owner.scope = Some("Service"),
            Entity::Instance(child) => {
                owner.scope = Some("ServiceInstance");
                owner.service_instance_id = Some(id::child_id(service, &child.name));
                owner.service_instance_name = Some(child.name.clone());
            }
            Entity::Endpoint(child) => {
                owner.scope = Some("Endpoint");
                owner.endpoint_id = Some(id::child_id(service, &child.name));
                owner.endpoint_name = Some(child.name.clone());
            }
            _ => owner = Owner::default(),
        }
        owner
    }
}

#[derive(Default)]
struct Sums {
    by_entity: Map<EntityId, (f64, u32)>,
}

impl Sums {
    /// Whether the entity is new.
    fn add(&mut self, entity: EntityId, value: f64, most: usize) -> Result<bool> {
        let known = self.by_entity.len();
        let sum = self.by_entity.entry(entity).or_default();
        sum.0 += value;
        sum.1 += 1;
        if self.by_entity.len() > most {
            return Err(Error::too_large(format!(
                "more than {most} entities to rank; name a service or narrow the time range"
            )));
        }
        Ok(self.by_entity.len() > known)
    }

    /// Averages in order; equal ones by the key of the entity.
    fn ranked(self, order: Order) -> Vec<(EntityId, f64)> {
        let average = |(id, (sum, count)): (EntityId, (f64, u32))| (id, sum / f64::from(count));
        let mut ranked: Vec<_> = self.by_entity.into_iter().map(average).collect();
        ranked.sort_unstable_by(|a, b| {
            let by_value = match order {
                Order::Asc => a.1.total_cmp(&b.1),
                Order::Des => b.1.total_cmp(&a.1),
            };
            if by_value == Ordering::Equal { a.0.cmp(&b.0) } else { by_value }
        });
        ranked
    }
}

impl Query {
    /// Ranks entities by the average of their values over a range.
    ///
    /// # Errors
    /// `TooLarge` for more entities than may be ranked.
    pub(crate) async fn rank(&self, ctx: &Ctx, read: RankRead<'_>) -> Result<Vec<Ranked>> {
        let Some(downsampling) = read.window.step.downsampling() else { return Ok(Vec::new()) };
        let entities = match &read.parent {
            Some(parent) => self.children(ctx, read.scope, parent).await?,
            None => EntitySelection::All,
        };
        let mut working = ctx.working();
        let sums = self.sums(ctx, &mut working, &read, entities, downsampling).await?;
        // Averages of whole numbers are answered as whole numbers, as in the protocol.
        let whole = !matches!(read.metric.formula, Formula::FloatAverage { .. });
        let mut ranked = Vec::new();
        for chunk in sums.ranked(read.order).chunks(CHUNK) {
            let ids: Vec<_> = chunk.iter().map(|entry| entry.0).collect();
            let records = self.records_with(ctx, &ids, &read.attributes).await?;
            for (id, value) in chunk {
                if ranked.len() >= read.limit {
                    return Ok(ranked);
                }
                let Some(record) = records.get(id).cloned() else { continue };
                ctx.keep(RANKED_BYTES)?;
                let value = if whole { value.trunc() } else { *value };
                ranked.push(Ranked { record, value });
            }
        }
        Ok(ranked)
    }

    async fn sums(
        &self,
        ctx: &Ctx,
        working: &mut Working<'_>,
        read: &RankRead<'_>,
        entities: EntitySelection,
        downsampling: Downsampling,
    ) -> Result<Sums> {
        let rows = RowRead {
            table: read.metric.table,
            entities,
            downsampling,
            from: read.window.first,
            to: read.window.last,
            columns: read.metric.formula.columns(),
        };
        let mut sums = Sums::default();
        let most = self.config.max_ranked_entities;
        self.scan_rows(ctx, &rows, &mut |_, entity, row| match read
            .metric
            .formula
            .value(row, downsampling)
        {
            MetricValue::Single(value) => {
                if sums.add(entity, value, most)? {
                    working.grow(SUM_BYTES)?;
                }
                Ok(())
            }
            _ => Ok(()),
        })
        .await?;
        Ok(sums)
    }

    async fn children(
        &self,
        ctx: &Ctx,
        scope: Scope,
        parent: &ServiceRef,
    ) -> Result<EntitySelection> {
        if scope == Scope::Service {
            return Ok(EntitySelection::these(vec![parent.id()]));
        }
        let query = EntityQuery {
            scope,
            filters: vec![EntityFilter::Service(parent.id())],
            limit: self.config.max_ranked_entities,
        };
        let records = self.list_entities(ctx, &query).await?;
        Ok(EntitySelection::these(records.iter().map(|record| record.entity.id()).collect()))
    }

    /// Records by id, those only whose service meets the conditions.
    async fn records_with(
        &self,
        ctx: &Ctx,
        ids: &[EntityId],
        attributes: &[Attribute<'_>],
    ) -> Result<Map<EntityId, EntityRecord>> {
        ctx.charge(ids.len())?;
        let mut records = self.storage.entities().get(ids).await?;
        if !attributes.is_empty() {
            let mut services: Vec<_> =
                records.iter().map(|record| record.entity.service().id()).collect();
            services.sort_unstable();
            services.dedup();
            ctx.charge(services.len())?;
            let owners = self.storage.entities().get(&services).await?;
            let layers: Map<EntityId, LayerSet> =
                owners.iter().map(|owner| (owner.entity.id(), owner.layers)).collect();
            records.retain(|record| {
                let known = layers.get(&record.entity.service().id()).copied();
                attributes.iter().all(|attribute| attribute.holds(known.unwrap_or_default()))
            });
        }
        Ok(records.into_iter().map(|record| (record.entity.id(), record)).collect())
    }

    /// `sortMetrics`: ranks what a metric is about.
    ///
    /// # Errors
    /// `Invalid` for a wrong range, `TooLarge` for more entities than may be
    /// ranked.
    pub async fn sort_metrics(
        &self,
        ctx: &Ctx,
        condition: &TopNCondition,
        duration: &Duration,
    ) -> Result<Vec<SelectedRecord>> {
        let window = duration.window(&self.zone)?;
        let Some(Known::Metric(metric, table)) = self.known(&condition.name) else {
            return Ok(Vec::new());
        };
        let Some(parent) = condition.parent() else { return Ok(Vec::new()) };
        let with_service = parent.is_none();
        let read = RankRead {
            metric,
            scope: table.scope,
            parent,
            attributes: Vec::new(),
            limit: usize::try_from(condition.top_n).unwrap_or(0),
            order: condition.order,
            window,
        };
        let ranked = self.rank(ctx, read).await?;
        let selected = |ranked: &Ranked| SelectedRecord {
            name: ranked.name(with_service),
            id: id::entity_id(&ranked.record.entity),
            value: (ranked.value as i64).to_string(),
            ref_id: None,
            owner: Some(ranked.owner()),
        };
        Ok(ranked.iter().map(selected).collect())
    }
}

impl TopNCondition {
    /// The service that was named, if any; none at all when it was named
    /// without telling whether it reports itself.
    pub(crate) fn parent(&self) -> Option<Option<ServiceRef>> {
        let Some(name) = self.parent_service.as_deref().filter(|name| !name.is_empty()) else {
            return Some(None);
        };
        Some(Some(ServiceRef { name: name.to_owned(), normal: self.normal? }))
    }
}
