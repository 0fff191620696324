//! One service: its instances and endpoints, who calls it and whom it calls, what goes wrong.

mod errors;

use skytrail_model::entity::{Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::id;
use skytrail_model::scope::Scope;
use skytrail_storage::{EntityFilter, EntityQuery, EntitySelection};

pub use errors::ServiceError;

use crate::context::Ctx;
use crate::entity::parse_service;
use crate::error::Result;
use crate::hash::Map;
use crate::measures::{ENDPOINT, INSTANCE, Measured, MetricNames};
use crate::metadata::{RECORD_BYTES, language, version};
use crate::overview::{Compare, Grid, Scene};
use crate::query::Query;
use crate::time::Range;
use crate::topology::{MapScope, MapSearch, Traffic};

/// Instances or endpoints of an answer, at most: those that are called most.
const LISTED: usize = 500;

/// The same that are looked at: those that were seen last.
const LOOKED_AT: usize = 5_000;

/// An instance of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceRow {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its numbers; there are no percentiles of instances.
    pub traffic: Traffic,
    /// Language of its agent, as it was sent.
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
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServicePage {
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
        let endpoints = self.parts(ctx, Scope::Endpoint, &ENDPOINT, scope).await?;
        let endpoints = endpoints.into_iter().filter(|(_, measured)| measured.calls > 0);
        let (callers, callees) = self.neighbours(ctx, id, range).await?;
        let errors = self.service_errors(ctx, id, range).await?;
        Ok(ServicePage {
            instances: instances
                .into_iter()
                .map(|(record, measured)| instance(&record, &measured, minutes))
                .collect(),
            endpoints: endpoints
                .map(|(record, measured)| EndpointRow {
                    id: id::entity_id(&record.entity),
                    name: name(&record.entity),
                    traffic: Traffic::of(&measured, minutes),
                })
                .collect(),
            errors,
            callers,
            callees,
            complete: !ctx.is_incomplete(),
        })
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

    /// Callers and callees.
    async fn neighbours(
        &self,
        ctx: &Ctx,
        id: &str,
        range: &Range,
    ) -> Result<(Vec<Neighbour>, Vec<Neighbour>)> {
        let scene = Scene { range: *range, compare: Compare::None, layer: None, group: None };
        let around = Some(id.to_owned());
        let search = MapSearch { scene, scope: MapScope::Services, around, depth: 1 };
        let map = self.map(ctx, &search).await?;
        let (mut callers, mut callees) = (Vec::new(), Vec::new());
        for edge in &map.edges {
            let (other, list) = match (edge.source == id, edge.target == id) {
                (true, _) => (&edge.target, &mut callees),
                (_, true) => (&edge.source, &mut callers),
                _ => continue,
            };
            let Some(node) = map.nodes.iter().find(|node| node.id == *other) else { continue };
            list.push(Neighbour {
                id: node.id.clone(),
                name: node.name.clone(),
                r#type: node.r#type.clone(),
                traffic: edge.client.or(edge.server).unwrap_or_default(),
            });
        }
        Ok((callers, callees))
    }
}

fn instance(record: &EntityRecord, measured: &Measured, minutes: f64) -> InstanceRow {
    InstanceRow {
        id: id::entity_id(&record.entity),
        name: name(&record.entity),
        traffic: Traffic::of(measured, minutes),
        language: language(record).map(str::to_owned),
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
