//! Records by scope and id, aliases by key.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use crate::memory::keyword::Keyword;
use crate::spi::{EntityFilter, EntityQuery};

/// Address, service and instance.
type AliasKey = (String, ServiceRef, String);

/// A record, and the id of the service that owns it.
#[derive(Debug, Clone)]
struct Known {
    record: EntityRecord,
    service: EntityId,
}

type ById = HashMap<EntityId, Known, FixedState>;

#[derive(Debug, Default, Clone)]
pub(super) struct Table {
    by_scope: BTreeMap<Scope, ById>,
    aliases: BTreeMap<AliasKey, Alias>,
    alias_changes: u64,
    bytes: usize,
    pub(super) evicted: u64,
    pub(super) expired: u64,
}

/// Something that may go to make room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Entity(Scope, EntityId),
    Alias(AliasKey),
}

impl Item {
    /// What goes first: whatever there are most of and the least depends on, so
    /// that a flood of endpoints ends with the endpoints, and a quiet service
    /// stays however long it is quiet.
    fn class(&self) -> u8 {
        match self {
            Self::Entity(Scope::Endpoint, _) => 0,
            Self::Entity(Scope::EndpointRelation, _) => 1,
            Self::Entity(Scope::ServiceInstanceRelation, _) => 2,
            Self::Entity(Scope::ServiceInstance, _) => 3,
            Self::Entity(Scope::Service | Scope::ServiceRelation, _) | Self::Alias(_) => 4,
        }
    }
}

/// Bytes of a record: its texts, properties, and the place in the map with the
/// room that it keeps free.
fn cost(record: &EntityRecord) -> usize {
    let names = match &record.entity {
        Entity::Service(service) => service.name.capacity(),
        Entity::Instance(child) | Entity::Endpoint(child) => {
            child.service.name.capacity() + child.name.capacity()
        }
        Entity::ServiceRelation { source, dest } => source.name.capacity() + dest.name.capacity(),
        Entity::InstanceRelation { source, dest } | Entity::EndpointRelation { source, dest } => {
            [source, dest].map(|end| end.service.name.capacity() + end.name.capacity()).iter().sum()
        }
    };
    let pair = size_of::<(String, String)>();
    let texts = record.properties.iter().map(|(key, value)| key.capacity() + value.capacity());
    let properties = record.properties.capacity() * pair + texts.sum::<usize>();
    names + properties + (size_of::<Known>() + size_of::<EntityId>()) * 3 / 2
}

fn alias_cost(alias: &Alias) -> usize {
    let text = alias.address.len() + alias.service.name.len() + alias.instance.len();
    2 * text + (size_of::<AliasKey>() + size_of::<Alias>()) * 3 / 2
}

fn name_of(entity: &Entity) -> &str {
    match entity {
        Entity::Service(service) => &service.name,
        Entity::Instance(child) | Entity::Endpoint(child) => &child.name,
        relation => &relation.service().name,
    }
}

