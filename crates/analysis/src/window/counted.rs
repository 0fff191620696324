//! The histograms of a window: one sorted run of entries for all of its cells.
//!
//! A value is noted at the end of a list, which is a write to memory that is in
//! the cache; once there are many, the list is sorted and merged with the run.
//! A layout with a place for every bucket never pays: a cell of a minute uses a
//! few dozen of the 1,888 buckets that the log-linear layout has, so its
//! entries are smaller, and they cost no look-up.

use std::borrow::Cow;

use skytrail_model::metric::histogram::bucket_of;

/// Bits of a count within an entry; the bucket stands above them, the cell on top.
const COUNT_BITS: u32 = 21;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
const BUCKET_BITS: u32 = 11;
const CELL_SHIFT: u32 = COUNT_BITS + BUCKET_BITS;

/// Fewer new values than this are not merged.
const LEAST_PENDING: usize = 1 << 15;

/// Room for the first new values; most windows of minutes long gone, or to
/// come, get few.
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
    /// The most places of the run that were ever written.
    written: usize,
    /// Where each cell starts in the run, once it is finished.
    starts: Vec<u32>,
}

impl Counted {
    /// With room for so many entries; see [`crate::footprint`] for what that takes.
    pub(super) fn expecting(entries: usize) -> Self {
        Self { run: Vec::with_capacity(entries), ..Self::default() }
    }

    /// Entries so far, those that are to be merged among them.
    pub(super) fn len(&self) -> usize {
        self.run.len() + self.pending.len()
    }

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

    /// Brings everything into the run, gives the room for new values back, and
    /// makes readers find each cell at once. Nothing may be counted any more.
    pub(super) fn finish(&mut self) {
        self.merge();
        self.pending = Vec::new();
        self.starts = starts(&self.run);
    }

    /// New values are sorted with the help of the places behind the run, into
    /// which it grows then. There is no second run in memory as long as there
    /// are no more entries than expected; where the run has to grow beyond its
    /// room, an allocator that cannot move pages copies it, and both are.
    fn merge(&mut self) {
        let before = self.run.len();
        self.run.resize(before + self.pending.len(), 0);
        self.written = self.written.max(self.run.len());
        let spare = self.run.get_mut(before..).unwrap_or_default();
        sort(&mut self.pending, spare);
        join(&mut self.pending);
        self.run.truncate(before + self.pending.len());
        merge_into(&mut self.run, before, &self.pending);
        self.pending.clear();
    }

    pub(crate) fn memory(&self) -> usize {
        (self.written + self.pending.capacity()) * size_of::<u64>()
            + self.starts.len() * size_of::<u32>()
    }

    /// The entries of cells that are wanted, to be read one cell after another.
    /// `many` says that most cells will be read.
    pub(crate) fn read(&self, many: bool, is_wanted: impl Fn(u32) -> bool) -> Entries<'_> {
        let new = self.pending.iter().copied();
        let mut recent: Vec<u64> = new.filter(|entry| is_wanted(cell_of(*entry))).collect();
        let mut spare = vec![0; spare_for(recent.len())];
        sort(&mut recent, &mut spare);
        join(&mut recent);
        let starts_of = |entries| if many { starts(entries) } else { Vec::new() };
        let in_run = match self.starts.is_empty() {
            true => Cow::Owned(starts_of(&self.run)),
            false => Cow::Borrowed(&*self.starts),
        };
        let in_recent = Cow::Owned(starts_of(&recent));
        Entries {
            parts: [
                Sorted { entries: Cow::Borrowed(&*self.run), starts: in_run },
                Sorted { entries: Cow::Owned(recent), starts: in_recent },
            ],
        }
    }
}

/// Entries of a moment: those of the run, and new ones.
#[derive(Debug)]
pub(crate) struct Entries<'a> {
    parts: [Sorted<'a>; 2],
}

/// Ascending entries.
#[derive(Debug)]
struct Sorted<'a> {
    entries: Cow<'a, [u64]>,
    /// Where each cell starts; empty where they are searched for.
    starts: Cow<'a, [u32]>,
}

