//! One row of a metric table, for merging and for reading values.

use std::collections::BTreeMap;

use crate::metric::column::{ColumnId, MAX_LABELS, Merge, Table};
use crate::metric::histogram::Histogram;

/// The value of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A whole number.
    Int(i64),
    /// Counts by bucket.
    Histogram(Histogram),
    /// Whole numbers by label.
    Labels(BTreeMap<String, i64>),
}

impl Cell {
    /// The value of a column when nothing was seen.
    pub fn empty(merge: Merge) -> Self {
        match merge {
            Merge::Histogram => Self::Histogram(Histogram::default()),
            Merge::Labels => Self::Labels(BTreeMap::new()),
            Merge::Sum | Merge::Max | Merge::Min => Self::Int(merge.identity()),
        }
    }

    /// Merges another value of the same column into this one.
    pub fn merge(&mut self, merge: Merge, other: &Self) {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => *left = merge.merge_ints(*left, *right),
            (Self::Histogram(left), Self::Histogram(right)) => left.merge(right),
            (Self::Labels(left), Self::Labels(right)) => merge_labels(left, right),
            // A column has one kind; different kinds never meet.
            _ => {}
        }
    }
}

/// Adds label by label; labels beyond the limit are left out, the smallest
/// names stay, so that the order of merging does not matter.
fn merge_labels(left: &mut BTreeMap<String, i64>, right: &BTreeMap<String, i64>) {
    for (label, value) in right {
        let sum = left.entry(label.clone()).or_default();
        *sum = sum.saturating_add(*value);
    }
    while left.len() > MAX_LABELS {
        left.pop_last();
    }
}

/// All columns of one entity in one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Values, in the order of the columns that were asked for.
    pub cells: Vec<Cell>,
}

impl Row {
    /// A row of a whole table in which nothing was seen.
    pub fn empty(table: &Table) -> Self {
        Self { cells: table.columns.iter().map(|column| Cell::empty(column.merge)).collect() }
    }

    /// Merges another row of the same table into this one.
    pub fn merge(&mut self, table: &Table, other: &Self) {
        for ((cell, column), newer) in self.cells.iter_mut().zip(&table.columns).zip(&other.cells) {
            cell.merge(column.merge, newer);
        }
    }

    /// A whole number; 0 where the column is not one.
    pub fn int(&self, column: ColumnId) -> i64 {
        match self.cells.get(column.0 as usize) {
            Some(Cell::Int(value)) => *value,
            _ => 0,
        }
    }

    /// A histogram.
    pub fn histogram(&self, column: ColumnId) -> Option<&Histogram> {
        match self.cells.get(column.0 as usize) {
            Some(Cell::Histogram(histogram)) => Some(histogram),
            _ => None,
        }
    }

    /// Values by label.
    pub fn labels(&self, column: ColumnId) -> Option<&BTreeMap<String, i64>> {
        match self.cells.get(column.0 as usize) {
            Some(Cell::Labels(labels)) => Some(labels),
            _ => None,
        }
    }
}
