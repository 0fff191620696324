//! Closed windows: written to the store part by part. What the store has not
//! confirmed yet stays readable.

use skytrail_model::metric::MetricBlock;
use skytrail_model::relation::RelationRow;
use skytrail_model::time::Minute;
use skytrail_storage::{ColumnSelection, MetricRead};

use super::Window;
use super::block::Rows;
use super::cells::Cells;
use super::table::TableWindow;
use crate::oal::plan::Plan;

/// Rows of one append: few enough that what is in memory twice is small, many
/// enough that a store has few parts of a minute to merge.
pub(crate) const SLICE_ROWS: usize = 4_096;

/// A part of a window or of several, ready to be appended.
#[derive(Debug, PartialEq)]
pub(crate) enum Slice {
    /// Rows of metrics, each block one minute.
    Metrics(Vec<MetricBlock>),
    /// Relations.
    Relations(Vec<RelationRow>),
}

impl Slice {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Metrics(blocks) => blocks.iter().map(MetricBlock::len).sum(),
            Self::Relations(rows) => rows.len(),
        }
    }

    /// Takes the rows of the next window in; says no to those of another kind.
    pub(crate) fn join(&mut self, next: Self) -> bool {
        match (self, next) {
            (Self::Metrics(blocks), Self::Metrics(more)) => blocks.extend(more),
            (Self::Relations(rows), Self::Relations(more)) => rows.extend(more),
            _ => return false,
        }
        true
    }
}

/// How far the store has confirmed a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Progress {
    /// Tables before this one are confirmed.
    table: usize,
    /// Rows of this table before this one are confirmed.
    row: usize,
    /// Relations before this one are confirmed.
    relation: usize,
}

/// A window that takes no more events.
#[derive(Debug)]
pub(crate) struct ClosedWindow {
    minute: Minute,
    tables: Vec<TableWindow>,
    cells: Cells,
    relations: Vec<RelationRow>,
    confirmed: Progress,
    /// Where the slice that is under way ends.
    under_way: Option<Progress>,
    /// Bytes of what is not confirmed; as the budget is charged for every part
    /// of any window, and there may be a thousand.
    memory: usize,
}

impl ClosedWindow {
    pub(crate) fn new(mut window: Window, relations: Vec<RelationRow>) -> Self {
        window.cells.finish();
        window.tables.iter_mut().for_each(TableWindow::close);
        let mut closed = Self {
            minute: window.minute,
            tables: window.tables,
            cells: window.cells,
            relations,
            confirmed: Progress::default(),
            under_way: None,
            memory: 0,
        };
        closed.weigh();
        closed
    }

    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    fn weigh(&mut self) {
        let tables: usize = self.tables.iter().map(TableWindow::memory).sum();
        let relations = self.relations.len() * size_of::<RelationRow>();
        let itself = size_of::<Self>() + self.tables.len() * size_of::<TableWindow>();
        self.memory = itself + tables + self.cells.memory() + relations;
    }

    /// The next part to append, of at most `room` rows; none while one is under
    /// way or when all is confirmed.
    pub(crate) fn next_slice(&mut self, plan: &Plan, room: usize) -> Option<Slice> {
        if self.under_way.is_some() || self.is_confirmed() {
            return None;
        }
        self.under_way = Some(self.next_end(room));
        self.slice_under_way(plan)
    }

    /// Whether the next part is one of relations: they come first.
    pub(crate) fn has_relations_left(&self) -> bool {
        self.confirmed.relation < self.relations.len()
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Where the next part ends.
    fn next_end(&self, mut room: usize) -> Progress {
        let mut end = self.confirmed;
        if self.has_relations_left() {
            end.relation = self.relations.len().min(end.relation + room);
            return end;
        }
        while let Some(table) = self.tables.get(end.table).filter(|_| room > 0) {
            let to = table.len().min(end.row + room);
            room -= to - end.row;
            end.row = to;
            if to == table.len() {
                end = Progress { table: end.table + 1, row: 0, ..end };
            }
        }
        end
    }

    /// The part that is under way, once more: the same rows however often one
    /// asks.
    pub(crate) fn slice_under_way(&self, plan: &Plan) -> Option<Slice> {
        let (from, end) = (self.confirmed, self.under_way?);
        if from.relation < end.relation {
            let rows = self.relations.get(from.relation..end.relation)?;
            return Some(Slice::Relations(rows.to_vec()));
        }
        let tables = self.tables.iter().enumerate().take(end.table + 1).skip(from.table);
        let blocks = tables.filter_map(|(number, table)| {
            let start = if number == from.table { from.row } else { 0 };
            let to = if number == end.table { end.row } else { table.len() };
            let mut rows: Vec<u32> = (start as u32..to as u32).collect();
            // As stores want them, which need not copy them then.
            rows.sort_unstable_by_key(|row| table.ids.get(*row as usize));
            let of_table = Rows { number, table, cells: &self.cells, plan };
            of_table.block(self.minute, &rows, &ColumnSelection::All)
        });
        Some(Slice::Metrics(blocks.collect()))
    }

    /// The store has the part that was under way.
    pub(crate) fn confirm(&mut self) {
        if let Some(end) = self.under_way.take() {
            self.confirmed = end;
            for table in self.tables.iter_mut().take(end.table) {
                *table = TableWindow::new(None);
            }
            if end.relation == self.relations.len() {
                self.relations = Vec::new();
            }
            self.weigh();
        }
    }

    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirmed.relation >= self.relations.len()
            && self.tables.iter().skip(self.confirmed.table).all(|table| table.len() == 0)
    }

    /// The rows of a table that are not confirmed. Entities are looked for
    /// among all: a window is closed for a moment only.
    pub(crate) fn live(
        &self,
        read: &MetricRead,
        bucket: Minute,
        plan: &Plan,
    ) -> Option<MetricBlock> {
        let number = usize::from(read.table.0);
        let from = match number.cmp(&self.confirmed.table) {
            std::cmp::Ordering::Less => return None,
            std::cmp::Ordering::Equal => self.confirmed.row,
            std::cmp::Ordering::Greater => 0,
        };
        let table = self.tables.get(number)?;
        let ids = (0_u32..).zip(&table.ids).skip(from);
        let wanted: Vec<u32> =
            ids.filter(|(_, id)| read.entities.contains(**id)).map(|(row, _)| row).collect();
        Rows { number, table, cells: &self.cells, plan }.block(bucket, &wanted, &read.columns)
    }

    pub(crate) fn minute(&self) -> Minute {
        self.minute
    }

    /// The relations that are not confirmed.
    pub(crate) fn live_relations(&self) -> &[RelationRow] {
        self.relations.get(self.confirmed.relation..).unwrap_or_default()
    }
}
