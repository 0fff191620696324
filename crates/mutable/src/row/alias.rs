//! Aliases. The key is a hash of 128 bits of address, service and instance, so
//! that keys are short; the payload has the version, these three, the first
//! sighting in minutes and the last in minutes since the first.

use skytrail_model::alias::Alias;
use skytrail_model::entity::ServiceRef;
use skytrail_model::time::Minute;
use xxhash_rust::xxh3::xxh3_128;

use super::{Reader, Row, write};

/// The key of an alias.
pub(crate) fn key(address: &str, service: &ServiceRef, instance: &str) -> Vec<u8> {
    let mut names = Vec::new();
    write_names(&mut names, address, service, instance);
    xxh3_128(&names).to_be_bytes().to_vec()
}

fn write_names(into: &mut Vec<u8>, address: &str, service: &ServiceRef, instance: &str) {
    write::text(into, address);
    write::service(into, service);
    write::text(into, instance);
}

/// The row of an alias.
pub(crate) fn encode(alias: &Alias) -> Row {
    let mut payload = write::versioned();
    write_names(&mut payload, &alias.address, &alias.service, &alias.instance);
    write::signed(&mut payload, alias.since.0);
    write::signed(&mut payload, alias.last_seen.0.wrapping_sub(alias.since.0));
    (key(&alias.address, &alias.service, &alias.instance), payload)
}

/// The alias of a row.
pub(crate) fn decode(row_key: &[u8], payload: &[u8]) -> Option<Alias> {
    let mut reader = Reader::versioned(payload)?;
    let (address, service, instance) = (reader.text()?, reader.service()?, reader.text()?);
    let since = reader.signed()?;
    let last_seen = since.wrapping_add(reader.signed()?);
    let is_its_key = key(&address, &service, &instance) == row_key;
    let (since, last_seen) = (Minute(since), Minute(last_seen));
    let alias = Alias { address, service, instance, since, last_seen };
    (reader.is_done() && is_its_key).then_some(alias)
}
