//! The map of the UI: who calls whom, how much, how well, and what changed.

mod draw;
mod outgoing;
mod shapes;

use std::collections::BTreeMap;

use skytrail_model::entity::{Entity, EntityId, EntityRecord};
use skytrail_model::scope::Scope;
use skytrail_storage::EntitySelection;

use self::draw::Drawing;
pub(crate) use self::outgoing::Outgoing;
use self::shapes::{Calls, Drawn, Measurements, Pair};
pub use self::shapes::{Map, MapEdge, MapNode};
use super::read::{Edges, caller, ends};
use crate::context::Ctx;
use crate::entity::{parse_child, parse_service};
use crate::error::Result;
use crate::hash;
use crate::measures::{
    ENDPOINT_SERVER, INSTANCE_CLIENT, INSTANCE_SERVER, Measured, MetricNames, SERVICE_CLIENT,
    SERVICE_SERVER,
};
use crate::overview::{Grid, Scene};
use crate::query::Query;
use crate::time::Range;

/// What is on the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MapScope {
    /// Services.
    Services,
    /// Instances of two services, by the ids of these.
    Instances {
        /// One of them.
        client: String,
        /// The other one.
        server: String,
    },
    /// An endpoint, by its id, and those that it calls and is called by.
    Endpoint(String),
}

/// Which map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapSearch {
    /// When, and which services.
    pub scene: Scene,
    /// What is on it.
    pub scope: MapScope,
    /// Only what is near a service, by its id.
    pub around: Option<String>,
    /// So many calls away, at most.
    pub depth: usize,
}

impl Query {
    /// The map of a scene.
    ///
    /// # Errors
    /// `Invalid` for a wrong id, `TooLarge` for more calls than a graph may have.
    pub async fn map(&self, ctx: &Ctx, search: &MapSearch) -> Result<Map> {
        let range = &search.scene.range;
        let (scope, touching, names) = self.asked(search).await?;
        let now = self.drawn(ctx, scope, &touching, range).await?;
        let before = match search.scene.compare.before(range) {
            Some(before) => Some(self.drawn(ctx, scope, &touching, &before).await?),
            None => None,
        };
        let client = self.measured_calls(ctx, names.0, &now, range).await?;
        let server = self.measured_calls(ctx, names.1, &now, range).await?;
        let own = self.own_measurements(ctx, scope, &now, range).await?;
        let wanted = match (&search.scope, &search.scene.layer, &search.scene.group) {
            (MapScope::Services, None, None)
            | (MapScope::Instances { .. } | MapScope::Endpoint(_), ..) => None,
            _ => {
                let services = self.services_of(ctx, &search.scene).await?;
                Some(services.into_iter().map(|(id, _)| id).collect())
            }
        };
        let around = search.around.as_deref().map(|id| parse_service("around", id)).transpose()?;
        let grid = Grid::of(range, &self.zone, self.clock.unix_nanos());
        let relations = now.by_ends.values().flat_map(|drawn| drawn.relations.iter().copied());
        let relations = self.names_of(ctx, relations.collect()).await?;
        let drawing = Drawing {
            now,
            before,
            measured: [client, server],
            own,
            relations,
            first: range.first_minute(),
            minutes: grid.all_minutes(),
            between: between(&search.scope)?,
            wanted,
            around: around.map(|service| (service.id(), search.depth)),
        };
        ctx.keep(drawing.now.by_ends.len().saturating_mul(2_048))?;
        let mut map = drawing.map();
        map.complete = !ctx.is_incomplete();
        Ok(map)
    }

    /// The scope of what is asked for, whose calls to read, and the metrics of either side.
    async fn asked(
        &self,
        search: &MapSearch,
    ) -> Result<(
        Scope,
        EntitySelection,
        (Option<&'static MetricNames>, Option<&'static MetricNames>),
    )> {
        Ok(match &search.scope {
            MapScope::Services => {
                let names = (Some(&SERVICE_CLIENT), Some(&SERVICE_SERVER));
                (Scope::ServiceRelation, EntitySelection::All, names)
            }
            MapScope::Instances { client, server } => {
                let services = [parse_service("client", client)?, parse_service("server", server)?];
                let aliases = self.aliases().await?;
                let addresses = services.iter().flat_map(|service| aliases.addresses_of(service));
                let raw = addresses.flat_map(|address| address.services()).map(|one| one.id());
                let ids = services.iter().map(|service| service.id()).chain(raw).collect();
                let names = (Some(&INSTANCE_CLIENT), Some(&INSTANCE_SERVER));
                (Scope::ServiceInstanceRelation, EntitySelection::these(ids), names)
            }
            MapScope::Endpoint(id) => {
                let endpoint = Entity::Endpoint(parse_child("endpoint", id)?).id();
                let touching = EntitySelection::these(vec![endpoint]);
                (Scope::EndpointRelation, touching, (None, Some(&ENDPOINT_SERVER)))
            }
        })
    }

