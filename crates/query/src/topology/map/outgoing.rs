//! Whom services call, and what they see of it.

use skytrail_model::entity::{Entity, EntityId};
use skytrail_model::layer::LayerSet;
use skytrail_model::scope::Scope;
use skytrail_storage::EntitySelection;

use crate::context::Ctx;
use crate::error::Result;
use crate::hash::Set;
use crate::measures::{Measured, SERVICE_CLIENT};
use crate::query::Query;
use crate::time::Range;

/// The calls of one service to another.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) source: EntityId,
    /// Whom it calls.
    pub(crate) dest: Entity,
    /// Layers of that.
    pub(crate) layers: LayerSet,
    /// What the caller measured.
    pub(crate) measured: Measured,
}

impl Query {
    /// The calls of some services in a range.
    pub(crate) async fn outgoing(
        &self,
        ctx: &Ctx,
        services: &Set<EntityId>,
        range: &Range,
    ) -> Result<Vec<Outgoing>> {
        let touching = EntitySelection::these(services.iter().copied().collect());
        let mut calls = self.drawn(ctx, Scope::ServiceRelation, &touching, range).await?;
        calls.by_ends.retain(|(source, _), _| services.contains(source));
        let mut measured = self.measured_calls(ctx, Some(&SERVICE_CLIENT), &calls, range).await?;
        let mut outgoing = Vec::with_capacity(calls.by_ends.len());
        for (pair, drawn) in calls.by_ends {
            let layers = calls.records.get(&pair.1).map(|record| record.layers);
            outgoing.push(Outgoing {
                source: pair.0,
                dest: drawn.dest,
                layers: layers.unwrap_or_default(),
                measured: measured.remove(&pair).unwrap_or_default(),
            });
        }
        Ok(outgoing)
    }
}
