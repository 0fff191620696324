//! What time it is for what cannot be undone.
//!
//! A wall clock that was set wrong would let the time to live remove everything.
//! So the time is expected: what it was when it was last believed, which survives
//! restarts, and what has passed since by a clock that nobody sets. While the wall
//! clock is further from that than [`TOLERANCE`], nothing is removed, until the
//! data of [`WITNESSES`] instances has agreed with the wall clock for
//! [`PROBATION`], or the operator says that it is right.

use std::collections::HashMap;
use std::time::Duration;

use skytrail_model::entity::EntityId;

/// How far the wall clock may be from what is expected, nanoseconds: 10 minutes.
const TOLERANCE: i64 = 600_000_000_000;

/// How long data has to agree with a wall clock that surprises.
const PROBATION: Duration = Duration::from_secs(3600);

/// How long an instance may be silent before it has to begin anew.
const SILENCE: Duration = Duration::from_secs(600);

/// Instances that have to agree.
const WITNESSES: usize = 2;

/// Instances that are followed at once.
const MOST_FOLLOWED: usize = 64;

/// Since when, and when last, the data of an instance agreed with the wall clock.
#[derive(Debug, Clone, Copy)]
struct Agreement {
    since: Duration,
    last: Duration,
}

/// Decides whether the wall clock is to be believed. Times of day are nanoseconds
/// since the Unix epoch; `passed` is any clock that only goes forward.
#[derive(Debug)]
pub(crate) struct Trust {
    /// A time that was believed, and what had passed then.
    believed: Option<(i64, Duration)>,
    /// Who agrees with a wall clock that is not believed; none while it is.
    witnesses: Option<HashMap<EntityId, Agreement>>,
}

impl Trust {
    /// With the time that was believed last, before a restart; none in a new store,
    /// which believes what it is told.
    pub(crate) fn new(believed: Option<i64>, passed: Duration) -> Self {
        Self { believed: believed.map(|time| (time, passed)), witnesses: None }
    }

    /// The time, if the wall clock is believed.
    pub(crate) fn time(&mut self, wall: i64, passed: Duration) -> Option<i64> {
        let expected = self.expected(passed).unwrap_or(wall);
        let is_near = wall.abs_diff(expected) <= TOLERANCE.unsigned_abs();
        if !is_near && !self.has_witnesses(passed) {
            self.witnesses.get_or_insert_default();
            return None;
        }
        self.confirm(wall, passed);
        Some(wall)
    }

    /// What the wall clock should show, and does not; none while it is believed.
    pub(crate) fn doubt(&self, passed: Duration) -> Option<i64> {
        self.witnesses.as_ref().and_then(|_| self.expected(passed))
    }

    /// The wall clock is right: the operator says so, or it was proved.
    pub(crate) fn confirm(&mut self, wall: i64, passed: Duration) {
        self.believed = Some((wall, passed));
        self.witnesses = None;
    }

    /// Whether data is looked at: only while the wall clock is not believed.
    pub(crate) fn wants_witnesses(&self) -> bool {
        self.witnesses.is_some()
    }

    /// An instance has sent data of a time.
    pub(crate) fn witness(&mut self, instance: EntityId, time: i64, wall: i64, passed: Duration) {
        let Some(witnesses) = &mut self.witnesses else { return };
        if time.abs_diff(wall) > TOLERANCE.unsigned_abs() {
            // Its clock says something else, whatever it said before.
            witnesses.remove(&instance);
            return;
        }
        if witnesses.len() >= MOST_FOLLOWED && !witnesses.contains_key(&instance) {
            return;
        }
        let fresh = Agreement { since: passed, last: passed };
        let agreement = witnesses.entry(instance).or_insert(fresh);
        let was_silent = passed.saturating_sub(agreement.last) > SILENCE;
        let since = if was_silent { passed } else { agreement.since };
        *agreement = Agreement { since, last: passed };
    }

    fn expected(&self, passed: Duration) -> Option<i64> {
        let (time, then) = self.believed?;
        let nanos = i64::try_from(passed.saturating_sub(then).as_nanos()).unwrap_or(i64::MAX);
        Some(time.saturating_add(nanos))
    }

