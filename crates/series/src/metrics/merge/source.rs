//! A table of a part that is merged with those of others.

use std::ops::Range;

use skytrail_columns::{Error, Result};

use crate::directory::Entry;
use crate::metrics::frame::FrameReader;
use crate::metrics::part::Part;
use crate::metrics::schema::PartTable;

/// A table of a part.
pub(super) struct Source<'p> {
    pub(super) part: &'p Part,
    pub(super) number: u16,
    pub(super) table: &'p PartTable,
    /// By column of the part, where it goes.
    pub(super) columns: Vec<usize>,
    codes: &'p [u32],
    labels: &'p [u32],
    /// Whether its columns are those of the result, and nothing in them has to change.
    is_same: bool,
}

impl<'p> Source<'p> {
    pub(super) fn of(
        part: &'p Part,
        name: &str,
        into: &PartTable,
        codes: &'p [u32],
        labels: &'p [u32],
    ) -> Option<Self> {
        let place = part.schema.place_of(name)?;
        let table = part.schema.tables.get(place)?;
        let columns = table.columns.iter();
        let columns = columns.map(|column| into.place_of(&column.name, column.merge));
        let columns = columns.collect::<Option<Vec<_>>>()?;
        let is_same = columns.len() == into.columns.len()
            && columns.iter().enumerate().all(|(from, to)| from == *to)
            && part.hidden.is_empty()
            && (0..).zip(labels).all(|(from, to)| from == *to);
        Some(Self { part, number: place as u16, table, columns, codes, labels, is_same })
    }

    /// The new code of an old one.
    pub(super) fn code(&self, code: u32) -> Result<u32> {
        let new = self.codes.get(code as usize).copied();
        new.ok_or_else(|| Error::corrupt("frame of metric rows: a code beyond the last one"))
    }

    /// Old codes whose new ones are in a range.
    pub(super) fn old(&self, new: &Range<u32>) -> Range<u32> {
        let place = |bound: u32| self.codes.partition_point(|code| *code < bound) as u32;
        place(new.start)..place(new.end)
    }

    /// Labels by their new codes.
    pub(super) fn labels(&self, mut rows: Vec<Vec<(u32, i64)>>) -> Result<Vec<Vec<(u32, i64)>>> {
        for (code, _) in rows.iter_mut().flatten() {
            let new = self.labels.get(*code as usize).copied();
            let unknown = || Error::corrupt("frame of metric rows: a label beyond the last one");
            *code = new.ok_or_else(unknown)?;
        }
        Ok(rows)
    }

    /// A frame that may be written as it is, with the new codes of its rows, each of which it has
    /// once.
    pub(super) fn as_it_is(&self, entry: &Entry<0>) -> Result<Option<(FrameReader<'p>, Vec<u32>)>> {
        if !self.is_same {
            return Ok(None);
        }
        let frame = self.part.open_frame(self.table, entry)?;
        let codes = frame.codes()?.into_iter().map(|code| self.code(code));
        let codes = codes.collect::<Result<Vec<_>>>()?;
        let is_distinct = codes.is_sorted_by(|before, after| before < after);
        let ends = (codes.first().copied(), codes.last().copied());
        let is_said = ends == (Some(self.code(entry.first)?), Some(self.code(entry.last)?));
        Ok((is_distinct && is_said).then_some((frame, codes)))
    }
}
