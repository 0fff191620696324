//! The rows of one table in one window: flat arrays, one row per entity.

use std::collections::BTreeMap;

use skytrail_model::entity::EntityId;
use skytrail_model::metric::MAX_LABELS;
use skytrail_model::metric::{
    Catalogue, ColumnData, HistogramColumn, LabelColumn, MetricBlock, TableId,
};
use skytrail_model::time::Minute;

use super::sketch::Sketch;
use crate::config::Thresholds;
use crate::oal::column::{CellPlace, Label, Number, Operation};
use crate::oal::event::Event;
use crate::oal::plan::TablePlan;

/// No row.
pub(crate) const NO_ROW: u32 = u32::MAX;

/// Values by label.
type Labels = BTreeMap<String, i64>;

/// The rows of one table.
#[derive(Debug, Default)]
pub(crate) struct TableWindow {
    /// Row of an entity, by its number in the directory; [`NO_ROW`] for none.
    row_of: Vec<u32>,
    /// Entity of a row.
    ids: Vec<EntityId>,
    ints: Vec<i64>,
    sketches: Vec<Sketch>,
    labels: Vec<Labels>,
    /// Bytes that sketches and labels hold besides the arrays.
    heap: usize,
}

impl TableWindow {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { ids: Vec::with_capacity(rows), ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn memory(&self) -> usize {
        self.row_of.capacity() * size_of::<u32>()
            + self.ids.capacity() * size_of::<EntityId>()
            + self.ints.capacity() * size_of::<i64>()
            + self.sketches.capacity() * size_of::<Sketch>()
            + self.labels.capacity() * size_of::<Labels>()
            + self.heap
    }

    /// The row of an entity, made when there is none.
    pub(crate) fn row(&mut self, node: u32, id: EntityId, plan: &TablePlan) -> u32 {
        let place = node as usize;
        if let Some(row) = self.row_of.get(place).filter(|row| **row != NO_ROW) {
            return *row;
        }
        if self.row_of.len() <= place {
            self.row_of.resize(place + 1, NO_ROW);
        }
        let row = self.ids.len() as u32;
        if self.ids.is_empty() {
            let rows = self.ids.capacity();
            self.ints.reserve_exact(rows * plan.identity.len());
            self.sketches.reserve_exact(rows * plan.histograms);
        }
        self.ids.push(id);
        self.ints.extend_from_slice(&plan.identity);
        self.sketches.resize_with(self.ids.len() * plan.histograms, Sketch::default);
        self.labels.resize_with(self.ids.len() * plan.labels, Labels::default);
        if let Some(slot) = self.row_of.get_mut(place) {
            *slot = row;
        }
        row
    }

    /// Lets every column take what the event brings it. `answers` are those of
    /// the family's tests.
    #[inline]
    pub(crate) fn apply(
        &mut self,
        row: u32,
        answers: u64,
        event: &Event<'_>,
        plan: &TablePlan,
        thresholds: &Thresholds,
    ) {
        let width = plan.identity.len();
        let start = row as usize * width;
        let Some(ints) = self.ints.get_mut(start..start + width) else { return };
        for group in plan.groups(answers) {
            if answers & group.mask != group.mask {
                continue;
            }
            for slot in &group.counts {
                add(ints, *slot, 1);
            }
            for (slot, number) in &group.sums {
                add(ints, *slot, number.read(event));
            }
            for (slot, number) in &group.histograms {
                let place = row as usize * plan.histograms + usize::from(*slot);
                if let Some(sketch) = self.sketches.get_mut(place) {
                    let grown = sketch.add(number.read(event), plan.may_be_dense);
                    self.heap = self.heap.saturating_add_signed(grown);
                }
            }
            for operation in &group.others {
                let labels = LabelCell { labels: &mut self.labels, heap: &mut self.heap };
                take(*operation, ints, labels, row as usize * plan.labels, event, thresholds);
            }
        }
    }

    /// The rows `from..to` that `is_wanted`, as a block.
    pub(crate) fn block(
        &self,
        table: usize,
        bucket: Minute,
        rows: std::ops::Range<usize>,
        catalogue: &Catalogue,
        plan: &TablePlan,
        is_wanted: &dyn Fn(EntityId) -> bool,
    ) -> Option<MetricBlock> {
        let id = TableId(table as u16);
        let mut block = MetricBlock::empty(id, catalogue.table(id)?, bucket);
        let rows: Vec<usize> = rows
            .filter(|row| self.ids.get(*row).is_some_and(|entity| is_wanted(*entity)))
            .collect();
        block.entities.extend(rows.iter().filter_map(|row| self.ids.get(*row)));
        let columns = block.columns.iter_mut().zip(&plan.places);
        columns.for_each(|(data, place)| *data = self.column(*place, &rows, plan));
        (!block.is_empty()).then_some(block)
    }

