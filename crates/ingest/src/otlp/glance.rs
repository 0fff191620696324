//! What a `ResourceSpans` tells before it is decoded.

use std::borrow::Cow;

use crate::wire::{Cursor, DEPTH, Elements, Malformed, len};

/// What is asked before decoding: which service sends, and how many spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen<'a> {
    /// `service.namespace`; empty when the resource has none.
    pub(crate) namespace: &'a [u8],
    /// `service.name`; empty when the resource has none.
    pub(crate) name: &'a [u8],
    /// Spans of all scopes.
    pub(crate) spans: u64,
}

impl<'a> Seen<'a> {
    fn resource(&mut self, resource: &'a [u8]) -> Result<(), Malformed> {
        for attribute in Elements::among(resource, ATTRIBUTE) {
            let (key, value) = pair(attribute?)?;
            let place = match key {
                b"service.name" => &mut self.name,
                b"service.namespace" => &mut self.namespace,
                _ => continue,
            };
            if let Some(text) = Elements::among(value, STRING).last().transpose()? {
                *place = text;
            }
        }
        Ok(())
    }

    /// The service, by which a shard is chosen; as the reader names it, where name and
    /// namespace are text.
    pub(crate) fn service(&self) -> Cow<'a, [u8]> {
        match self.namespace {
            [] => Cow::Borrowed(self.name),
            namespace => Cow::Owned([namespace, b"::", self.name].concat()),
        }
    }
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
    let mut seen = Seen { namespace: &[], name: &[], spans: 0 };
    let mut cursor = Cursor::new(message);
    while let Some(key) = cursor.key()? {
        match key {
            RESOURCE => seen.resource(cursor.bytes()?)?,
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
