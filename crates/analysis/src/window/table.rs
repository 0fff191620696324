//! The rows of one table in one window: flat arrays, one row per entity.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;
use skytrail_model::entity::EntityId;
use skytrail_model::metric::MAX_LABELS;

use super::cells::{NO_CELL, NO_ROW};
use crate::config::Thresholds;
use crate::footprint::table_bytes;
use crate::oal::column::{Label, Operation};
use crate::oal::event::Event;
use crate::oal::plan::TablePlan;

/// A key, a value and their share of a node.
const LABEL_BYTES: usize = 64;

/// Values by label.
pub(super) type Labels = BTreeMap<String, i64>;

/// Rows of entities by their numbers in the directory.
#[derive(Debug)]
enum RowOf {
    /// [`NO_ROW`] for none; for windows in which most entities occur.
    Dense(Vec<u32>),
    /// For windows in which few do: of minutes long gone or to come, and of
    /// what comes late.
    Sparse(HashMap<u32, u32, RandomState>),
    /// Of a closed window: nobody asks for rows by entity, and none is added.
    Closed,
}

/// The rows of one table.
#[derive(Debug)]
pub(crate) struct TableWindow {
    row_of: RowOf,
    /// Entity of a row.
    pub(super) ids: Vec<EntityId>,
    /// The cell of a row that was made last; it leads to the others.
    pub(super) newest: Vec<u32>,
    /// What columns that look at every event made of them; of tables that have
    /// such columns only.
    pub(super) ints: Vec<i64>,
    pub(super) labels: Vec<Labels>,
    /// Bytes that labels hold besides the arrays.
    heap: usize,
}

