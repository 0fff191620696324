//! Instants, time buckets and the zone that hour and day boundaries follow.
//!
//! Stored time is UTC. A bucket is named by the minute it starts at; only where
//! an hour or a day starts depends on the zone.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};

/// Nanoseconds in a minute.
pub const MINUTE_NANOS: i64 = 60_000_000_000;

/// Minutes since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Minute(pub i64);

impl Minute {
    /// The minute that contains an instant in nanoseconds.
    pub fn of_nanos(nanos: i64) -> Self {
        Self(nanos.div_euclid(MINUTE_NANOS))
    }

    /// Its first nanosecond; saturates for minutes outside of what 64 bits hold.
    pub fn start_nanos(self) -> i64 {
        self.0.saturating_mul(MINUTE_NANOS)
    }

    /// Its first millisecond.
    pub fn start_millis(self) -> i64 {
        self.0.saturating_mul(60_000)
    }

    /// The minute `count` later.
    #[must_use]
    pub fn plus(self, count: i64) -> Self {
        Self(self.0.saturating_add(count))
    }
}

/// How coarse the buckets of a metric row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Downsampling {
    /// One minute.
    Minute,
    /// One hour of the configured zone.
    Hour,
    /// One day of the configured zone.
    Day,
}

impl Downsampling {
    /// Minutes that per-minute rates are divided by: 1, 60 or 1440, whatever
    /// daylight saving does to a day (the protocol's rule for `cpm`).
    pub fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => 1440,
        }
    }
}

/// The configured time zone.
#[derive(Debug, Clone)]
pub struct Zone {
    zone: TimeZone,
    name: String,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self { zone: TimeZone::UTC, name: "UTC".to_owned() }
    }

    /// From an IANA name (`Asia/Shanghai`) or a fixed offset (`+0530`, `+05:30`).
    pub fn parse(name: &str) -> Result<Self, String> {
        let zone = match fixed_offset(name) {
            Some(zone) => zone,
            None => TimeZone::get(name).map_err(|error| {
                format!("time zone '{name}' is unknown: {error}; use an IANA name or an offset such as +0800")
            })?,
        };
        Ok(Self { zone, name: name.to_owned() })
    }

    /// The machine's zone.
    pub fn system() -> Self {
        let zone = TimeZone::system();
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        Self { zone, name }
    }

    /// The name it was made from; a store records it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The offset at an instant as `+0800`, as the protocol's `getTimeInfo` gives it.
    pub fn offset_text(&self, minute: Minute) -> String {
        let seconds = self.offset_seconds(minute);
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }

    fn offset_seconds(&self, minute: Minute) -> i64 {
        let instant = Timestamp::from_second(minute.0.saturating_mul(60)).unwrap_or_default();
        i64::from(self.zone.to_offset(instant).seconds())
    }

    /// Where the bucket starts that a minute belongs to.
    pub fn bucket(&self, downsampling: Downsampling, minute: Minute) -> Minute {
        match downsampling {
            Downsampling::Minute => minute,
            Downsampling::Hour => {
                let local = minute.0 + self.offset_seconds(minute).div_euclid(60);
                Minute(minute.0 - local.rem_euclid(60))
            }
            Downsampling::Day => self.day_start(minute).unwrap_or(minute),
        }
    }

    /// Where the bucket after the one that starts at `bucket` starts.
    pub fn next_bucket(&self, downsampling: Downsampling, bucket: Minute) -> Minute {
        match downsampling {
            Downsampling::Minute => bucket.plus(1),
            Downsampling::Hour => self.bucket(Downsampling::Hour, bucket.plus(60)),
            // 36 hours later is always within the next day, whether a day has 23 or 25 hours.
            Downsampling::Day => self.bucket(Downsampling::Day, bucket.plus(36 * 60)),
        }
    }

    /// The starts of all buckets that touch `from..=to`, in order.
    pub fn buckets(&self, downsampling: Downsampling, from: Minute, to: Minute) -> Vec<Minute> {
        let mut starts = Vec::new();
        let mut bucket = self.bucket(downsampling, from);
        while bucket <= to {
            starts.push(bucket);
            let next = self.next_bucket(downsampling, bucket);
            if next <= bucket {
                break;
            }
            bucket = next;
        }
        starts
    }

    fn day_start(&self, minute: Minute) -> Option<Minute> {
        let start = self.zoned(minute)?.start_of_day().ok()?;
        Some(Minute(start.timestamp().as_second().div_euclid(60)))
    }

    fn zoned(&self, minute: Minute) -> Option<Zoned> {
        let instant = Timestamp::from_second(minute.0.checked_mul(60)?).ok()?;
        Some(instant.to_zoned(self.zone.clone()))
    }

    /// The local date and time of a minute; none outside the years -9999…9999.
    pub fn local(&self, minute: Minute) -> Option<DateTime> {
        Some(self.zoned(minute)?.datetime())
    }

    /// The minute of a local date and time. A time that a clock change repeats
    /// means the first of the two, one that it skips the instant after the gap.
    pub fn minute_of(&self, local: DateTime) -> Option<Minute> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let instant = match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => ambiguous.later().ok()?,
            _ => ambiguous.earlier().ok()?,
        };
        Some(Minute(instant.as_second().div_euclid(60)))
    }
}

/// `+0530`, `-03:00`, `+08`: none for anything else.
fn fixed_offset(text: &str) -> Option<TimeZone> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.get(1..)?.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|rest| !rest.is_empty())
        .map_or(Some(0), |rest| rest.parse().ok())?;
    if hours > 14 || minutes > 59 {
        return None;
    }
    let offset = jiff::tz::Offset::from_seconds(sign * (hours * 60 + minutes) * 60).ok()?;
    Some(TimeZone::fixed(offset))
}

#[cfg(test)]
mod tests {
    use super::{Downsampling, Minute, Zone};

    fn at(zone: &Zone, text: &str) -> Minute {
        zone.minute_of(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn hours_of_a_half_hour_zone_start_at_its_own_full_hours() {
        let zone = Zone::parse("+0530").unwrap();
        let start = zone.bucket(Downsampling::Hour, at(&zone, "2026-03-01T10:42"));
        assert_eq!(start, at(&zone, "2026-03-01T10:00"));
        assert_eq!(start.0.rem_euclid(60), 30);
        assert_eq!(zone.offset_text(start), "+0530");
    }

    #[test]
    fn days_across_clock_changes_have_23_and_25_hours() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        for (day, hours) in
            [("2026-03-29T12:00", 23), ("2026-10-25T12:00", 25), ("2026-06-01T12:00", 24)]
        {
            let start = zone.bucket(Downsampling::Day, at(&zone, day));
            let next = zone.next_bucket(Downsampling::Day, start);
            assert_eq!((next.0 - start.0) / 60, hours, "{day}");
            assert_eq!(
                zone.buckets(Downsampling::Hour, start, next.plus(-1)).len(),
                hours as usize
            );
        }
    }

    #[test]
    fn unknown_zones_are_refused_with_what_would_do() {
        for bad in ["Mars/Olympus", "+9", "+2500", ""] {
            let error = Zone::parse(bad).unwrap_err();
            assert!(error.contains("IANA name"), "{error}");
        }
    }
}
