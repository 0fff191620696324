//! The first page, put together.

use skytrail_model::entity::{Entity, EntityId};
use skytrail_model::id;
use skytrail_model::scope::Scope;
use skytrail_storage::{
    EntityFilter, EntityQuery, EntitySelection, RelationRead, Sighting, Visible,
};

use super::facts::{Facts, Part, Reason};
use super::lists::Lists;
use super::order::{Placed, in_order};
use super::rules::{reasons, status};
use super::series::{Grid, Series};
use super::usual::{MOST_SERVICES, Usual, Usuals};
use super::{Lines, Overview, OverviewService, Scene, Status};
use crate::context::Ctx;
use crate::error::Result;
use crate::hash::{Map, Set};
use crate::measures::{Measured, Measures, SERVICE};
use crate::metadata::Service;
use crate::query::Query;
use crate::time::Range;

/// Name of the caller that requests from outside are attributed to.
const USER: &str = "User";

/// About what a service takes in the answer besides its lines.
const SERVICE_BYTES: usize = 2 << 10;

impl Query {
    /// The first page.
    ///
    /// # Errors
    /// `TooLarge` for more services than are listed, or than there is memory for.
    pub async fn overview(&self, ctx: &Ctx, scene: &Scene) -> Result<Overview> {
        let range = &scene.range;
        let grid = Grid::of(range, &self.zone, self.clock.unix_nanos());
        let services = self.services_of(ctx, scene).await?;
        ctx.keep(services.len().saturating_mul(SERVICE_BYTES))?;
        let ids: Set<EntityId> = services.iter().map(|(id, _)| *id).collect();
        let of_edge = self.called_by_users(ctx, range, &ids).await?;
        let lists = self.lists(ctx, range, &ids).await?;
        let instances = self.instances_alive(ctx, range).await?;
        let before = scene.compare.before(range);
        let (services, edge) = match self.measures(&SERVICE) {
            Some(measures) => {
                let scope = (range, &grid);
                let known = (&ids, &of_edge);
                let (mut read, usuals) = self.measured(ctx, scope, &measures, known).await?;
                let now_minutes = grid.now_minutes(grid.now_from(range));
                let mut placed = Vec::with_capacity(services.len());
                for (id, service) in services {
                    let series = read.services.remove(&id).unwrap_or_default();
                    let none = Usual::default();
                    let usual = usuals.services.get(&id).unwrap_or(&none);
                    let told = Told { grid: &grid, now_minutes, lists: &lists, usual };
                    let alive = instances.get(&id).copied().unwrap_or(0);
                    placed.push(told.place(id, service, alive, series));
                }
                self.explain(ctx, (range, &grid), &mut placed).await?;
                let edge = std::mem::take(&mut read.edge).lines(now_minutes);
                let edge = with_usual(edge, &usuals.edge);
                let edge = self.compared(ctx, edge, before.as_ref(), &measures, &of_edge).await?;
                (in_order(placed), edge)
            }
            None => (Vec::new(), Lines::default()),
        };
        Ok(Overview {
            from: range.from as f64 / 1e6,
            to: range.to as f64 / 1e6,
            first: grid.start(0),
            step: grid.step * 60_000,
            compare_from: before.map(|before| before.from as f64 / 1e6),
            services,
            edge,
            statements: self.statements(ctx, range).await?,
            changes: self.changes(ctx, range, before.as_ref(), &ids).await?,
            slow_endpoints: lists.slow,
            failing_endpoints: lists.failing,
            complete: !ctx.is_incomplete(),
        })
    }

    /// The services that a page shows, by key.
    pub(crate) async fn services_of(
        &self,
        ctx: &Ctx,
        scene: &Scene,
    ) -> Result<Vec<(EntityId, Service)>> {
        let listed = self.list_services(ctx, scene.layer.as_deref()).await?;
        let is_wanted = |service: &Service| {
            let is_of_group = scene.group.as_ref().is_none_or(|group| *group == service.group);
            // What no agent reports is measured by its callers: it is on the topology.
            is_of_group && (service.normal || scene.layer.is_some())
        };
        let key = |service: Service| Some((id::parse_service(&service.id)?.id(), service));
        Ok(listed.into_iter().filter(is_wanted).filter_map(key).collect())
    }

    async fn measured(
        &self,
        ctx: &Ctx,
        (range, grid): (&Range, &Grid),
        measures: &Measures,
        (ids, of_edge): (&Set<EntityId>, &Set<EntityId>),
    ) -> Result<(super::series::Readings, Usuals)> {
        let mut read = self.service_series(ctx, (range, grid), measures, of_edge).await?;
        read.services.retain(|id, _| ids.contains(id));
        let mut busiest: Vec<_> =
            read.services.iter().map(|(id, one)| (one.whole.calls, *id)).collect();
        busiest.sort_unstable_by(|a, b| b.cmp(a));
        let busiest: Set<EntityId> =
            busiest.into_iter().take(MOST_SERVICES).map(|(_, id)| id).collect();
        let step = if grid.step < 60 { grid.step } else { 5 };
        let wanted = (&busiest, of_edge);
        let usuals = self.usuals(ctx, (range, step), measures, wanted).await?;
        Ok((read, usuals))
    }

