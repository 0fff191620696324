//! A frame of rows of one scope, hour and page of edges: codes of edges, origins, minutes.

use std::collections::BTreeMap;

use skytrail_columns::read::Reader;
use skytrail_columns::write::put_varint;
use skytrail_columns::{Error, Result};

use crate::container::{PartReader, PartWriter};
use crate::directory::Entry;
use crate::ints::{self, Ints};
use crate::sorted::{self, Sorted};

const HEAD: [u8; 4] = *b"RROW";
const WHAT: &str = "frame of relations";
/// Rows of a full frame: more than a page of edges only where edges came with several appends.
pub(super) const FRAME_ROWS: usize = 2_048;
/// Different sets of minutes that are kept apart from the rows.
const MOST_SETS: usize = 128;

/// Rows in the order of their codes.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) codes: Vec<u32>,
    pub(super) origins: Vec<i64>,
    pub(super) minutes: Vec<u64>,
}

/// Writes rows as a frame.
pub(super) fn write(
    part: &mut PartWriter<'_>,
    (scope, hour): (u16, i64),
    rows: &Rows,
    has_origins: bool,
) -> Result<Option<Entry<0>>> {
    let (Some(first), Some(last)) = (rows.codes.first(), rows.codes.last()) else {
        return Ok(None);
    };
    let mut head = Vec::new();
    let codes: Vec<_> = rows.codes.iter().map(|code| u64::from(code - first)).collect();
    sorted::write(&mut head, &codes);
    if has_origins {
        ints::write(&mut head, &rows.origins, None, &[]);
    }
    write_minutes(&mut head, &rows.minutes);
    let entry = Entry {
        group: scope,
        rows: rows.codes.len() as u16,
        first: *first,
        last: *last,
        bucket: hour,
        head: part.put(HEAD, &head, &[])?,
        extra: [],
    };
    Ok(Some(entry))
}

/// Few different sets of minutes stand before the rows, which have their numbers.
fn write_minutes(out: &mut Vec<u8>, minutes: &[u64]) {
    let mut sets: BTreeMap<u64, i64> = minutes.iter().map(|set| (*set, 0)).collect();
    if sets.len() > MOST_SETS.min(minutes.len() / 2 + 1) {
        out.push(0);
        let minutes: Vec<_> = minutes.iter().map(|set| set.cast_signed()).collect();
        ints::write(out, &minutes, None, &[]);
        return;
    }
    out.push(sets.len() as u8);
    sets.keys().for_each(|set| put_varint(*set, out));
    sets.values_mut().zip(0..).for_each(|(number, place)| *number = place);
    let numbers = minutes.iter().map(|set| sets.get(set).copied().unwrap_or(0));
    ints::write(out, &numbers.collect::<Vec<_>>(), None, &[]);
}

/// Reads the rows of a frame.
pub(super) fn read(part: &PartReader, entry: &Entry<0>, has_origins: bool) -> Result<Rows> {
    let head = part.open_frame(HEAD, entry.head)?.plain;
    let len = usize::from(entry.rows);
    let mut reader = Reader::new(WHAT, &head);
    if len > FRAME_ROWS {
        return Err(reader.wrong("more rows than a frame has"));
    }
    let codes = Sorted::read(&mut reader, len)?.all();
    let code = |code: u64| u32::try_from(code).ok()?.checked_add(entry.first);
    let codes = codes.and_then(|codes| codes.into_iter().map(code).collect::<Option<Vec<_>>>());
    let codes = codes.ok_or_else(|| reader.wrong("codes out of order"))?;
    if codes.first() != Some(&entry.first) || codes.last() != Some(&entry.last) {
        return Err(reader.wrong("other codes than it says"));
    }
    let origins = match has_origins {
        true => Ints::read(&mut reader, len)?.rows(0..len, 0),
        false => vec![0; len],
    };
    let sets = (0..reader.u8()?).map(|_| reader.varint()).collect::<Result<Vec<_>>>()?;
    let numbers = Ints::read(&mut reader, len)?.rows(0..len, 0);
    if !reader.is_empty() {
        return Err(reader.wrong("more bytes than its columns"));
    }
    let set = |number: i64| match sets.is_empty() {
        true => Some(number.cast_unsigned()),
        false => sets.get(usize::try_from(number).ok()?).copied(),
    };
    let minutes: Option<Vec<_>> = numbers.into_iter().map(set).collect();
    let minutes = minutes.filter(|minutes| minutes.iter().all(|set| *set >> 60 == 0 && *set > 0));
    let minutes =
        minutes.ok_or_else(|| Error::corrupt(format!("{WHAT}: minutes that are none")))?;
    Ok(Rows { codes, origins, minutes })
}
