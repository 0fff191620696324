//! Topology of services.

use std::collections::BTreeSet;

use skytrail_model::component;
use skytrail_model::entity::{Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::id;
use skytrail_model::layer::Layer;
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_storage::{EntityFilter, EntityQuery, EntitySelection};

use super::answer::{Node, Topology};
use super::calls::{Calls, EndIds, foremost};
use super::read::{Edges, caller, ends};
use crate::aliases::AliasTable;
use crate::context::Ctx;
use crate::entity::{ServiceCondition, parse_service};
use crate::error::Result;
use crate::hash::{Map, Set};
use crate::query::Query;
use crate::time::{Duration, Window};

/// Name of the caller that requests from outside are attributed to.
const USER: &str = "User";

impl Query {
    /// `getGlobalTopology`: all calls, or those that touch a service of a layer.
    ///
    /// # Errors
    /// `Invalid` for a wrong range, `TooLarge` for a graph beyond the
    /// limit; so with the other topologies.
    pub async fn get_global_topology(
        &self,
        ctx: &Ctx,
        duration: &Duration,
        layer: Option<&str>,
    ) -> Result<Topology> {
        let window = duration.window(&self.zone)?;
        let Some(layer) = layer.filter(|layer| !layer.is_empty()) else {
            return self.service_topology(ctx, &window, None).await;
        };
        // A layer that nobody knows has no services.
        let Some(layer) = Layer::from_name(layer) else { return Ok(Topology::default()) };
        let query = EntityQuery {
            scope: Scope::Service,
            filters: vec![EntityFilter::Layer(layer)],
            limit: self.config.max_listed,
        };
        let records = self.list_entities(ctx, &query).await?;
        let services = records.iter().map(|record| record.entity.service().clone()).collect();
        self.service_topology(ctx, &window, Some(services)).await
    }

    /// `getServiceTopology` and `getServicesTopology`: the calls that touch one
    /// of the services.
    ///
    /// # Errors
    /// `Invalid` for a wrong id or range.
    pub async fn get_services_topology(
        &self,
        ctx: &Ctx,
        service_ids: &[String],
        duration: &Duration,
    ) -> Result<Topology> {
        let window = duration.window(&self.zone)?;
        let services: Result<Vec<_>> =
            service_ids.iter().map(|id| parse_service("serviceIds", id)).collect();
        self.service_topology(ctx, &window, Some(services?)).await
    }

    /// `getServiceTopologyByName` and `getServicesTopologyByNames`.
    ///
    /// # Errors
    /// `Invalid` for a wrong layer or range.
    pub async fn get_services_topology_by_names(
        &self,
        ctx: &Ctx,
        services: &[ServiceCondition],
        duration: &Duration,
    ) -> Result<Topology> {
        let ids: Result<Vec<_>> = services.iter().map(ServiceCondition::id).collect();
        self.get_services_topology(ctx, &ids?, duration).await
    }

    async fn service_topology(
        &self,
        ctx: &Ctx,
        window: &Window,
        services: Option<Vec<ServiceRef>>,
    ) -> Result<Topology> {
        let aliases = self.aliases().await?;
        let Some(services) = services else {
            let edges =
                self.edges(ctx, Scope::ServiceRelation, EntitySelection::All, window, &aliases);
            let edges = edges.await?;
            let names = self.names(ctx, &edges).await?;
            return Ok(build(&edges, &names, None));
        };
        if services.is_empty() {
            return Ok(Topology::default());
        }
        let scope = Scope::ServiceRelation;
        let touching = touching(&services, &aliases);
        let edges = self.edges(ctx, scope, touching, window, &aliases).await?;
        let names = self.names(ctx, &edges).await?;
        let asked: Set<EntityId> = services.iter().map(ServiceRef::id).collect();
        let mut topology = build(&edges, &names, Some(&asked));
        self.fill_types(ctx, window, &aliases, &asked, &mut topology).await?;
        Ok(topology)
    }

    /// Callers from outside of the question have no type yet: only calls to
    /// them tell it.
    async fn fill_types(
        &self,
        ctx: &Ctx,
        window: &Window,
        aliases: &AliasTable,
        asked: &Set<EntityId>,
        topology: &mut Topology,
    ) -> Result<()> {
        let callers: BTreeSet<&str> =
            topology.calls.iter().map(|call| call.source.as_str()).collect();
        let untyped = topology
            .nodes
            .iter()
            .filter(|node| node.r#type.is_none() && callers.contains(node.id.as_str()));
        let services: Vec<EntityId> = untyped
            .filter_map(|node| id::parse_service(&node.id))
            .map(|service| service.id())
            .filter(|service| !asked.contains(service))
            .collect();
        if services.is_empty() {
            return Ok(());
        }
        let touching = EntitySelection::these(services);
        let edges = self.edges(ctx, Scope::ServiceRelation, touching, window, aliases).await?;
        let mut components: Map<EntityId, BTreeSet<i32>> = Map::default();
        for edge in edges.plain.iter().filter(|edge| edge.side == DetectPoint::Server) {
            components.entry(edge.dest).or_default().insert(edge.component);
        }
        for node in topology.nodes.iter_mut().filter(|node| node.r#type.is_none()) {
            let known = id::parse_service(&node.id).and_then(|s| components.get(&s.id()));
            let component = known.and_then(|known| foremost(known.iter()));
            node.r#type = component.map(|number| component::name(number).to_owned());
        }
        Ok(())
    }
}

/// The services, and every address that ever was one of them.
fn touching(services: &[ServiceRef], aliases: &AliasTable) -> EntitySelection {
    let addresses = services.iter().flat_map(|service| aliases.addresses_of(service));
    let raw = addresses.flat_map(|address| address.services()).map(|service| service.id());
    EntitySelection::these(services.iter().map(ServiceRef::id).chain(raw).collect())
}

/// The graph of edges. With `asked`, only calls that touch one of these.
fn build(
    edges: &Edges<'_>,
    names: &Map<EntityId, EntityRecord>,
    asked: Option<&Set<EntityId>>,
) -> Topology {
    let mut calls = Calls::default();
    let is_wanted = |(source, dest): EndIds| {
        asked.is_none_or(|asked| asked.contains(&source) || asked.contains(&dest))
    };
    for edge in &edges.plain {
        let ids = (edge.source, edge.dest);
        if is_wanted(ids) {
            calls.add(ids, (edge.side, edge.component), || ends(edge, names));
        }
    }
    for (edge, meanings) in &edges.resolved {
        for alias in meanings {
            let ids = (edge.source, alias.service.id());
            if is_wanted(ids) {
                let dest = || Entity::Service(alias.service.clone());
                calls
                    .add(ids, (edge.side, edge.component), || Some((caller(edge, names)?, dest())));
            }
        }
    }
    Topology { nodes: nodes(&calls, names), calls: calls.answer(true) }
}

/// What calls tell about a node.
#[derive(Default)]
struct Told {
    /// Components it answered with.
    server: BTreeSet<i32>,
    /// Components it was called with by clients.
    called_with: BTreeSet<i32>,
    /// Components that its callees answered with.
    answered_with: BTreeSet<i32>,
}

fn nodes(calls: &Calls, names: &Map<EntityId, EntityRecord>) -> Vec<Node> {
    let mut told: Map<EntityId, (&ServiceRef, Told)> = Map::default();
    for ((source_id, dest_id), call) in &calls.by_ends {
        let caller =
            told.entry(*source_id).or_insert_with(|| (call.source.service(), Told::default()));
        caller.1.answered_with.extend(&call.reports.server);
        let callee = told.entry(*dest_id).or_insert_with(|| (call.dest.service(), Told::default()));
        callee.1.server.extend(&call.reports.server);
        callee.1.called_with.extend(&call.reports.client);
    }
    let node = |(id, (service, told)): (&EntityId, &(&ServiceRef, Told))| {
        node(service, told, names.get(id))
    };
    let mut nodes: Vec<_> = told.iter().map(node).collect();
    nodes.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    nodes
}

fn node(service: &ServiceRef, told: &Told, record: Option<&EntityRecord>) -> Node {
    let layers = record.map(|record| record.layers).unwrap_or_default();
    let mut layers: Vec<_> = layers.iter().map(Layer::name).collect();
    if layers.len() > 1 {
        layers.retain(|layer| *layer != Layer::UNDEFINED.name());
    }
    if layers.is_empty() {
        layers.push(Layer::UNDEFINED.name());
    }
    Node {
        id: id::service_id(service),
        name: service.name.clone(),
        r#type: node_type(service, told),
        is_real: service.normal,
        layers,
    }
}

/// What reports itself is what it answers with. What is conjectured is what its
/// callers' components speak to; a queue or gateway that calls is what its
/// callees' components speak to.
fn node_type(service: &ServiceRef, told: &Told) -> Option<String> {
    if !service.normal && service.name == USER {
        return Some(USER.to_uppercase());
    }
    if let Some(number) = foremost(told.server.iter()) {
        return Some(component::name(number).to_owned());
    }
    if service.normal {
        return None;
    }
    let number = foremost(told.answered_with.iter()).or_else(|| foremost(told.called_with.iter()));
    number.map(|number| component::server_of(number).to_owned())
}

#[cfg(test)]
mod tests;
