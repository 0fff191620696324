//! Mutable family: entities and address aliases.

use skytrail_base::future::BoxFuture;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{EntityId, EntityRecord};
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::origin::Origin;

/// Which entities to list. Conditions are joined by "and".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityFilter {
    /// Entities that this service owns (for relations: the callee).
    Service(EntityId),
    /// Entities seen in a layer.
    Layer(Layer),
    /// Entities whose name contains this text, ASCII case ignored.
    Keyword(String),
    /// Entities last seen at or after a minute.
    SeenSince(Minute),
    /// Entities first seen at or before a minute.
    FirstSeenBy(Minute),
}

/// A listing of entities of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityQuery {
    /// What to list.
    pub scope: Scope,
    /// Which of them.
    pub filters: Vec<EntityFilter>,
    /// At most so many.
    pub limit: usize,
}

/// Entities by id, and aliases by address.
///
/// Records of one id merge as [`EntityRecord::merge`] says, whatever their
/// origin. Answers of `list` are ordered by last sighting, newest first, then
/// by id; a record is visible as soon as `upsert` has returned.
pub trait Entities: Send + Sync {
    /// Merges records in.
    fn upsert<'a>(
        &'a self,
        origin: Origin,
        records: Vec<EntityRecord>,
    ) -> BoxFuture<'a, Result<()>>;

    /// Records by id; ids that are not there are left out, order is that of `ids`.
    fn get<'a>(&'a self, ids: &'a [EntityId]) -> BoxFuture<'a, Result<Vec<EntityRecord>>>;

    /// A listing, and whether `limit` cut something off.
    fn list<'a>(
        &'a self,
        query: &'a EntityQuery,
    ) -> BoxFuture<'a, Result<(Vec<EntityRecord>, bool)>>;

    /// Records that a listing looks at, at most, for cost accounting. MUST
    /// answer at once.
    fn examined(&self, query: &EntityQuery) -> u64;

    /// Merges aliases in. Rows of one (address, service, instance) are one:
    /// the earliest `since`, the latest `last_seen`.
    fn upsert_aliases<'a>(
        &'a self,
        origin: Origin,
        aliases: Vec<Alias>,
    ) -> BoxFuture<'a, Result<()>>;

    /// All aliases, ordered by address, then `since`. Their number is bounded
    /// by the store.
    fn aliases<'a>(&'a self) -> BoxFuture<'a, Result<Vec<Alias>>>;

    /// A number that grows with every change of the aliases, so that readers
    /// know when to read them again.
    fn alias_version(&self) -> u64;
}
