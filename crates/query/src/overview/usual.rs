//! What is usual: the median and the median absolute deviation of the same hour on up to seven days
//! before; where that is too little, of the time before the range.

use skytrail_model::entity::EntityId;
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::EntitySelection;

use super::Band;
use crate::context::Ctx;
use crate::error::Result;
use crate::hash::{Map, Set};
use crate::measures::{Measured, Measures};
use crate::query::Query;
use crate::rows::RowRead;
use crate::time::Range;

/// Points that must be known.
const LEAST_POINTS: usize = 30;

/// Days that are looked back.
const DAYS: i64 = 7;

const DAY: i64 = 1_440;
const HOUR: i64 = 60;

/// Longest time before a range that is looked at, in minutes.
const LONGEST_BEFORE: i64 = 6 * HOUR;

/// Of a normal distribution, the standard deviation over the median absolute deviation.
const TO_DEVIATION: f64 = 1.4826;

/// Deviations below and above the median that are usual.
const DEVIATIONS: f64 = 3.0;

/// Part of the median that the deviation is taken for at least: of values that hardly move, every
/// one would be unusual.
const LEAST_DEVIATION: f64 = 0.05;

/// Services that this is found out for, at most: those that are called most.
pub(super) const MOST_SERVICES: usize = 200;

/// What is usual for one service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Usual {
    pub(super) cpm: Option<Band>,
    pub(super) errors: Option<Band>,
    pub(super) p99: Option<Band>,
    pub(super) apdex: Option<Band>,
    /// Everything that the bands are made of, together.
    pub(super) whole: Measured,
}

/// Values of the points of a service.
#[derive(Debug, Default)]
struct Values {
    cpm: Vec<f32>,
    errors: Vec<f32>,
    p99: Vec<f32>,
    apdex: Vec<f32>,
    whole: Measured,
    open: Option<(i64, Measured)>,
}

/// Memory of the values of a service, about, in bytes.
const VALUES_BYTES: usize = 420 * 4 * size_of::<f32>() + 2_048;

/// What is usual for services, and for those of the edge together.
#[derive(Debug, Default)]
pub(super) struct Usuals {
    pub(super) services: Map<EntityId, Usual>,
    pub(super) edge: Usual,
}

/// Values on their way.
#[derive(Default)]
struct Reading {
    services: Map<EntityId, Values>,
    edge: Values,
}

impl Band {
    /// Of some values; none if they are too few.
    pub(super) fn of(values: &[f32]) -> Option<Self> {
        if values.len() < LEAST_POINTS {
            return None;
        }
        let median = median(values.to_vec())?;
        let distances = values.iter().map(|value| (f64::from(*value) - median).abs() as f32);
        let deviation = self::median(distances.collect())? * TO_DEVIATION;
        let deviation = DEVIATIONS * deviation.max(median.abs() * LEAST_DEVIATION);
        Some(Self { low: (median - deviation).max(0.0), median, high: median + deviation })
    }

    /// No higher than values can be.
    fn up_to(self, most: f64) -> Self {
        Self { high: self.high.min(most), ..self }
    }
}

fn median(mut values: Vec<f32>) -> Option<f64> {
    values.sort_unstable_by(f32::total_cmp);
    let middle = values.len() / 2;
    let at = |place: usize| values.get(place).copied().map(f64::from);
    match values.len() % 2 {
        1 => at(middle),
        _ => Some((at(middle.checked_sub(1)?)? + at(middle)?) / 2.0),
    }
}

impl Usual {
    /// Whether there are points enough of anything.
    fn is_known(&self) -> bool {
        [self.cpm, self.errors, self.p99, self.apdex].iter().any(Option::is_some)
    }
}

impl Values {
    fn add(&mut self, point: i64, measures: &Measures, row: &skytrail_model::metric::Row) {
        if self.open.as_ref().is_some_and(|(open, _)| *open != point) {
            self.close();
        }
        self.open.get_or_insert_with(|| (point, Measured::default())).1.add(measures, row);
    }

    /// The point that was open is over. Calls are those of all its minutes.
    fn close(&mut self) {
        let Some((_, measured)) = self.open.take() else { return };
        let push = |values: &mut Vec<f32>, value: Option<f64>| {
            values.extend(value.map(|value| value as f32));
        };
        push(&mut self.errors, measured.errors());
        push(&mut self.p99, measured.percentile(99));
        push(&mut self.apdex, measured.apdex());
        push(&mut self.cpm, measured.cpm(1.0));
        self.whole.merge(&measured);
    }

    fn usual(&self, step: i64) -> Usual {
        let per_minute = |band: Band| {
            let minutes = step.max(1) as f64;
            Band {
                low: band.low / minutes,
                median: band.median / minutes,
                high: band.high / minutes,
            }
        };
        Usual {
            cpm: Band::of(&self.cpm).map(per_minute),
            errors: Band::of(&self.errors).map(|band| band.up_to(100.0)),
            p99: Band::of(&self.p99),
            apdex: Band::of(&self.apdex).map(|band| band.up_to(1.0)),
            whole: self.whole.clone(),
        }
    }
}

