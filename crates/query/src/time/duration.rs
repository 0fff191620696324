//! Reading a time range.

use jiff::civil::{Date, DateTime, Time};
use skytrail_model::time::{Downsampling, Minute, Zone};

use crate::error::{Error, Result};

const SECOND_NANOS: i64 = 1_000_000_000;

/// Size of the steps of a range (protocol `Step`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Days of the zone, `yyyy-MM-dd`.
    Day,
    /// Hours of the zone, `yyyy-MM-dd HH`.
    Hour,
    /// Minutes, `yyyy-MM-dd HHmm`.
    Minute,
    /// Seconds, `yyyy-MM-dd HHmmss`.
    Second,
}

impl Step {
    /// The buckets that metrics of this step are read from; nothing is kept by
    /// the second.
    pub fn downsampling(self) -> Option<Downsampling> {
        match self {
            Self::Day => Some(Downsampling::Day),
            Self::Hour => Some(Downsampling::Hour),
            Self::Minute => Some(Downsampling::Minute),
            Self::Second => None,
        }
    }

    /// Nominal length, whatever a clock change does to it.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Day => 86_400,
            Self::Hour => 3_600,
            Self::Minute => 60,
            Self::Second => 1,
        }
    }

    /// The protocol's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Hour => "HOUR",
            Self::Minute => "MINUTE",
            Self::Second => "SECOND",
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Self::Day => "yyyy-MM-dd",
            Self::Hour => "yyyy-MM-dd HH",
            Self::Minute => "yyyy-MM-dd HHmm",
            Self::Second => "yyyy-MM-dd HHmmss",
        }
    }
}

/// A time range as it is sent (protocol `Duration`): both ends inclusive, in
/// the server's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duration {
    /// First step.
    pub start: String,
    /// Last step.
    pub end: String,
    /// Size of the steps.
    pub step: Step,
    /// Asks another store for old data; there is only one, which answers all.
    pub cold_stage: bool,
}

/// A time range in instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Size of the steps.
    pub step: Step,
    /// Start of the first bucket; for seconds its minute.
    pub first: Minute,
    /// Start of the last bucket; for seconds its minute.
    pub last: Minute,
    /// Last minute of the last bucket.
    pub end: Minute,
    /// First nanosecond.
    pub from_nanos: i64,
    /// Last nanosecond.
    pub to_nanos: i64,
}

impl Duration {
    /// Reads the range.
    ///
    /// # Errors
    /// `Invalid` when an end is not written as its step wants it, or the end is
    /// before the start.
    pub fn window(&self, zone: &Zone) -> Result<Window> {
        let start = instant("start", &self.start, self.step, zone)?;
        let last = last_instant("end", &self.end, self.step, zone)?;
        if last < start {
            let Self { start, end, .. } = self;
            return Err(Error::invalid(format!("duration end '{end}' is before start '{start}'")));
        }
        Ok(window(self.step, start, last, zone))
    }
}

fn window(step: Step, start: i64, last: i64, zone: &Zone) -> Window {
    let (first, from_nanos) = floor(step, start, zone);
    let (last, last_nanos) = floor(step, last, zone);
    let (end, to_nanos) = match step.downsampling() {
        Some(downsampling) => {
            let next = zone.next_bucket(downsampling, last);
            (next.plus(-1), next.start_nanos().saturating_sub(1))
        }
        None => (last, last_nanos.saturating_add(SECOND_NANOS - 1)),
    };
    Window { step, first, last, end, from_nanos, to_nanos }
}

/// The bucket of an instant: its minute and its first nanosecond.
fn floor(step: Step, nanos: i64, zone: &Zone) -> (Minute, i64) {
    let minute = Minute::of_nanos(nanos);
    match step.downsampling() {
        Some(downsampling) => {
            let bucket = zone.bucket(downsampling, minute);
            (bucket, bucket.start_nanos())
        }
        None => (minute, nanos),
    }
}

/// Nanoseconds of the local time that a range starts at. A time that a clock
/// change repeats means the first of the two, one that it skips the instant
/// after the gap.
fn instant(field: &str, text: &str, step: Step, zone: &Zone) -> Result<i64> {
    let wrong = || not_written_right(field, text, step);
    let (local, second) = local_time(text, step).ok_or_else(wrong)?;
    let minute = zone.minute_of(local).ok_or_else(wrong)?;
    Ok(minute.start_nanos().saturating_add(i64::from(second) * SECOND_NANOS))
}

/// Nanoseconds of a local time in the step that a range ends with. What a clock
/// change repeats means the second of the two, so that both are in the range.
fn last_instant(field: &str, text: &str, step: Step, zone: &Zone) -> Result<i64> {
    let wrong = || not_written_right(field, text, step);
    let (local, second) = local_time(text, step).ok_or_else(wrong)?;
    let local = match step {
        // A change may repeat no more than the end of the hour.
        Step::Hour => local.with().minute(59).build().map_err(|_| wrong())?,
        _ => local,
    };
    let minute = zone.last_minute_of(local).ok_or_else(wrong)?;
    Ok(minute.start_nanos().saturating_add(i64::from(second) * SECOND_NANOS))
}

fn not_written_right(field: &str, text: &str, step: Step) -> Error {
    Error::invalid(format!(
        "duration {field} '{}' is not written as step {} wants it: {}",
        text.chars().take(40).collect::<String>(),
        step.name(),
        step.pattern()
    ))
}

