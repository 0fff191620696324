//! Windows: the rows of one minute while it is being filled, and after it is
//! closed until the store has confirmed them.

mod block;
mod cells;
mod closed;
mod counted;
mod edges;
mod kinds;
mod table;

use std::collections::HashMap;

use block::Rows;
use cells::Cells;
pub(crate) use cells::{NO_CELL, NO_ROW};
pub(crate) use closed::{ClosedWindow, SLICE_ROWS, Slice};
pub(crate) use edges::{Edge, Edges};
use foldhash::fast::RandomState;
pub(crate) use kinds::NO_TABLE;
use kinds::{Kind, Part, Wants};
use skytrail_model::time::Minute;
pub(crate) use table::TableWindow;

use crate::config::Thresholds;
use crate::oal::event::Event;
use crate::oal::plan::Plan;

/// The rows of one minute.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) minute: Minute,
    /// Tells windows apart, also of one minute.
    pub(crate) generation: u32,
    /// When it closes, in log time.
    due: i64,
    /// Whether most entities occur in it; not in a minute long gone or to come,
    /// nor in what comes late for the last one.
    is_current: bool,
    /// In the order of the plan's tables.
    pub(crate) tables: Vec<TableWindow>,
    cells: Cells,
    pub(crate) edges: Edges,
}

impl Window {
    pub(crate) fn memory(&self) -> usize {
        let tables: usize = self.tables.iter().map(TableWindow::memory).sum();
        size_of::<Self>() + tables + self.cells.memory() + self.edges.memory()
    }

    /// A table with what its rows are made of.
    pub(crate) fn rows<'a>(&'a self, number: usize, plan: &'a Plan) -> Option<Rows<'a>> {
        let table = self.tables.get(number)?;
        Some(Rows { number, table, cells: &self.cells, plan })
    }

    /// The cell of events that go to these rows, each with its table, with
    /// these answers; none where there is no row.
    pub(crate) fn cell(
        &mut self,
        rows: [u32; 4],
        tables: [u16; 4],
        answers: u64,
        plan: &Plan,
    ) -> u32 {
        if rows == [NO_ROW; 4] {
            return NO_CELL;
        }
        let kind = Kind { tables, part: Part::Tallies(answers) };
        self.find_or_add(rows, kind, || {
            let mut wants = Wants::default();
            for plan in tables.iter().filter_map(|table| plan.tables.get(usize::from(*table))) {
                wants.field = plan.tallied.field;
                for group in plan.taking(answers) {
                    wants.histogram |= !group.histograms.is_empty();
                    wants.direct |= !group.direct.is_empty();
                }
            }
            wants
        })
    }

    /// The cell of a route whose last event went to `last`, for an event with
    /// other answers: calls fail and succeed in turn.
    pub(crate) fn sibling(&self, last: u32, answers: u64) -> Option<u32> {
        self.cells.sibling(last, answers)
    }

    /// Lets [`Self::sibling`] find a cell from another one of the same rows.
    pub(crate) fn join(&mut self, cell: u32, last: u32) {
        self.cells.join(cell, last);
    }

    fn find_or_add(&mut self, rows: [u32; 4], kind: Kind, wants: impl FnOnce() -> Wants) -> u32 {
        let number = self.cells.kind(kind, wants);
        if let Some(cell) = self.cells.find(rows, number) {
            return cell;
        }
        let cell = self.cells.len() as u32;
        let mut next = [NO_CELL; 4];
        for ((next, row), table) in next.iter_mut().zip(rows).zip(kind.tables) {
            if let Some(table) = self.tables.get_mut(usize::from(table)) {
                *next = table.file(row, cell);
            }
        }
        self.cells.insert(rows, next, number)
    }

    /// Lets an event count in all rows of its cell.
    #[inline]
    pub(crate) fn take(
        &mut self,
        cell: u32,
        answers: u64,
        event: &Event<'_>,
        plan: &Plan,
        thresholds: &Thresholds,
    ) {
        if self.cells.count(cell, &event.numbers, thresholds).direct {
            self.look(cell, answers, event, plan, thresholds);
        }
    }

