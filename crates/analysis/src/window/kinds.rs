//! Kinds of cells: what many cells have in common stands here once, so that
//! a cell itself is small. There are a few dozen, which stay in the cache.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::footprint::table_bytes;

/// No table.
pub(crate) const NO_TABLE: u16 = u16::MAX;

/// What events of a cell have in common with those of other cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    /// The tables of the rows, of which each stands here once; [`NO_TABLE`]
    /// where there is no row.
    pub(crate) tables: [u16; 4],
    pub(crate) part: Part,
}

/// What of its rows a cell is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// All columns that are tallied, of events with these answers.
    Tallies(u64),
    /// One histogram, of another number than the tallied one.
    Histogram(u16),
}

/// What a cell asks of every event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wants {
    /// The number that is tallied.
    pub(crate) field: u8,
    /// Whether there is a histogram of it.
    pub(crate) histogram: bool,
    /// Whether there are columns that look at every event.
    pub(crate) direct: bool,
}

/// The kinds of a window's cells. Answers that are always others may make as
/// many as there are cells, never more; the budget of windows bounds both.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    known: Vec<(Kind, Wants)>,
    numbers: HashMap<Kind, u32, RandomState>,
}

impl Kinds {
    /// The number of a kind; `wants` tells of one that is new.
    pub(super) fn number(&mut self, kind: Kind, wants: impl FnOnce() -> Wants) -> u32 {
        *self.numbers.entry(kind).or_insert_with(|| {
            self.known.push((kind, wants()));
            self.known.len() as u32 - 1
        })
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Kind> {
        self.known.get(number as usize).map(|(kind, _)| kind)
    }

    #[inline]
    pub(super) fn wants(&self, number: u32) -> Wants {
        self.known.get(number as usize).map_or(Wants::default(), |(_, wants)| *wants)
    }

    pub(super) fn memory(&self) -> usize {
        self.known.len() * size_of::<(Kind, Wants)>()
            + table_bytes::<(Kind, u32)>(self.numbers.capacity())
    }
}

impl Kind {
    /// The place of a table's row among the rows of such a cell.
    pub(super) fn place_of(&self, table: usize) -> Option<usize> {
        self.tables.iter().position(|of| usize::from(*of) == table)
    }
}
