//! Relation rows, stored and live, as distinct edges.

use skytrail_model::entity::{Entity, EntityId, EntityRecord};
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;
use skytrail_storage::{EntitySelection, RelationRead, Visible};

use crate::aliases::AliasTable;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::hash::{Map, Set};
use crate::query::Query;
use crate::time::Window;

/// A relation as one side reported it with one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Edge {
    pub(super) relation: EntityId,
    pub(super) source_service: EntityId,
    pub(super) dest_service: EntityId,
    pub(super) source: EntityId,
    pub(super) dest: EntityId,
    pub(super) side: DetectPoint,
    pub(super) component: i32,
}

impl From<&RelationRow> for Edge {
    fn from(row: &RelationRow) -> Self {
        Self {
            relation: row.relation,
            source_service: row.source_service,
            dest_service: row.dest_service,
            source: row.source,
            dest: row.dest,
            side: row.side,
            component: row.component,
        }
    }
}

/// Edges of a range. Those to an address carry the minutes they were seen in,
/// because the address may have been another service in each.
#[derive(Debug, Default)]
pub(super) struct Edges {
    pub(super) plain: Set<Edge>,
    pub(super) to_addresses: Map<Edge, Set<Minute>>,
}

impl Edges {
    fn add(&mut self, row: &RelationRow, aliases: &AliasTable) {
        let edge = Edge::from(row);
        if aliases.is_empty() {
            self.plain.insert(edge);
            return;
        }
        if let Some(minutes) = self.to_addresses.get_mut(&edge) {
            minutes.insert(row.minute);
            return;
        }
        let to_address =
            row.side == DetectPoint::Client && aliases.address(row.dest_service).is_some();
        if to_address {
            self.to_addresses.entry(edge).or_default().insert(row.minute);
        } else {
            self.plain.insert(edge);
        }
    }

    fn len(&self) -> usize {
        self.plain.len() + self.to_addresses.len()
    }
}

impl Query {
    /// Edges of a scope that touch something.
    ///
    /// # Errors
    /// `TooLarge` past the budget or for more edges than a graph may have.
    pub(super) async fn edges(
        &self,
        ctx: &Ctx,
        scope: Scope,
        touching: EntitySelection,
        window: &Window,
        aliases: &AliasTable,
    ) -> Result<Edges> {
        let (from, to) = (window.first, window.end);
        let mut read = RelationRead { scope, touching, from, to, visible: Visible::All };
        let (live, visible) = self.live.relations(&read);
        read.visible = visible;
        // A side may report several components, so an edge is less than a call.
        let most = self.config.max_listed.saturating_mul(8);
        let mut edges = Edges::default();
        let mut failure = None;
        let mut taken = 0_usize;
        let mut take = |row: &RelationRow| -> Result<()> {
            edges.add(row, aliases);
            taken += 1;
            if taken.is_multiple_of(1024) {
                ctx.charge(1024)?;
            }
            if edges.len() > most {
                return Err(Error::too_large(format!(
                    "more than {most} relations; narrow the time range or name services"
                )));
            }
            Ok(())
        };
        for row in live.iter().filter(|row| read.wants(row)) {
            take(row)?;
        }
        let stored = self
            .storage
            .relations()
            .read(&read, &mut |row| {
                failure = take(row).err();
                failure.is_none()
            })
            .await;
        if let Some(error) = failure {
            return Err(error);
        }
        stored?;
        ctx.charge(taken % 1024)?;
        Ok(edges)
    }

    /// What is known by id, of entities of any scope.
    pub(super) async fn names(
        &self,
        ctx: &Ctx,
        ids: Set<EntityId>,
    ) -> Result<Map<EntityId, EntityRecord>> {
        let ids: Vec<EntityId> = ids.into_iter().collect();
        ctx.charge(ids.len())?;
        let records = self.storage.entities().get(&ids).await?;
        Ok(records.into_iter().map(|record| (record.entity.id(), record)).collect())
    }
}

/// The two ends of an edge, from the record of the relation or, where that is
/// gone, from those of the ends.
pub(super) fn ends(edge: &Edge, names: &Map<EntityId, EntityRecord>) -> Option<(Entity, Entity)> {
    if let Some(ends) = names.get(&edge.relation).and_then(|record| record.entity.ends()) {
        return Some(ends);
    }
    let end = |id| names.get(&id).map(|record: &EntityRecord| record.entity.clone());
    Some((end(edge.source)?, end(edge.dest)?))
}
