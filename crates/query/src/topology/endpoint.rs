//! Dependencies of an endpoint.

use skytrail_model::entity::Entity;
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_storage::EntitySelection;

use super::answer::{EndpointTopology, Node, Topology};
use super::calls::Calls;
use super::instance::nodes;
use super::read::ends;
use crate::context::Ctx;
use crate::entity::{EndpointCondition, parse_child};
use crate::error::Result;
use crate::query::Query;
use crate::time::Duration;

impl Query {
    /// `getEndpointDependencies`: who calls an endpoint, and whom it calls.
    ///
    /// # Errors
    /// `Invalid` for a wrong id or range.
    pub async fn get_endpoint_dependencies(
        &self,
        ctx: &Ctx,
        endpoint_id: &str,
        duration: &Duration,
    ) -> Result<EndpointTopology> {
        let window = duration.window(&self.zone)?;
        let endpoint = Entity::Endpoint(parse_child("endpointId", endpoint_id)?);
        let id = endpoint.id();
        let aliases = self.aliases().await?;
        let touching = EntitySelection::these(vec![id]);
        let scope = Scope::EndpointRelation;
        let mut edges = self.edges(ctx, scope, touching, &window, &aliases).await?;
        edges.resolved.clear();
        edges.plain.retain(|edge| edge.side == DetectPoint::Server);
        let names = self.names(ctx, &edges).await?;
        let mut calls = Calls::default();
        for edge in &edges.plain {
            let ids = (edge.source, edge.dest);
            calls.add(ids, (DetectPoint::Server, 0), || ends(edge, &names));
        }
        Ok(EndpointTopology { nodes: nodes(&calls), calls: calls.answer(false) })
    }

    /// `getEndpointDependenciesByName`.
    ///
    /// # Errors
    /// `Invalid` for a wrong layer or range.
    pub async fn get_endpoint_dependencies_by_name(
        &self,
        ctx: &Ctx,
        endpoint: &EndpointCondition,
        duration: &Duration,
    ) -> Result<EndpointTopology> {
        self.get_endpoint_dependencies(ctx, &endpoint.id()?, duration).await
    }

    /// `getEndpointTopology`: the same in the form of services.
    ///
    /// # Errors
    /// `Invalid` for a wrong id or range.
    pub async fn get_endpoint_topology(
        &self,
        ctx: &Ctx,
        endpoint_id: &str,
        duration: &Duration,
    ) -> Result<Topology> {
        let graph = self.get_endpoint_dependencies(ctx, endpoint_id, duration).await?;
        let node = |node: super::answer::EndpointNode| Node {
            id: node.id,
            name: node.name,
            r#type: Some(String::new()),
            is_real: true,
            layers: Vec::new(),
        };
        Ok(Topology { nodes: graph.nodes.into_iter().map(node).collect(), calls: graph.calls })
    }
}
