//! The histograms of a window: one sorted run of entries for all of its cells.
//!
//! A value is noted at the end of a list, which is a write to memory that is in
//! the cache; once there are many, the list is sorted and merged with the run.
//! A layout with a place for every bucket never pays: a cell of a minute uses a
//! few dozen of the 1,888 buckets that the log-linear layout has, so its
//! entries are smaller, and they cost no look-up.

use skytrail_model::metric::histogram::bucket_of;

/// Bits of a count within an entry; the bucket stands above them, the cell on top.
const COUNT_BITS: u32 = 21;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
const BUCKET_BITS: u32 = 11;
const CELL_SHIFT: u32 = COUNT_BITS + BUCKET_BITS;

/// Fewer new values than this are not merged.
const LEAST_PENDING: usize = 1 << 15;

/// Room for the first new values; most windows of minutes long gone get few.
const FIRST_PENDING: usize = 16;

/// Fewer values than this are sorted by comparing.
const LEAST_RADIX: usize = 512;

/// Bits that one pass of the sort looks at.
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;

/// Counts by cell and bucket.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// Ascending; equal cells and buckets follow each other only where a count
    /// is full.
    run: Vec<u64>,
    /// New ones in the order in which they came.
    pending: Vec<u64>,
}

impl Counted {
    /// Counts a value of a cell.
    #[inline]
    pub(crate) fn add(&mut self, cell: u32, value: i64) {
        if self.pending.len() == self.pending.capacity() {
            self.make_room();
        }
        let bucket = u64::from(bucket_of(value));
        self.pending.push(u64::from(cell) << CELL_SHIFT | bucket << COUNT_BITS | 1);
    }

    /// Room grows with the run, so that merging costs each value the same few
    /// moves however large the run is.
    #[cold]
    fn make_room(&mut self) {
        let most = LEAST_PENDING.max(self.run.len() / 2);
        let used = self.pending.len();
        if used >= most {
            self.merge();
        } else {
            self.pending.reserve_exact(used.max(FIRST_PENDING).min(most - used));
        }
    }

    /// Brings everything into the run, and gives the room for new values back.
    pub(crate) fn finish(&mut self) {
        self.merge();
        self.pending = Vec::new();
        self.run.shrink_to_fit();
    }

    fn merge(&mut self) {
        sort(&mut self.pending);
        join(&mut self.pending);
        if self.run.is_empty() {
            self.run.extend_from_slice(&self.pending);
        } else {
            self.run = merged(&self.run, &self.pending);
        }
        self.pending.clear();
    }

    pub(crate) fn memory(&self) -> usize {
        (self.run.capacity() + self.pending.capacity()) * size_of::<u64>()
    }

    /// The entries of cells that are wanted, to be read one cell after another.
    /// `many` says that most cells will be read.
    pub(crate) fn read(&self, many: bool, is_wanted: impl Fn(u32) -> bool) -> Entries<'_> {
        let new = self.pending.iter().copied();
        let mut recent: Vec<u64> = new.filter(|entry| is_wanted(cell_of(*entry))).collect();
        sort(&mut recent);
        join(&mut recent);
        let starts = if many {
            [starts(self.run.iter()), starts(recent.iter())]
        } else {
            [const { Vec::new() }; 2]
        };
        Entries { run: &self.run, recent, starts, is_indexed: many }
    }
}

/// Entries of a moment.
#[derive(Debug)]
pub(crate) struct Entries<'a> {
    run: &'a [u64],
    recent: Vec<u64>,
    /// Where each cell starts in the run, and among the recent.
    starts: [Vec<u32>; 2],
    is_indexed: bool,
}

impl Entries<'_> {
    /// Buckets and counts of a cell, ascending within each of the two parts.
    pub(crate) fn of(&self, cell: u32) -> impl Iterator<Item = (u16, u64)> + '_ {
        let [in_run, in_recent] = &self.starts;
        let run = self.part(self.run, in_run, cell);
        let recent = self.part(&self.recent, in_recent, cell);
        run.iter().chain(recent).map(|entry| {
            let bucket = (entry >> COUNT_BITS) & ((1 << BUCKET_BITS) - 1);
            (bucket as u16, entry & COUNT_MASK)
        })
    }

    fn part<'e>(&self, entries: &'e [u64], starts: &[u32], cell: u32) -> &'e [u64] {
        let bounds = if self.is_indexed {
            let at = |cell: usize| starts.get(cell).map_or(entries.len(), |at| *at as usize);
            at(cell as usize)..at(cell as usize + 1)
        } else {
            let from = entries.partition_point(|entry| cell_of(*entry) < cell);
            let rest = entries.get(from..).unwrap_or_default();
            from..from + rest.partition_point(|entry| cell_of(*entry) == cell)
        };
        entries.get(bounds).unwrap_or_default()
    }
}

fn cell_of(entry: u64) -> u32 {
    (entry >> CELL_SHIFT) as u32
}

