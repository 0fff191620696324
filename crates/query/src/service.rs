//! One service: its instances and endpoints, who calls it and whom it calls, what goes wrong.

mod errors;

use skytrail_model::entity::{Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::id;
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_storage::{EntityFilter, EntityQuery, EntitySelection};

pub use errors::ServiceError;

use crate::context::Ctx;
use crate::entity::parse_service;
use crate::error::Result;
use crate::hash::Map;
use crate::measures::{ENDPOINT, INSTANCE, Measured, MetricNames};
use crate::metadata::{RECORD_BYTES, language, spelled, version};
use crate::overview::{Compare, Grid, Scene, Series, Status};
use crate::query::Query;
use crate::time::Range;
use crate::topology::{MapScope, MapSearch, Traffic};

/// Instances or endpoints of an answer, at most: those that are called most.
const LISTED: usize = 500;

/// The same that are looked at: those that were seen last.
const LOOKED_AT: usize = 5_000;

/// The same that come with lines, at most: those that are called most.
const WITH_LINES: usize = 100;

/// Some metrics point by point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartLines {
    /// Calls per minute.
    pub cpm: Vec<Option<f64>>,
    /// Milliseconds: the average of an instance, the 99th percentile of an endpoint.
    pub latency: Vec<Option<f64>>,
    /// Failures in per cent.
    pub errors: Vec<Option<f64>>,
}

/// The service itself, whether it reports or is only called.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceHead {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What stands before `::` in the name; else empty.
    pub group: String,
    /// Names of its layers.
    pub layers: Vec<&'static str>,
    /// Whether it reports itself.
    pub real: bool,
    /// What it is built with or what it is; empty when nothing tells.
    pub r#type: String,
}

/// An instance of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceRow {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its numbers; there are no percentiles of instances.
    pub traffic: Traffic,
    /// The same point by point; none where others are called more.
    pub lines: Option<PartLines>,
    /// Language of its agent, in capitals.
    pub language: Option<String>,
    /// Version of its agent.
    pub version: Option<String>,
    /// When it was first seen, milliseconds since the Unix epoch.
    pub started: i64,
    /// When it last told that it lives, milliseconds since the Unix epoch.
    pub last_seen: i64,
}

/// An endpoint of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointRow {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its numbers.
    pub traffic: Traffic,
    /// The same point by point; none where others are called more.
    pub lines: Option<PartLines>,
}

/// Who calls a service, or is called by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it is built with or what it is; empty when nothing tells.
    pub r#type: String,
    /// What is called between the two.
    pub traffic: Traffic,
    /// How it is.
    pub status: Status,
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServicePage {
    /// The service itself.
    pub service: ServiceHead,
    /// Where the first point of lines starts, milliseconds since the Unix epoch.
    pub first: i64,
    /// Milliseconds from a point to the next.
    pub step: i64,
    /// Instances that lived in the range, busiest first.
    pub instances: Vec<InstanceRow>,
    /// Endpoints that were called in it, busiest first.
    pub endpoints: Vec<EndpointRow>,
    /// What went wrong, most often first.
    pub errors: Vec<ServiceError>,
    /// Who calls it, by id.
    pub callers: Vec<Neighbour>,
    /// Whom it calls, by id.
    pub callees: Vec<Neighbour>,
    /// Whether nothing is missing.
    pub complete: bool,
}

