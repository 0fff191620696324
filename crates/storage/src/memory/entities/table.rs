//! Records by scope and id, aliases by key.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use crate::memory::changes::{Changes, Taken};
use crate::rows::Keyword;
use crate::spi::{EntityFilter, EntityQuery};

/// What makes an alias this one and no other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasKey {
    /// [`Alias::address`].
    pub address: String,
    /// [`Alias::service`].
    pub service: ServiceRef,
    /// [`Alias::instance`].
    pub instance: String,
}

impl AliasKey {
    /// The key of an alias.
    pub fn of(alias: &Alias) -> Self {
        Self {
            address: alias.address.clone(),
            service: alias.service.clone(),
            instance: alias.instance.clone(),
        }
    }
}

/// A record, and the id of the service that owns it.
#[derive(Debug, Clone)]
struct Known {
    record: EntityRecord,
    service: EntityId,
    taken: Taken,
}

#[derive(Debug, Clone)]
struct KnownAlias {
    alias: Alias,
    taken: Taken,
}

/// Boxed, so that places of the map that are free, half of them at times, take little.
type ById = HashMap<EntityId, Box<Known>, FixedState>;

#[derive(Debug, Default, Clone)]
pub(super) struct Table {
    by_scope: BTreeMap<Scope, ById>,
    aliases: BTreeMap<AliasKey, KnownAlias>,
    alias_changes: u64,
    /// Keys of rows that went after they were taken.
    gone: BTreeSet<EntityId>,
    gone_aliases: BTreeSet<AliasKey>,
    /// Of the rows and of what is gone.
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

/// Bytes of a record: itself, its texts, properties, and the place in the map with
/// the room that it keeps free.
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
    names + properties + size_of::<Known>() + size_of::<(EntityId, Box<Known>)>() * 3 / 2
}

fn alias_cost(alias: &Alias) -> usize {
    let text = alias.address.len() + alias.service.name.len() + alias.instance.len();
    2 * text + (size_of::<AliasKey>() + size_of::<KnownAlias>()) * 3 / 2
}

/// What is left of an entity that went after it was taken.
const GONE_BYTES: usize = size_of::<EntityId>() * 3 / 2;

fn gone_alias_cost(key: &AliasKey) -> usize {
    let text = key.address.len() + key.service.name.len() + key.instance.len();
    text + size_of::<AliasKey>() * 3 / 2
}

/// Whether a record knows anything that another of the same entity does not.
fn is_news(known: &EntityRecord, record: &EntityRecord) -> bool {
    known.layers.union(record.layers) != known.layers
        || record.first_seen < known.first_seen
        || record.last_seen > known.last_seen
        || (!record.properties.is_empty() && record.properties != known.properties)
}

fn name_of(entity: &Entity) -> &str {
    match entity {
        Entity::Service(service) => &service.name,
        Entity::Instance(child) | Entity::Endpoint(child) => &child.name,
        relation => &relation.service().name,
    }
}