/// The local time up to the minute, and the second.
fn local_time(text: &str, step: Step) -> Option<(DateTime, i8)> {
    let pattern = step.pattern();
    let same_shape = text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
            b'-' | b' ' => byte == wanted,
            _ => byte.is_ascii_digit(),
        });
    if !same_shape {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i8> {
        text.get(from..to).map_or(Some(0), |digits| digits.parse().ok())
    };
    let year: i16 = text.get(0..4)?.parse().ok()?;
    let date = Date::new(year, number(5, 7)?, number(8, 10)?).ok()?;
    let time = Time::new(number(11, 13)?, number(13, 15)?, 0, 0).ok()?;
    let second = number(15, 17)?;
    (second < 60).then_some((date.to_datetime(time), second))
}

#[cfg(test)]
mod tests {
    use skytrail_model::time::Zone;

    use super::{Duration, Step, Window};
    use crate::error::ErrorKind;

    fn read(start: &str, end: &str, step: Step, zone: &str) -> crate::Result<Window> {
        let range =
            Duration { start: start.to_owned(), end: end.to_owned(), step, cold_stage: false };
        range.window(&Zone::parse(zone).unwrap())
    }

    fn minutes(window: Window) -> i64 {
        window.end.0 - window.first.0 + 1
    }

    #[test]
    fn both_ends_belong_to_the_range() {
        let table = [
            ("2026-03-01", "2026-03-02", Step::Day, 2 * 1440),
            ("2026-03-01 10", "2026-03-01 10", Step::Hour, 60),
            ("2026-03-01 1000", "2026-03-01 1059", Step::Minute, 60),
        ];
        for (start, end, step, expected) in table {
            let window = read(start, end, step, "+0530").unwrap();
            assert_eq!(minutes(window), expected, "{start}");
            assert_eq!(window.from_nanos, window.first.start_nanos(), "{start}");
            assert_eq!(window.to_nanos, window.end.plus(1).start_nanos() - 1, "{start}");
        }
        let seconds =
            read("2026-03-01 100005", "2026-03-01 100010", Step::Second, "+0530").unwrap();
        assert_eq!(seconds.to_nanos - seconds.from_nanos, 6_000_000_000 - 1);
        assert_eq!(minutes(seconds), 1);
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let window =
            read("2026-03-01 0000", "2026-03-01 0000", Step::Minute, "Asia/Kolkata").unwrap();
        // 2026-02-28T18:30:00Z
        assert_eq!(window.first.0 * 60, 1_772_303_400);
        let hour = read("2026-03-01 00", "2026-03-01 00", Step::Hour, "+0530").unwrap();
        assert_eq!(hour.first, window.first);
    }

    #[test]
    fn days_of_a_clock_change_are_as_long_as_they_are() {
        let spring = read("2026-03-29", "2026-03-29", Step::Day, "Europe/Berlin").unwrap();
        assert_eq!(minutes(spring), 23 * 60);
        let autumn = read("2026-10-25", "2026-10-25", Step::Day, "Europe/Berlin").unwrap();
        assert_eq!(minutes(autumn), 25 * 60);
        // 02:30 does not exist that day; the range starts after the gap.
        let gap =
            read("2026-03-29 0230", "2026-03-29 0400", Step::Minute, "Europe/Berlin").unwrap();
        assert!(minutes(gap) <= 61, "{gap:?}");
    }

    #[test]
    fn an_end_that_a_clock_change_repeats_is_the_later_one() {
        let table = [
            ("2026-10-25 02", "2026-10-25 02", Step::Hour, "Europe/Berlin", 120),
            ("2026-10-25 0200", "2026-10-25 0259", Step::Minute, "Europe/Berlin", 120),
            ("2026-10-25 0259", "2026-10-25 0200", Step::Minute, "Europe/Berlin", 2),
            ("2026-04-05 01", "2026-04-05 01", Step::Hour, "Australia/Lord_Howe", 90),
            ("2026-10-04 02", "2026-10-04 02", Step::Hour, "Australia/Lord_Howe", 30),
            ("2026-03-29 02", "2026-03-29 02", Step::Hour, "Europe/Berlin", 60),
        ];
        for (start, end, step, zone, expected) in table {
            let window = read(start, end, step, zone).unwrap();
            assert_eq!(minutes(window), expected, "{start} in {zone}");
        }
        let seconds =
            read("2026-10-25 023000", "2026-10-25 023000", Step::Second, "Europe/Berlin").unwrap();
        assert_eq!(seconds.to_nanos - seconds.from_nanos, 3_601 * 1_000_000_000 - 1);
    }

    #[test]
    fn what_is_not_written_right_is_refused_with_the_pattern() {
        let table = [
            ("2026-03-01 10:00", Step::Minute, "yyyy-MM-dd HHmm"),
            ("2026-03-01", Step::Minute, "yyyy-MM-dd HHmm"),
            ("2026-13-01", Step::Day, "yyyy-MM-dd"),
            ("2026-02-30 10", Step::Hour, "yyyy-MM-dd HH"),
            ("2026-03-01 106000", Step::Second, "yyyy-MM-dd HHmmss"),
            ("２０26-03-01", Step::Day, "yyyy-MM-dd"),
            ("", Step::Day, "yyyy-MM-dd"),
        ];
        for (text, step, pattern) in table {
            let error = read(text, text, step, "UTC").unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.message.ends_with(pattern), "{error}");
        }
        let error = read("2026-03-02", "2026-03-01", Step::Day, "UTC").unwrap_err();
        assert!(error.message.contains("before start"), "{error}");
    }
}
