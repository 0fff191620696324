//! Rows of equal keys become one, by the rules of their columns.

use skytrail_model::metric::{HistogramColumn, MAX_LABELS, Merge};

/// Merges whole numbers, the `n`th into the row that `into` says for it.
pub(super) fn merge_ints(merge: Merge, held: &mut [i64], from: &[i64], into: &[usize]) {
    fn each(held: &mut [i64], from: &[i64], into: &[usize], join: impl Fn(i64, i64) -> i64) {
        for (value, row) in from.iter().zip(into) {
            if let Some(held) = held.get_mut(*row) {
                *held = join(*held, *value);
            }
        }
    }
    // With the rule known outside the loop.
    match merge {
        Merge::Sum => each(held, from, into, |left, right| Merge::Sum.merge_ints(left, right)),
        Merge::Max => each(held, from, into, |left, right| Merge::Max.merge_ints(left, right)),
        Merge::Min => each(held, from, into, |left, right| Merge::Min.merge_ints(left, right)),
        merge => each(held, from, into, |left, right| merge.merge_ints(left, right)),
    }
}

/// Adds label by label. As with [`skytrail_model::metric::Cell::merge`], the labels that sort
/// first stay where there are too many; codes sort as their labels do.
pub(super) fn merge_labels(
    held: &mut [Vec<(u32, i64)>],
    from: Vec<Vec<(u32, i64)>>,
    into: &[usize],
) {
    for (labels, row) in from.into_iter().zip(into) {
        let Some(held) = held.get_mut(*row) else { continue };
        if held.is_empty() {
            *held = labels;
        } else if !labels.is_empty() {
            held.extend(labels);
            held.sort_by_key(|(code, _)| *code);
            held.dedup_by(|later, earlier| {
                let is_same = later.0 == earlier.0;
                if is_same {
                    earlier.1 = earlier.1.saturating_add(later.1);
                }
                is_same
            });
        }
        held.truncate(MAX_LABELS);
    }
}

/// A histogram that others are added to, bucket by bucket.
#[derive(Debug)]
pub(super) struct Tally {
    counts: Vec<u64>,
    /// Buckets that are in it, as bits.
    held: Vec<u64>,
    /// The first and the last word of them that may have any.
    first: usize,
    last: usize,
}

impl Tally {
    /// Without entries.
    pub(super) fn new() -> Self {
        Self { counts: Vec::new(), held: Vec::new(), first: usize::MAX, last: 0 }
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, bucket: u16, count: u64) {
        let word = usize::from(bucket / 64);
        if word >= self.held.len() {
            self.held.resize(word + 1, 0);
            self.counts.resize((word + 1) * 64, 0);
        }
        if let Some(held) = self.counts.get_mut(usize::from(bucket)) {
            *held = held.saturating_add(count);
        }
        if let Some(held) = self.held.get_mut(word) {
            *held |= 1 << (bucket % 64);
        }
        (self.first, self.last) = (self.first.min(word), self.last.max(word));
    }

    /// Appends what it holds as a row; begins anew.
    pub(super) fn give(&mut self, column: &mut HistogramColumn) {
        for word in self.first..=self.last {
            let Some(held) = self.held.get_mut(word) else { break };
            let mut bits = std::mem::take(held);
            while bits != 0 {
                let bucket = word * 64 + bits.trailing_zeros() as usize;
                let count = self.counts.get_mut(bucket).map(std::mem::take).unwrap_or_default();
                column.buckets.push(bucket as u16);
                column.counts.push(count);
                bits &= bits - 1;
            }
        }
        column.ends.push(u32::try_from(column.buckets.len()).unwrap_or(u32::MAX));
        (self.first, self.last) = (usize::MAX, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_gives_what_was_added_and_begins_anew() {
        let (mut tally, mut column) = (Tally::new(), HistogramColumn::default());
        for (bucket, count) in [(65_535, 1), (7, 0), (700, u64::MAX), (700, 2), (65_535, 3)] {
            tally.add(bucket, count);
        }
        tally.give(&mut column);
        tally.give(&mut column);
        tally.add(0, 5);
        tally.give(&mut column);
        let row = |row| column.row(row).collect::<Vec<_>>();
        assert_eq!(row(0), [(7, 0), (700, u64::MAX), (65_535, 4)]);
        assert_eq!((row(1), row(2)), (vec![], vec![(0, 5)]));
    }
}
