//! Rows of a metric table in columns.

use std::collections::BTreeMap;

use crate::entity::EntityId;
use crate::metric::column::{ColumnId, Merge, Table, TableId};
use crate::metric::histogram::Histogram;
use crate::metric::row::{Cell, Row};
use crate::time::Minute;

/// Rows of one table in one bucket. Each is a partial: rows of one entity from
/// several blocks merge to the value of the bucket. Within a block an entity
/// has one row.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricBlock {
    /// The table.
    pub table: TableId,
    /// Start of the bucket.
    pub bucket: Minute,
    /// Entities, one a row.
    pub entities: Vec<EntityId>,
    /// One per column of the table, each as long as `entities`.
    pub columns: Vec<ColumnData>,
}

/// The values of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Histograms.
    Histograms(HistogramColumn),
    /// Values by label.
    Labels(LabelColumn),
}

/// Sparse histograms, one after another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistogramColumn {
    /// Where each row's entries end in `buckets`.
    pub ends: Vec<u32>,
    /// Buckets, ascending within a row.
    pub buckets: Vec<u16>,
    /// Counts, one per bucket.
    pub counts: Vec<u64>,
}

/// Values by label, one row after another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelColumn {
    /// Per row, label and value; labels ascending.
    pub rows: Vec<Vec<(String, i64)>>,
}

impl HistogramColumn {
    /// Appends a row; buckets MUST be ascending.
    pub fn push(&mut self, entries: impl IntoIterator<Item = (u16, u64)>) {
        for (bucket, count) in entries {
            self.buckets.push(bucket);
            self.counts.push(count);
        }
        self.ends.push(u32::try_from(self.buckets.len()).unwrap_or(u32::MAX));
    }

    /// Appends a row of entries in any order. Counts of equal buckets are added
    /// up; `entries` is left in that form.
    pub fn push_joined(&mut self, entries: &mut Vec<(u16, u64)>) {
        entries.sort_unstable_by_key(|entry| entry.0);
        entries.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                earlier.1 = earlier.1.saturating_add(later.1);
            }
            is_same
        });
        self.push(entries.iter().copied());
    }

    /// Entries of a row; none for a row that is not there.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (u16, u64)> + '_ {
        let end = self.ends.get(row).copied().unwrap_or(0) as usize;
        let start =
            row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let start = (start as usize).min(end);
        let buckets = self.buckets.get(start..end).unwrap_or_default();
        let counts = self.counts.get(start..end).unwrap_or_default();
        buckets.iter().copied().zip(counts.iter().copied())
    }
}

impl ColumnData {
    /// A column without rows.
    pub fn empty(merge: Merge) -> Self {
        match merge {
            Merge::Histogram => Self::Histograms(HistogramColumn::default()),
            Merge::Labels => Self::Labels(LabelColumn::default()),
            Merge::Sum | Merge::Max | Merge::Min => Self::Ints(Vec::new()),
        }
    }

    /// Appends a cell of the column's kind; a cell of another kind appends
    /// nothing seen.
    pub fn push(&mut self, cell: &Cell) {
        match (self, cell) {
            (Self::Ints(values), Cell::Int(value)) => values.push(*value),
            (Self::Ints(values), _) => values.push(0),
            (Self::Histograms(column), Cell::Histogram(histogram)) => {
                column.push(histogram.counts().iter().copied());
            }
            (Self::Histograms(column), _) => column.push([]),
            (Self::Labels(column), Cell::Labels(labels)) => {
                column
                    .rows
                    .push(labels.iter().map(|(label, value)| (label.clone(), *value)).collect());
            }
            (Self::Labels(column), _) => column.rows.push(Vec::new()),
        }
    }

    /// The cell of a row.
    pub fn cell(&self, row: usize) -> Cell {
        match self {
            Self::Ints(values) => Cell::Int(values.get(row).copied().unwrap_or(0)),
            Self::Histograms(column) => {
                let mut histogram = Histogram::default();
                column.row(row).for_each(|(bucket, count)| histogram.add_bucket(bucket, count));
                Cell::Histogram(histogram)
            }
            Self::Labels(column) => {
                let labels = column.rows.get(row).map(Vec::as_slice).unwrap_or_default();
                Cell::Labels(labels.iter().cloned().collect::<BTreeMap<_, _>>())
            }
        }
    }

