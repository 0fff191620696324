//! References: to spans of other segments.

use skytrail_model::span::{Link, LinkKind, Rows};
use skytrail_model::text::Text;

use crate::decode::{Refusal, Run};
use crate::wire::{Cursor, DEPTH, Malformed, int, len};

impl Run<'_> {
    /// Appends a link of the span whose links begin at `first_link`.
    pub(super) fn reference(&mut self, body: &[u8], first_link: u32) -> Result<(), Refusal> {
        let reference = Reference::read(body)?;
        if self.batch.links.len() as u32 - first_link >= self.limits.links {
            self.notes.left_out_links += 1;
            return Ok(());
        }
        let link = Link {
            kind: link_kind(reference.kind),
            trace_id: self.id(reference.trace)?,
            segment_id: self.id(reference.segment)?,
            span_number: reference.number,
            span_id: Text::EMPTY,
            parent_service: self.name(reference.service).0,
            parent_instance: self.name(reference.instance).0,
            parent_endpoint: self.name(reference.endpoint).0,
            peer_address: self.name(reference.address).0,
            attributes: Rows::default(),
        };
        self.batch.links.push(link);
        Ok(())
    }
}

/// A `SegmentReference` with its texts in place.
struct Reference<'a> {
    kind: i32,
    trace: &'a [u8],
    segment: &'a [u8],
    number: i32,
    service: &'a [u8],
    instance: &'a [u8],
    endpoint: &'a [u8],
    address: &'a [u8],
}

const REF_TYPE: u64 = int(1);
const REF_TRACE: u64 = len(2);
const REF_SEGMENT: u64 = len(3);
const REF_SPAN: u64 = int(4);
const REF_SERVICE: u64 = len(5);
const REF_INSTANCE: u64 = len(6);
const REF_ENDPOINT: u64 = len(7);
const REF_ADDRESS: u64 = len(8);
const REF_LAST_FIELD: u64 = 8;

impl<'a> Reference<'a> {
    fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reference = Self {
            kind: 0,
            trace: &[],
            segment: &[],
            number: 0,
            service: &[],
            instance: &[],
            endpoint: &[],
            address: &[],
        };
        let mut cursor = Cursor::new(body);
        reference.ordered(&mut cursor)?;
        while let Some(key) = cursor.key()? {
            match key {
                REF_TYPE => reference.kind = cursor.varint()? as i32,
                REF_TRACE => reference.trace = cursor.bytes()?,
                REF_SEGMENT => reference.segment = cursor.bytes()?,
                REF_SPAN => reference.number = cursor.varint()? as i32,
                REF_SERVICE => reference.service = cursor.bytes()?,
                REF_INSTANCE => reference.instance = cursor.bytes()?,
                REF_ENDPOINT => reference.endpoint = cursor.bytes()?,
                REF_ADDRESS => reference.address = cursor.bytes()?,
                _ => cursor.skip(key, REF_LAST_FIELD, DEPTH - 2)?,
            }
        }
        Ok(reference)
    }

    /// Reads fields while they come in the order of their numbers.
    #[inline(always)]
    fn ordered(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        if cursor.is_next(REF_TYPE) {
            self.kind = cursor.varint()? as i32;
        }
        for (key, text) in [(REF_TRACE, &mut self.trace), (REF_SEGMENT, &mut self.segment)] {
            if cursor.is_next(key) {
                *text = cursor.bytes()?;
            }
        }
        if cursor.is_next(REF_SPAN) {
            self.number = cursor.varint()? as i32;
        }
        for (key, text) in [
            (REF_SERVICE, &mut self.service),
            (REF_INSTANCE, &mut self.instance),
            (REF_ENDPOINT, &mut self.endpoint),
            (REF_ADDRESS, &mut self.address),
        ] {
            if cursor.is_next(key) {
                *text = cursor.bytes()?;
            }
        }
        Ok(())
    }
}

/// Only `CrossProcess` lets an address stand for a service, so a number that is
/// not known counts as the weaker of the two.
fn link_kind(number: i32) -> LinkKind {
    if number == 0 { LinkKind::CrossProcess } else { LinkKind::CrossThread }
}
