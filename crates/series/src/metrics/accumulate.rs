//! Rows of equal keys become one, by the rules of their columns.

use skytrail_model::metric::{MAX_LABELS, Merge};

use super::frame::{Decoded, Values};

/// Rows that grow by merging others into them.
#[derive(Debug)]
pub(super) struct Accumulator {
    merges: Vec<Merge>,
    pub(super) columns: Vec<Values>,
    len: usize,
}

impl Accumulator {
    /// Without rows.
    pub(super) fn new(merges: Vec<Merge>) -> Self {
        let columns = merges.iter().map(|merge| Values::empty(*merge)).collect();
        Self { merges, columns, len: 0 }
    }

    /// Appends a row in which nothing was seen; gives its number.
    pub(super) fn push(&mut self) -> usize {
        for (column, merge) in self.columns.iter_mut().zip(&self.merges) {
            match column {
                Values::Ints(rows) => rows.push(merge.identity()),
                Values::Histograms(rows) => rows.push(Vec::new()),
                Values::Labels(rows) => rows.push(Vec::new()),
            }
        }
        self.len += 1;
        self.len - 1
    }

    /// Merges a column of rows, the `n`th into the row that `into` says for it.
    pub(super) fn add(&mut self, column: usize, from: &Decoded, into: &[usize]) {
        let Some((held, merge)) = self.columns.get_mut(column).zip(self.merges.get(column)) else {
            return;
        };
        match (held, from) {
            (Values::Ints(held), Decoded::Ints(from)) => {
                for (value, row) in from.iter().zip(into) {
                    if let Some(held) = held.get_mut(*row) {
                        *held = merge.merge_ints(*held, *value);
                    }
                }
            }
            (Values::Histograms(held), Decoded::Histograms(from)) => {
                let mut joined = Vec::new();
                for (place, row) in into.iter().enumerate() {
                    if let Some(held) = held.get_mut(*row) {
                        let add = |left: &mut u64, right| *left = left.saturating_add(right);
                        join(held, from.row(place), &mut joined, add);
                    }
                }
            }
            (Values::Labels(held), Decoded::Labels(from)) => {
                let mut joined = Vec::new();
                for (labels, row) in from.iter().zip(into) {
                    if let Some(held) = held.get_mut(*row) {
                        merge_labels(held, labels, &mut joined);
                    }
                }
            }
            // A column has one kind.
            _ => {}
        }
    }
}

/// Adds label by label. As with [`skytrail_model::metric::Cell::merge`], the labels that sort
/// first stay where there are too many; codes sort as their labels do.
fn merge_labels(held: &mut Vec<(u32, i64)>, from: &[(u32, i64)], joined: &mut Vec<(u32, i64)>) {
    let add = |left: &mut i64, right: i64| *left = left.saturating_add(right);
    join(held, from.iter().copied(), joined, add);
    held.truncate(MAX_LABELS);
}

/// Joins sorted entries into sorted ones; `joined` is room to work in.
fn join<K: Ord + Copy, V: Copy>(
    held: &mut Vec<(K, V)>,
    from: impl Iterator<Item = (K, V)>,
    joined: &mut Vec<(K, V)>,
    add: impl Fn(&mut V, V),
) {
    if held.is_empty() {
        held.extend(from);
        return;
    }
    joined.clear();
    let mut left = held.iter().copied().peekable();
    for (key, value) in from {
        while let Some(entry) = left.next_if(|entry| entry.0 < key) {
            joined.push(entry);
        }
        match left.next_if(|entry| entry.0 == key) {
            Some((key, mut sum)) => {
                add(&mut sum, value);
                joined.push((key, sum));
            }
            None => joined.push((key, value)),
        }
    }
    joined.extend(left);
    std::mem::swap(held, joined);
}