    /// The services of some that users call; all of them where that is not known.
    async fn called_by_users(
        &self,
        ctx: &Ctx,
        range: &Range,
        services: &Set<EntityId>,
    ) -> Result<Set<EntityId>> {
        let user = Entity::Service(skytrail_model::entity::ServiceRef {
            name: USER.to_owned(),
            normal: false,
        });
        let user = user.id();
        let mut read = RelationRead {
            scope: Scope::ServiceRelation,
            touching: EntitySelection::these(vec![user]),
            from: range.first_minute(),
            to: range.last_minute(),
            visible: Visible::All,
        };
        let (live, visible) = self.live.relations(&read);
        read.visible = visible;
        ctx.charge(live.len())?;
        ctx.charge_examined(self.storage.relations().examined(&read))?;
        let live = live.iter().filter(|row| read.wants(row) && row.source == user);
        let mut called: Set<EntityId> = live.map(|row| row.dest).collect();
        let mut take = |seen: &Sighting<'_>| {
            if seen.edge.source == user {
                called.insert(seen.edge.dest);
            }
            true
        };
        let completeness = self.storage.relations().read(&read, &mut take).await?;
        ctx.note(completeness);
        called.retain(|id| services.contains(id));
        Ok(if called.is_empty() { services.clone() } else { called })
    }

    /// How many instances of each service lived in a range.
    async fn instances_alive(&self, ctx: &Ctx, range: &Range) -> Result<Map<EntityId, usize>> {
        let filters = vec![
            EntityFilter::SeenSince(range.first_minute()),
            EntityFilter::FirstSeenBy(range.last_minute()),
        ];
        let limit = self.config.max_listed;
        let query = EntityQuery { scope: Scope::ServiceInstance, filters, limit };
        ctx.charge_examined(self.storage.entities().examined(&query))?;
        let (records, is_cut) = self.storage.entities().list(&query).await?;
        if is_cut {
            ctx.note_incomplete();
        }
        let mut alive = Map::default();
        for record in records {
            *alive.entry(record.entity.service().id()).or_default() += 1;
        }
        Ok(alive)
    }

    /// The same with what was before.
    async fn compared(
        &self,
        ctx: &Ctx,
        mut lines: Lines,
        before: Option<&Range>,
        measures: &Measures,
        of_edge: &Set<EntityId>,
    ) -> Result<Lines> {
        let Some(before) = before else { return Ok(lines) };
        let (sum, minutes) = self.sum_of_services(ctx, before, measures, of_edge).await?;
        lines.cpm.before = sum.cpm(minutes);
        lines.errors.before = sum.errors();
        lines.p99.before = sum.percentile(99);
        lines.apdex.before = sum.apdex();
        Ok(lines)
    }
}

/// What places a service.
struct Told<'a> {
    grid: &'a Grid,
    now_minutes: f64,
    lists: &'a Lists,
    usual: &'a Usual,
}

impl<'a> Told<'a> {
    fn place(&self, id: EntityId, service: Service, instances: usize, series: Series) -> Placed {
        let parts =
            |map: &'a Map<EntityId, Vec<Part>>| map.get(&id).map(Vec::as_slice).unwrap_or_default();
        let facts = Facts {
            series: &series,
            usual: self.usual,
            grid: self.grid,
            now_minutes: self.now_minutes,
            parts: &self.lists.grid,
            endpoints: parts(&self.lists.endpoints),
            instances: parts(&self.lists.instances),
        };
        let reasons: Vec<Reason> = reasons(&facts);
        let weight = (series.now.failed, series.now.calls);
        let status = status(&reasons, series.whole.calls);
        let lines = with_usual(series.lines(self.now_minutes), self.usual);
        let service = OverviewService {
            id: service.id,
            name: service.name,
            group: service.group,
            layers: service.layers,
            instances,
            status,
            reasons,
            lines,
        };
        Placed { key: id, service, weight }
    }
}

fn with_usual(mut lines: Lines, usual: &Usual) -> Lines {
    lines.cpm.usual = usual.cpm;
    lines.errors.usual = usual.errors;
    lines.p99.usual = usual.p99;
    lines.apdex.usual = usual.apdex;
    lines
}

/// How a service is, by a few numbers alone; for pages that show many at once.
pub(crate) fn plain_status(measured: &Measured) -> Status {
    match measured.errors() {
        Some(errors) if errors >= 5.0 && measured.failed >= 5 => Status::Failing,
        Some(errors) if errors >= 1.0 && measured.failed >= 5 => Status::Risk,
        Some(_) => Status::Ok,
        None => Status::Idle,
    }
}