impl TableWindow {
    /// A table without rows; with room for so many, if most entities will occur.
    pub(crate) fn new(expected: Option<usize>) -> Self {
        let row_of = match expected {
            Some(_) => RowOf::Dense(Vec::new()),
            None => RowOf::Sparse(HashMap::default()),
        };
        let rows = expected.unwrap_or(0);
        Self {
            row_of,
            ids: Vec::with_capacity(rows),
            newest: Vec::with_capacity(rows),
            ints: Vec::new(),
            labels: Vec::new(),
            heap: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn memory(&self) -> usize {
        let row_of = match &self.row_of {
            RowOf::Dense(rows) => rows.len() * size_of::<u32>(),
            RowOf::Sparse(rows) => table_bytes::<(u32, u32)>(rows.capacity()),
            RowOf::Closed => 0,
        };
        row_of
            + self.ids.len() * size_of::<EntityId>()
            + self.newest.len() * size_of::<u32>()
            + self.ints.len() * size_of::<i64>()
            + self.labels.len() * size_of::<Labels>()
            + self.heap
    }

    /// The row of an entity by its number in the directory.
    pub(crate) fn find(&self, node: u32) -> Option<u32> {
        match &self.row_of {
            RowOf::Dense(rows) => rows.get(node as usize).copied().filter(|row| *row != NO_ROW),
            RowOf::Sparse(rows) => rows.get(&node).copied(),
            RowOf::Closed => None,
        }
    }

    /// The row of an entity, made when there is none.
    pub(crate) fn row(&mut self, node: u32, id: EntityId, plan: &TablePlan) -> u32 {
        if let Some(row) = self.find(node) {
            return row;
        }
        let row = self.ids.len() as u32;
        self.ids.push(id);
        self.newest.push(NO_CELL);
        if plan.has_direct {
            self.ints.extend_from_slice(&plan.identity);
        }
        self.labels.resize_with(self.ids.len() * plan.labels, Labels::default);
        match &mut self.row_of {
            RowOf::Dense(rows) => {
                let place = node as usize;
                if rows.len() <= place {
                    rows.resize(place + 1, NO_ROW);
                }
                if let Some(slot) = rows.get_mut(place) {
                    *slot = row;
                }
            }
            RowOf::Sparse(rows) => {
                rows.insert(node, row);
            }
            RowOf::Closed => debug_assert!(false, "a row for a closed window"),
        }
        row
    }

    /// Forgets which entity has which row: none gets one any more.
    pub(super) fn close(&mut self) {
        self.row_of = RowOf::Closed;
    }

    /// Puts a cell before the others of a row; gives the one that was first.
    pub(super) fn file(&mut self, row: u32, cell: u32) -> u32 {
        let newest = self.newest.get_mut(row as usize);
        newest.map_or(NO_CELL, |newest| std::mem::replace(newest, cell))
    }

    /// Lets the columns that look at every event take this one. Values that go
    /// into a histogram are given to `histogram` with its slot.
    pub(super) fn look(
        &mut self,
        row: u32,
        answers: u64,
        event: &Event<'_>,
        (plan, thresholds): (&TablePlan, &Thresholds),
        histogram: &mut dyn FnMut(u16, i64),
    ) {
        let width = plan.identity.len();
        let start = row as usize * width;
        let Some(ints) = self.ints.get_mut(start..start + width) else { return };
        for operation in plan.taking(answers).flat_map(|group| &group.direct) {
            match *operation {
                Operation::Histogram { slot, number } => histogram(slot, number.read(event)),
                operation => {
                    let labels = LabelCell { labels: &mut self.labels, heap: &mut self.heap };
                    take(operation, ints, labels, row as usize * plan.labels, event, thresholds);
                }
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

/// What a column does with one event.
fn take(
    operation: Operation,
    ints: &mut [i64],
    labels: LabelCell<'_>,
    start: usize,
    event: &Event<'_>,
    thresholds: &Thresholds,
) {
    match operation {
        Operation::Count { slot } => add(ints, slot, 1),
        Operation::Sum { slot, number } => add(ints, slot, number.read(event)),
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
        // The caller has them counted in a cell.
        Operation::Histogram { .. } => {}
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
                self.labelled(start, slot, label, event, |event| number.read(event), limit);
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

    /// Adds to a label. Of more than `limit` those with the smallest names
    /// stay, as when rows are merged, so that the order does not matter: one
    /// that stays was never among the largest.
    fn add(self, start: usize, slot: u16, label: &str, value: i64, limit: usize) {
        let Some(labels) = self.labels.get_mut(start + usize::from(slot)) else { return };
        if let Some(kept) = labels.get_mut(label) {
            *kept = kept.saturating_add(value);
            return;
        }
        let limit = limit.min(MAX_LABELS);
        if labels.len() >= limit && labels.last_key_value().is_none_or(|last| **last.0 < *label) {
            return;
        }
        labels.insert(label.to_owned(), value);
        *self.heap += label.len() + LABEL_BYTES;
        if labels.len() > limit
            && let Some((largest, _)) = labels.pop_last()
        {
            *self.heap = self.heap.saturating_sub(largest.len() + LABEL_BYTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use skytrail_model::metric::{Cell, MAX_LABELS, Merge};

    use super::{LABEL_BYTES, LabelCell, Labels};

    fn window(labels: &[u8]) -> (Labels, usize) {
        let (mut cells, mut heap) = (vec![Labels::default()], 0);
        for label in labels {
            let cell = LabelCell { labels: &mut cells, heap: &mut heap };
            cell.add(0, 0, &format!("{label:03}"), 1, 10_000);
        }
        (cells.remove(0), heap)
    }

    proptest! {
        #[test]
        fn labels_are_the_same_in_one_window_and_in_several_that_are_merged(
            labels in prop::collection::vec(any::<u8>(), 0..400),
            cut in 0_usize..400,
        ) {
            let (whole, heap) = window(&labels);
            prop_assert_eq!(heap, whole.len() * (3 + LABEL_BYTES));
            prop_assert!(whole.len() <= MAX_LABELS);
            let (early, late) = labels.split_at(cut.min(labels.len()));
            let mut merged = Cell::Labels(window(early).0);
            merged.merge(Merge::Labels, &Cell::Labels(window(late).0));
            prop_assert_eq!(merged, Cell::Labels(whole));
        }
    }
}
