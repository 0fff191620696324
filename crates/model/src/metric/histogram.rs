//! Percentiles: counts in log-linear buckets.
//!
//! Values below 32 have a bucket each; above, every power of two is cut into 32
//! buckets of equal width, so that a bucket's middle is at most 1/64 = 1.6 %
//! away from any value in it. Values are whole numbers in the unit of their
//! source; durations are kept in microseconds, so 3 ms is as exact as 3 s.

/// Buckets per power of two.
const STEPS: u64 = 32;
const STEP_BITS: u32 = STEPS.trailing_zeros();

/// Number of the last bucket, that of `i64::MAX`.
pub const LAST_BUCKET: u16 = ((63 - STEP_BITS) * STEPS as u32 + STEPS as u32 - 1) as u16;

/// The bucket of a value; negative values count as 0.
pub fn bucket_of(value: i64) -> u16 {
    let value = u64::try_from(value).unwrap_or(0);
    if value < STEPS {
        return value as u16;
    }
    let magnitude = 63 - value.leading_zeros();
    let shift = magnitude - STEP_BITS;
    let step = (value >> shift) - STEPS;
    (u64::from(shift + 1) * STEPS + step) as u16
}

/// The middle of a bucket, rounded down: what is answered for the values in it.
pub fn middle_of(bucket: u16) -> i64 {
    let bucket = u64::from(bucket.min(LAST_BUCKET));
    if bucket < STEPS {
        return bucket as i64;
    }
    let shift = bucket / STEPS - 1;
    let low = (bucket % STEPS + STEPS) << shift;
    let width = 1_u64 << shift;
    i64::try_from(low + (width - 1) / 2).unwrap_or(i64::MAX)
}

/// Counts by bucket, sparse and sorted by bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    counts: Vec<(u16, u64)>,
}

impl Histogram {
    /// Counts one value.
    pub fn add(&mut self, value: i64) {
        self.add_bucket(bucket_of(value), 1);
    }

    /// Adds `count` values of one bucket.
    pub fn add_bucket(&mut self, bucket: u16, count: u64) {
        match self.counts.binary_search_by_key(&bucket, |entry| entry.0) {
            Ok(place) => {
                if let Some(entry) = self.counts.get_mut(place) {
                    entry.1 = entry.1.saturating_add(count);
                }
            }
            Err(place) => self.counts.insert(place, (bucket, count)),
        }
    }

    /// Adds everything that another one counts.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            self.add_bucket(*bucket, *count);
        }
    }

    /// Buckets and their counts, by bucket.
    pub fn counts(&self) -> &[(u16, u64)] {
        &self.counts
    }

    /// How many values were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|entry| entry.1).sum()
    }

    /// The value at a rank in per cent, the protocol's way: the first bucket at
    /// which `round(total * rank / 100)` values are reached. None when empty.
    pub fn percentile(&self, rank: u32) -> Option<i64> {
        let total = self.total();
        // Rounded half up, as Java's Math.round does for positive numbers.
        let roof = (u128::from(total) * u128::from(rank) * 2 + 100) / 200;
        let mut reached = 0_u128;
        for (bucket, count) in &self.counts {
            reached += u128::from(*count);
            if reached >= roof {
                return Some(middle_of(*bucket));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Histogram, LAST_BUCKET, bucket_of, middle_of};

    #[test]
    fn small_values_are_exact_and_the_largest_fits() {
        for value in 0..32 {
            assert_eq!(middle_of(bucket_of(value)), value);
        }
        assert_eq!(bucket_of(i64::MAX), LAST_BUCKET);
        assert_eq!(bucket_of(-5), 0);
    }

    #[test]
    fn ranks_follow_the_protocol() {
        let mut histogram = Histogram::default();
        (1..=20).for_each(|value| histogram.add(value));
        let ranks = [50, 75, 90, 95, 99].map(|rank| histogram.percentile(rank));
        assert_eq!(ranks, [Some(10), Some(15), Some(18), Some(19), Some(20)]);
        assert_eq!(Histogram::default().percentile(99), None);
    }

    proptest! {
        #[test]
        fn a_bucket_is_at_most_two_per_cent_off(value in 0_i64..i64::MAX) {
            let middle = middle_of(bucket_of(value));
            let error = (i128::from(middle) - i128::from(value)).unsigned_abs();
            prop_assert!(error * 50 <= value as u128);
        }

        #[test]
        fn buckets_keep_the_order(a in 0_i64..i64::MAX, b in 0_i64..i64::MAX) {
            prop_assert!(a > b || bucket_of(a) <= bucket_of(b));
        }

        #[test]
        fn merging_is_counting_together(
            left in prop::collection::vec(0_i64..10_000_000, 0..50),
            right in prop::collection::vec(0_i64..10_000_000, 0..50),
        ) {
            let build = |values: &[i64]| {
                let mut histogram = Histogram::default();
                values.iter().for_each(|value| histogram.add(*value));
                histogram
            };
            let mut merged = build(&left);
            merged.merge(&build(&right));
            let together: Vec<_> = left.iter().chain(&right).copied().collect();
            prop_assert_eq!(merged, build(&together));
        }
    }
}