impl Entries<'_> {
    /// Buckets and counts of a cell, ascending within each of the two parts.
    pub(crate) fn of(&self, cell: u32) -> impl Iterator<Item = (u16, u64)> + '_ {
        self.parts.iter().flat_map(move |part| part.of(cell)).map(|entry| {
            let bucket = (entry >> COUNT_BITS) & ((1 << BUCKET_BITS) - 1);
            (bucket as u16, entry & COUNT_MASK)
        })
    }
}

impl Sorted<'_> {
    fn of(&self, cell: u32) -> &[u64] {
        let entries = &*self.entries;
        let bounds = if self.starts.is_empty() {
            let from = entries.partition_point(|entry| cell_of(*entry) < cell);
            let rest = entries.get(from..).unwrap_or_default();
            from..from + rest.partition_point(|entry| cell_of(*entry) == cell)
        } else {
            let at = |cell: usize| self.starts.get(cell).map_or(entries.len(), |at| *at as usize);
            at(cell as usize)..at(cell as usize + 1)
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
fn starts(entries: &[u64]) -> Vec<u32> {
    let cells = entries.last().map_or(0, |last| cell_of(*last) as usize + 1);
    let mut starts = Vec::with_capacity(cells);
    for (place, entry) in (0..).zip(entries) {
        let next = cell_of(*entry) as usize + 1;
        if starts.len() < next {
            starts.resize(next, place);
        }
    }
    starts
}

/// How many spare places [`sort`] needs at least.
fn spare_for(entries: usize) -> usize {
    if entries < LEAST_RADIX { 0 } else { entries }
}

/// Sorts by cell and bucket: digit by digit from the lowest, as many as are in
/// use. `spare` has at least [`spare_for`] places, which are overwritten.
fn sort(entries: &mut [u64], spare: &mut [u64]) {
    let needed = spare_for(entries.len());
    debug_assert!(spare.len() >= needed, "{} spare places for {needed}", spare.len());
    let Some(spare) = spare.get_mut(..needed).filter(|spare| !spare.is_empty()) else {
        entries.sort_unstable();
        return;
    };
    let used = entries.iter().fold(0, |used, entry| used | entry);
    let bits = u64::BITS - used.leading_zeros();
    let (mut from, mut to) = (entries, spare);
    let mut is_in_spare = false;
    let mut shift = COUNT_BITS;
    while shift < bits {
        let digit = |entry: u64| (entry >> shift) as usize & (DIGITS - 1);
        let mut places = [0_u32; DIGITS];
        from.iter().for_each(|entry| places[digit(*entry)] += 1);
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for entry in from.iter() {
            let place = &mut places[digit(*entry)];
            if let Some(slot) = to.get_mut(*place as usize) {
                *slot = *entry;
            }
            *place += 1;
        }
        std::mem::swap(&mut from, &mut to);
        is_in_spare = !is_in_spare;
        shift += DIGIT_BITS;
    }
    if is_in_spare {
        to.copy_from_slice(from);
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

/// Merges later entries into the first `left` of a run; the places behind those,
/// as many as there are later ones, are free. It goes from the back, so that no
/// place is written before it was read.
fn merge_into(run: &mut Vec<u64>, mut left: usize, later: &[u64]) {
    let mut to = run.len();
    for entry in later.iter().rev() {
        while let Some(earlier) = left.checked_sub(1).and_then(|place| run.get(place)).copied()
            && key_of(earlier) >= key_of(*entry)
        {
            left -= 1;
            to = put(run, to, earlier);
        }
        to = put(run, to, *entry);
    }
    // As many as were joined with others.
    run.drain(left..to);
}

/// Adds an entry to the one at a place where it fits, or puts it before that
/// one. Gives the place that it has.
#[inline]
fn put(run: &mut [u64], first: usize, entry: u64) -> usize {
    if run.get_mut(first).is_some_and(|kept| absorb(kept, entry)) {
        return first;
    }
    let place = first.saturating_sub(1);
    if let Some(slot) = run.get_mut(place) {
        *slot = entry;
    }
    place
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
