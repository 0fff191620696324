//! The parts of services that stand out: endpoints, instances, statements.

use std::cmp::Reverse;

use skytrail_model::entity::{Entity, EntityId, EntityRecord};
use skytrail_model::id;
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_storage::{EntitySelection, RecordRead};

use super::facts::Part;
use super::series::Grid;
use crate::context::Ctx;
use crate::error::Result;
use crate::hash::{Map, Set};
use crate::measures::{ENDPOINT, INSTANCE, Measured, MetricNames};
use crate::query::Query;
use crate::time::Range;

/// Entries of a list.
const LISTED: usize = 10;

/// Endpoints of either kind that are looked up by name: those of other groups go.
const CANDIDATES: usize = 200;

/// Minutes at the end of the range that endpoints and instances are measured in, at most.
const MINUTES: i64 = 30;

/// Calls of an endpoint that is listed as slow, at least.
const LEAST_CALLS: i64 = 5;

/// Bytes of a statement that is shown.
const STATEMENT_BYTES: usize = 2_048;

/// An endpoint that stands out.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedEndpoint {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Name of its service.
    pub service: String,
    /// Id of its service.
    pub service_id: String,
    /// Calls per minute.
    pub cpm: Option<f64>,
    /// 99th percentile of the latency, milliseconds.
    pub p99: Option<f64>,
    /// Failures in per cent.
    pub errors: Option<f64>,
}

/// A slow statement or command.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// `database` or `cache`.
    pub kind: &'static str,
    /// Its text.
    pub statement: String,
    /// Name of the database or cache.
    pub service: String,
    /// Its id.
    pub service_id: String,
    /// Milliseconds.
    pub duration: i64,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// The trace it happened in.
    pub trace_id: String,
}

/// What stands out.
pub(super) struct Lists {
    /// The points of endpoints and instances.
    pub(super) grid: Grid,
    pub(super) slow: Vec<ListedEndpoint>,
    pub(super) failing: Vec<ListedEndpoint>,
    /// Failing endpoints, by service.
    pub(super) endpoints: Map<EntityId, Vec<Part>>,
    /// Instances, by service.
    pub(super) instances: Map<EntityId, Vec<Part>>,
}

/// Minutes at the end of a range.
fn end_of(range: &Range) -> Range {
    Range { from: range.from.max(range.to - MINUTES * 60_000_000_000), to: range.to }
}

impl Query {
    /// What stands out among the parts of some services.
    pub(super) async fn lists(
        &self,
        ctx: &Ctx,
        range: &Range,
        services: &Set<EntityId>,
    ) -> Result<Lists> {
        let end = end_of(range);
        let mut lists = Lists {
            grid: Grid::of(&end, &self.zone, self.clock.unix_nanos()),
            slow: Vec::new(),
            failing: Vec::new(),
            endpoints: Map::default(),
            instances: Map::default(),
        };
        let minutes = end.nanos() as f64 / 6e10;
        let endpoints = self.measure(ctx, &ENDPOINT, &EntitySelection::All, &end).await?;
        let mut slow: Vec<_> =
            endpoints.iter().filter(|(_, one)| one.calls >= LEAST_CALLS).collect();
        let p99 = |one: &Measured| one.percentile(99).unwrap_or(0.0);
        slow.sort_by(|a, b| p99(b.1).total_cmp(&p99(a.1)).then(a.0.cmp(b.0)));
        slow.truncate(CANDIDATES);
        let mut failing: Vec<_> = endpoints.iter().filter(|(_, one)| one.failed > 0).collect();
        failing.sort_by(|a, b| b.1.failed.cmp(&a.1.failed).then(a.0.cmp(b.0)));
        failing.truncate(CANDIDATES);
        let ids = slow.iter().chain(&failing).map(|(id, _)| **id).collect();
        let names = self.names_of(ctx, ids).await?;
        let of_services = |id: &EntityId| {
            let record: &EntityRecord = names.get(id)?;
            services.contains(&record.entity.service().id()).then_some(record)
        };
        let listed = |(id, measured): &(&EntityId, &Measured)| {
            let Entity::Endpoint(child) = &of_services(id)?.entity else { return None };
            Some(ListedEndpoint {
                id: id::child_id(&child.service, &child.name),
                name: child.name.clone(),
                service: child.service.name.clone(),
                service_id: id::service_id(&child.service),
                cpm: measured.cpm(minutes),
                p99: measured.percentile(99),
                errors: measured.errors(),
            })
        };
        lists.slow = slow.iter().filter_map(listed).take(LISTED).collect();
        lists.failing = failing.iter().filter_map(listed).take(LISTED).collect();
        for (id, measured) in failing {
            if let Some(record) = of_services(id) {
                let part = part(record, measured);
                lists.endpoints.entry(record.entity.service().id()).or_default().push(part);
            }
        }
        drop(endpoints);
        lists.instances = self.instances(ctx, &end, services).await?;
        let scope = (&end, &lists.grid);
        let is_failing = |part: &Part, _: &[Part]| part.failing().is_some();
        self.show_odd(ctx, scope, &ENDPOINT, &mut lists.endpoints, is_failing).await?;
        let deviates = |part: &Part, all: &[Part]| part.deviation(all).is_some();
        self.show_odd(ctx, scope, &INSTANCE, &mut lists.instances, deviates).await?;
        Ok(lists)
    }

