//! The points of a range: one per step.

use skytrail_model::time::{Downsampling, Minute, Zone};

use super::duration::{Step, Window};
use crate::error::{Error, Result};

/// Steps that a range may have beyond its first one (the protocol's limit).
pub const MAX_STEPS: usize = 500;

const SECOND_NANOS: i64 = 1_000_000_000;

/// The points of a range, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// The range.
    pub window: Window,
    /// Where each step starts, milliseconds since the Unix epoch.
    pub millis: Vec<i64>,
    /// Where the bucket of each step starts; empty for seconds, which have none.
    pub buckets: Vec<Minute>,
}

impl Window {
    /// The points of the range.
    ///
    /// # Errors
    /// `Invalid` with the protocol's text when there are more than
    /// [`MAX_STEPS`] steps.
    pub fn points(&self, zone: &Zone) -> Result<Points> {
        let mut points = Points { window: *self, millis: Vec::new(), buckets: Vec::new() };
        match self.step.downsampling() {
            Some(downsampling) => points.fill(downsampling, zone)?,
            None => points.fill_seconds()?,
        }
        Ok(points)
    }

    /// The range with `steps` more steps before its first one.
    ///
    /// # Errors
    /// `Invalid` when `steps` alone are too many.
    pub fn extended(&self, steps: u32, zone: &Zone) -> Result<Self> {
        if steps as usize > MAX_STEPS {
            return Err(too_many(self.step));
        }
        let mut window = *self;
        match self.step.downsampling() {
            Some(downsampling) => {
                for _ in 0..steps {
                    window.first = zone.bucket(downsampling, window.first.plus(-1));
                }
                window.from_nanos = window.first.start_nanos();
            }
            None => {
                let back = i64::from(steps) * SECOND_NANOS;
                window.from_nanos = window.from_nanos.saturating_sub(back);
                window.first = Minute::of_nanos(window.from_nanos);
            }
        }
        Ok(window)
    }
}

impl Points {
    fn fill(&mut self, downsampling: Downsampling, zone: &Zone) -> Result<()> {
        let mut bucket = self.window.first;
        while bucket <= self.window.last {
            if self.buckets.len() > MAX_STEPS {
                return Err(too_many(self.window.step));
            }
            self.buckets.push(bucket);
            self.millis.push(bucket.start_millis());
            bucket = zone.next_bucket(downsampling, bucket);
        }
        Ok(())
    }

    fn fill_seconds(&mut self) -> Result<()> {
        let mut nanos = self.window.from_nanos;
        while nanos <= self.window.to_nanos {
            if self.millis.len() > MAX_STEPS {
                return Err(too_many(Step::Second));
            }
            self.millis.push(nanos.div_euclid(1_000_000));
            nanos = nanos.saturating_add(SECOND_NANOS);
        }
        Ok(())
    }

    /// The bucket of each point as a number, as older forms name it:
    /// `202603011042` is 10:42 of the zone.
    pub fn bucket_names(&self, zone: &Zone) -> Vec<String> {
        let name = |millis: &i64| bucket_name(*millis, self.window.step, zone);
        self.millis.iter().map(name).collect()
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.millis.len()
    }

    /// Whether there is no point; a range has at least one.
    pub fn is_empty(&self) -> bool {
        self.millis.is_empty()
    }
}

fn bucket_name(millis: i64, step: Step, zone: &Zone) -> String {
    let seconds = millis.div_euclid(1000);
    let Some(at) = zone.local(Minute(seconds.div_euclid(60))) else { return String::new() };
    let day = format!("{:04}{:02}{:02}", at.year(), at.month(), at.day());
    match step {
        Step::Day => day,
        Step::Hour => format!("{day}{:02}", at.hour()),
        Step::Minute => format!("{day}{:02}{:02}", at.hour(), at.minute()),
        Step::Second => {
            format!("{day}{:02}{:02}{:02}", at.hour(), at.minute(), seconds.rem_euclid(60))
        }
    }
}

fn too_many(step: Step) -> Error {
    // Clients know this text.
    Error::invalid(format!(
        "Duration data error, the range between the start time and the end time can't exceed {MAX_STEPS} {}s",
        step.name().to_lowercase()
    ))
}

#[cfg(test)]
mod tests {
    use skytrail_model::time::Zone;

    use super::super::{Duration, Step, Window};

    fn window(start: &str, end: &str, step: Step, zone: &Zone) -> Window {
        let range =
            Duration { start: start.to_owned(), end: end.to_owned(), step, cold_stage: false };
        range.window(zone).unwrap()
    }

    #[test]
    fn every_step_is_a_point_with_its_name() {
        let zone = Zone::parse("+0530").unwrap();
        let points = window("2026-03-01 23", "2026-03-02 01", Step::Hour, &zone);
        let points = points.points(&zone).unwrap();
        assert_eq!(points.bucket_names(&zone), ["2026030123", "2026030200", "2026030201"]);
        assert_eq!(points.millis[1] - points.millis[0], 3_600_000);
        let seconds = window("2026-03-01 100058", "2026-03-01 100101", Step::Second, &zone);
        let seconds = seconds.points(&zone).unwrap();
        assert_eq!(seconds.len(), 4);
        assert_eq!(seconds.bucket_names(&zone)[3], "20260301100101");
        assert!(seconds.buckets.is_empty());
    }

    #[test]
    fn a_clock_change_neither_repeats_nor_loses_an_hour() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let hours = window("2026-10-25 00", "2026-10-25 23", Step::Hour, &zone);
        assert_eq!(hours.points(&zone).unwrap().len(), 25);
        let days = window("2026-03-28", "2026-03-30", Step::Day, &zone);
        assert_eq!(days.points(&zone).unwrap().len(), 3);
    }

    #[test]
    fn more_than_500_steps_are_refused_in_the_words_that_clients_know() {
        let zone = Zone::utc();
        let most = window("2026-03-01 0000", "2026-03-01 0820", Step::Minute, &zone);
        assert_eq!(most.points(&zone).unwrap().len(), 501);
        let more = window("2026-03-01 0000", "2026-03-01 0821", Step::Minute, &zone);
        let error = more.points(&zone).unwrap_err();
        assert_eq!(
            error.message,
            "Duration data error, the range between the start time and the end time can't exceed 500 minutes"
        );
        assert!(window("0001-01-01", "9998-12-31", Step::Day, &zone).points(&zone).is_err());
    }

    #[test]
    fn a_range_reaches_back() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let days = window("2026-03-30", "2026-03-30", Step::Day, &zone);
        let longer = days.extended(2, &zone).unwrap().points(&zone).unwrap();
        assert_eq!(longer.bucket_names(&zone), ["20260328", "20260329", "20260330"]);
        assert!(days.extended(u32::MAX, &zone).is_err());
    }
}