/// The time before a range, as long as the range, from one to six hours.
pub(super) fn time_before(range: &Range) -> Range {
    let first = range.first_minute();
    let long = (range.last_minute().0 - first.0 + 1).clamp(HOUR, LONGEST_BEFORE);
    Range { from: first.plus(-long).start_nanos(), to: first.start_nanos() }
}

impl Query {
    /// What is usual for some services at the end of a range, by points of `step` minutes.
    pub(super) async fn usuals(
        &self,
        ctx: &Ctx,
        (range, step): (&Range, i64),
        measures: &Measures,
        (services, of_edge): (&Set<EntityId>, &Set<EntityId>),
    ) -> Result<Usuals> {
        let end = range.last_minute();
        let days = (1..=DAYS).rev().map(|day| end.plus(-day * DAY));
        let hours: Vec<_> = days.map(|day| (day.plus(1 - HOUR), day)).collect();
        let mut usuals = Usuals::default();
        let wanted = (services, of_edge);
        let read = self.values(ctx, &hours, step, measures, wanted).await?;
        usuals.take(&read, step);
        let is_known = |id: &EntityId| usuals.services.contains_key(id);
        if services.iter().all(is_known) && usuals.edge.p99.is_some() {
            return Ok(usuals);
        }
        let before = time_before(range);
        let before = [(before.first_minute(), before.last_minute())];
        let read = self.values(ctx, &before, step, measures, wanted).await?;
        usuals.take(&read, step);
        Ok(usuals)
    }

    /// The values of services in some stretches of minutes.
    async fn values(
        &self,
        ctx: &Ctx,
        stretches: &[(Minute, Minute)],
        step: i64,
        measures: &Measures,
        (services, of_edge): (&Set<EntityId>, &Set<EntityId>),
    ) -> Result<Reading> {
        let mut reading = Reading::default();
        let mut working = ctx.working();
        for (from, to) in stretches {
            let read = RowRead {
                table: measures.table,
                entities: EntitySelection::these(services.union(of_edge).copied().collect()),
                downsampling: Downsampling::Minute,
                from: *from,
                to: *to,
                columns: measures.columns(),
            };
            self.scan_rows(ctx, &read, &mut |minute, id, row| {
                let point = (minute.0 - from.0).div_euclid(step.max(1));
                let known = reading.services.len();
                reading.services.entry(id).or_default().add(point, measures, row);
                if of_edge.contains(&id) {
                    reading.edge.add(point, measures, row);
                }
                match reading.services.len() > known {
                    true => working.grow(VALUES_BYTES),
                    false => Ok(()),
                }
            })
            .await?;
            reading.services.values_mut().for_each(|values| values.close());
            reading.edge.close();
        }
        Ok(reading)
    }
}

impl Usuals {
    /// Adds what is not known yet.
    fn take(&mut self, reading: &Reading, step: i64) {
        for (id, values) in &reading.services {
            let usual = values.usual(step);
            if usual.is_known() {
                self.services.entry(*id).or_insert(usual);
            }
        }
        if !self.edge.is_known() {
            self.edge = reading.edge.usual(step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Band, LEAST_POINTS, Values};

    #[test]
    fn there_is_no_band_below_thirty_points() {
        assert_eq!(Band::of(&[1.0; LEAST_POINTS - 1]), None);
        assert_eq!(Band::of(&[]), None);
        assert!(Band::of(&[1.0; LEAST_POINTS]).is_some());
    }

    #[test]
    fn a_band_lies_around_the_median_and_knows_no_outliers() {
        let mut values: Vec<f32> = (0..99).map(|n| 100.0 + (n % 11) as f32).collect();
        let band = Band::of(&values).unwrap();
        assert_eq!(band.median, 105.0);
        let deviation = 3.0 * 1.4826 * 3.0;
        assert!((band.high - 105.0 - f64::max(deviation, 15.75)).abs() < 1.5, "{band:?}");
        values.extend([1e6, 1e7, 1e8]);
        let with_outliers = Band::of(&values).unwrap();
        assert!((with_outliers.median - band.median).abs() <= 1.0, "{with_outliers:?}");
    }

    #[test]
    fn values_that_never_move_leave_room_for_a_few_per_cent() {
        let band = Band::of(&[200.0; 60]).unwrap();
        assert_eq!((band.low, band.median, band.high), (170.0, 200.0, 230.0));
        let band = Band::of(&[0.0; 60]).unwrap();
        assert_eq!((band.low, band.high), (0.0, 0.0));
    }

    #[test]
    fn no_band_reaches_beyond_what_can_be() {
        let values = |value: f32| vec![value; LEAST_POINTS];
        let (errors, apdex) = (values(95.0), values(0.97));
        let usual = Values { errors, apdex, ..Values::default() }.usual(1);
        assert_eq!((usual.errors.unwrap().high, usual.apdex.unwrap().high), (100.0, 1.0));
        assert!(usual.apdex.unwrap().low > 0.8);
    }
}
