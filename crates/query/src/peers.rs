//! Callers that know which address they called, but not who stood behind it.

use skytrail_model::entity::Entity;
use skytrail_model::scope::Scope;
use skytrail_storage::EntitySelection;

use crate::aliases::{AliasTable, Source};
use crate::context::Ctx;
use crate::error::Result;
use crate::hash::Map;
use crate::query::Query;
use crate::time::Window;

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
    /// between instances when their caller does not know whom it reached.
    ///
    /// # Errors
    /// `TooLarge` past the budget or for more relations than a graph may have.
    pub(crate) async fn sources<'a>(
        &self,
        ctx: &Ctx,
        entity: &'a Entity,
        window: &Window,
        aliases: &'a AliasTable,
    ) -> Result<Vec<Source<'a>>> {
        let mut sources = aliases.sources(entity);
        let Entity::InstanceRelation { source, .. } = entity else { return Ok(sources) };
        if sources.len() == 1 {
            return Ok(sources);
        }
        let caller = EntitySelection::these(vec![Entity::Instance(source.clone()).id()]);
        let scope = Scope::ServiceInstanceRelation;
        let edges = self.edges(ctx, scope, caller, window, aliases).await?;
        let mut known = Map::default();
        for (edge, _) in &edges.resolved {
            *known.entry(edge.relation).or_insert(false) |= knows_instance(edge.component);
        }
        let own = entity.id();
        sources.retain(|source| source.id == own || known.get(&source.id) != Some(&false));
        Ok(sources)
    }
}
