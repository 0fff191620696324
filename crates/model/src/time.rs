//! Instants, time buckets and the zone that hour and day boundaries follow.
//!
//! Stored time is UTC. A bucket is named by the minute it starts at; only where
//! an hour or a day starts depends on the zone.

#[cfg(test)]
mod tests;

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

/// 2026-01-01T00:00Z.
const NAMING_YEAR: Minute = Minute(29_453_760);

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
        Ok(Self::normal(zone, name))
    }

    /// With the one name that goes for all ways to write a zone: a fixed offset as
    /// `+0530`, others as the database of zones spells them.
    fn normal(zone: TimeZone, written: &str) -> Self {
        let name = zone.iana_name().unwrap_or(written).to_owned();
        let mut normal = Self { zone, name };
        if normal.zone.iana_name().is_none() && normal.zone.to_fixed_offset().is_ok() {
            normal.name = normal.offset_text(NAMING_YEAR);
        }
        normal
    }

    /// Whether it cuts hours and days as another does, however either is
    /// written: `+05:30` as `+0530`, and `UTC` as `+0000`.
    pub fn is_same(&self, other: &Self) -> bool {
        let offsets = (self.zone.to_fixed_offset(), other.zone.to_fixed_offset());
        self.name == other.name || matches!(offsets, (Ok(one), Ok(same)) if one == same)
    }

    /// The machine's zone.
    pub fn system() -> Self {
        Self::named(TimeZone::system())
    }

    /// By its IANA name; a zone that has none goes by the offset that it has in
    /// January of [`NAMING_YEAR`], so that its name is the same in summer.
    fn named(zone: TimeZone) -> Self {
        let name = zone.iana_name().filter(|_| !zone.is_unknown()).map(str::to_owned);
        let mut named = Self { zone, name: String::new() };
        named.name = name.unwrap_or_else(|| named.offset_text(NAMING_YEAR));
        named
    }

    /// Its name in the one form that [`Self::parse`] gives it; a store records it.
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

    fn offset_minutes(&self, minute: Minute) -> i64 {
        self.offset_seconds(minute).div_euclid(60)
    }

    /// Where the bucket starts that a minute belongs to. Buckets part time: an
    /// hour that a clock change cuts, as Lord Howe's half hour does, ends and
    /// starts at the change.
    pub fn bucket(&self, downsampling: Downsampling, minute: Minute) -> Minute {
        match downsampling {
            Downsampling::Minute => minute,
            Downsampling::Hour => self.hour_start(minute),
            Downsampling::Day => self.day_start(minute).unwrap_or(minute),
        }
    }

    /// Where the bucket after the one that starts at `bucket` starts.
    pub fn next_bucket(&self, downsampling: Downsampling, bucket: Minute) -> Minute {
        match downsampling {
            Downsampling::Minute => bucket.plus(1),
            Downsampling::Hour => {
                let local = bucket.0.saturating_add(self.offset_minutes(bucket));
                let last = bucket.plus(59 - local.rem_euclid(60));
                self.change(bucket, last).unwrap_or(last.plus(1))
            }
            // 36 hours later is always within the next day, whether a day has 23 or 25 hours.
            Downsampling::Day => self.bucket(Downsampling::Day, bucket.plus(36 * 60)),
        }
    }

    /// The minute after `from` and up to `to` that the clock was changed in, if
    /// it was; there is never more than one change in a day.
    fn change(&self, from: Minute, to: Minute) -> Option<Minute> {
        let new = self.offset_seconds(to);
        if self.offset_seconds(from) == new {
            return None;
        }
        let (mut before, mut after) = (from.0, to.0);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            match self.offset_seconds(Minute(middle)) == new {
                true => after = middle,
                false => before = middle,
            }
        }
        Some(Minute(after))
    }

    fn hour_start(&self, minute: Minute) -> Minute {
        let local = minute.0.saturating_add(self.offset_minutes(minute));
        let start = minute.plus(-local.rem_euclid(60));
        self.change(start, minute).unwrap_or(start)
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

    /// Where a clock that is set back over midnight repeats the end of a day,
    /// the day that had begun goes on.
    fn day_start(&self, minute: Minute) -> Option<Minute> {
        let start = self.midnight(minute)?;
        match self.change(start, minute) {
            Some(change) => Some(start.max(self.midnight(change.plus(-1))?)),
            None => Some(start),
        }
    }

    /// The first minute of the date of a minute.
    fn midnight(&self, minute: Minute) -> Option<Minute> {
        let start = self.zoned(minute)?.start_of_day().ok()?;
        // Old offsets have seconds; the minute that midnight is in began on the day before.
        Some(Minute(-(-start.timestamp().as_second()).div_euclid(60)))
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
        self.instant(local, false)
    }

    /// The same, but a time that a clock change repeats means the second.
    pub fn last_minute_of(&self, local: DateTime) -> Option<Minute> {
        self.instant(local, true)
    }

    fn instant(&self, local: DateTime, is_last: bool) -> Option<Minute> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let instant = match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => ambiguous.later().ok()?,
            _ if is_last => ambiguous.later().ok()?,
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