    fn has_witnesses(&self, passed: Duration) -> bool {
        let Some(witnesses) = &self.witnesses else { return false };
        let is_proof = |one: &&Agreement| {
            let is_heard = passed.saturating_sub(one.last) <= SILENCE;
            is_heard && one.last.saturating_sub(one.since) >= PROBATION
        };
        witnesses.values().filter(is_proof).count() >= WITNESSES
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use skytrail_model::entity::EntityId;

    use super::{MOST_FOLLOWED, Trust};

    const HOUR: i64 = 3_600_000_000_000;
    const DAY: i64 = 24 * HOUR;
    const NOW: i64 = 20_000 * DAY;

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    fn nanos(minutes: u64) -> i64 {
        60_000_000_000 * minutes as i64
    }

    /// Two instances whose data agrees with a wall clock for some minutes; the
    /// minute in which it is believed.
    fn proved(trust: &mut Trust, wall: i64, instances: &[u128], until: u64) -> Option<u64> {
        (0..until).find(|minute| {
            let (passed, wall) = (minutes(*minute), wall + nanos(*minute));
            for instance in instances {
                trust.witness(EntityId(*instance), wall - HOUR / 60, wall, passed);
            }
            trust.time(wall, passed).is_some()
        })
    }

    #[test]
    fn a_clock_that_goes_on_is_believed() {
        let mut trust = Trust::new(None, Duration::ZERO);
        for minute in [0, 1, 60, 1440, 100_000] {
            let wall = NOW + nanos(minute) + nanos(minute % 9);
            assert_eq!(trust.time(wall, minutes(minute)), Some(wall), "minute {minute}");
        }
    }

    #[test]
    fn jumps_of_an_hour_a_day_and_a_month_are_not_believed() {
        for jump in [HOUR, DAY, 30 * DAY, -HOUR, -DAY, -30 * DAY] {
            let mut trust = Trust::new(Some(NOW), Duration::ZERO);
            assert_eq!(trust.time(NOW + jump, minutes(1)), None, "{jump}");
            assert_eq!(trust.doubt(minutes(2)), Some(NOW + nanos(2)));
            // Set right again.
            assert_eq!(trust.time(NOW + nanos(3), minutes(3)), Some(NOW + nanos(3)));
            assert_eq!(trust.doubt(minutes(3)), None);
        }
    }

    #[test]
    fn after_a_downtime_data_of_two_instances_proves_the_time_in_an_hour() {
        let mut trust = Trust::new(Some(NOW), Duration::ZERO);
        let wall = NOW + 3 * DAY;
        assert_eq!(trust.time(wall, Duration::ZERO), None);
        assert_eq!(proved(&mut trust, wall, &[1, 2], 200), Some(60));
    }

    #[test]
    fn one_instance_or_one_that_pauses_or_differs_proves_nothing() {
        let mut trust = Trust::new(Some(NOW), Duration::ZERO);
        let wall = NOW + 3 * DAY;
        assert_eq!(trust.time(wall, Duration::ZERO), None);
        assert_eq!(proved(&mut trust, wall, &[1], 300), None, "one alone");
        let mut trust = Trust::new(Some(NOW), Duration::ZERO);
        for minute in (0..300).step_by(11) {
            let (passed, wall) = (minutes(minute), wall + nanos(minute));
            trust.witness(EntityId(1), wall, wall, passed);
            trust.witness(EntityId(2), wall, wall, passed);
            assert_eq!(trust.time(wall, passed), None, "they pause");
        }
        let mut trust = Trust::new(Some(NOW), Duration::ZERO);
        for minute in 0..300 {
            let (passed, wall) = (minutes(minute), wall + nanos(minute));
            let of_second = if minute % 50 == 0 { NOW } else { wall };
            trust.witness(EntityId(1), wall, wall, passed);
            trust.witness(EntityId(2), of_second, wall, passed);
            assert_eq!(trust.time(wall, passed), None, "one differs");
        }
    }

    #[test]
    fn the_operator_is_believed() {
        let mut trust = Trust::new(Some(NOW), Duration::ZERO);
        assert_eq!(trust.time(NOW + DAY, minutes(1)), None);
        assert!(trust.wants_witnesses());
        trust.confirm(NOW + DAY, minutes(2));
        assert!(!trust.wants_witnesses());
        assert_eq!(trust.time(NOW + DAY + nanos(3), minutes(5)), Some(NOW + DAY + nanos(3)));
    }

    #[test]
    fn witnesses_are_bounded() {
        let mut trust = Trust::new(Some(NOW), Duration::ZERO);
        assert_eq!(trust.time(NOW + DAY, minutes(1)), None);
        for instance in 0..1_000 {
            trust.witness(EntityId(instance), NOW + DAY, NOW + DAY, minutes(1));
        }
        assert_eq!(trust.witnesses.map(|held| held.len()), Some(MOST_FOLLOWED));
    }
}
