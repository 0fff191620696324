//! Tags. All is in the key: the day, so that days lie together, the kind, the
//! length of the key, key and value. The payload is the version alone.

use skytrail_model::time::Minute;
use skytrail_storage::{TagKind, TagSighting};

use super::read::text_of;
use super::{Reader, Row, write};

/// Turns a signed day into bytes whose order is that of the days.
const SIGN: u64 = 1 << 63;

fn number(kind: TagKind) -> u8 {
    match kind {
        TagKind::Trace => 0,
        TagKind::Log => 1,
        TagKind::Alarm => 2,
    }
}

fn kind(number: u8) -> Option<TagKind> {
    match number {
        0 => Some(TagKind::Trace),
        1 => Some(TagKind::Log),
        2 => Some(TagKind::Alarm),
        _ => None,
    }
}

/// What the keys of a day begin with.
pub(crate) fn day_prefix(day: Minute) -> Vec<u8> {
    (day.0 as u64 ^ SIGN).to_be_bytes().to_vec()
}

/// The row of a sighting.
pub(crate) fn encode(sighting: &TagSighting) -> Row {
    let mut key = day_prefix(sighting.day);
    key.push(number(sighting.kind));
    key.extend_from_slice(&(sighting.key.len() as u32).to_be_bytes());
    key.extend_from_slice(sighting.key.as_bytes());
    key.extend_from_slice(sighting.value.as_bytes());
    (key, write::versioned())
}

/// The sighting of a row.
pub(crate) fn decode(row_key: &[u8], payload: &[u8]) -> Option<TagSighting> {
    let is_empty = Reader::versioned(payload)?.is_done();
    let mut reader = Reader::of(row_key);
    let day = Minute((u64::from_be_bytes(reader.array()?) ^ SIGN) as i64);
    let kind = kind(reader.byte()?)?;
    let len = u32::from_be_bytes(reader.array()?);
    let key = text_of(reader.bytes(usize::try_from(len).ok()?)?)?;
    let value = text_of(reader.rest())?;
    is_empty.then_some(TagSighting { kind, key, value, day })
}
