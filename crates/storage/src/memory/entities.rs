//! Entities and address aliases.

mod table;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod written_behind;

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{EntityId, EntityRecord};
use skytrail_model::time::Minute;
pub use table::AliasKey;
use table::Table;

use super::changes::Changes;
use crate::error::Result;
use crate::spi::{Entities, EntityQuery, FamilyUsage, Origin};

/// Entities and aliases up to a limit in bytes: what exceeds it goes, first what
/// there are most of, and of that what was not seen for longest.
///
/// A backend that writes them behind loads what it has with [`Self::load`] and
/// [`Self::load_aliases`], and learns from [`Self::take_changes`] and
/// [`Self::take_alias_changes`] what to write.
#[derive(Debug)]
pub struct MemoryEntities {
    table: RwLock<Table>,
    alias_version: AtomicU64,
    limit_bytes: usize,
}

impl MemoryEntities {
    /// Nothing yet.
    pub fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), alias_version: AtomicU64::new(0), limit_bytes }
    }

    pub(super) fn copy(&self) -> Self {
        Self {
            table: RwLock::new(self.table.read().clone()),
            alias_version: AtomicU64::new(self.alias_version()),
            limit_bytes: self.limit_bytes,
        }
    }

    /// How much is held.
    pub fn usage(&self) -> FamilyUsage {
        let table = self.table.read();
        FamilyUsage {
            name: "entities",
            rows: table.len() as u64,
            bytes: table.bytes() as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: table.evicted,
            expired: table.expired,
        }
    }

    /// Removes what was last seen before `before`.
    pub fn expire(&self, before: Minute) {
        self.change(|table| table.expire(before));
    }

    /// Removes everything that names a service, whether it is a real or a conjectured one.
    pub fn forget_service(&self, name: &str) {
        self.change(|table| table.forget_service(name));
    }

    /// Ids of everything that [`Self::forget_service`] would remove, aliases aside.
    pub fn ids_of_service(&self, name: &str) -> Vec<EntityId> {
        self.table.read().ids_of_service(name)
    }

    /// Merges records in that were written before: none of them is a change.
    pub fn load(&self, records: Vec<EntityRecord>) {
        self.change(|table| records.into_iter().for_each(|record| table.load(record)));
    }

    /// The same of aliases.
    pub fn load_aliases(&self, aliases: Vec<Alias>) {
        self.change(|table| aliases.into_iter().for_each(|alias| table.load_alias(alias)));
    }

    /// What changed in the entities since the last look, at most `most` records.
    /// A record is in it once however often it changed.
    pub fn take_changes(&self, most: usize) -> Changes<EntityRecord, EntityId> {
        self.table.write().take(most)
    }

    /// What was taken last could not be written; it will be taken again.
    pub fn give_back(&self, changes: &Changes<EntityRecord, EntityId>) {
        self.change(|table| table.give_back(changes));
    }

    /// Everything, for whoever writes it anew while rows arrive: what of it goes later
    /// is among the changes, even if it was never taken.
    pub fn written_anew(&self) -> Vec<EntityRecord> {
        self.table.write().written_anew()
    }

    /// [`Self::written_anew`] of the aliases.
    pub fn aliases_written_anew(&self) -> Vec<Alias> {
        self.table.write().aliases_written_anew()
    }

    /// [`Self::take_changes`] of the aliases.
    pub fn take_alias_changes(&self, most: usize) -> Changes<Alias, AliasKey> {
        self.table.write().take_aliases(most)
    }

    /// [`Self::give_back`] of the aliases.
    pub fn give_back_aliases(&self, changes: Changes<Alias, AliasKey>) {
        self.change(|table| table.give_back_aliases(changes));
    }

    /// Changes the table and makes room; says that aliases changed if any did.
    fn change(&self, change: impl FnOnce(&mut Table)) {
        let mut table = self.table.write();
        let before = table.alias_changes();
        change(&mut table);
        while table.bytes() > self.limit_bytes && table.evict_tenth() {}
        if table.alias_changes() != before {
            self.alias_version.fetch_add(1, Ordering::Release);
        }
    }
}

impl Entities for MemoryEntities {
    fn upsert<'a>(&'a self, _: Origin, records: Vec<EntityRecord>) -> BoxFuture<'a, Result<()>> {
        self.change(|table| records.into_iter().for_each(|record| table.upsert(record)));
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, ids: &'a [EntityId]) -> BoxFuture<'a, Result<Vec<EntityRecord>>> {
        let table = self.table.read();
        let found = ids.iter().filter_map(|id| table.get(*id).cloned()).collect();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn list<'a>(
        &'a self,
        query: &'a EntityQuery,
    ) -> BoxFuture<'a, Result<(Vec<EntityRecord>, bool)>> {
        Box::pin(async move {
            // One scan is short; a request of many gives way between them.
            tokio::task::yield_now().await;
            Ok(self.table.read().list(query))
        })
    }

    fn examined(&self, query: &EntityQuery) -> u64 {
        self.table.read().count(query.scope) as u64
    }

    fn upsert_aliases<'a>(&'a self, _: Origin, aliases: Vec<Alias>) -> BoxFuture<'a, Result<()>> {
        self.change(|table| aliases.into_iter().for_each(|alias| table.upsert_alias(alias)));
        Box::pin(std::future::ready(Ok(())))
    }

    fn aliases<'a>(&'a self) -> BoxFuture<'a, Result<Vec<Alias>>> {
        let aliases = self.table.read().aliases();
        Box::pin(std::future::ready(Ok(aliases)))
    }

    fn alias_version(&self) -> u64 {
        self.alias_version.load(Ordering::Acquire)
    }
}
