//! The server's time.

use skytrail_model::time::Minute;

use crate::query::Query;

/// Zone and time (protocol `TimeInfo`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeInfo {
    /// Offset of the zone now, as `+0530`.
    pub timezone: String,
    /// Milliseconds since the Unix epoch.
    pub current_timestamp: i64,
}

impl Query {
    /// `getTimeInfo`: the zone that clients write their ranges in.
    pub fn time_info(&self) -> TimeInfo {
        let nanos = self.clock.unix_nanos();
        TimeInfo {
            timezone: self.zone.offset_text(Minute::of_nanos(nanos)),
            current_timestamp: nanos.div_euclid(1_000_000),
        }
    }
}
