//! Windows: the rows of one minute while it is being filled, and after it is
//! closed until the store has confirmed them.

mod closed;
mod edges;
mod sketch;
mod table;

pub(crate) use closed::{ClosedWindow, Slice};
pub(crate) use edges::{Edge, Edges};
use skytrail_model::time::Minute;
pub(crate) use table::{NO_ROW, TableWindow};

use crate::oal::plan::Plan;

/// The rows of one minute.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) minute: Minute,
    /// Tells windows apart, also of one minute.
    pub(crate) generation: u32,
    /// When it closes, in log time.
    due: i64,
    /// In the order of the plan's tables.
    pub(crate) tables: Vec<TableWindow>,
    pub(crate) edges: Edges,
}

impl Window {
    fn memory(&self) -> usize {
        let tables: usize = self.tables.iter().map(TableWindow::memory).sum();
        size_of::<Self>() + tables + self.edges.memory()
    }
}

/// A window that was open at most this long is closed, whatever its minute:
/// names that it holds must not become idle meanwhile.
const LONGEST_OPEN: i64 = 70_000_000_000;

/// The open windows of a shard.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    open: Vec<Window>,
    /// The one that was used last; most events follow one of their minute.
    last: usize,
    generation: u32,
    /// Rows of the window closed last, by table: what the next one will need.
    expected: Vec<usize>,
    grace: i64,
}

impl Windows {
    pub(crate) fn new(grace: i64) -> Self {
        Self { grace, ..Self::default() }
    }

    /// The window of a minute, opened at `now` when there is none.
    #[inline]
    pub(crate) fn at(&mut self, minute: Minute, now: i64, plan: &Plan) -> &mut Window {
        let place = match self.open.get(self.last) {
            Some(window) if window.minute == minute => self.last,
            _ => self.find_or_open(minute, now, plan),
        };
        // The place was found or made just now.
        &mut self.open[place]
    }

    #[cold]
    fn find_or_open(&mut self, minute: Minute, now: i64, plan: &Plan) -> usize {
        if let Some(place) = self.open.iter().position(|window| window.minute == minute) {
            self.last = place;
            return place;
        }
        self.generation = self.generation.wrapping_add(1);
        // Minutes long gone get rows for a few entities only.
        let is_current = minute >= Minute::of_nanos(now).plus(-1);
        let tables = plan.tables.iter().enumerate().map(|(place, _)| {
            let expected = self.expected.get(place).copied().unwrap_or(0);
            TableWindow::with_capacity(if is_current { expected } else { 0 })
        });
        let end = minute.plus(1).start_nanos();
        let due = end.max(now).saturating_add(self.grace).min(now.saturating_add(LONGEST_OPEN));
        self.open.push(Window {
            minute,
            generation: self.generation,
            due,
            tables: tables.collect(),
            edges: Edges::default(),
        });
        self.last = self.open.len() - 1;
        self.last
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
        self.take(|_| true)
    }

    fn take(&mut self, mut is_wanted: impl FnMut(&Window) -> bool) -> Vec<Window> {
        let mut taken: Vec<_> = self.open.extract_if(.., |window| is_wanted(window)).collect();
        taken.sort_by_key(|window| (window.minute, window.generation));
        self.last = 0;
        if let Some(newest) = taken.last() {
            self.expected = newest.tables.iter().map(TableWindow::len).collect();
        }
        taken
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Window> {
        self.open.iter()
    }

    pub(crate) fn memory(&self) -> usize {
        self.open.iter().map(Window::memory).sum()
    }
}
