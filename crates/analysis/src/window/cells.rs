//! What events of one kind at one place counted together.
//!
//! Most columns want to know no more of their events than how many there were,
//! the sum of one number, and its histogram. So events that go to the same rows
//! with the same answers are counted once, in a cell; what that makes of each
//! row is worked out when the row is read or written.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::counted::Counted;
use crate::config::Thresholds;
use crate::footprint::table_bytes;
use crate::oal::column::Tally;

/// No row.
pub(crate) const NO_ROW: u32 = u32::MAX;

/// No cell.
pub(crate) const NO_CELL: u32 = u32::MAX;

/// Siblings that are looked at before the rest is left to the index.
const MAX_SIBLINGS: usize = 4;

/// Which rows events of a cell go to, and what rules ask about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) rows: [u32; 4],
    /// The tables of the rows, of which each stands here once.
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

/// What is counted of a cell's events; half a cache line.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(32))]
pub(crate) struct Cell {
    sum: i64,
    count: u32,
    satisfied: u32,
    tolerated: u32,
    /// Another cell of the same rows: all that routes have come across in a ring.
    sibling: u32,
    wants: Wants,
}

impl Cell {
    /// Counts an event by its number.
    #[inline]
    fn count(&mut self, number: i64, thresholds: &Thresholds) {
        self.sum = self.sum.saturating_add(number);
        self.count = self.count.saturating_add(1);
        let threshold = thresholds.default;
        let is_satisfied = number <= threshold;
        let is_tolerated = !is_satisfied & (number <= threshold.saturating_mul(4));
        self.satisfied = self.satisfied.saturating_add(u32::from(is_satisfied));
        self.tolerated = self.tolerated.saturating_add(u32::from(is_tolerated));
    }

    /// What a column makes of the events.
    pub(crate) fn tally(&self, tally: Tally) -> i64 {
        match tally {
            Tally::Count => i64::from(self.count),
            Tally::Sum => self.sum,
            Tally::Satisfied => i64::from(self.satisfied),
            Tally::Tolerated => i64::from(self.tolerated),
        }
    }
}

/// A cell's place, and the next cell of each of its rows.
#[derive(Debug, Clone, Copy)]
struct Filed {
    place: Place,
    next: [u32; 4],
}

/// The cells of a window.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    cells: Vec<Cell>,
    filed: Vec<Filed>,
    by_place: HashTable<u32>,
    hasher: RandomState,
    pub(crate) counted: Counted,
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for (row, table) in self.rows.iter().zip(self.tables) {
            state.write_u64(u64::from(*row) << 16 | u64::from(table));
        }
        self.part.hash(state);
    }
}

impl Cells {
    /// With room for so many cells and entries of their histograms. Room takes
    /// no memory until it is written.
    pub(super) fn expecting(cells: usize, entries: usize) -> Self {
        Self {
            cells: Vec::with_capacity(cells),
            filed: Vec::with_capacity(cells),
            by_place: HashTable::with_capacity(cells),
            counted: Counted::expecting(entries),
            ..Self::default()
        }
    }

    /// Nothing is counted any more, and no cell looked for by its place.
    pub(super) fn finish(&mut self) {
        self.counted.finish();
        self.by_place = HashTable::new();
    }

    pub(crate) fn find(&self, place: &Place) -> Option<u32> {
        let hash = self.hasher.hash_one(place);
        self.by_place.find(hash, |cell| self.place(*cell) == Some(place)).copied()
    }

    /// The cell for other answers, among the siblings of a cell.
    pub(crate) fn sibling(&self, of: u32, answers: u64) -> Option<u32> {
        let mut cell = of;
        for _ in 0..MAX_SIBLINGS {
            cell = self.get(cell)?.sibling;
            if self.place(cell)?.part == Part::Tallies(answers) {
                return Some(cell);
            }
            if cell == of {
                return None;
            }
        }
        None
    }

    /// Makes a cell that has no siblings yet one of another cell.
    pub(crate) fn join(&mut self, cell: u32, of: u32) {
        let Some(after) = self.get(of).map(|of| of.sibling) else { return };
        let is_alone = self.get(cell).is_some_and(|found| found.sibling == cell);
        if is_alone && cell != of {
            for (cell, next) in [(cell, after), (of, cell)] {
                if let Some(found) = self.cells.get_mut(cell as usize) {
                    found.sibling = next;
                }
            }
        }
    }

    /// Adds a cell, of whose rows each gives the cell that follows.
    pub(crate) fn insert(&mut self, place: Place, next: [u32; 4], wants: Wants) -> u32 {
        let cell = self.cells.len() as u32;
        self.cells.push(Cell { wants, sibling: cell, ..Cell::default() });
        self.filed.push(Filed { place, next });
        let hash = self.hasher.hash_one(place);
        let (filed, hasher) = (&self.filed, &self.hasher);
        self.by_place.insert_unique(hash, cell, |cell| {
            let place = filed.get(*cell as usize).map(|filed| &filed.place);
            place.map_or(0, |place| hasher.hash_one(place))
        });
        cell
    }

    /// Counts an event at a cell; says what else it wants of the event.
    #[inline]
    pub(crate) fn count(&mut self, cell: u32, numbers: &[i64], thresholds: &Thresholds) -> Wants {
        let Some(found) = self.cells.get_mut(cell as usize) else { return Wants::default() };
        let number = numbers.get(found.wants.field as usize).copied().unwrap_or(0);
        found.count(number, thresholds);
        let wants = found.wants;
        if wants.histogram {
            self.counted.add(cell, number);
        }
        wants
    }

    /// Has cells brought into the cache, all at the same time.
    pub(crate) fn look(&self, cells: &[u32]) {
        let found = cells.iter().filter_map(|cell| self.get(*cell));
        std::hint::black_box(found.fold(0, |seen, cell| seen ^ cell.count));
    }

    pub(crate) fn get(&self, cell: u32) -> Option<&Cell> {
        self.cells.get(cell as usize)
    }

    pub(crate) fn place(&self, cell: u32) -> Option<&Place> {
        self.filed.get(cell as usize).map(|filed| &filed.place)
    }

    /// The cells of a row of a table, from its first.
    pub(crate) fn of_row(&self, first: u32, table: usize) -> impl Iterator<Item = (u32, Part)> {
        let mut next = first;
        std::iter::from_fn(move || {
            let cell = next;
            let filed = self.filed.get(cell as usize)?;
            next = filed.next_in(table);
            Some((cell, filed.place.part))
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn memory(&self) -> usize {
        self.cells.len() * size_of::<Cell>()
            + self.filed.len() * size_of::<Filed>()
            + table_bytes::<u32>(self.by_place.capacity())
            + self.counted.memory()
    }
}

impl Filed {
    fn next_in(&self, table: usize) -> u32 {
        let rows = self.place.rows.iter().zip(self.place.tables);
        let mut cells = rows.zip(self.next);
        let found = cells.find(|((row, of), _)| **row != NO_ROW && usize::from(*of) == table);
        found.map_or(NO_CELL, |(_, next)| next)
    }
}
