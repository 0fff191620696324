//! Another store has what is held, by nothing but the changes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{ChildRef, Entity, EntityId, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::{AliasKey, MemoryEntities};
use crate::contract::block_on;
use crate::spi::{Entities, EntityQuery, Origin};

const ORIGIN: Origin = Origin { shard: 0, sequence: 1 };

/// Room for some thirty rows, so that some go.
const LIMIT: usize = 12 << 10;

/// A service or endpoint by a number, with as many properties as `more` says.
fn record(n: u8, minute: i64, more: u8) -> EntityRecord {
    let service = ServiceRef { name: format!("service-{}", n / 2), normal: true };
    let entity = if n.is_multiple_of(2) {
        Entity::Service(service)
    } else {
        Entity::Endpoint(ChildRef { service, name: "/".to_owned() })
    };
    let property = |n: u8| (format!("key-{n}"), "x".repeat(100));
    EntityRecord {
        entity,
        layers: LayerSet::of(Layer::GENERAL),
        first_seen: Minute(minute),
        last_seen: Minute(minute),
        properties: (0..more).map(property).collect(),
    }
}

fn alias(n: u8, minute: i64) -> Alias {
    Alias {
        address: format!("10.0.0.1:{}", n / 2),
        service: ServiceRef { name: "shop".to_owned(), normal: true },
        instance: format!("shop-{}", n % 2),
        since: Minute(minute),
        last_seen: Minute(minute),
    }
}

#[derive(Debug, Default, PartialEq)]
struct Disk {
    records: BTreeMap<EntityId, EntityRecord>,
    aliases: BTreeMap<AliasKey, Alias>,
}

impl Disk {
    /// Begins with everything there is, of which some came after the last changes were taken.
    fn write_anew(entities: &MemoryEntities, meanwhile: Vec<EntityRecord>) -> Self {
        drop((entities.take_changes(usize::MAX), entities.take_alias_changes(usize::MAX)));
        block_on(entities.upsert(ORIGIN, meanwhile)).unwrap();
        block_on(entities.upsert_aliases(ORIGIN, vec![alias(1, 50)])).unwrap();
        let records = entities.written_anew().into_iter();
        let aliases = entities.aliases_written_anew().into_iter();
        let disk = Self {
            records: records.map(|record| (record.entity.id(), record)).collect(),
            aliases: aliases.map(|alias| (AliasKey::of(&alias), alias)).collect(),
        };
        // What made room meanwhile is not in it.
        let gone = entities.take_changes(0).gone;
        assert!(gone.iter().all(|id| !disk.records.contains_key(id)));
        let gone = entities.take_alias_changes(0).gone;
        assert!(gone.iter().all(|key| !disk.aliases.contains_key(key)));
        disk
    }

    /// Says whether there is more.
    fn write(&mut self, entities: &MemoryEntities, most: usize) -> bool {
        let changes = entities.take_changes(most);
        assert!(changes.put.len() <= most);
        for id in changes.gone {
            assert!(self.records.remove(&id).is_some(), "what was never written is not gone");
        }
        self.records.extend(changes.put.into_iter().map(|record| (record.entity.id(), record)));
        let aliases = entities.take_alias_changes(most);
        assert!(aliases.put.len() <= most);
        for key in aliases.gone {
            assert!(self.aliases.remove(&key).is_some(), "what was never written is not gone");
        }
        self.aliases.extend(aliases.put.into_iter().map(|alias| (AliasKey::of(&alias), alias)));
        changes.has_more || aliases.has_more
    }

    fn load(&self, entities: &MemoryEntities) {
        entities.load(self.records.values().cloned().collect());
        entities.load_aliases(self.aliases.values().cloned().collect());
    }
}

/// All that a table answers.
fn held(entities: &MemoryEntities) -> Disk {
    let list = |scope| {
        let query = EntityQuery { scope, filters: Vec::new(), limit: usize::MAX };
        block_on(entities.list(&query)).unwrap().0
    };
    let records = [Scope::Service, Scope::Endpoint].into_iter().flat_map(list);
    let aliases = block_on(entities.aliases()).unwrap().into_iter();
    Disk {
        records: records.map(|record| (record.entity.id(), record)).collect(),
        aliases: aliases.map(|alias| (AliasKey::of(&alias), alias)).collect(),
    }
}

