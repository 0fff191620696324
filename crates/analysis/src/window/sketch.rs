//! Histograms of open windows: sparse as long as that is smaller.

use skytrail_model::metric::histogram::bucket_of;

/// A sparse one of fewer entries stays sparse: there is nothing to win.
const DENSE_FROM: usize = 64;

/// Bits of a count within an entry; the bucket stands above them.
const COUNT_BITS: u32 = 48;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Counts by bucket.
#[derive(Debug, Clone)]
pub(crate) enum Sketch {
    /// Entries of bucket and count in one word, ascending.
    Sparse(Vec<u64>),
    /// Counts from a first bucket on.
    Dense(Box<Dense>),
}

#[derive(Debug, Clone)]
pub(crate) struct Dense {
    first: u16,
    counts: Vec<u32>,
}

impl Default for Sketch {
    fn default() -> Self {
        Self::Sparse(Vec::new())
    }
}

impl Sketch {
    /// Counts a value. Returns how many bytes of heap it took on.
    pub(crate) fn add(&mut self, value: i64, may_be_dense: bool) -> isize {
        let bucket = bucket_of(value);
        match self {
            Self::Dense(dense) => dense.add(bucket),
            Self::Sparse(entries) => {
                let place =
                    entries.partition_point(|entry| (entry >> COUNT_BITS) < u64::from(bucket));
                match entries.get_mut(place) {
                    Some(entry) if *entry >> COUNT_BITS == u64::from(bucket) => {
                        // Saturates far beyond what a minute can hold.
                        *entry += u64::from(*entry & COUNT_MASK != COUNT_MASK);
                        0
                    }
                    _ => self.insert(place, bucket, may_be_dense),
                }
            }
        }
    }

    fn insert(&mut self, place: usize, bucket: u16, may_be_dense: bool) -> isize {
        let Self::Sparse(entries) = self else { return 0 };
        let before = entries.capacity();
        entries.insert(place, u64::from(bucket) << COUNT_BITS | 1);
        let grown = ((entries.capacity() - before) * size_of::<u64>()) as isize;
        if !may_be_dense || entries.len() < DENSE_FROM {
            return grown;
        }
        let Some(dense) = Dense::of(entries) else { return grown };
        let freed = (entries.capacity() * size_of::<u64>()) as isize;
        let taken = dense.memory() as isize;
        *self = Self::Dense(Box::new(dense));
        grown - freed + taken
    }

    /// Buckets and counts, ascending.
    pub(crate) fn entries(&self) -> Vec<(u16, u64)> {
        match self {
            Self::Sparse(entries) => entries
                .iter()
                .map(|entry| ((entry >> COUNT_BITS) as u16, entry & COUNT_MASK))
                .collect(),
            Self::Dense(dense) => (dense.first..)
                .zip(&dense.counts)
                .filter(|(_, count)| **count > 0)
                .map(|(bucket, count)| (bucket, u64::from(*count)))
                .collect(),
        }
    }
}

impl Dense {
    /// The dense form, when it is not larger than the sparse one.
    fn of(entries: &[u64]) -> Option<Self> {
        let first = (entries.first()? >> COUNT_BITS) as u16;
        let last = (entries.last()? >> COUNT_BITS) as u16;
        let width = usize::from(last - first) + 1;
        let is_smaller = width * size_of::<u32>() <= size_of_val(entries);
        let fits = entries.iter().all(|entry| entry & COUNT_MASK <= u64::from(u32::MAX));
        (is_smaller && fits).then(|| {
            let mut counts = vec![0; width];
            for entry in entries {
                let place = usize::from((entry >> COUNT_BITS) as u16 - first);
                if let Some(count) = counts.get_mut(place) {
                    *count = (entry & COUNT_MASK) as u32;
                }
            }
            Self { first, counts }
        })
    }

    fn add(&mut self, bucket: u16) -> isize {
        let before = self.counts.capacity();
        if bucket < self.first {
            let missing = usize::from(self.first - bucket);
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = bucket;
        }
        let place = usize::from(bucket - self.first);
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
        ((self.counts.capacity() - before) * size_of::<u32>()) as isize
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.counts.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use skytrail_model::metric::Histogram;

    use super::Sketch;

    proptest! {
        #[test]
        fn both_forms_count_like_a_histogram(
            values in prop::collection::vec(0_i64..400_000, 0..600),
            may_be_dense: bool,
        ) {
            let mut sketch = Sketch::default();
            let mut histogram = Histogram::default();
            for value in &values {
                sketch.add(*value, may_be_dense);
                histogram.add(*value);
            }
            prop_assert_eq!(sketch.entries(), histogram.counts());
        }
    }

    #[test]
    fn many_neighbouring_buckets_become_dense_and_smaller() {
        let mut sketch = Sketch::default();
        let mut bytes = 0;
        for value in 1000..9000 {
            bytes += sketch.add(value, true);
        }
        assert!(matches!(sketch, Sketch::Dense(_)));
        assert!((300..900).contains(&bytes), "{bytes}");
        let mut sparse = Sketch::default();
        (1000..9000).for_each(|value| {
            sparse.add(value, false);
        });
        assert!(matches!(sparse, Sketch::Sparse(_)));
        assert_eq!(sparse.entries(), sketch.entries());
    }
}
