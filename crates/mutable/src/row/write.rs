//! Writes payloads, as [`super::read`] reads them.

use skytrail_model::entity::ServiceRef;

use super::VERSION;

/// A payload with nothing but its version.
pub(crate) fn versioned() -> Vec<u8> {
    vec![VERSION]
}

pub(crate) fn number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

pub(crate) fn signed(into: &mut Vec<u8>, signed: i64) {
    number(into, ((signed << 1) ^ (signed >> 63)) as u64);
}

pub(crate) fn text(into: &mut Vec<u8>, text: &str) {
    number(into, text.len() as u64);
    into.extend_from_slice(text.as_bytes());
}

pub(crate) fn service(into: &mut Vec<u8>, service: &ServiceRef) {
    into.push(u8::from(service.normal));
    text(into, &service.name);
}