    /// The rows at `places`, in that order.
    fn gather(&self, places: &[usize]) -> Self {
        match self {
            Self::Ints(values) => {
                let value_at = |place: &usize| values.get(*place).copied().unwrap_or(0);
                Self::Ints(places.iter().map(value_at).collect())
            }
            Self::Histograms(column) => {
                let mut gathered = HistogramColumn::default();
                places.iter().for_each(|place| gathered.push(column.row(*place)));
                Self::Histograms(gathered)
            }
            Self::Labels(column) => {
                let row_at = |place: &usize| column.rows.get(*place).cloned().unwrap_or_default();
                Self::Labels(LabelColumn { rows: places.iter().map(row_at).collect() })
            }
        }
    }

    /// Bytes of memory that it keeps alive, beside its own size.
    pub fn memory(&self) -> usize {
        match self {
            Self::Ints(values) => values.capacity() * size_of::<i64>(),
            Self::Histograms(column) => {
                column.ends.capacity() * 4
                    + column.buckets.capacity() * 2
                    + column.counts.capacity() * 8
            }
            Self::Labels(column) => column
                .rows
                .iter()
                .map(|row| 24 + row.iter().map(|(label, _)| 32 + label.capacity()).sum::<usize>())
                .sum(),
        }
    }
}

impl MetricBlock {
    /// A block without rows.
    pub fn empty(id: TableId, table: &Table, bucket: Minute) -> Self {
        let columns = table.columns.iter().map(|column| ColumnData::empty(column.merge)).collect();
        Self { table: id, bucket, entities: Vec::new(), columns }
    }

    /// Appends a row that holds all columns of the table.
    pub fn push(&mut self, entity: EntityId, row: &Row) {
        self.entities.push(entity);
        for (column, cell) in self.columns.iter_mut().zip(&row.cells) {
            column.push(cell);
        }
    }

    /// The row at a place, with all columns.
    pub fn row(&self, place: usize) -> Row {
        Row { cells: self.columns.iter().map(|column| column.cell(place)).collect() }
    }

    /// The rows at `places`, in that order, as rows of `bucket`.
    #[must_use]
    pub fn gather(&self, places: &[usize], bucket: Minute) -> Self {
        self.gather_columns(places, bucket, |_| true)
    }

    /// The same with values of the wanted columns only: the others are empty.
    #[must_use]
    pub fn gather_columns(
        &self,
        places: &[usize],
        bucket: Minute,
        is_wanted: impl Fn(ColumnId) -> bool,
    ) -> Self {
        let columns = (0_u16..).map(ColumnId).zip(&self.columns);
        let gathered = columns.map(|(id, column)| match is_wanted(id) {
            true => column.gather(places),
            false => column.gather(&[]),
        });
        Self {
            table: self.table,
            bucket,
            entities: places
                .iter()
                .filter_map(|place| self.entities.get(*place).copied())
                .collect(),
            columns: gathered.collect(),
        }
    }

    /// The same rows in ascending order of entities.
    #[must_use]
    pub fn sorted(self) -> Self {
        if self.entities.is_sorted() {
            return self;
        }
        let mut places: Vec<_> = (0..self.len()).collect();
        places.sort_unstable_by_key(|place| self.entities.get(*place));
        self.gather(&places, self.bucket)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// Bytes of memory that the block keeps alive.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.entities.capacity() * size_of::<EntityId>()
            + self.columns.iter().map(ColumnData::memory).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::HistogramColumn;

    #[test]
    fn entries_of_equal_buckets_are_joined_in_their_order() {
        let mut column = HistogramColumn::default();
        column.push_joined(&mut vec![(7, 1), (2, 3), (7, u64::MAX), (2, 4)]);
        column.push_joined(&mut Vec::new());
        assert_eq!(column.row(0).collect::<Vec<_>>(), [(2, 7), (7, u64::MAX)]);
        assert_eq!((column.row(1).count(), column.ends), (0, vec![2, 2]));
    }
}