fn matches(known: &Known, filter: &EntityFilter) -> bool {
    let record = &known.record;
    match filter {
        EntityFilter::Service(id) => known.service == *id,
        EntityFilter::Layer(layer) => record.layers.contains(*layer),
        EntityFilter::Keyword(text) => Keyword::new(text).is_in(name_of(&record.entity).as_bytes()),
        EntityFilter::SeenSince(minute) => record.last_seen >= *minute,
        EntityFilter::FirstSeenBy(minute) => record.first_seen <= *minute,
    }
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.by_scope.values().map(HashMap::len).sum::<usize>() + self.aliases.len()
    }

    /// Records of a scope.
    pub(super) fn count(&self, scope: Scope) -> usize {
        self.by_scope.get(&scope).map_or(0, HashMap::len)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Grows with every change of the aliases.
    pub(super) fn alias_changes(&self) -> u64 {
        self.alias_changes
    }

    pub(super) fn upsert(&mut self, record: EntityRecord) {
        let by_id = self.by_scope.entry(record.entity.scope()).or_default();
        let id = record.entity.id();
        match by_id.get_mut(&id) {
            Some(known) => {
                self.bytes -= cost(&known.record);
                known.record.merge(record);
                self.bytes += cost(&known.record);
            }
            None => {
                self.bytes += cost(&record);
                let service = record.entity.service().id();
                by_id.insert(id, Known { record, service });
            }
        }
    }

    pub(super) fn get(&self, id: EntityId) -> Option<&EntityRecord> {
        self.by_scope.values().find_map(|by_id| by_id.get(&id)).map(|known| &known.record)
    }

    pub(super) fn list(&self, query: &EntityQuery) -> (Vec<EntityRecord>, bool) {
        let all = self.by_scope.get(&query.scope).into_iter().flatten();
        let mut found: Vec<_> = all
            .filter(|(_, known)| query.filters.iter().all(|filter| matches(known, filter)))
            .map(|(id, known)| (std::cmp::Reverse(known.record.last_seen), *id, known))
            .collect();
        found.sort_unstable_by_key(|(last_seen, id, _)| (*last_seen, *id));
        let cut = found.len() > query.limit;
        let records = found.into_iter().take(query.limit);
        (records.map(|(_, _, known)| known.record.clone()).collect(), cut)
    }

    pub(super) fn upsert_alias(&mut self, alias: Alias) {
        let key = (alias.address.clone(), alias.service.clone(), alias.instance.clone());
        match self.aliases.get_mut(&key) {
            Some(known) => {
                let times = (known.since.min(alias.since), known.last_seen.max(alias.last_seen));
                if times != (known.since, known.last_seen) {
                    (known.since, known.last_seen) = times;
                    self.alias_changes += 1;
                }
            }
            None => {
                self.bytes += alias_cost(&alias);
                self.aliases.insert(key, alias);
                self.alias_changes += 1;
            }
        }
    }

    /// By address, then `since`, then service and instance.
    pub(super) fn aliases(&self) -> Vec<Alias> {
        let mut aliases: Vec<_> = self.aliases.values().cloned().collect();
        aliases.sort_by(|a, b| (&a.address, a.since).cmp(&(&b.address, b.since)));
        aliases
    }

    fn remove(&mut self, item: &Item) {
        match item {
            Item::Entity(scope, id) => {
                let removed = self.by_scope.get_mut(scope).and_then(|by_id| by_id.remove(id));
                self.bytes -= removed.map_or(0, |known| cost(&known.record));
            }
            Item::Alias(key) => {
                let removed = self.aliases.remove(key);
                self.bytes -= removed.as_ref().map_or(0, alias_cost);
                self.alias_changes += u64::from(removed.is_some());
            }
        }
    }

    /// Everything, with the minute it was last seen in.
    fn sightings(&self) -> Vec<(Minute, Item)> {
        let entities = self.by_scope.iter().flat_map(|(scope, by_id)| {
            by_id.iter().map(|(id, known)| (known.record.last_seen, Item::Entity(*scope, *id)))
        });
        let aliases = self.aliases.iter();
        let aliases = aliases.map(|(key, alias)| (alias.last_seen, Item::Alias(key.clone())));
        entities.chain(aliases).collect()
    }

    /// Removes everything that was last seen before `before`.
    pub(super) fn expire(&mut self, before: Minute) {
        let old = self.sightings().into_iter().filter(|(last_seen, _)| *last_seen < before);
        for (_, item) in old {
            self.remove(&item);
            self.expired += 1;
        }
    }

    /// Removes a tenth; false when nothing is left.
    pub(super) fn evict_tenth(&mut self) -> bool {
        let tenth = self.len().div_ceil(10);
        self.evict(tenth);
        tenth > 0
    }

    /// Removes so many, class by class, and in a class what was not seen for the
    /// longest time first.
    pub(super) fn evict(&mut self, count: usize) {
        let mut sightings = self.sightings();
        sightings.sort_unstable_by(|(a_seen, a), (b_seen, b)| {
            let by_class = a.class().cmp(&b.class()).then(a_seen.cmp(b_seen));
            by_class.then_with(|| b.cmp(a))
        });
        for (_, item) in sightings.iter().take(count) {
            self.remove(item);
            self.evicted += 1;
        }
    }
}
