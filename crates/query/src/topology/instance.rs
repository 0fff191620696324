//! Topology of the instances of two services.

use std::collections::BTreeMap;

use skytrail_model::entity::{ChildRef, Entity, EntityId, ServiceRef};
use skytrail_model::id;
use skytrail_model::scope::Scope;
use skytrail_storage::EntitySelection;

use super::answer::{ServiceInstanceNode, ServiceInstanceTopology};
use super::calls::Calls;
use super::read::{caller, ends};
use crate::aliases::AliasTable;
use crate::context::Ctx;
use crate::entity::{ServiceCondition, parse_service};
use crate::error::Result;
use crate::peers::knows_instance;
use crate::query::Query;
use crate::time::Duration;

impl Query {
    /// `getServiceInstanceTopology`: calls between the instances of two
    /// services, in either direction.
    ///
    /// # Errors
    /// `Invalid` for a wrong id or range.
    pub async fn get_service_instance_topology(
        &self,
        ctx: &Ctx,
        client_service_id: &str,
        server_service_id: &str,
        duration: &Duration,
    ) -> Result<ServiceInstanceTopology> {
        let window = duration.window(&self.zone)?;
        let client = parse_service("clientServiceId", client_service_id)?;
        let server = parse_service("serverServiceId", server_service_id)?;
        let aliases = self.aliases().await?;
        let touching = touching(&[&client, &server], &aliases);
        let scope = Scope::ServiceInstanceRelation;
        let edges = self.edges(ctx, scope, touching, &window, &aliases).await?;
        let names = self.names(ctx, &edges).await?;
        let (client, server) = (client.id(), server.id());
        let is_between =
            |pair: (EntityId, EntityId)| pair == (client, server) || pair == (server, client);
        let mut calls = Calls::default();
        for edge in &edges.plain {
            if is_between((edge.source_service, edge.dest_service)) {
                calls.add((edge.source, edge.dest), (edge.side, 0), || ends(edge, &names));
            }
        }
        let known = edges.resolved.iter();
        for (edge, meanings) in known.filter(|(edge, _)| knows_instance(edge.component)) {
            for alias in meanings {
                if is_between((edge.source_service, alias.service.id())) {
                    let (service, name) = (alias.service.clone(), alias.instance.clone());
                    let dest = Entity::Instance(ChildRef { service, name });
                    let ids = (edge.source, dest.id());
                    calls.add(ids, (edge.side, 0), || Some((caller(edge, &names)?, dest)));
                }
            }
        }
        Ok(ServiceInstanceTopology { nodes: nodes(&calls), calls: calls.answer(false) })
    }

    /// `getServiceInstanceTopologyByName`.
    ///
    /// # Errors
    /// `Invalid` for a wrong layer or range.
    pub async fn get_service_instance_topology_by_name(
        &self,
        ctx: &Ctx,
        client_service: &ServiceCondition,
        server_service: &ServiceCondition,
        duration: &Duration,
    ) -> Result<ServiceInstanceTopology> {
        let (client, server) = (client_service.id()?, server_service.id()?);
        self.get_service_instance_topology(ctx, &client, &server, duration).await
    }
}

fn touching(services: &[&ServiceRef], aliases: &AliasTable) -> EntitySelection {
    let addresses = services.iter().flat_map(|service| aliases.addresses_of(service));
    let raw = addresses.flat_map(|address| address.services()).map(|service| service.id());
    EntitySelection::these(services.iter().map(|service| service.id()).chain(raw).collect())
}

/// The nodes of calls between instances or endpoints.
pub(super) fn nodes(calls: &Calls) -> Vec<ServiceInstanceNode> {
    let ends = calls.by_ends.values().flat_map(|told| [&told.source, &told.dest]);
    let nodes: BTreeMap<String, ServiceInstanceNode> =
        ends.filter_map(node).map(|node| (node.id.clone(), node)).collect();
    nodes.into_values().collect()
}

fn node(entity: &Entity) -> Option<ServiceInstanceNode> {
    let (Entity::Instance(child) | Entity::Endpoint(child)) = entity else { return None };
    Some(ServiceInstanceNode {
        id: id::child_id(&child.service, &child.name),
        name: child.name.clone(),
        service_id: id::service_id(&child.service),
        service_name: child.service.name.clone(),
        r#type: String::new(),
        is_real: child.service.normal,
    })
}
