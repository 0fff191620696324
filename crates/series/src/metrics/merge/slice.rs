//! Rows of some codes of a bucket, from all parts.

use std::ops::Range;

use skytrail_columns::{Error, Result};
use skytrail_model::metric::{HistogramColumn, Merge};

use super::source::Source;
use crate::directory::Entry;
use crate::metrics::accumulate::{Tally, merge_ints, merge_labels};
use crate::metrics::frame::{FrameReader, RowReader, Values};

/// Rows of a frame that are merged, ascending.
struct Due<'s, 'p> {
    source: &'s Source<'p>,
    frame: FrameReader<'p>,
    rows: Vec<usize>,
    /// Where each goes: at first its code less the first one of the slice.
    slots: Vec<usize>,
}

impl Due<'_, '_> {
    /// The place and the rule of the column that becomes one of the result.
    fn column(&self, to: usize) -> Option<(usize, Merge)> {
        let place = self.source.columns.iter().position(|column| *column == to)?;
        Some((place, self.source.table.columns.get(place)?.merge))
    }
}

/// The frames that have some of the rows.
pub(super) struct Slice<'s, 'p> {
    codes: Range<u32>,
    /// Whether there is a row of each code.
    seen: Vec<bool>,
    due: Vec<Due<'s, 'p>>,
}

impl<'s, 'p> Slice<'s, 'p> {
    pub(super) fn new(codes: Range<u32>) -> Self {
        Self { seen: vec![false; codes.len()], codes, due: Vec::new() }
    }

    /// Adds a frame.
    pub(super) fn add(&mut self, source: &'s Source<'p>, entry: &Entry<0>) -> Result<()> {
        let frame = source.part.open_frame(source.table, entry)?;
        let (codes, old) = (frame.codes()?, source.old(&self.codes));
        let place = |bound: u32| codes.partition_point(|code| *code < bound);
        let due = place(old.start)..place(old.end);
        let (mut rows, mut slots) = (Vec::with_capacity(due.len()), Vec::with_capacity(due.len()));
        for (row, code) in due.clone().zip(codes.get(due).unwrap_or_default()) {
            if source.part.hidden.contains(*code) {
                continue;
            }
            let place = source.code(*code)?.checked_sub(self.codes.start).map(|at| at as usize);
            let seen = place.and_then(|place| Some((place, self.seen.get_mut(place)?)));
            let wrong = || Error::corrupt("frame of metric rows: codes out of order");
            let (place, seen) = seen.ok_or_else(wrong)?;
            *seen = true;
            slots.push(place);
            rows.push(row);
        }
        if !rows.is_empty() {
            self.due.push(Due { source, frame, rows, slots });
        }
        Ok(())
    }

    /// The codes that have rows, and the columns of those, which merge so.
    pub(super) fn merge(
        mut self,
        merges: &[Merge],
        tally: &mut Tally,
    ) -> Result<(Vec<u32>, Vec<Values>)> {
        let (mut codes, mut slots) = (Vec::new(), Vec::with_capacity(self.seen.len()));
        for (code, is_seen) in self.codes.clone().zip(&self.seen) {
            slots.push(codes.len());
            if *is_seen {
                codes.push(code);
            }
        }
        for slot in self.due.iter_mut().flat_map(|due| &mut due.slots) {
            *slot = slots.get(*slot).copied().unwrap_or(usize::MAX);
        }
        let columns = merges.iter().enumerate().map(|(to, merge)| match merge {
            Merge::Histogram => self.histograms(to, codes.len(), tally),
            Merge::Labels => self.labels(to, codes.len()),
            Merge::Sum | Merge::Max | Merge::Min => self.ints(to, *merge, codes.len()),
        });
        let columns = columns.collect::<Result<_>>()?;
        Ok((codes, columns))
    }

    /// The frames with a column of the result, and its place and rule there.
    fn with(&self, to: usize) -> impl Iterator<Item = (&Due<'s, 'p>, usize, Merge)> {
        self.due.iter().filter_map(move |due| {
            let (place, merge) = due.column(to)?;
            Some((due, place, merge))
        })
    }

    fn ints(&self, to: usize, merge: Merge, len: usize) -> Result<Values> {
        let mut held = vec![merge.identity(); len];
        for (due, place, of) in self.with(to) {
            merge_ints(merge, &mut held, &due.frame.ints(place, of, &due.rows)?, &due.slots);
        }
        Ok(Values::Ints(held))
    }

    fn labels(&self, to: usize, len: usize) -> Result<Values> {
        let mut held = vec![Vec::new(); len];
        for (due, place, _) in self.with(to) {
            let rows = due.source.labels(due.frame.labels(place, &due.rows)?)?;
            merge_labels(&mut held, rows, &due.slots);
        }
        Ok(Values::Labels(held))
    }

    /// Entries are added up as they are decoded: none of them is held twice.
    fn histograms(&self, to: usize, len: usize, tally: &mut Tally) -> Result<Values> {
        let bodies = self.with(to).map(|(due, place, _)| Ok((due, due.frame.body(place)?)));
        let bodies = bodies.collect::<Result<Vec<_>>>()?;
        let cursors = bodies.iter().map(|(due, body)| {
            let (slots, rows) = (due.slots.as_slice(), due.rows.as_slice());
            Ok(Cursor { slots, rows, reader: due.frame.tallies(body)? })
        });
        let mut cursors = cursors.collect::<Result<Vec<_>>>()?;
        let mut column = HistogramColumn::default();
        for slot in 0..len {
            for cursor in &mut cursors {
                cursor.take(slot, tally)?;
            }
            tally.give(&mut column);
        }
        Ok(Values::Histograms(column))
    }
}

/// The rows of a frame that were not read yet.
struct Cursor<'d> {
    slots: &'d [usize],
    rows: &'d [usize],
    reader: RowReader<'d>,
}

impl Cursor<'_> {
    /// Adds the rows of a slot.
    fn take(&mut self, slot: usize, tally: &mut Tally) -> Result<()> {
        while let (Some((of, slots)), Some((row, rows))) =
            (self.slots.split_first(), self.rows.split_first())
            && *of == slot
        {
            self.reader.row(*row, |bucket, count| tally.add(bucket, count))?;
            (self.slots, self.rows) = (slots, rows);
        }
        Ok(())
    }
}
