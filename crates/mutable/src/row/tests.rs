//! Rows come back as they were, and nothing else comes back.

use proptest::collection::vec;
use proptest::prelude::*;
use skytrail_base::journal::Position;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{ChildRef, Entity, EntityRecord, ServiceRef};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::template::UiTemplate;
use skytrail_model::time::Minute;
use skytrail_storage::{TagKind, TagSighting};
use xxhash_rust::xxh3::xxh3_64;

use super::state::{State, Total};
use super::{Table, alias, entity, seal, tag, template, unseal};

fn service() -> impl Strategy<Value = ServiceRef> {
    (".{0,8}", any::<bool>()).prop_map(|(name, normal)| ServiceRef { name, normal })
}

fn child() -> impl Strategy<Value = ChildRef> {
    (service(), ".{0,200}").prop_map(|(service, name)| ChildRef { service, name })
}

fn entities() -> impl Strategy<Value = Entity> {
    prop_oneof![
        service().prop_map(Entity::Service),
        child().prop_map(Entity::Instance),
        child().prop_map(Entity::Endpoint),
        (service(), service()).prop_map(|(source, dest)| Entity::ServiceRelation { source, dest }),
        (child(), child()).prop_map(|(source, dest)| Entity::InstanceRelation { source, dest }),
        (child(), child()).prop_map(|(source, dest)| Entity::EndpointRelation { source, dest }),
    ]
}

fn minute() -> impl Strategy<Value = Minute> {
    prop_oneof![any::<i64>(), 0..30_000_000i64].prop_map(Minute)
}

fn layers() -> impl Strategy<Value = LayerSet> {
    vec(0..51u8, 0..4).prop_map(|numbers| {
        let layers = numbers.into_iter().filter_map(Layer::from_number);
        layers.fold(LayerSet::default(), |set, layer| set.union(LayerSet::of(layer)))
    })
}

fn record() -> impl Strategy<Value = EntityRecord> {
    let properties = vec((".{0,9}", ".{0,9}"), 0..4);
    (entities(), layers(), minute(), minute(), properties).prop_map(
        |(entity, layers, first_seen, last_seen, properties)| EntityRecord {
            entity,
            layers,
            first_seen,
            last_seen,
            properties,
        },
    )
}

fn aliases() -> impl Strategy<Value = Alias> {
    (".{0,20}", service(), ".{0,9}", minute(), minute()).prop_map(
        |(address, service, instance, since, last_seen)| Alias {
            address,
            service,
            instance,
            since,
            last_seen,
        },
    )
}

fn sighting() -> impl Strategy<Value = TagSighting> {
    let kind = prop_oneof![Just(TagKind::Trace), Just(TagKind::Log), Just(TagKind::Alarm)];
    (kind, ".{0,9}", ".{0,9}", minute()).prop_map(|(kind, key, value, day)| TagSighting {
        kind,
        key,
        value,
        day,
    })
}

fn dashboard() -> impl Strategy<Value = UiTemplate> {
    (".{0,9}", ".{0,99}", any::<bool>(), any::<i64>()).prop_map(
        |(id, configuration, disabled, updated_at)| UiTemplate {
            id,
            configuration,
            disabled,
            updated_at,
        },
    )
}

