//! Callers that know which address they called, but not who stood behind it.

use skytrail_model::entity::{ChildRef, Entity};
use skytrail_model::relation::DetectPoint;
use skytrail_model::scope::Scope;
use skytrail_storage::Edge;

use crate::aliases::{AliasTable, Source};
use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;

/// Components whose agents do not know which instance they called, so that an
/// alias tells the service only (SkyWalking's `noUpstreamRealAddressAgents`).
const NO_REAL_ADDRESS: [i32; 2] = [6000, 9000];

/// Whether the alias of an address tells which instance a caller with a
/// component has reached.
pub(crate) fn knows_instance(component: i32) -> bool {
    !NO_REAL_ADDRESS.contains(&component)
}

impl Query {
    /// Everything whose rows belong to an entity. Calls to an address are none
    /// between instances when their caller does not know whom it reached. What is
    /// looked up is a few edges by name, not the graph: a page of relations asks
    /// for each of them.
    pub(crate) async fn sources<'a>(
        &self,
        ctx: &Ctx,
        entity: &'a Entity,
        aliases: &'a AliasTable,
    ) -> Result<Vec<Source<'a>>> {
        let mut sources = aliases.sources(entity);
        let Entity::InstanceRelation { source, dest } = entity else { return Ok(sources) };
        let addresses = aliases.addresses_of(&dest.service);
        let blind: Vec<Edge> = addresses
            .flat_map(|address| address.instances())
            .flat_map(|callee| NO_REAL_ADDRESS.map(|component| edge(source, &callee, component)))
            .filter(|edge| sources.iter().any(|source| source.id == edge.relation))
            .collect();
        if blind.is_empty() {
            return Ok(sources);
        }
        ctx.charge(blind.len())?;
        let held = self.storage.relations().hold(&blind).await?;
        let held = blind.iter().zip(held).filter(|(_, is_held)| *is_held);
        let gone: Vec<_> = held.map(|(edge, _)| edge.relation).collect();
        let own = entity.id();
        sources.retain(|source| source.id == own || !gone.contains(&source.id));
        Ok(sources)
    }
}

/// A call between instances as its caller reports it.
fn edge(source: &ChildRef, callee: &ChildRef, component: i32) -> Edge {
    let relation = Entity::InstanceRelation { source: source.clone(), dest: callee.clone() };
    Edge {
        scope: Scope::ServiceInstanceRelation,
        relation: relation.id(),
        source: Entity::Instance(source.clone()).id(),
        dest: Entity::Instance(callee.clone()).id(),
        source_service: source.service.id(),
        dest_service: callee.service.id(),
        side: DetectPoint::Client,
        component,
    }
}