    fn column(&self, place: CellPlace, rows: &[usize], plan: &TablePlan) -> ColumnData {
        let at = |row: &usize, width: usize, slot: u16| row * width + usize::from(slot);
        match place {
            CellPlace::Int(slot) => {
                let width = plan.identity.len();
                let value = |row| self.ints.get(at(row, width, slot)).copied().unwrap_or(0);
                ColumnData::Ints(rows.iter().map(value).collect())
            }
            CellPlace::Histogram(slot) => {
                let mut column = HistogramColumn::default();
                for row in rows {
                    let sketch = self.sketches.get(at(row, plan.histograms, slot));
                    column.push(sketch.map(Sketch::entries).unwrap_or_default());
                }
                ColumnData::Histograms(column)
            }
            CellPlace::Labels(slot) => {
                let of = |row| {
                    let labels = self.labels.get(at(row, plan.labels, slot));
                    labels.map(|labels| labels.iter().map(|(k, v)| (k.clone(), *v)).collect())
                };
                let rows = rows.iter().map(|row| of(row).unwrap_or_default()).collect();
                ColumnData::Labels(LabelColumn { rows })
            }
        }
    }
}

#[inline]
fn add(ints: &mut [i64], slot: u16, value: i64) {
    change(ints, slot, |kept| kept.saturating_add(value));
}

#[inline]
fn change(ints: &mut [i64], slot: u16, to: impl FnOnce(i64) -> i64) {
    if let Some(kept) = ints.get_mut(usize::from(slot)) {
        *kept = to(*kept);
    }
}

/// What the less frequent columns do.
fn take(
    operation: Operation,
    ints: &mut [i64],
    labels: LabelCell<'_>,
    start: usize,
    event: &Event<'_>,
    thresholds: &Thresholds,
) {
    match operation {
        Operation::Satisfied { slot, number, name } => {
            let threshold = thresholds.of(name.read(event).as_deref());
            add(ints, slot, i64::from(number.read(event) <= threshold));
        }
        Operation::Tolerated { slot, number, name } => {
            let threshold = thresholds.of(name.read(event).as_deref());
            let bearable = threshold + 1..=threshold.saturating_mul(4);
            add(ints, slot, i64::from(bearable.contains(&number.read(event))));
        }
        Operation::Max { slot, number } => {
            change(ints, slot, |kept| kept.max(number.read(event)));
        }
        Operation::Min { slot, number } => {
            change(ints, slot, |kept| kept.min(number.read(event)));
        }
        Operation::Seen { slot } => change(ints, slot, |_| 1),
        Operation::Bucket { .. } | Operation::LabelSum { .. } | Operation::LabelCount { .. } => {
            labels.apply(start, operation, event);
        }
        // These stand in lists of their own.
        Operation::Count { .. } | Operation::Sum { .. } | Operation::Histogram { .. } => {}
    }
}

/// Label tables on their way to one cell; a source with labels is rare.
struct LabelCell<'a> {
    labels: &'a mut [Labels],
    heap: &'a mut usize,
}

impl LabelCell<'_> {
    fn apply(self, start: usize, operation: Operation, event: &Event<'_>) {
        match operation {
            Operation::Bucket { slot, number, step, steps, unit } => {
                let index = (number.read(event).max(0) / unit / step).min(steps);
                self.add(start, slot, &(index * step).to_string(), 1, MAX_LABELS);
            }
            Operation::LabelSum { slot, number, label, limit } => {
                self.labelled(start, slot, label, event, |event| number_of(number, event), limit);
            }
            Operation::LabelCount { slot, label, limit } => {
                self.labelled(start, slot, label, event, |_| 1, limit);
            }
            _ => {}
        }
    }

    fn labelled(
        self,
        start: usize,
        slot: u16,
        label: Label,
        event: &Event<'_>,
        value: impl FnOnce(&Event<'_>) -> i64,
        limit: u16,
    ) {
        if let Some(label) = label.read(event) {
            self.add(start, slot, &label, value(event), usize::from(limit));
        }
    }

    /// Adds to a label; new ones only while there are fewer than `limit`.
    fn add(self, start: usize, slot: u16, label: &str, value: i64, limit: usize) {
        let Some(labels) = self.labels.get_mut(start + usize::from(slot)) else { return };
        if let Some(kept) = labels.get_mut(label) {
            *kept = kept.saturating_add(value);
        } else if labels.len() < limit {
            labels.insert(label.to_owned(), value);
            // A key, its text, a value and its share of a node.
            *self.heap += label.len() + 64;
        }
    }
}

fn number_of(number: Number, event: &Event<'_>) -> i64 {
    number.read(event)
}
