//! What a `ResourceSpans` tells before it is decoded.

use crate::wire::{Cursor, DEPTH, Elements, Malformed, len};

/// What is asked before decoding: which service sends, and how many spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen<'a> {
    /// `service.name`; empty when the resource has none.
    pub(crate) service: &'a [u8],
    /// Spans of all scopes.
    pub(crate) spans: u64,
}

const RESOURCE: u64 = len(1);
const SCOPE_SPANS: u64 = len(2);
const SPAN: u64 = len(2);
const ATTRIBUTE: u64 = len(1);
const KEY: u64 = len(1);
const VALUE: u64 = len(2);
const STRING: u64 = len(1);

/// Looks at the resource and counts spans.
pub(crate) fn glance(message: &[u8]) -> Result<Seen<'_>, Malformed> {
    let mut seen = Seen { service: &[], spans: 0 };
    let mut cursor = Cursor::new(message);
    while let Some(key) = cursor.key()? {
        match key {
            RESOURCE => {
                if let Some(service) = service_of(cursor.bytes()?)? {
                    seen.service = service;
                }
            }
            SCOPE_SPANS => {
                for span in Elements::among(cursor.bytes()?, SPAN) {
                    span?;
                    seen.spans += 1;
                }
            }
            _ => cursor.skip(key, 0, DEPTH)?,
        }
    }
    Ok(seen)
}

fn service_of(resource: &[u8]) -> Result<Option<&[u8]>, Malformed> {
    let mut found = None;
    for attribute in Elements::among(resource, ATTRIBUTE) {
        let (key, value) = pair(attribute?)?;
        if key == b"service.name" {
            found = Elements::among(value, STRING).last().transpose()?;
        }
    }
    Ok(found)
}

/// Key and value of an attribute, as messages.
pub(super) fn pair(body: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut cursor = Cursor::new(body);
    let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
    while let Some(field) = cursor.key()? {
        match field {
            KEY => key = cursor.bytes()?,
            VALUE => value = cursor.bytes()?,
            _ => cursor.skip(field, 2, DEPTH)?,
        }
    }
    Ok((key, value))
}