/// Every payload with a byte changed, cut off, or one more behind it.
fn spoiled(payload: &[u8], change: u8) -> impl Iterator<Item = Vec<u8>> + '_ {
    let cut = (0..payload.len()).map(|len| payload[..len].to_vec());
    let changed = (0..payload.len()).map(move |at| {
        let mut payload = payload.to_vec();
        payload[at] ^= change;
        payload
    });
    cut.chain(changed).chain([[payload, &[change]].concat()])
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        record in record(), an_alias in aliases(), sighting in sighting(), dashboard in dashboard(),
    ) {
        let (key, payload) = entity::encode(&record);
        prop_assert_eq!(entity::decode(&key, &payload), Some(record));
        let (key, payload) = alias::encode(&an_alias);
        prop_assert_eq!(alias::decode(&key, &payload), Some(an_alias));
        let (key, payload) = tag::encode(&sighting);
        prop_assert_eq!(tag::decode(&key, &payload), Some(sighting));
        let (key, payload) = template::encode(&dashboard);
        prop_assert_eq!(template::decode(&key, &payload), Some(dashboard));
    }

    #[test]
    fn what_is_read_was_written_so(
        record in record(), an_alias in aliases(), sighting in sighting(), change in 1u8..,
    ) {
        let (key, payload) = entity::encode(&record);
        for payload in spoiled(&payload, change) {
            if let Some(other) = entity::decode(&key, &payload) {
                prop_assert_eq!(&other.entity, &record.entity);
            }
        }
        for key in spoiled(&key, change) {
            prop_assert_eq!(entity::decode(&key, &payload), None);
        }
        let (key, payload) = alias::encode(&an_alias);
        for key in spoiled(&key, change) {
            prop_assert_eq!(alias::decode(&key, &payload), None);
        }
        for payload in spoiled(&payload, change) {
            drop(alias::decode(&key, &payload));
        }
        let (key, payload) = tag::encode(&sighting);
        for key in spoiled(&key, change) {
            if let Some(other) = tag::decode(&key, &payload) {
                prop_assert_eq!(tag::encode(&other), (key, payload.clone()));
            }
        }
    }

    #[test]
    fn any_bytes_are_survived(key in vec(any::<u8>(), 0..40), payload in vec(any::<u8>(), 0..200)) {
        for scope in 0..8 {
            drop(entity::decode(&key, &[&[1, scope], &payload[..]].concat()));
        }
        drop(alias::decode(&key, &payload));
        drop(tag::decode(&key, &payload));
        drop(template::decode(&key, &payload));
        if let Some(state) = State::decode(&payload) {
            prop_assert_eq!(state.encode(), payload);
        }
    }

    #[test]
    fn days_lie_in_order(days in vec(sighting(), 2)) {
        let keys: Vec<_> = days.iter().map(|day| tag::encode(day).0).collect();
        if days[0].day != days[1].day {
            prop_assert_eq!(days[0].day < days[1].day, keys[0] < keys[1]);
        }
    }

    #[test]
    fn a_seal_holds_for_its_row_alone(
        key in vec(any::<u8>(), 1..20), payload in vec(any::<u8>(), 0..50), change in 1u8..,
    ) {
        let value = seal(Table::Tags, &key, payload.clone());
        prop_assert_eq!(unseal(Table::Tags, &key, &value), Some(&payload[..]));
        prop_assert_eq!(unseal(Table::Aliases, &key, &value), None);
        for value in spoiled(&value, change) {
            prop_assert_eq!(unseal(Table::Tags, &key, &value), None);
        }
        for key in spoiled(&key, change) {
            prop_assert_eq!(unseal(Table::Tags, &key, &value), None);
        }
    }

    #[test]
    fn the_state_is_read_as_it_was(numbers in vec(any::<u64>(), 17)) {
        let mut state = State { sequence: numbers[0], position: Position(numbers[1]), ..State::default() };
        for (total, numbers) in state.totals.iter_mut().zip(numbers[2..].chunks(3)) {
            *total = Total { rows: numbers[0], bytes: numbers[1], seals: numbers[2] };
        }
        prop_assert_eq!(State::decode(&state.encode()), Some(state));
    }
}

/// Files of this release are read by later ones: these bytes do not change.
#[test]
fn the_encoding_is_the_one_of_the_files_that_there_are() {
    let shop = ServiceRef { name: "shop".to_owned(), normal: true };
    let entity = Entity::Endpoint(ChildRef { service: shop.clone(), name: "/pay".to_owned() });
    let record = EntityRecord {
        entity,
        layers: LayerSet::of(Layer::GENERAL),
        first_seen: Minute(100),
        last_seen: Minute(163),
        properties: vec![("k".to_owned(), "v".to_owned())],
    };
    let (key, payload) = entity::encode(&record);
    assert_eq!(payload, b"\x01\x03\x01\x04shop\x04/pay\x04\xc8\x01\x7e\x01\x01k\x01v");
    assert_eq!(u128::from_be_bytes(key.try_into().unwrap()), record.entity.id().0);
    let an_alias = Alias {
        address: "a:1".to_owned(),
        service: shop,
        instance: "i".to_owned(),
        since: Minute(-1),
        last_seen: Minute(-1),
    };
    assert_eq!(alias::encode(&an_alias).1, b"\x01\x03a:1\x01\x04shop\x01i\x01\x00");
    let (kind, day) = (TagKind::Log, Minute(1440));
    let sighting = TagSighting { kind, key: "k".to_owned(), value: "v".to_owned(), day };
    let row = tag::encode(&sighting);
    assert_eq!(row, (b"\x80\0\0\0\0\0\x05\xa0\x01\0\0\0\x01kv".to_vec(), vec![1]));
    let (id, configuration) = ("d".to_owned(), "{}".to_owned());
    let dashboard = UiTemplate { id, configuration, disabled: true, updated_at: 2 };
    assert_eq!(template::encode(&dashboard), (b"d".to_vec(), b"\x01\x01\x04{}".to_vec()));
    let value = seal(Table::Tags, b"key", vec![1]);
    let sealed = b"\x03\x03\0\0\0\0\0\0\0key\x01";
    assert_eq!(value, [&[1][..], &xxh3_64(sealed).to_le_bytes()].concat());
}