    /// Lets the columns take an event that look at every event.
    fn look(
        &mut self,
        cell: u32,
        answers: u64,
        event: &Event<'_>,
        plan: &Plan,
        thresholds: &Thresholds,
    ) {
        let Some((rows, tables)) = self.cells.rows(cell) else { return };
        for (row, number) in rows.into_iter().zip(tables) {
            let (Some(table), Some(of_table)) =
                (self.tables.get_mut(usize::from(number)), plan.tables.get(usize::from(number)))
            else {
                continue;
            };
            let mut values = Vec::new();
            let mut note = |slot, value| values.push((slot, value));
            table.look(row, answers, event, (of_table, thresholds), &mut note);
            for (slot, value) in values {
                let tables = [number, NO_TABLE, NO_TABLE, NO_TABLE];
                let kind = Kind { tables, part: Part::Histogram(slot) };
                let rows = [row, NO_ROW, NO_ROW, NO_ROW];
                let cell = self.find_or_add(rows, kind, Wants::default);
                self.cells.counted.add(cell, value);
            }
        }
    }
}

/// A window that was open at most this long is closed, whatever its minute:
/// names that it holds must not become idle meanwhile.
const LONGEST_OPEN: i64 = 70_000_000_000;

/// Open windows; when there are more, the oldest is closed early. A day of
/// minutes that come late in order has no use for more than a few.
const MAX_OPEN: usize = 256;

/// Windows that were closed early since [`Windows::take_early`]; when there are
/// more, other minutes get no window until then. An empty one has a few KiB.
const MAX_EARLY: usize = 1024;

/// Closed windows that wait for the store; when there are more, minutes other
/// than the current ones get no window. A store that is slow for minutes leaves
/// a few, only a flood of minutes leaves as many.
const MAX_WAITING: usize = 4096;

/// What the next current window will need: the most that the last ones had, and
/// a little more. A window that was closed before its minute was over says
/// little about the next one; so one with less makes less expected by a
/// sixteenth only, and two such in a minute leave room for a whole one.
#[derive(Debug, Default)]
struct Expected {
    /// Rows by table.
    rows: Vec<usize>,
    cells: usize,
    /// Entries of histograms.
    entries: usize,
}

impl Expected {
    fn learn(&mut self, window: &Window) {
        let learn = |kept: &mut usize, used: usize| {
            *kept = (*kept - kept.div_ceil(16)).max(used + used / 8);
        };
        self.rows.resize(window.tables.len(), 0);
        for (rows, table) in self.rows.iter_mut().zip(&window.tables) {
            learn(rows, table.len());
        }
        learn(&mut self.cells, window.cells.len());
        learn(&mut self.entries, window.cells.counted.len());
    }
}

/// The open windows of a shard.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    open: Vec<Window>,
    /// Where the window of a minute stands.
    places: HashMap<Minute, usize, RandomState>,
    /// The one that was used last; most events follow one of their minute.
    last: usize,
    /// Those that were closed because there were too many.
    early: Vec<Window>,
    /// How many closed ones wait for the store.
    waiting: usize,
    generation: u32,
    /// The latest minute that had a current window.
    newest: Option<Minute>,
    expected: Expected,
    grace: i64,
}

impl Windows {
    pub(crate) fn new(grace: i64) -> Self {
        Self { grace, ..Self::default() }
    }

    /// The window of a minute, opened at `now` when there is none; none when it
    /// has no room.
    #[inline]
    pub(crate) fn at(&mut self, minute: Minute, now: i64, plan: &Plan) -> Option<&mut Window> {
        let place = match self.open.get(self.last) {
            Some(window) if window.minute == minute => self.last,
            _ => self.find_or_open(minute, now, plan)?,
        };
        self.open.get_mut(place)
    }

    /// Has the cells of the window that was used last brought into the cache.
    pub(crate) fn look(&self, cells: &[u32]) {
        if let Some(window) = self.open.get(self.last) {
            window.cells.look(cells);
        }
    }