    /// Reads those that stand out point by point.
    async fn show_odd(
        &self,
        ctx: &Ctx,
        scope: (&Range, &Grid),
        names: &MetricNames,
        parts: &mut Map<EntityId, Vec<Part>>,
        is_odd: impl Fn(&Part, &[Part]) -> bool,
    ) -> Result<()> {
        let odd = parts.values().flat_map(|all| all.iter().filter(|part| is_odd(part, all)));
        let rank = |part: &Part| (Reverse((part.measured.failed, part.measured.calls)), part.key);
        let mut odd: Vec<_> = odd.map(rank).collect();
        odd.sort_unstable();
        if odd.len() > CANDIDATES {
            odd.truncate(CANDIDATES);
            ctx.note_incomplete();
        }
        let odd = odd.into_iter().map(|(_, key)| key).collect();
        let mut series = self.part_series(ctx, scope, names, odd).await?;
        for part in parts.values_mut().flatten() {
            part.series = series.remove(&part.key);
        }
        Ok(())
    }

    async fn instances(
        &self,
        ctx: &Ctx,
        stretch: &Range,
        services: &Set<EntityId>,
    ) -> Result<Map<EntityId, Vec<Part>>> {
        let instances = self.measure(ctx, &INSTANCE, &EntitySelection::All, stretch).await?;
        let names = self.names_of(ctx, instances.keys().copied().collect()).await?;
        let mut by_service: Map<EntityId, Vec<Part>> = Map::default();
        for (id, measured) in &instances {
            let Some(record) = names.get(id) else { continue };
            let service = record.entity.service().id();
            if services.contains(&service) {
                by_service.entry(service).or_default().push(part(record, measured));
            }
        }
        for parts in by_service.values_mut() {
            parts.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Ok(by_service)
    }

    /// Records by key.
    pub(crate) async fn names_of(
        &self,
        ctx: &Ctx,
        ids: Set<EntityId>,
    ) -> Result<Map<EntityId, EntityRecord>> {
        let ids: Vec<EntityId> = ids.into_iter().collect();
        ctx.charge(ids.len())?;
        ctx.keep(ids.len().saturating_mul(crate::metadata::RECORD_BYTES))?;
        let records = self.storage.entities().get(&ids).await?;
        Ok(records.into_iter().map(|record| (record.entity.id(), record)).collect())
    }

    /// The slowest statements and commands of a range, whosever they are.
    pub(super) async fn statements(&self, ctx: &Ctx, range: &Range) -> Result<Vec<Statement>> {
        let mut found: Vec<(&'static str, TopRecord)> = Vec::new();
        for (stream, kind) in [
            (TopStream::DatabaseStatement, "database"),
            (TopStream::CacheReadCommand, "cache"),
            (TopStream::CacheWriteCommand, "cache"),
        ] {
            let read = RecordRead {
                stream,
                entity: None,
                from: range.from,
                to: range.last(),
                descending: true,
                limit: LISTED,
            };
            ctx.charge_examined(self.storage.records().examined(&read))?;
            ctx.keep(LISTED * (2 * STATEMENT_BYTES + size_of::<TopRecord>()))?;
            let (records, completeness) = self.storage.records().top(&read).await?;
            ctx.note(completeness);
            found.extend(records.into_iter().map(|record| (kind, record)));
        }
        found.sort_by_key(|(_, record)| std::cmp::Reverse(record.latency_ms));
        found.truncate(LISTED);
        let owners = found.iter().map(|(_, record)| record.entity).collect();
        let names = self.names_of(ctx, owners).await?;
        let statement = |(kind, record): (&'static str, TopRecord)| {
            let owner = names.get(&record.entity).map(|owner| owner.entity.service());
            Statement {
                kind,
                statement: cut(record.statement),
                service: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
                service_id: owner.map(id::service_id).unwrap_or_default(),
                duration: record.latency_ms,
                at: record.time.div_euclid(1_000_000),
                trace_id: record.trace_id,
            }
        };
        Ok(found.into_iter().map(statement).collect())
    }
}

fn part(record: &EntityRecord, measured: &Measured) -> Part {
    let name = match &record.entity {
        Entity::Endpoint(child) | Entity::Instance(child) => child.name.clone(),
        other => other.service().name.clone(),
    };
    let (key, id) = (record.entity.id(), id::entity_id(&record.entity));
    Part { key, id, name, measured: measured.clone(), series: None }
}

/// A text whose end is left out where it is long.
fn cut(mut text: String) -> String {
    if text.len() > STATEMENT_BYTES {
        let end = (0..=STATEMENT_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
