//! Entities and address aliases.

mod table;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{EntityId, EntityRecord};
use skytrail_model::time::Minute;
use table::Table;

use crate::error::Result;
use crate::spi::{Entities, EntityQuery, FamilyUsage, Origin};

#[derive(Debug)]
pub(super) struct MemoryEntities {
    table: RwLock<Table>,
    alias_version: AtomicU64,
    limit_bytes: usize,
}

impl MemoryEntities {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { table: RwLock::default(), alias_version: AtomicU64::new(0), limit_bytes }
    }

    pub(super) fn copy(&self) -> Self {
        Self {
            table: RwLock::new(self.table.read().clone()),
            alias_version: AtomicU64::new(self.alias_version()),
            limit_bytes: self.limit_bytes,
        }
    }

    pub(super) fn usage(&self) -> FamilyUsage {
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

    pub(super) fn expire(&self, before: Minute) {
        self.change(|table| table.expire(before));
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
