//! Relation rows, stored and live, as distinct edges.

use skytrail_model::alias::Alias;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// An edge, and where it needs them the minutes it was seen in.
#[derive(Debug)]
struct Seen {
    edge: Edge,
    /// Of an edge to an address, which may have been another service in each.
    minutes: Option<Vec<Minute>>,
}

impl Seen {
    fn note(&mut self, minute: Minute) {
        if let Some(minutes) = &mut self.minutes
            && minutes.last() != Some(&minute)
        {
            minutes.push(minute);
        }
    }
}

/// Distinct edges of a range. The relation stands for its ends.
#[derive(Debug, Default)]
pub(super) struct Edges {
    seen: Map<(EntityId, DetectPoint, i32), Seen>,
}

impl Edges {
    /// Adds a row. Most repeat an edge of the minute before.
    pub(super) fn see(&mut self, row: &RelationRow, aliases: &AliasTable) {
        let key = (row.relation, row.side, row.component);
        match self.seen.get_mut(&key) {
            Some(seen) => seen.note(row.minute),
            None => self.add(Edge::from(row), row.minute, aliases),
        }
    }

    /// Adds an edge that was seen in a minute.
    pub(super) fn add(&mut self, edge: Edge, minute: Minute, aliases: &AliasTable) {
        let key = (edge.relation, edge.side, edge.component);
        let seen = self.seen.entry(key).or_insert_with(|| {
            let is_raw = edge.side == DetectPoint::Client
                && !aliases.is_empty()
                && aliases.address(edge.dest_service).is_some();
            Seen { edge, minutes: is_raw.then(Vec::new) }
        });
        seen.note(minute);
    }

    /// Every edge.
    pub(super) fn all(&self) -> impl Iterator<Item = &Edge> {
        self.seen.values().map(|seen| &seen.edge)
    }

    /// Edges to what they are called.
    pub(super) fn plain(&self) -> impl Iterator<Item = &Edge> {
        self.seen.values().filter(|seen| seen.minutes.is_none()).map(|seen| &seen.edge)
    }

    /// Edges to addresses, with all that these were in the minutes of the edge.
    pub(super) fn resolved<'a>(
        &'a self,
        aliases: &'a AliasTable,
    ) -> impl Iterator<Item = (&'a Edge, Vec<&'a Alias>)> {
        self.seen.values().filter_map(|seen| {
            let minutes = seen.minutes.as_ref()?;
            let address = aliases.address(seen.edge.dest_service)?;
            let mut meanings: Vec<&Alias> = Vec::new();
            for meaning in minutes.iter().filter_map(|minute| address.meaning(*minute)) {
                if !meanings.iter().any(|known| std::ptr::eq(*known, meaning)) {
                    meanings.push(meaning);
                }
            }
            Some((&seen.edge, meanings))
        })
    }

    fn len(&self) -> usize {
        self.seen.len()
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
        ctx.charge(live.len())?;
        ctx.charge_examined(self.storage.relations().examined(&read))?;
        // A side may report several components, so an edge is less than a call.
        let most = self.config.max_listed.saturating_mul(8);
        let mut edges = Edges::default();
        let mut failure = None;
        let mut taken = 0_usize;
        let mut take = |row: &RelationRow| -> Result<()> {
            edges.see(row, aliases);
            taken += 1;
            if taken.is_multiple_of(1024) {
                // Paid for already; a request that is over stops here.
                ctx.charge(0)?;
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