impl Query {
    /// One service in a range.
    ///
    /// # Errors
    /// `Invalid` for a wrong id.
    pub async fn service_page(&self, ctx: &Ctx, id: &str, range: &Range) -> Result<ServicePage> {
        let service = parse_service("id", id)?;
        let grid = Grid::of(range, &self.zone, self.clock.unix_nanos());
        let minutes = grid.all_minutes();
        let scope = (&service, range);
        let instances = self.parts(ctx, Scope::ServiceInstance, &INSTANCE, scope).await?;
        let mut endpoints = self.parts(ctx, Scope::Endpoint, &ENDPOINT, scope).await?;
        endpoints.retain(|(_, measured)| measured.calls > 0);
        let mut of_instances =
            self.part_lines(ctx, (range, &grid), &INSTANCE, &instances, |one| &one.average).await?;
        let mut of_endpoints =
            self.part_lines(ctx, (range, &grid), &ENDPOINT, &endpoints, |one| &one.p99).await?;
        let around = self.neighbourhood(ctx, id, range).await?;
        let errors = self.service_errors(ctx, id, range).await?;
        Ok(ServicePage {
            service: self.head(ctx, &service, around.r#type).await?,
            first: grid.start(0),
            step: grid.step * 60_000,
            instances: instances
                .into_iter()
                .map(|(record, measured)| InstanceRow {
                    lines: of_instances.remove(&record.entity.id()),
                    ..instance(&record, &measured, minutes)
                })
                .collect(),
            endpoints: endpoints
                .into_iter()
                .map(|(record, measured)| EndpointRow {
                    id: id::entity_id(&record.entity),
                    name: name(&record.entity),
                    traffic: Traffic::of(&measured, minutes),
                    lines: of_endpoints.remove(&record.entity.id()),
                })
                .collect(),
            errors,
            callers: around.callers,
            callees: around.callees,
            complete: !ctx.is_incomplete(),
        })
    }

    /// What is known of the service itself.
    async fn head(&self, ctx: &Ctx, service: &ServiceRef, r#type: String) -> Result<ServiceHead> {
        ctx.charge(1)?;
        let records = self.storage.entities().get(&[service.id()]).await?;
        let layers = records.first().map(|record| record.layers).unwrap_or_default();
        let layers = layers.iter().filter(|layer| *layer != Layer::UNDEFINED).map(Layer::name);
        let layers: Vec<_> = layers.collect();
        Ok(ServiceHead {
            id: id::service_id(service),
            name: service.name.clone(),
            group: service.name.split_once("::").map_or("", |(group, _)| group).to_owned(),
            real: service.normal && !layers.is_empty(),
            layers,
            r#type,
        })
    }

    /// The lines of those that are called most; parts come busiest first.
    async fn part_lines(
        &self,
        ctx: &Ctx,
        scope: (&Range, &Grid),
        names: &MetricNames,
        parts: &[(EntityRecord, Measured)],
        latency: fn(&Series) -> &Vec<Option<f64>>,
    ) -> Result<Map<EntityId, PartLines>> {
        let busiest = parts.iter().take(WITH_LINES).map(|(record, _)| record.entity.id());
        let series = self.part_series(ctx, scope, names, busiest.collect()).await?;
        let lines = series.into_iter().map(|(id, series)| {
            let latency = latency(&series).clone();
            (id, PartLines { cpm: series.cpm, latency, errors: series.errors })
        });
        Ok(lines.collect())
    }

    /// The instances or endpoints of a service with what was measured, busiest first.
    async fn parts(
        &self,
        ctx: &Ctx,
        scope: Scope,
        names: &MetricNames,
        (service, range): (&ServiceRef, &Range),
    ) -> Result<Vec<(EntityRecord, Measured)>> {
        let filters = vec![
            EntityFilter::Service(service.id()),
            EntityFilter::SeenSince(range.first_minute()),
            EntityFilter::FirstSeenBy(range.last_minute()),
        ];
        let query = EntityQuery { scope, filters, limit: LOOKED_AT };
        ctx.charge_examined(self.storage.entities().examined(&query))?;
        let (records, is_cut) = self.storage.entities().list(&query).await?;
        ctx.keep(records.len().saturating_mul(RECORD_BYTES))?;
        let ids = records.iter().map(|record| record.entity.id()).collect();
        let mut measured: Map<EntityId, Measured> =
            self.measure(ctx, names, &EntitySelection::these(ids), range).await?;
        let with = |record: EntityRecord| {
            let measured = measured.remove(&record.entity.id()).unwrap_or_default();
            (record, measured)
        };
        let mut parts: Vec<_> = records.into_iter().map(with).collect();
        parts.sort_by(|a, b| {
            b.1.calls.cmp(&a.1.calls).then_with(|| name(&a.0.entity).cmp(&name(&b.0.entity)))
        });
        if is_cut || parts.len() > LISTED {
            parts.truncate(LISTED);
            ctx.note_incomplete();
        }
        Ok(parts)
    }

    /// Callers and callees, and what they tell of the service.
    async fn neighbourhood(&self, ctx: &Ctx, id: &str, range: &Range) -> Result<Neighbourhood> {
        let scene = Scene { range: *range, compare: Compare::None, layer: None, group: None };
        let around = Some(id.to_owned());
        let search = MapSearch { scene, scope: MapScope::Services, around, depth: 1 };
        let map = self.map(ctx, &search).await?;
        let node = |id: &str| map.nodes.iter().find(|node| node.id == id);
        let r#type = node(id).map(|own| own.r#type.clone()).unwrap_or_default();
        let (mut callers, mut callees) = (Vec::new(), Vec::new());
        for edge in &map.edges {
            let (other, list) = match (edge.source == id, edge.target == id) {
                (true, _) => (&edge.target, &mut callees),
                (_, true) => (&edge.source, &mut callers),
                _ => continue,
            };
            let Some(node) = node(other) else { continue };
            list.push(Neighbour {
                id: node.id.clone(),
                name: node.name.clone(),
                r#type: node.r#type.clone(),
                traffic: edge.client.or(edge.server).unwrap_or_default(),
                status: node.status,
            });
        }
        Ok(Neighbourhood { r#type, callers, callees })
    }
}

/// What is around a service.
struct Neighbourhood {
    r#type: String,
    callers: Vec<Neighbour>,
    callees: Vec<Neighbour>,
}

fn instance(record: &EntityRecord, measured: &Measured, minutes: f64) -> InstanceRow {
    InstanceRow {
        id: id::entity_id(&record.entity),
        name: name(&record.entity),
        traffic: Traffic::of(measured, minutes),
        lines: None,
        language: language(record).map(spelled),
        version: version(record).map(str::to_owned),
        started: record.first_seen.start_millis(),
        last_seen: record.last_seen.start_millis(),
    }
}

fn name(entity: &Entity) -> String {
    match entity {
        Entity::Instance(child) | Entity::Endpoint(child) => child.name.clone(),
        other => other.service().name.clone(),
    }
}
