//! What events of one kind at one place counted together.
//!
//! Most columns want to know no more of their events than how many there were,
//! the sum of one number, and its histogram. So events that go to the same rows
//! with the same answers are counted once, in a cell; what that makes of each
//! row is worked out when the row is read or written.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use skytrail_base::ahead::read_ahead;

use super::counted::Counted;
use super::kinds::{Kind, Kinds, Part, Wants};
use crate::config::Thresholds;
use crate::footprint::table_bytes;
use crate::oal::column::Tally;

/// No row.
pub(crate) const NO_ROW: u32 = u32::MAX;

/// No cell.
pub(crate) const NO_CELL: u32 = u32::MAX;

/// Siblings that are looked at before the rest is left to the index.
const MAX_SIBLINGS: usize = 4;

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
    /// Its number among the kinds.
    kind: u32,
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

/// The rows that events of a cell go to, and the next cell of each row.
#[derive(Debug, Clone, Copy)]
struct Filed {
    rows: [u32; 4],
    next: [u32; 4],
}

/// The cells of a window.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    cells: Vec<Cell>,
    filed: Vec<Filed>,
    /// Cells by their rows and their kind.
    by_place: HashTable<u32>,
    hasher: RandomState,
    kinds: Kinds,
    pub(crate) counted: Counted,
}

impl Cells {
    /// With room for so many cells and entries of their histograms; see
    /// [`crate::footprint`] for what that takes.
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

    /// The number of a kind of cells; `wants` tells of one that is new.
    pub(super) fn kind(&mut self, kind: Kind, wants: impl FnOnce() -> Wants) -> u32 {
        self.kinds.number(kind, wants)
    }

    /// The cell of a kind whose events go to these rows.
    pub(super) fn find(&self, rows: [u32; 4], kind: u32) -> Option<u32> {
        let hash = self.hasher.hash_one((rows, kind));
        self.by_place.find(hash, |cell| self.place(*cell) == Some((rows, kind))).copied()
    }

    /// The cell for other answers, among the siblings of a cell.
    pub(crate) fn sibling(&self, of: u32, answers: u64) -> Option<u32> {
        let mut found = self.get(of)?;
        for _ in 0..MAX_SIBLINGS {
            let cell = found.sibling;
            found = self.get(cell)?;
            if self.kinds.get(found.kind)?.part == Part::Tallies(answers) {
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
    pub(super) fn insert(&mut self, rows: [u32; 4], next: [u32; 4], kind: u32) -> u32 {
        let cell = self.cells.len() as u32;
        self.cells.push(Cell { kind, sibling: cell, ..Cell::default() });
        self.filed.push(Filed { rows, next });
        let hash = self.hasher.hash_one((rows, kind));
        let (cells, filed, hasher) = (&self.cells, &self.filed, &self.hasher);
        self.by_place.insert_unique(hash, cell, |cell| {
            let place = place_of(cells, filed, *cell);
            place.map_or(0, |place| hasher.hash_one(place))
        });
        cell
    }

    /// Counts an event at a cell; says what else it wants of the event.
    #[inline]
    pub(crate) fn count(&mut self, cell: u32, numbers: &[i64], thresholds: &Thresholds) -> Wants {
        let Some(found) = self.cells.get_mut(cell as usize) else { return Wants::default() };
        let wants = self.kinds.wants(found.kind);
        let number = numbers.get(wants.field as usize).copied().unwrap_or(0);
        found.count(number, thresholds);
        if wants.histogram {
            self.counted.add(cell, number);
        }
        wants
    }

    /// Has these cells in the cache.
    pub(crate) fn look(&self, cells: &[u32]) {
        read_ahead(cells.iter().filter_map(|cell| self.get(*cell)).map(|cell| cell.count));
    }

    pub(crate) fn get(&self, cell: u32) -> Option<&Cell> {
        self.cells.get(cell as usize)
    }

    /// The rows of a cell, with their tables.
    pub(super) fn rows(&self, cell: u32) -> Option<([u32; 4], [u16; 4])> {
        let (rows, kind) = self.place(cell)?;
        Some((rows, self.kinds.get(kind)?.tables))
    }

    fn place(&self, cell: u32) -> Option<([u32; 4], u32)> {
        place_of(&self.cells, &self.filed, cell)
    }

    /// The cells of a row of a table, from its first.
    pub(crate) fn of_row(&self, first: u32, table: usize) -> impl Iterator<Item = (u32, Part)> {
        let mut next = first;
        std::iter::from_fn(move || {
            let cell = next;
            let kind = self.kinds.get(self.get(cell)?.kind)?;
            let filed = self.filed.get(cell as usize)?;
            let place = kind.place_of(table);
            next = place.and_then(|place| filed.next.get(place)).copied().unwrap_or(NO_CELL);
            Some((cell, kind.part))
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn memory(&self) -> usize {
        self.cells.len() * size_of::<Cell>()
            + self.filed.len() * size_of::<Filed>()
            + table_bytes::<u32>(self.by_place.capacity())
            + self.kinds.memory()
            + self.counted.memory()
    }
}

/// The rows of a cell, and the number of its kind.
fn place_of(cells: &[Cell], filed: &[Filed], cell: u32) -> Option<([u32; 4], u32)> {
    let cell = cell as usize;
    Some((filed.get(cell)?.rows, cells.get(cell)?.kind))
}

#[cfg(test)]
mod tests {
    use super::{Cell, Cells, Filed, NO_CELL, NO_ROW};
    use crate::window::kinds::{Kind, NO_TABLE, Part, Wants};

    fn add(cells: &mut Cells, answers: u64, next: [u32; 4]) -> u32 {
        let tables = [3, 7, NO_TABLE, NO_TABLE];
        let kind = Kind { tables, part: Part::Tallies(answers) };
        let kind = cells.kind(kind, || Wants { histogram: answers == 1, ..Wants::default() });
        cells.insert([10, 20, NO_ROW, NO_ROW], next, kind)
    }

    #[test]
    fn cells_of_the_same_rows_are_told_apart_by_their_kinds() {
        const { assert!(size_of::<Cell>() == 32 && size_of::<Filed>() == 32) };
        let mut cells = Cells::default();
        let first = add(&mut cells, 0, [NO_CELL; 4]);
        let second = add(&mut cells, 1, [first, NO_CELL, NO_CELL, NO_CELL]);
        assert_eq!(cells.sibling(first, 1), None);
        cells.join(second, first);
        assert_eq!((cells.sibling(first, 1), cells.sibling(second, 0)), (Some(1), Some(0)));
        assert_eq!((cells.sibling(first, 2), cells.sibling(NO_CELL, 1)), (None, None));
        let rows = [10, 20, NO_ROW, NO_ROW];
        assert_eq!((cells.find(rows, 1), cells.find([10; 4], 1)), (Some(second), None));
        let of_table = |table| cells.of_row(second, table).collect::<Vec<_>>();
        assert_eq!(of_table(3), [(second, Part::Tallies(1)), (first, Part::Tallies(0))]);
        assert_eq!(of_table(7), [(second, Part::Tallies(1))]);
        let wants: Vec<_> = [first, second].map(|cell| cells.kinds.wants(cell).histogram).into();
        assert_eq!(wants, [false, true]);
    }
}
