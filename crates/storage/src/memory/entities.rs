//! Entities and address aliases.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use skytrail_base::future::BoxFuture;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{Entity, EntityId, EntityRecord};
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::{Entities, EntityFilter, EntityQuery, FamilyUsage, Origin};

/// Address, service and instance.
type AliasKey = (String, Entity, String);

#[derive(Debug, Default, Clone)]
struct Table {
    by_id: HashMap<EntityId, EntityRecord>,
    aliases: BTreeMap<AliasKey, Alias>,
    bytes: usize,
    evicted: u64,
    expired: u64,
}

#[derive(Debug)]
pub(super) struct MemoryEntities {
    table: RwLock<Table>,
    alias_version: AtomicU64,
    limit_bytes: usize,
}

/// Bytes of a record, roughly: names twice for relations, properties, and the
/// place in the map.
fn cost(record: &EntityRecord) -> usize {
    let names = match &record.entity {
        Entity::Service(service) => service.name.len(),
        Entity::Instance(child) | Entity::Endpoint(child) => {
            child.service.name.len() + child.name.len()
        }
        Entity::ServiceRelation { source, dest } => source.name.len() + dest.name.len(),
        Entity::InstanceRelation { source, dest } | Entity::EndpointRelation { source, dest } => {
            [source, dest].iter().map(|end| end.service.name.len() + end.name.len()).sum()
        }
    };
    let properties: usize =
        record.properties.iter().map(|(key, value)| key.len() + value.len() + 48).sum();
    names + properties + size_of::<EntityRecord>() + 32
}

fn alias_cost(alias: &Alias) -> usize {
    2 * (alias.address.len() + alias.service.name.len() + alias.instance.len()) + 256
}

impl Table {
    fn upsert(&mut self, record: EntityRecord) {
        let id = record.entity.id();
        match self.by_id.get_mut(&id) {
            Some(known) => {
                self.bytes -= cost(known);
                known.merge(record);
                self.bytes += cost(known);
            }
            None => {
                self.bytes += cost(&record);
                self.by_id.insert(id, record);
            }
        }
    }

    fn upsert_alias(&mut self, alias: Alias) {
        let key =
            (alias.address.clone(), Entity::Service(alias.service.clone()), alias.instance.clone());
        match self.aliases.get_mut(&key) {
            Some(known) => {
                known.since = known.since.min(alias.since);
                known.last_seen = known.last_seen.max(alias.last_seen);
            }
            None => {
                self.bytes += alias_cost(&alias);
                self.aliases.insert(key, alias);
            }
        }
    }

    /// Removes everything that was last seen before `before`; says how much.
    fn remove_before(&mut self, before: Minute) -> u64 {
        let held = self.by_id.len() + self.aliases.len();
        self.by_id.retain(|_, record| record.last_seen >= before);
        self.aliases.retain(|_, alias| alias.last_seen >= before);
        self.bytes = self.by_id.values().map(cost).sum::<usize>()
            + self.aliases.values().map(alias_cost).sum::<usize>();
        (held - self.by_id.len() - self.aliases.len()) as u64
    }

    /// Removes the tenth of the records that was not seen for the longest time.
    fn remove_oldest(&mut self) -> u64 {
        let mut sightings: Vec<_> = self.by_id.values().map(|record| record.last_seen).collect();
        let tenth = sightings.len() / 10;
        let (_, before, _) = sightings.select_nth_unstable(tenth);
        let before = before.plus(1);
        self.remove_before(before)
    }
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
            rows: (table.by_id.len() + table.aliases.len()) as u64,
            bytes: table.bytes as u64,
            limit_bytes: self.limit_bytes as u64,
            evicted: table.evicted,
            expired: table.expired,
        }
    }

    pub(super) fn expire(&self, before: Minute) {
        let mut table = self.table.write();
        let gone = table.remove_before(before);
        table.expired += gone;
        if gone > 0 {
            self.alias_version.fetch_add(1, Ordering::Release);
        }
    }

    fn make_room(&self, table: &mut Table) {
        while table.bytes > self.limit_bytes && !table.by_id.is_empty() {
            let gone = table.remove_oldest();
            table.evicted += gone;
        }
    }
}

fn name_of(entity: &Entity) -> &str {
    match entity {
        Entity::Service(service) => &service.name,
        Entity::Instance(child) | Entity::Endpoint(child) => &child.name,
        relation => &relation.service().name,
    }
}

fn contains_ignoring_case(text: &str, keyword: &str) -> bool {
    let (text, keyword) = (text.as_bytes(), keyword.as_bytes());
    keyword.is_empty()
        || text.windows(keyword.len()).any(|window| window.eq_ignore_ascii_case(keyword))
}

fn matches(record: &EntityRecord, filter: &EntityFilter) -> bool {
    match filter {
        EntityFilter::Service(id) => record.entity.service().id() == *id,
        EntityFilter::Layer(layer) => record.layers.contains(*layer),
        EntityFilter::Keyword(keyword) => contains_ignoring_case(name_of(&record.entity), keyword),
        EntityFilter::SeenSince(minute) => record.last_seen >= *minute,
        EntityFilter::FirstSeenBy(minute) => record.first_seen <= *minute,
    }
}

impl Entities for MemoryEntities {
    fn upsert<'a>(&'a self, _: Origin, records: Vec<EntityRecord>) -> BoxFuture<'a, Result<()>> {
        let mut table = self.table.write();
        records.into_iter().for_each(|record| table.upsert(record));
        self.make_room(&mut table);
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, ids: &'a [EntityId]) -> BoxFuture<'a, Result<Vec<EntityRecord>>> {
        let table = self.table.read();
        let found = ids.iter().filter_map(|id| table.by_id.get(id).cloned()).collect();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn list<'a>(
        &'a self,
        query: &'a EntityQuery,
    ) -> BoxFuture<'a, Result<(Vec<EntityRecord>, bool)>> {
        let table = self.table.read();
        let mut found: Vec<_> = table
            .by_id
            .iter()
            .filter(|(_, record)| record.entity.scope() == query.scope)
            .filter(|(_, record)| query.filters.iter().all(|filter| matches(record, filter)))
            .collect();
        found.sort_by(|a, b| b.1.last_seen.cmp(&a.1.last_seen).then(a.0.cmp(b.0)));
        let cut = found.len() > query.limit;
        let records = found.into_iter().take(query.limit).map(|(_, record)| record.clone());
        Box::pin(std::future::ready(Ok((records.collect(), cut))))
    }

    fn upsert_aliases<'a>(&'a self, _: Origin, aliases: Vec<Alias>) -> BoxFuture<'a, Result<()>> {
        if !aliases.is_empty() {
            let mut table = self.table.write();
            aliases.into_iter().for_each(|alias| table.upsert_alias(alias));
            self.make_room(&mut table);
            self.alias_version.fetch_add(1, Ordering::Release);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn aliases<'a>(&'a self) -> BoxFuture<'a, Result<Vec<Alias>>> {
        let mut aliases: Vec<_> = self.table.read().aliases.values().cloned().collect();
        aliases.sort_by(|a, b| a.address.cmp(&b.address).then(a.since.cmp(&b.since)));
        Box::pin(std::future::ready(Ok(aliases)))
    }

    fn alias_version(&self) -> u64 {
        self.alias_version.load(Ordering::Acquire)
    }
}