/// Whether an entity is a service, or one of its instances, endpoints or relations.
fn names_service(entity: &Entity, name: &str) -> bool {
    match entity.ends() {
        None => entity.service().name == name,
        Some((source, dest)) => [source, dest].iter().any(|end| end.service().name == name),
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
        let taken =
            if self.gone.contains(&record.entity.id()) { Taken::Older } else { Taken::Never };
        self.add(record, taken);
    }

    /// Adds what was written before.
    pub(super) fn load(&mut self, record: EntityRecord) {
        self.add(record, Taken::AsIs);
    }

    /// Merges a record in; `taken` is what whoever writes rows behind has of it.
    fn add(&mut self, record: EntityRecord, taken: Taken) {
        let by_id = self.by_scope.entry(record.entity.scope()).or_default();
        let id = record.entity.id();
        match by_id.get_mut(&id) {
            Some(known) => {
                if known.taken == Taken::Never {
                    known.taken = taken.changed();
                }
                if is_news(&known.record, &record) {
                    self.bytes -= cost(&known.record);
                    known.record.merge(record);
                    self.bytes += cost(&known.record);
                    known.taken = known.taken.changed();
                }
            }
            None => {
                self.bytes += cost(&record);
                if self.gone.remove(&id) {
                    self.bytes -= GONE_BYTES;
                }
                let service = record.entity.service().id();
                by_id.insert(id, Box::new(Known { record, service, taken }));
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
        let key = AliasKey::of(&alias);
        let taken = if self.gone_aliases.contains(&key) { Taken::Older } else { Taken::Never };
        self.add_alias(key, alias, taken);
    }

    /// Adds what was written before.
    pub(super) fn load_alias(&mut self, alias: Alias) {
        self.add_alias(AliasKey::of(&alias), alias, Taken::AsIs);
    }

    fn add_alias(&mut self, key: AliasKey, alias: Alias, taken: Taken) {
        match self.aliases.get_mut(&key) {
            Some(KnownAlias { alias: known, taken: known_taken }) => {
                if *known_taken == Taken::Never {
                    *known_taken = taken.changed();
                }
                let times = (known.since.min(alias.since), known.last_seen.max(alias.last_seen));
                if times != (known.since, known.last_seen) {
                    (known.since, known.last_seen) = times;
                    *known_taken = known_taken.changed();
                    self.alias_changes += 1;
                }
            }
            None => {
                self.bytes += alias_cost(&alias);
                if self.gone_aliases.remove(&key) {
                    self.bytes -= gone_alias_cost(&key);
                }
                self.aliases.insert(key, KnownAlias { alias, taken });
                self.alias_changes += 1;
            }
        }
    }

    /// By address, then `since`, then service and instance.
    pub(super) fn aliases(&self) -> Vec<Alias> {
        let mut aliases: Vec<_> = self.aliases.values().map(|known| known.alias.clone()).collect();
        aliases.sort_by(|a, b| (&a.address, a.since).cmp(&(&b.address, b.since)));
        aliases
    }

    /// At most so many rows that are not taken as they are, and what is gone.
    pub(super) fn take(&mut self, most: usize) -> Changes<EntityRecord, EntityId> {
        let known = self.by_scope.values_mut().flat_map(HashMap::values_mut);
        let mut changed = known.filter(|known| known.taken != Taken::AsIs);
        let take = |known: &mut Box<Known>| {
            known.taken = Taken::AsIs;
            known.record.clone()
        };
        let put = changed.by_ref().take(most).map(take).collect();
        let has_more = changed.next().is_some();
        let gone: Vec<_> = std::mem::take(&mut self.gone).into_iter().collect();
        self.bytes -= gone.len() * GONE_BYTES;
        Changes { put, gone, has_more }
    }

    pub(super) fn written_anew(&mut self) -> Vec<EntityRecord> {
        let known = self.by_scope.values_mut().flat_map(HashMap::values_mut);
        let written = known.map(|known| {
            known.taken = known.taken.written();
            known.record.clone()
        });
        written.collect()
    }

    pub(super) fn aliases_written_anew(&mut self) -> Vec<Alias> {
        let written = self.aliases.values_mut().map(|known| {
            known.taken = known.taken.written();
            known.alias.clone()
        });
        written.collect()
    }

    /// What was taken could not be written.
    pub(super) fn give_back(&mut self, changes: &Changes<EntityRecord, EntityId>) {
        for record in &changes.put {
            let by_id = self.by_scope.get_mut(&record.entity.scope());
            if let Some(known) = by_id.and_then(|by_id| by_id.get_mut(&record.entity.id())) {
                known.taken = Taken::Older;
            }
        }
        for id in &changes.gone {
            let mut scopes = self.by_scope.values_mut();
            match scopes.find_map(|by_id| by_id.get_mut(id)) {
                Some(known) => known.taken = Taken::Older,
                None if self.gone.insert(*id) => self.bytes += GONE_BYTES,
                None => {}
            }
        }
    }

    /// The same of the aliases.
    pub(super) fn take_aliases(&mut self, most: usize) -> Changes<Alias, AliasKey> {
        let known = self.aliases.values_mut();
        let mut changed = known.filter(|known| known.taken != Taken::AsIs);
        let take = |known: &mut KnownAlias| {
            known.taken = Taken::AsIs;
            known.alias.clone()
        };
        let put = changed.by_ref().take(most).map(take).collect();
        let has_more = changed.next().is_some();
        let gone: Vec<_> = std::mem::take(&mut self.gone_aliases).into_iter().collect();
        self.bytes -= gone.iter().map(gone_alias_cost).sum::<usize>();
        Changes { put, gone, has_more }
    }

    /// The same of the aliases.
    pub(super) fn give_back_aliases(&mut self, changes: Changes<Alias, AliasKey>) {
        let put = changes.put.iter().map(AliasKey::of);
        for key in put.chain(changes.gone.iter().cloned()) {
            if let Some(known) = self.aliases.get_mut(&key) {
                known.taken = Taken::Older;
            }
        }
        for key in changes.gone {
            let cost = gone_alias_cost(&key);
            if !self.aliases.contains_key(&key) && self.gone_aliases.insert(key) {
                self.bytes += cost;
            }
        }
    }

    fn remove(&mut self, item: &Item) {
        match item {
            Item::Entity(scope, id) => {
                let by_id = self.by_scope.get_mut(scope);
                let Some(removed) = by_id.and_then(|by_id| by_id.remove(id)) else { return };
                self.bytes -= cost(&removed.record);
                if removed.taken != Taken::Never && self.gone.insert(*id) {
                    self.bytes += GONE_BYTES;
                }
            }
            Item::Alias(key) => {
                let Some(removed) = self.aliases.remove(key) else { return };
                self.bytes -= alias_cost(&removed.alias);
                self.alias_changes += 1;
                if removed.taken != Taken::Never && self.gone_aliases.insert(key.clone()) {
                    self.bytes += gone_alias_cost(key);
                }
            }
        }
    }

    /// Everything, with the minute it was last seen in.
    fn sightings(&self) -> Vec<(Minute, Item)> {
        let entities = self.by_scope.iter().flat_map(|(scope, by_id)| {
            by_id.iter().map(|(id, known)| (known.record.last_seen, Item::Entity(*scope, *id)))
        });
        let aliases = self.aliases.iter();
        let aliases = aliases.map(|(key, known)| (known.alias.last_seen, Item::Alias(key.clone())));
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

    pub(super) fn ids_of_service(&self, name: &str) -> Vec<EntityId> {
        let known = self.by_scope.values().flatten();
        let known = known.filter(|(_, known)| names_service(&known.record.entity, name));
        known.map(|(id, _)| *id).collect()
    }

    pub(super) fn forget_service(&mut self, name: &str) {
        let entities = self.by_scope.iter().flat_map(|(scope, by_id)| {
            let named = by_id.iter().filter(|(_, one)| names_service(&one.record.entity, name));
            named.map(|(id, _)| Item::Entity(*scope, *id))
        });
        let aliases = self.aliases.keys().filter(|key| key.service.name == name);
        let named: Vec<_> = entities.chain(aliases.cloned().map(Item::Alias)).collect();
        named.iter().for_each(|item| self.remove(item));
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