#[derive(Debug, Clone)]
enum Step {
    See(Vec<(u8, i64, u8)>),
    Alias(Vec<(u8, i64)>),
    Expire(i64),
    Write { most: usize },
    WriteAnew(Vec<(u8, i64, u8)>),
    Restart,
}

fn records(seen: &[(u8, i64, u8)]) -> Vec<EntityRecord> {
    seen.iter().map(|(n, minute, more)| record(*n, *minute, *more)).collect()
}

fn step() -> impl Strategy<Value = Step> {
    let seen = || prop::collection::vec((0..40_u8, 0..90_i64, 0..3_u8), 0..12);
    prop_oneof![
        4 => seen().prop_map(Step::See),
        3 => prop::collection::vec((0..12_u8, 0..90_i64), 0..6).prop_map(Step::Alias),
        1 => (0..90_i64).prop_map(Step::Expire),
        3 => (0..20_usize).prop_map(|most| Step::Write { most }),
        1 => seen().prop_map(Step::WriteAnew),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #[test]
    fn what_is_written_behind_is_what_is_held(steps in prop::collection::vec(step(), 1..60)) {
        let (mut entities, mut disk) = (MemoryEntities::new(LIMIT), Disk::default());
        for step in steps {
            match step {
                Step::See(seen) => {
                    block_on(entities.upsert(ORIGIN, records(&seen))).unwrap();
                }
                Step::Alias(seen) => {
                    let seen = seen.into_iter().map(|(n, minute)| alias(n, minute));
                    block_on(entities.upsert_aliases(ORIGIN, seen.collect())).unwrap();
                }
                Step::Expire(minute) => entities.expire(Minute(minute)),
                Step::Write { most } => drop(disk.write(&entities, most)),
                Step::WriteAnew(seen) => disk = Disk::write_anew(&entities, records(&seen)),
                Step::Restart => {
                    entities = MemoryEntities::new(LIMIT);
                    disk.load(&entities);
                    let changed = entities.take_changes(9).put.len();
                    let aliases = entities.take_alias_changes(9).put.len();
                    prop_assert_eq!((changed, aliases), (0, 0), "what was loaded is no change");
                }
            }
            prop_assert!(entities.usage().bytes <= LIMIT as u64);
        }
        while disk.write(&entities, 7) {}
        prop_assert_eq!(&disk, &held(&entities));
        entities.expire(Minute(i64::MAX));
        while disk.write(&entities, 7) {}
        prop_assert_eq!(disk, Disk::default());
        prop_assert_eq!(entities.usage().bytes, 0);
    }
}

#[test]
fn what_could_not_be_written_is_taken_again() {
    let entities = MemoryEntities::new(64 << 20);
    let see = |records| block_on(entities.upsert(ORIGIN, records)).unwrap();
    let see_aliases = |aliases| block_on(entities.upsert_aliases(ORIGIN, aliases)).unwrap();
    let mut disk = Disk::default();
    see((0..10).map(|n| record(n, 5, 0)).collect());
    see_aliases((0..10).map(|n| alias(n, 5)).collect());
    assert!(!disk.write(&entities, 100));
    // Half of them go, two of those come again before the failure is known.
    see((0..5).map(|n| record(n, 9, 1)).collect());
    see_aliases((0..5).map(|n| alias(n, 9)).collect());
    entities.expire(Minute(6));
    let (changes, aliases) = (entities.take_changes(100), entities.take_alias_changes(100));
    assert_eq!((changes.put.len(), changes.gone.len()), (5, 5));
    assert_eq!((aliases.put.len(), aliases.gone.len()), (5, 5));
    see(vec![record(7, 9, 0), record(8, 9, 0)]);
    see_aliases(vec![alias(7, 9), alias(8, 9)]);
    entities.give_back(&changes);
    entities.give_back_aliases(aliases);
    assert!(!disk.write(&entities, 100));
    assert_eq!(disk, held(&entities));
    assert_eq!((disk.records.len(), disk.aliases.len()), (7, 7));
    let (changes, aliases) = (entities.take_changes(100), entities.take_alias_changes(100));
    assert!(changes.is_empty() && aliases.is_empty());
    // What says nothing new is no change.
    see(vec![record(7, 9, 0)]);
    see_aliases(vec![alias(7, 9)]);
    assert!(entities.take_changes(100).is_empty() && entities.take_alias_changes(100).is_empty());
}