/// Cell and bucket.
fn key_of(entry: u64) -> u64 {
    entry >> COUNT_BITS
}

/// The place of the first entry of each cell up to the last that has one.
fn starts<'e>(entries: impl Iterator<Item = &'e u64>) -> Vec<u32> {
    let mut starts = Vec::new();
    for (place, entry) in (0..).zip(entries) {
        let next = cell_of(*entry) as usize + 1;
        if starts.len() < next {
            starts.resize(next, place);
        }
    }
    starts
}

/// Sorts by cell and bucket: digit by digit from the lowest, as many as are in use.
fn sort(entries: &mut Vec<u64>) {
    if entries.len() < LEAST_RADIX {
        entries.sort_unstable();
        return;
    }
    let used = entries.iter().fold(0, |used, entry| used | entry);
    let bits = u64::BITS - used.leading_zeros();
    let mut sorted = vec![0; entries.len()];
    let mut shift = COUNT_BITS;
    while shift < bits {
        let digit = |entry: u64| (entry >> shift) as usize & (DIGITS - 1);
        let mut places = [0_u32; DIGITS];
        entries.iter().for_each(|entry| places[digit(*entry)] += 1);
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for entry in entries.iter() {
            let place = &mut places[digit(*entry)];
            if let Some(slot) = sorted.get_mut(*place as usize) {
                *slot = *entry;
            }
            *place += 1;
        }
        std::mem::swap(entries, &mut sorted);
        shift += DIGIT_BITS;
    }
}

/// Adds a later entry to one that counts the same, where it fits.
#[inline]
fn absorb(kept: &mut u64, later: u64) -> bool {
    let does =
        key_of(*kept) == key_of(later) && (*kept & COUNT_MASK) + (later & COUNT_MASK) <= COUNT_MASK;
    *kept += if does { later & COUNT_MASK } else { 0 };
    does
}

/// Makes one entry of those that count the same.
fn join(entries: &mut Vec<u64>) {
    entries.dedup_by(|later, kept| absorb(kept, *later));
}

#[inline]
fn push(entries: &mut Vec<u64>, entry: u64) {
    if !entries.last_mut().is_some_and(|last| absorb(last, entry)) {
        entries.push(entry);
    }
}

fn merged(left: &[u64], right: &[u64]) -> Vec<u64> {
    let mut all = Vec::with_capacity(left.len() + right.len());
    let mut left = left.iter().copied().peekable();
    for entry in right {
        while let Some(earlier) = left.next_if(|earlier| key_of(*earlier) <= key_of(*entry)) {
            push(&mut all, earlier);
        }
        push(&mut all, *entry);
    }
    left.for_each(|rest| push(&mut all, rest));
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use skytrail_model::metric::Histogram;
    use skytrail_model::metric::histogram::LAST_BUCKET;

    use super::{BUCKET_BITS, COUNT_MASK, Counted, Entries};

    fn histogram(entries: &Entries<'_>, cell: u32) -> Histogram {
        let mut histogram = Histogram::default();
        entries.of(cell).for_each(|(bucket, count)| histogram.add_bucket(bucket, count));
        histogram
    }

    proptest! {
        #[test]
        fn every_cell_counts_like_a_histogram(
            values in prop::collection::vec((0_u32..40, 0_i64..400_000), 0..80_000),
            step in 1_u32..100_000,
            many: bool,
        ) {
            let mut counted = Counted::default();
            let mut expected = BTreeMap::<u32, Histogram>::new();
            for (cell, value) in &values {
                counted.add(cell * step, *value);
                expected.entry(cell * step).or_default().add(*value);
            }
            let entries = counted.read(many, |_| true);
            for (cell, wanted) in &expected {
                prop_assert_eq!(&histogram(&entries, *cell), wanted);
            }
            prop_assert_eq!(histogram(&entries, 40 * step), Histogram::default());
            counted.finish();
            let entries = counted.read(many, |_| true);
            for (cell, wanted) in &expected {
                let counts: Vec<_> = entries.of(*cell).collect();
                prop_assert_eq!(counts.as_slice(), wanted.counts());
            }
        }
    }

    #[test]
    fn buckets_fit_and_full_counts_go_on_in_another_entry() {
        const { assert!(LAST_BUCKET < 1 << BUCKET_BITS) };
        let mut counted = Counted::default();
        let calls = COUNT_MASK + 5_000;
        (0..calls).for_each(|_| counted.add(u32::MAX, i64::MAX));
        counted.add(7, 1);
        let entries = counted.read(false, |cell| cell == u32::MAX);
        assert_eq!(histogram(&entries, u32::MAX).counts(), [(LAST_BUCKET, calls)]);
        assert_eq!(entries.of(7).count(), 0, "it is still to be merged, and not wanted");
        // Equal values are kept once, however many there are.
        assert!(counted.memory() < 1_000_000, "{}", counted.memory());
    }
}