    /// The calls of a range.
    async fn drawn(
        &self,
        ctx: &Ctx,
        scope: Scope,
        touching: &EntitySelection,
        range: &Range,
    ) -> Result<Calls> {
        let aliases = self.aliases().await?;
        let edges = self.edges(ctx, scope, touching.clone(), &range.window(), &aliases).await?;
        let records = self.names(ctx, &edges).await?;
        Ok(Calls { by_ends: by_ends(scope, &edges, &records), records })
    }

    /// What one side tells of calls.
    async fn measured_calls(
        &self,
        ctx: &Ctx,
        names: Option<&MetricNames>,
        calls: &Calls,
        range: &Range,
    ) -> Result<Measurements> {
        let Some(names) = names else { return Ok(Measurements::default()) };
        let mut pairs: hash::Map<EntityId, Pair> = hash::Map::default();
        for (pair, drawn) in &calls.by_ends {
            pairs.extend(drawn.relations.iter().map(|relation| (*relation, *pair)));
        }
        let selection = EntitySelection::these(pairs.keys().copied().collect());
        let mut measured = Measurements::default();
        for (relation, one) in self.measure(ctx, names, &selection, range).await? {
            if let Some(pair) = pairs.get(&relation) {
                measured.entry(*pair).or_default().merge(&one);
            }
        }
        Ok(measured)
    }

    /// What nodes tell of themselves.
    async fn own_measurements(
        &self,
        ctx: &Ctx,
        scope: Scope,
        calls: &Calls,
        range: &Range,
    ) -> Result<hash::Map<EntityId, Measured>> {
        let names = match scope {
            Scope::ServiceInstanceRelation => &crate::measures::INSTANCE,
            Scope::EndpointRelation => &crate::measures::ENDPOINT,
            _ => &crate::measures::SERVICE,
        };
        let ids = calls.by_ends.keys().flat_map(|(source, dest)| [*source, *dest]).collect();
        self.measure(ctx, names, &EntitySelection::these(ids), range).await
    }
}

/// The services that a map of instances is between.
fn between(scope: &MapScope) -> Result<Option<[EntityId; 2]>> {
    let MapScope::Instances { client, server } = scope else { return Ok(None) };
    let client = parse_service("client", client)?.id();
    Ok(Some([client, parse_service("server", server)?.id()]))
}

/// Calls of edges; those to an address are to what it last was.
fn by_ends(
    scope: Scope,
    edges: &Edges<'_>,
    records: &hash::Map<EntityId, EntityRecord>,
) -> BTreeMap<Pair, Drawn> {
    let mut calls: BTreeMap<Pair, Drawn> = BTreeMap::new();
    let mut add = |source: Entity, dest: Entity, edge: &skytrail_storage::Edge| {
        let pair = (source.id(), dest.id());
        let new = || Drawn { source, dest, relations: Vec::new(), components: Vec::new() };
        let drawn = calls.entry(pair).or_insert_with(new);
        if !drawn.relations.contains(&edge.relation) {
            drawn.relations.push(edge.relation);
        }
        let is_server = edge.side == skytrail_model::relation::DetectPoint::Server;
        if !drawn.components.contains(&(is_server, edge.component)) {
            drawn.components.push((is_server, edge.component));
        }
    };
    for edge in &edges.plain {
        if let Some((source, dest)) = ends(edge, records) {
            add(source, dest, edge);
        }
    }
    for (edge, meanings) in &edges.resolved {
        let (Some(source), Some(alias)) = (caller(edge, records), meanings.last()) else {
            continue;
        };
        let dest = match scope {
            Scope::ServiceRelation => Entity::Service(alias.service.clone()),
            Scope::ServiceInstanceRelation if crate::peers::knows_instance(edge.component) => {
                let (service, name) = (alias.service.clone(), alias.instance.clone());
                Entity::Instance(skytrail_model::entity::ChildRef { service, name })
            }
            _ => continue,
        };
        add(source, dest, edge);
    }
    calls
}