    #[cold]
    fn find_or_open(&mut self, minute: Minute, now: i64, plan: &Plan) -> Option<usize> {
        if let Some(place) = self.places.get(&minute).copied() {
            self.last = place;
            return Some(place);
        }
        if !self.has_room(minute, now) {
            return None;
        }
        if self.open.len() >= MAX_OPEN {
            let oldest = self.take_oldest();
            self.early.extend(oldest);
        }
        self.generation = self.generation.wrapping_add(1);
        let is_current = self.will_fill(minute, Minute::of_nanos(now));
        if is_current {
            self.newest = self.newest.max(Some(minute));
        }
        let expected = if is_current { &self.expected } else { &Expected::default() };
        let tables = plan.tables.iter().enumerate().map(|(place, _)| {
            let rows = expected.rows.get(place).copied().unwrap_or(0);
            TableWindow::new(is_current.then_some(rows))
        });
        let end = minute.plus(1).start_nanos();
        let due = end.max(now).saturating_add(self.grace).min(now.saturating_add(LONGEST_OPEN));
        self.open.push(Window {
            minute,
            generation: self.generation,
            due,
            is_current,
            tables: tables.collect(),
            cells: Cells::expecting(expected.cells, expected.entries),
            edges: Edges::default(),
        });
        self.last = self.open.len() - 1;
        self.places.insert(minute, self.last);
        Some(self.last)
    }

    /// Whether most entities will occur in a window that is opened for a minute.
    /// Minutes long gone get rows of a few only, as do those to come. So does a
    /// minute that is over once it, or a later one, had a window: that is for
    /// what comes late.
    fn will_fill(&self, minute: Minute, now: Minute) -> bool {
        let is_late = minute < now && Some(minute) <= self.newest;
        !is_late && is_near(minute, now)
    }

    /// Whether events of a minute can be counted at `now`. Only a flood of
    /// different minutes leaves no room.
    #[inline]
    pub(crate) fn has_room(&self, minute: Minute, now: i64) -> bool {
        let is_calm = self.early.len() < MAX_EARLY && self.waiting < MAX_WAITING;
        is_calm || self.has_room_in_flood(minute, Minute::of_nanos(now))
    }

    #[cold]
    fn has_room_in_flood(&self, minute: Minute, now: Minute) -> bool {
        let may_wait = self.waiting < MAX_WAITING || is_near(minute, now);
        let may_open = self.early.len() < MAX_EARLY || self.open.len() < MAX_OPEN;
        self.places.contains_key(&minute) || (may_wait && may_open)
    }

    /// So many closed windows wait for the store.
    pub(crate) fn wait_for(&mut self, closed: usize) {
        self.waiting = closed;
    }

    /// Takes the windows that were closed because there were too many.
    pub(crate) fn take_early(&mut self) -> Vec<Window> {
        std::mem::take(&mut self.early)
    }

    /// Takes the windows that are due at `now`, the oldest first.
    pub(crate) fn take_due(&mut self, now: i64) -> Vec<Window> {
        self.take(|window| window.due <= now)
    }

    /// Takes the window with the oldest minute.
    pub(crate) fn take_oldest(&mut self) -> Option<Window> {
        let oldest = self.open.iter().map(|window| window.minute).min()?;
        self.take(|window| window.minute == oldest).pop()
    }

    /// Takes all windows, the oldest first.
    pub(crate) fn take_all(&mut self) -> Vec<Window> {
        let mut all = self.take_early();
        all.extend(self.take(|_| true));
        all.sort_by_key(|window| (window.minute, window.generation));
        all
    }

    fn take(&mut self, mut is_wanted: impl FnMut(&Window) -> bool) -> Vec<Window> {
        let mut taken: Vec<_> = self.open.extract_if(.., |window| is_wanted(window)).collect();
        if taken.is_empty() {
            return taken;
        }
        taken.sort_by_key(|window| (window.minute, window.generation));
        self.last = 0;
        self.places = (0..).zip(&self.open).map(|(place, window)| (window.minute, place)).collect();
        for window in taken.iter().filter(|window| window.is_current) {
            self.expected.learn(window);
        }
        taken
    }

    /// All windows that nobody has taken yet.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Window> {
        self.open.iter().chain(&self.early)
    }

    pub(crate) fn memory(&self) -> usize {
        self.iter().map(Window::memory).sum()
    }
}

/// Whether a minute is the one of `now` or next to it.
fn is_near(minute: Minute, now: Minute) -> bool {
    (now.plus(-1)..=now.plus(1)).contains(&minute)
}

#[cfg(test)]
mod tests;
