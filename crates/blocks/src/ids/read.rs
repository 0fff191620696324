//! Columns of ids that are read.

use skytrail_columns::group::Group;
use skytrail_columns::ints::Ints;
use skytrail_columns::texts::Texts;
use skytrail_columns::{Error, Result};

use super::{Id, KINDS, Kind, PER_MILLI};
use crate::dictionary::Dictionary;
use crate::layout::ids as column;

/// What ids are written less of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Near {
    /// Process, counted from 1; 0 is none.
    pub(crate) process: u32,
    /// Milliseconds since the Unix epoch.
    pub(crate) millis: i64,
}

/// An id as it is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'a> {
    Id(Id<'a>),
    /// As that of another row.
    Row(i64),
}

/// Columns of ids. Each can be read alone.
#[derive(Debug)]
pub(crate) struct IdReader<'a> {
    kinds: Ints<'a>,
    /// Place of each row among those of its kind, where there are several kinds.
    places: Option<Vec<u32>>,
    processes: Ints<'a>,
    threads: Ints<'a>,
    millis: Ints<'a>,
    counters: Ints<'a>,
    hex_32: &'a [[u8; 16]],
    hex_16: &'a [[u8; 8]],
    texts: Texts<'a>,
    rows: Ints<'a>,
}

fn wrong() -> Error {
    Error::corrupt("ids: a row that is not there")
}

fn places(kinds: &Ints<'_>) -> Result<Vec<u32>> {
    let mut counts = [0; KINDS];
    let place = |kind: i64| {
        let count = counts.get_mut(usize::try_from(kind).ok()?)?;
        *count += 1;
        Some(*count - 1)
    };
    kinds.iter().map(place).collect::<Option<_>>().ok_or_else(wrong)
}

impl<'a> IdReader<'a> {
    /// Opens the columns of so many ids.
    pub(crate) fn open(group: &'a Group, first: u32, rows: usize) -> Result<Self> {
        let ints = |id: u32| {
            let ints = group.ints(first + id)?;
            Ok::<_, Error>(ints.unwrap_or_else(|| Ints::constant(0, 0)))
        };
        let kinds = if rows == 0 {
            Ints::constant(0, 0)
        } else {
            group.ints_of(first + column::KIND, rows)?
        };
        let places = if kinds.as_constant().is_some() { None } else { Some(places(&kinds)?) };
        Ok(Self {
            places,
            kinds,
            processes: ints(column::PROCESS)?,
            threads: ints(column::THREAD)?,
            millis: ints(column::MILLIS)?,
            counters: ints(column::COUNTER)?,
            hex_32: group.blobs(first + column::HEX_32)?.unwrap_or_default(),
            hex_16: group.blobs(first + column::HEX_16)?.unwrap_or_default(),
            texts: group.texts(first + column::TEXT)?.unwrap_or_default(),
            rows: ints(column::ROW)?,
        })
    }

    /// Whether all ids are empty.
    pub(crate) fn is_blank(&self) -> bool {
        self.kinds.as_constant() == Some(Kind::Empty as i64)
    }

    pub(crate) fn get(&self, row: usize, near: Near, dictionary: &Dictionary) -> Result<Found<'a>> {
        let kind = self.kinds.get(row).ok_or_else(wrong)?;
        let place = match &self.places {
            None => row,
            Some(places) => *places.get(row).ok_or_else(wrong)? as usize,
        };
        const JAVA: i64 = Kind::Java as i64;
        const HEX_32: i64 = Kind::Hex32 as i64;
        const HEX_16: i64 = Kind::Hex16 as i64;
        const TEXT: i64 = Kind::Text as i64;
        const ROW: i64 = Kind::Row as i64;
        let id = match kind {
            JAVA => self.java(place, near, dictionary)?,
            HEX_32 => Id::Hex32(*self.hex_32.get(place).ok_or_else(wrong)?),
            HEX_16 => Id::Hex16(*self.hex_16.get(place).ok_or_else(wrong)?),
            TEXT => Id::Text(self.texts.get(place).ok_or_else(wrong)?),
            ROW => return self.rows.get(place).map(Found::Row).ok_or_else(wrong),
            _ => Id::Empty,
        };
        Ok(Found::Id(id))
    }

    fn java(&self, place: usize, near: Near, dictionary: &Dictionary) -> Result<Id<'a>> {
        let process = match self.processes.get(place).ok_or_else(wrong)? {
            0 => near.process,
            other => u32::try_from(other).map_err(|_| wrong())?,
        };
        let process = *dictionary.process(process.checked_sub(1).ok_or_else(wrong)?)?;
        let thread = self.threads.get(place).ok_or_else(wrong)? as u32;
        let millis =
            self.millis.get(place).ok_or_else(wrong)?.wrapping_add(near.millis).cast_unsigned();
        let counter = self.counters.get(place).ok_or_else(wrong)?.cast_unsigned();
        let number = millis.wrapping_mul(PER_MILLI).wrapping_add(counter);
        Ok(Id::Java { process, thread, number })
    }

    /// The id of a row that cannot be that of another one.
    pub(crate) fn id(&self, row: usize, near: Near, dictionary: &Dictionary) -> Result<Id<'a>> {
        match self.get(row, near, dictionary)? {
            Found::Id(id) => Ok(id),
            Found::Row(_) => Err(Error::corrupt("ids: a row that leads to another one")),
        }
    }
}
