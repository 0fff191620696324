//! Entities. The key is the id, the highest byte first; the payload:
//!
//! | field | encoding |
//! |---|---|
//! | version | 1 byte |
//! | scope | its number, 1 byte |
//! | names | those of the scope: (service) or (service, name), of both ends of a relation |
//! | layers | a bit per order number, as a number |
//! | first sighting | minutes, signed |
//! | last sighting | minutes since the first, signed |
//! | properties | how many, then key and value of each |

use skytrail_model::entity::{ChildRef, Entity, EntityId, EntityRecord};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use super::{Reader, Row, write};

/// The key of an entity.
pub(crate) fn key(id: EntityId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

/// The row of a record.
pub(crate) fn encode(record: &EntityRecord) -> Row {
    let mut payload = write::versioned();
    payload.push(record.entity.scope() as u8);
    write_names(&mut payload, &record.entity);
    let bits = record.layers.iter().fold(0, |bits, layer| bits | 1 << layer.number());
    write::number(&mut payload, bits);
    write::signed(&mut payload, record.first_seen.0);
    write::signed(&mut payload, record.last_seen.0.wrapping_sub(record.first_seen.0));
    write::number(&mut payload, record.properties.len() as u64);
    for (key, value) in &record.properties {
        write::text(&mut payload, key);
        write::text(&mut payload, value);
    }
    (key(record.entity.id()), payload)
}

/// The record of a row.
pub(crate) fn decode(row_key: &[u8], payload: &[u8]) -> Option<EntityRecord> {
    let mut reader = Reader::versioned(payload)?;
    let scope = scope(reader.byte()?)?;
    let entity = read_names(&mut reader, scope)?;
    let layers = layers(reader.number()?);
    let first_seen = reader.signed()?;
    let last_seen = first_seen.wrapping_add(reader.signed()?);
    let count = reader.number()?;
    let mut properties = Vec::new();
    for _ in 0..count {
        properties.push((reader.text()?, reader.text()?));
    }
    // What is held is limited by what it takes, which is not to be more than before.
    properties.shrink_to_fit();
    let (first_seen, last_seen) = (Minute(first_seen), Minute(last_seen));
    let record = EntityRecord { entity, layers, first_seen, last_seen, properties };
    let is_its_key = key(record.entity.id()) == row_key;
    (reader.is_done() && is_its_key).then_some(record)
}

fn scope(number: u8) -> Option<Scope> {
    Scope::ALL.into_iter().find(|scope| *scope as u8 == number)
}

/// Layers that are not known here are left out: a later release knows more.
fn layers(bits: u64) -> LayerSet {
    let known = Layer::all().filter(|layer| bits >> layer.number() & 1 == 1);
    known.fold(LayerSet::default(), |set, layer| set.union(LayerSet::of(layer)))
}

fn write_names(into: &mut Vec<u8>, entity: &Entity) {
    match entity {
        Entity::Service(service) => write::service(into, service),
        Entity::Instance(child) | Entity::Endpoint(child) => write_child(into, child),
        Entity::ServiceRelation { source, dest } => {
            write::service(into, source);
            write::service(into, dest);
        }
        Entity::InstanceRelation { source, dest } | Entity::EndpointRelation { source, dest } => {
            write_child(into, source);
            write_child(into, dest);
        }
    }
}

fn write_child(into: &mut Vec<u8>, child: &ChildRef) {
    write::service(into, &child.service);
    write::text(into, &child.name);
}

fn read_names(reader: &mut Reader<'_>, scope: Scope) -> Option<Entity> {
    Some(match scope {
        Scope::Service => Entity::Service(reader.service()?),
        Scope::ServiceInstance => Entity::Instance(read_child(reader)?),
        Scope::Endpoint => Entity::Endpoint(read_child(reader)?),
        Scope::ServiceRelation => {
            Entity::ServiceRelation { source: reader.service()?, dest: reader.service()? }
        }
        Scope::ServiceInstanceRelation => {
            Entity::InstanceRelation { source: read_child(reader)?, dest: read_child(reader)? }
        }
        Scope::EndpointRelation => {
            Entity::EndpointRelation { source: read_child(reader)?, dest: read_child(reader)? }
        }
    })
}

fn read_child(reader: &mut Reader<'_>) -> Option<ChildRef> {
    Some(ChildRef { service: reader.service()?, name: reader.text()? })
}
