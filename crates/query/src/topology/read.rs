//! Relations, stored and live, as distinct edges.

use skytrail_model::alias::Alias;
use skytrail_model::entity::{Entity, EntityId, EntityRecord};
use skytrail_model::relation::{DetectPoint, RelationRow};
use skytrail_model::scope::Scope;
use skytrail_storage::{Edge, EntitySelection, HourMinutes, RelationRead, Sighting, Visible};

use crate::aliases::AliasTable;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::hash::{Map, Set};
use crate::metadata::RECORD_BYTES;
use crate::query::Query;
use crate::time::Window;

/// What an edge takes: its share of a map while it is read, its place among the edges, and what is
/// told of it as a call.
const EDGE_BYTES: usize = 4 * size_of::<Edge>() + 512;

/// Edges while they are read, each once. The relation stands for its ends.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    aliases: &'a AliasTable,
    seen: Map<(EntityId, DetectPoint, i32), Seen>,
}

/// An edge, and where it needs them the minutes it was seen in.
#[derive(Debug)]
struct Seen {
    edge: Edge,
    /// Of an edge to an address, which may have been another service in each.
    raw: Option<Vec<HourMinutes>>,
}

/// Distinct edges of a range.
#[derive(Debug, Default)]
pub(super) struct Edges<'a> {
    /// Edges to what they are called.
    pub(super) plain: Vec<Edge>,
    /// Edges to addresses, with all that these were in the minutes of the edge.
    pub(super) resolved: Vec<(Edge, Vec<&'a Alias>)>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(aliases: &'a AliasTable) -> Self {
        Self { aliases, seen: Map::default() }
    }

    /// Adds an edge that was seen; says how much memory it took.
    pub(super) fn see(&mut self, sighting: &Sighting<'_>) -> usize {
        let (edge, known) = (sighting.edge, self.seen.len());
        let seen = self.seen.entry((edge.relation, edge.side, edge.component));
        let seen = seen.or_insert_with(|| {
            let is_raw = edge.side == DetectPoint::Client
                && self.aliases.address(edge.dest_service).is_some();
            Seen { edge: *edge, raw: is_raw.then(Vec::new) }
        });
        if let Some(hours) = &mut seen.raw {
            hours.extend_from_slice(sighting.hours);
        }
        let of_hours = if seen.raw.is_some() { 2 * size_of_val(sighting.hours) } else { 0 };
        of_hours + (self.seen.len() - known) * EDGE_BYTES
    }

    /// The edges, with what addresses were.
    pub(super) fn resolve(self) -> Edges<'a> {
        let mut edges = Edges::default();
        for Seen { edge, raw } in self.seen.into_values() {
            match (raw, self.aliases.address(edge.dest_service)) {
                (Some(mut hours), Some(address)) => {
                    hours.sort_unstable_by_key(|held| held.hour);
                    edges.resolved.push((edge, address.meanings_in(&hours)));
                }
                _ => edges.plain.push(edge),
            }
        }
        edges
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
    pub(super) async fn edges<'a>(
        &self,
        ctx: &Ctx,
        scope: Scope,
        touching: EntitySelection,
        window: &Window,
        aliases: &'a AliasTable,
    ) -> Result<Edges<'a>> {
        let (from, to) = (window.first, window.end);
        let mut read = RelationRead { scope, touching, from, to, visible: Visible::All };
        let (live, visible) = self.live.relations(&read);
        read.visible = visible;
        ctx.charge(live.len())?;
        ctx.charge_examined(self.storage.relations().examined(&read))?;
        // A side may report several components, so an edge is less than a call.
        let most = self.config.max_listed.saturating_mul(8);
        let mut reading = Reading::new(aliases);
        let mut working = ctx.working();
        working.grow(live.len().saturating_mul(size_of::<RelationRow>()))?;
        let mut failure = None;
        let mut taken = 0_usize;
        let mut take = |seen: &Sighting<'_>| -> Result<()> {
            working.grow(reading.see(seen))?;
            taken += 1;
            if taken.is_multiple_of(1024) {
                // Paid for already; a request that is over stops here.
                ctx.charge(0)?;
            }
            if reading.len() > most {
                return Err(Error::too_large(format!(
                    "more than {most} relations; narrow the time range or name services"
                )));
            }
            Ok(())
        };
        for row in live.iter().filter(|row| read.wants(row)) {
            take(&Sighting { edge: &Edge::from(row), hours: &[HourMinutes::of(row.minute)] })?;
        }
        let stored = self
            .storage
            .relations()
            .read(&read, &mut |seen| {
                failure = take(seen).err();
                failure.is_none()
            })
            .await;
        if let Some(error) = failure {
            return Err(error);
        }
        ctx.note(stored?);
        working.keep();
        Ok(reading.resolve())
    }

    /// The records that name the ends of edges, and the services that addresses
    /// were; the records of relations only where those of their ends are gone.
    pub(super) async fn names(
        &self,
        ctx: &Ctx,
        edges: &Edges<'_>,
    ) -> Result<Map<EntityId, EntityRecord>> {
        let mut ids = Set::default();
        for edge in &edges.plain {
            ids.extend([edge.source, edge.dest]);
        }
        for (edge, meanings) in &edges.resolved {
            ids.insert(edge.source);
            ids.extend(meanings.iter().map(|alias| alias.service.id()));
        }
        let mut names = self.records(ctx, ids).await?;
        let is_named = |id| names.contains_key(&id);
        let plain =
            edges.plain.iter().filter(|edge| !is_named(edge.source) || !is_named(edge.dest));
        let raw = edges.resolved.iter().map(|(edge, _)| edge);
        let raw = raw.filter(|edge| !is_named(edge.source));
        let relations = plain.chain(raw).map(|edge| edge.relation).collect();
        names.extend(self.records(ctx, relations).await?);
        Ok(names)
    }

    /// What is known by id, of entities of any scope.
    async fn records(&self, ctx: &Ctx, ids: Set<EntityId>) -> Result<Map<EntityId, EntityRecord>> {
        let ids: Vec<EntityId> = ids.into_iter().collect();
        ctx.charge(ids.len())?;
        ctx.keep(ids.len().saturating_mul(RECORD_BYTES))?;
        let records = self.storage.entities().get(&ids).await?;
        Ok(records.into_iter().map(|record| (record.entity.id(), record)).collect())
    }
}

/// The two ends of an edge, from their records or, where one is gone, from that
/// of the relation.
pub(super) fn ends(edge: &Edge, names: &Map<EntityId, EntityRecord>) -> Option<(Entity, Entity)> {
    let end = |id| names.get(&id).map(|record: &EntityRecord| record.entity.clone());
    match (end(edge.source), end(edge.dest)) {
        (Some(source), Some(dest)) => Some((source, dest)),
        _ => names.get(&edge.relation)?.entity.ends(),
    }
}

/// The caller of an edge.
pub(super) fn caller(edge: &Edge, names: &Map<EntityId, EntityRecord>) -> Option<Entity> {
    match names.get(&edge.source) {
        Some(record) => Some(record.entity.clone()),
        None => Some(names.get(&edge.relation)?.entity.ends()?.0),
    }
}
