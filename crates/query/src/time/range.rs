//! Time ranges as the pages of the UI send them: two instants.

use skytrail_model::time::Minute;

use super::duration::{Step, Window};
use crate::error::{Error, Result};

/// The longest range, in days.
const MAX_DAYS: i64 = 31;

const DAY_MILLIS: f64 = 86_400_000.0;

/// From an instant to another one, which is not part of it. Nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first nanosecond.
    pub from: i64,
    /// The first nanosecond behind it.
    pub to: i64,
}

impl Range {
    /// From milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `Invalid` where it is empty, longer than 31 days or no range of time at all.
    pub fn of_millis(from: f64, to: f64) -> Result<Self> {
        let is_time = |millis: &f64| (0.0..=4e12).contains(millis);
        if !is_time(&from) || !is_time(&to) {
            return Err(Error::invalid("from and to are milliseconds since the unix epoch"));
        }
        if from >= to {
            return Err(Error::invalid("to is not after from"));
        }
        if to - from > MAX_DAYS as f64 * DAY_MILLIS {
            return Err(Error::invalid(format!("from and to are more than {MAX_DAYS} days apart")));
        }
        Ok(Self { from: (from * 1e6) as i64, to: (to * 1e6) as i64 })
    }

    /// The last nanosecond.
    pub fn last(&self) -> i64 {
        self.to - 1
    }

    /// The minute of the first nanosecond.
    pub fn first_minute(&self) -> Minute {
        Minute::of_nanos(self.from)
    }

    /// The minute of the last nanosecond.
    pub fn last_minute(&self) -> Minute {
        Minute::of_nanos(self.last())
    }

    /// Nanoseconds.
    pub fn nanos(&self) -> i64 {
        self.to - self.from
    }

    /// The same length of time, so much earlier.
    #[must_use]
    pub fn earlier(&self, nanos: i64) -> Self {
        Self { from: self.from - nanos, to: self.to - nanos }
    }

    /// The same as a window of minutes.
    pub(crate) fn window(&self) -> Window {
        let (first, last) = (self.first_minute(), self.last_minute());
        let (from_nanos, to_nanos) = (self.from, self.last());
        Window { step: Step::Minute, first, last, end: last, from_nanos, to_nanos }
    }

    /// Parts of about the same length, in order; fewer than asked for where it is very short.
    pub(crate) fn slices(&self, count: i64) -> impl Iterator<Item = Self> {
        let (from, nanos, count) = (self.from, self.nanos(), count.clamp(1, self.nanos().max(1)));
        // In 128 bits, since both factors may be large.
        let at = move |place: i64| {
            from + (i128::from(nanos) * i128::from(place) / i128::from(count)) as i64
        };
        (0..count).map(move |place| Self { from: at(place), to: at(place + 1) })
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn a_range_has_two_ends_and_is_not_too_long() {
        let range = Range::of_millis(1_000.5, 61_000.5).unwrap();
        assert_eq!((range.from, range.nanos()), (1_000_500_000, 60_000_000_000));
        assert_eq!((range.first_minute().0, range.last_minute().0), (0, 1));
        assert_eq!(range.earlier(500_000).from, 1_000_000_000);
        let month = 31.0 * 86_400_000.0;
        assert!(Range::of_millis(0.0, month).is_ok());
        for (from, to) in [
            (1.0, 1.0),
            (2.0, 1.0),
            (0.0, month + 1.0),
            (f64::NAN, 1.0),
            (-1.0, 1.0),
            (0.0, f64::INFINITY),
        ] {
            assert!(Range::of_millis(from, to).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn slices_cover_the_range() {
        let range = Range { from: 5, to: 26 };
        let slices: Vec<_> = range.slices(4).map(|one| (one.from, one.to)).collect();
        assert_eq!(slices, [(5, 10), (10, 15), (15, 20), (20, 26)]);
        assert_eq!(Range { from: 5, to: 6 }.slices(4).count(), 1);
    }
}
