//! What a row is checked by. The tree around the rows has checksums of its
//! own, but nobody checks them between the opening of the file and the moment
//! a page is copied with a new one.

use xxhash_rust::xxh3::Xxh3;

use super::table::Table;

/// Bytes that a seal adds to a payload.
pub(crate) const SEAL_BYTES: usize = 8;

fn sum(table: Table, key: &[u8], payload: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&[table as u8]);
    // The length first, so that no byte can move between key and payload.
    hash.update(&(key.len() as u64).to_le_bytes());
    hash.update(key);
    hash.update(payload);
    hash.digest()
}

/// The payload with its seal behind it.
pub(crate) fn seal(table: Table, key: &[u8], mut payload: Vec<u8>) -> Vec<u8> {
    let sum = sum(table, key, &payload);
    payload.extend_from_slice(&sum.to_le_bytes());
    payload
}

/// The seal of a value, true or not.
pub(crate) fn seal_of(value: &[u8]) -> Option<u64> {
    value.last_chunk().map(|seal| u64::from_le_bytes(*seal))
}

/// The payload of a value whose seal holds.
pub(crate) fn unseal<'a>(table: Table, key: &[u8], value: &'a [u8]) -> Option<&'a [u8]> {
    let (payload, seal) = value.split_last_chunk::<SEAL_BYTES>()?;
    (sum(table, key, payload) == u64::from_le_bytes(*seal)).then_some(payload)
}
