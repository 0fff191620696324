//! Rows as readers and the store get them: what columns made of single events
//! together with what they make of cells.

use skytrail_model::metric::{
    ColumnData, ColumnId, HistogramColumn, LabelColumn, MetricBlock, TableId,
};
use skytrail_model::time::Minute;
use skytrail_storage::ColumnSelection;

use super::cells::Cells;
use super::counted::Entries;
use super::kinds::Part;
use super::table::{Labels, TableWindow};
use crate::oal::column::CellPlace;
use crate::oal::plan::{Plan, TablePlan};

/// More rows than this are read faster with an index of all cells.
const MANY_ROWS: usize = 64;

/// A table of a window with everything that its rows are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(super) number: usize,
    pub(super) table: &'a TableWindow,
    pub(super) cells: &'a Cells,
    pub(super) plan: &'a Plan,
}

impl Rows<'_> {
    /// Some rows as a block; none for no rows. Columns that are not asked for
    /// have no values.
    pub(crate) fn block(
        &self,
        bucket: Minute,
        rows: &[u32],
        columns: &ColumnSelection,
    ) -> Option<MetricBlock> {
        let id = TableId(self.number as u16);
        let mut block = MetricBlock::empty(id, self.plan.catalogue.table(id)?, bucket);
        let plan = self.plan.tables.get(self.number)?;
        let ids = rows.iter().filter_map(|row| self.table.ids.get(*row as usize));
        block.entities.reserve_exact(rows.len());
        block.entities.extend(ids);
        let width = plan.identity.len();
        let asked = |(column, _): &(u16, _)| columns.contains(ColumnId(*column));
        let places = (0_u16..).zip(&plan.places);
        let wanted =
            |is: fn(&CellPlace) -> bool| places.clone().filter(asked).any(|(_, place)| is(place));
        let has_ints = wanted(|place| matches!(place, CellPlace::Int(_)));
        let ints = if has_ints { self.ints(rows, plan) } else { Vec::new() };
        let has_histograms = wanted(|place| matches!(place, CellPlace::Histogram(_)));
        let entries = has_histograms.then(|| self.entries(rows));
        let data = block.columns.iter_mut().zip(places.clone());
        for (data, (_, place)) in data.filter(|(_, place)| asked(place)) {
            *data = match place {
                CellPlace::Int(slot) => {
                    let of_slot = ints.iter().skip(usize::from(*slot)).step_by(width.max(1));
                    ColumnData::Ints(of_slot.copied().collect())
                }
                CellPlace::Histogram(slot) => {
                    ColumnData::Histograms(self.histograms(rows, *slot, plan, entries.as_ref()))
                }
                CellPlace::Labels(slot) => ColumnData::Labels(self.labels(rows, *slot, plan)),
            };
        }
        (!block.is_empty()).then_some(block)
    }

    fn cells_of(&self, row: u32) -> impl Iterator<Item = (u32, Part)> {
        let newest = self.table.newest.get(row as usize).copied();
        self.cells.of_row(newest.unwrap_or(super::cells::NO_CELL), self.number)
    }

    /// The whole numbers of rows, one row after another.
    fn ints(&self, rows: &[u32], plan: &TablePlan) -> Vec<i64> {
        let width = plan.identity.len();
        let mut ints = Vec::with_capacity(rows.len() * width);
        for row in rows {
            let start = *row as usize * width;
            let kept = self.table.ints.get(start..start + width);
            let from = ints.len();
            ints.extend_from_slice(kept.unwrap_or(&plan.identity));
            let Some(values) = ints.get_mut(from..) else { continue };
            for (cell, part) in self.cells_of(*row) {
                let (Part::Tallies(answers), Some(cell)) = (part, self.cells.get(cell)) else {
                    continue;
                };
                for (slot, tally) in plan.taking(answers).flat_map(|group| &group.tallies) {
                    if let Some(value) = values.get_mut(usize::from(*slot)) {
                        *value = value.saturating_add(cell.tally(*tally));
                    }
                }
            }
        }
        ints
    }

    fn entries(&self, rows: &[u32]) -> Entries<'_> {
        if rows.len() > MANY_ROWS {
            return self.cells.counted.read(true, |_| true);
        }
        let mut wanted: Vec<u32> =
            rows.iter().flat_map(|row| self.cells_of(*row)).map(|(cell, _)| cell).collect();
        wanted.sort_unstable();
        self.cells.counted.read(false, |cell| wanted.binary_search(&cell).is_ok())
    }

    fn histograms(
        &self,
        rows: &[u32],
        slot: u16,
        plan: &TablePlan,
        entries: Option<&Entries<'_>>,
    ) -> HistogramColumn {
        let mut column = HistogramColumn::default();
        column.ends.reserve_exact(rows.len());
        let mut counts: Vec<(u16, u64)> = Vec::new();
        let counts_in = |part| match part {
            Part::Histogram(of) => of == slot,
            Part::Tallies(answers) => {
                plan.taking(answers).any(|group| group.histograms.contains(&slot))
            }
        };
        for row in rows {
            counts.clear();
            for (cell, _) in self.cells_of(*row).filter(|(_, part)| counts_in(*part)) {
                counts.extend(entries.iter().flat_map(|entries| entries.of(cell)));
            }
            column.push_joined(&mut counts);
        }
        // As large as needed and no larger: a store keeps them, and an allocator
        // does not take back what a vector has too much unless it is the most of it.
        HistogramColumn {
            ends: column.ends,
            buckets: column.buckets.as_slice().into(),
            counts: column.counts.as_slice().into(),
        }
    }

    fn labels(&self, rows: &[u32], slot: u16, plan: &TablePlan) -> LabelColumn {
        let shown = |labels: &Labels| labels.iter().map(|(key, n)| (key.clone(), *n)).collect();
        let of = |row: &u32| {
            let labels = self.table.labels.get(*row as usize * plan.labels + usize::from(slot));
            labels.map(shown).unwrap_or_default()
        };
        LabelColumn { rows: rows.iter().map(of).collect() }
    }
}
