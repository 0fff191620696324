//! Metrics of many services as lines, read in one scan.

use skytrail_model::entity::EntityId;
use skytrail_model::metric::Row;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::EntitySelection;

use super::{Line, Lines};
use crate::context::Ctx;
use crate::error::Result;
use crate::hash::{Map, Set};
use crate::measures::{Measured, Measures, MetricNames};
use crate::query::Query;
use crate::rows::RowRead;
use crate::time::Range;

/// Points of a line, at most, but for what the steps below leave over.
const POINTS: i64 = 60;

/// Minutes from a point to the next.
const MINUTE_STEPS: [i64; 8] = [1, 2, 3, 5, 6, 10, 15, 30];

/// The same where hours are read.
const HOUR_STEPS: [i64; 6] = [60, 120, 180, 240, 360, 720];

/// Longest range that is read by the minute, in minutes.
const BY_MINUTE: i64 = 6 * 60;

/// Longest range that is read by the hour, in minutes.
const BY_HOUR: i64 = 15 * 1_440;

/// About what an entity takes while it is measured, its histogram included.
const MEASURED_BYTES: usize = 1_024;

const MINUTE_NANOS: i64 = 60_000_000_000;

/// The points of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) downsampling: Downsampling,
    /// Where the first point starts.
    pub(crate) first: Minute,
    /// Minutes from a point to the next.
    pub(crate) step: i64,
    pub(crate) count: usize,
    /// The last nanosecond that can have been counted, and one.
    until: i64,
}

impl Grid {
    /// Of a range, at the time `now`.
    pub(crate) fn of(range: &Range, zone: &Zone, now: i64) -> Self {
        let minutes = range.last_minute().0 - range.first_minute().0 + 1;
        let step = |steps: &[i64]| {
            let fits = steps.iter().copied().find(|step| minutes <= step * POINTS);
            fits.unwrap_or(steps.last().copied().unwrap_or(1))
        };
        let (downsampling, step) = if minutes <= BY_MINUTE {
            (Downsampling::Minute, step(&MINUTE_STEPS))
        } else if minutes <= BY_HOUR {
            (Downsampling::Hour, step(&HOUR_STEPS))
        } else {
            (Downsampling::Day, 1_440)
        };
        let first = zone.bucket(downsampling, range.first_minute());
        let count = (range.last_minute().0 - first.0) / step + 1;
        let until = range.to.min(now.max(range.from + 1));
        Self { downsampling, first, step, count: usize::try_from(count).unwrap_or(1), until }
    }

    /// The point that a bucket belongs to.
    fn point(&self, bucket: Minute) -> Option<usize> {
        let point = usize::try_from((bucket.0 - self.first.0).div_euclid(self.step)).ok()?;
        (point < self.count).then_some(point)
    }

    /// Minutes of a point that are over.
    fn minutes(&self, point: usize) -> f64 {
        let start = self.start(point).saturating_mul(1_000_000);
        let end = start.saturating_add(self.step * MINUTE_NANOS).min(self.until);
        (end.saturating_sub(start) as f64 / MINUTE_NANOS as f64).max(0.0)
    }

    /// Where a point starts, milliseconds since the Unix epoch.
    pub(crate) fn start(&self, point: usize) -> i64 {
        let point = i64::try_from(point).unwrap_or(0);
        self.first.plus(point * self.step).start_millis()
    }

    /// The end of what can have been counted, as a time that stands for "now": its last tenth, five
    /// minutes at least. The first minute of it.
    pub(crate) fn now_from(&self, range: &Range) -> Minute {
        let tenth = (range.nanos() / 10).max(5 * MINUTE_NANOS);
        let from = Minute::of_nanos(self.until.saturating_sub(tenth).max(range.from));
        match self.downsampling {
            Downsampling::Minute => from,
            // Only whole buckets are there.
            _ => Minute(self.first.0 + (from.0 - self.first.0).div_euclid(self.step) * self.step),
        }
    }

    /// Minutes of all points that are over.
    pub(crate) fn all_minutes(&self) -> f64 {
        (0..self.count).map(|point| self.minutes(point)).sum()
    }

    /// Minutes from there on that are over.
    pub(crate) fn now_minutes(&self, now_from: Minute) -> f64 {
        let nanos = self.until.saturating_sub(now_from.start_nanos());
        (nanos as f64 / MINUTE_NANOS as f64).max(1.0 / 60.0)
    }
}

/// What was measured of a service, an instance or an endpoint.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    /// By point.
    pub(crate) cpm: Vec<Option<f64>>,
    pub(crate) errors: Vec<Option<f64>>,
    pub(crate) average: Vec<Option<f64>>,
    pub(crate) p99: Vec<Option<f64>>,
    pub(super) apdex: Vec<Option<f64>>,
    /// All of the range.
    pub(super) whole: Measured,
    /// Its end.
    pub(super) now: Measured,
    /// The point that is being read.
    pub(super) open: Option<(usize, Measured)>,
}

impl Series {
    fn of(count: usize) -> Self {
        let none = || vec![None; count];
        Self {
            cpm: none(),
            errors: none(),
            average: none(),
            p99: none(),
            apdex: none(),
            ..Self::default()
        }
    }

    fn add(&mut self, grid: &Grid, measures: &Measures, point: usize, is_now: bool, row: &Row) {
        if self.open.as_ref().is_some_and(|(open, _)| *open != point) {
            self.close(grid);
        }
        let (_, open) = self.open.get_or_insert_with(|| (point, Measured::default()));
        open.add(measures, row);
        if is_now {
            self.now.add(measures, row);
        }
    }

    /// Rows come point by point: one that is over needs no histogram any more.
    fn close(&mut self, grid: &Grid) {
        let Some((point, measured)) = self.open.take() else { return };
        let minutes = grid.minutes(point);
        let set = |line: &mut Vec<Option<f64>>, value| {
            if let Some(slot) = line.get_mut(point) {
                *slot = value;
            }
        };
        set(&mut self.cpm, measured.cpm(minutes));
        set(&mut self.errors, measured.errors());
        set(&mut self.average, measured.average());
        set(&mut self.p99, measured.percentile(99));
        set(&mut self.apdex, measured.apdex());
        self.whole.merge(&measured);
    }

    /// Memory that it takes, about, in bytes.
    fn memory(count: usize) -> usize {
        // Three histograms of some forty buckets each.
        5 * count * size_of::<Option<f64>>() + size_of::<Self>() + 2_048
    }

    /// The lines, whose ends are over so many minutes.
    pub(super) fn lines(self, now_minutes: f64) -> Lines {
        let line = |now, points| Line { now, points, ..Line::default() };
        // A service that is called no more has no calls, not no data.
        let cpm = self.now.cpm(now_minutes).or((self.whole.calls > 0).then_some(0.0));
        Lines {
            cpm: line(cpm, self.cpm),
            errors: line(self.now.errors(), self.errors),
            p99: line(self.now.percentile(99), self.p99),
            apdex: line(self.now.apdex(), self.apdex),
        }
    }
}

/// What was measured of all services.
pub(super) struct Readings {
    pub(super) services: Map<EntityId, Series>,
    /// Those that users call, together.
    pub(super) edge: Series,
}

impl Query {
    /// Metrics of all services in a range.
    pub(super) async fn service_series(
        &self,
        ctx: &Ctx,
        (range, grid): (&Range, &Grid),
        measures: &Measures,
        of_edge: &Set<EntityId>,
    ) -> Result<Readings> {
        let mut edge = Series::of(grid.count);
        let mut see = |id, point, is_now, row: &Row| {
            if of_edge.contains(&id) {
                edge.add(grid, measures, point, is_now, row);
            }
        };
        let all = EntitySelection::All;
        let services = self.lines_of(ctx, (range, grid), measures, all, &mut see).await?;
        edge.close(grid);
        Ok(Readings { services, edge })
    }

    /// Metrics of some instances or endpoints in a range.
    pub(crate) async fn part_series(
        &self,
        ctx: &Ctx,
        (range, grid): (&Range, &Grid),
        names: &MetricNames,
        parts: Vec<EntityId>,
    ) -> Result<Map<EntityId, Series>> {
        let Some(measures) = self.measures(names).filter(|_| !parts.is_empty()) else {
            return Ok(Map::default());
        };
        let parts = EntitySelection::these(parts);
        self.lines_of(ctx, (range, grid), &measures, parts, &mut |_, _, _, _| {}).await
    }

    /// Metrics of entities, of which `see` sees each row.
    async fn lines_of(
        &self,
        ctx: &Ctx,
        (range, grid): (&Range, &Grid),
        measures: &Measures,
        entities: EntitySelection,
        see: &mut (dyn FnMut(EntityId, usize, bool, &Row) + Send),
    ) -> Result<Map<EntityId, Series>> {
        let now_from = grid.now_from(range);
        let read = RowRead {
            table: measures.table,
            entities,
            downsampling: grid.downsampling,
            from: grid.first,
            to: range.last_minute(),
            columns: measures.columns(),
        };
        let mut lines: Map<EntityId, Series> = Map::default();
        let mut working = ctx.working();
        self.scan_rows(ctx, &read, &mut |bucket, id, row| {
            let Some(point) = grid.point(bucket) else { return Ok(()) };
            let is_now = bucket >= now_from;
            let known = lines.len();
            let series = lines.entry(id).or_insert_with(|| Series::of(grid.count));
            series.add(grid, measures, point, is_now, row);
            see(id, point, is_now, row);
            match lines.len() > known {
                true => working.grow(Series::memory(grid.count)),
                false => Ok(()),
            }
        })
        .await?;
        lines.values_mut().for_each(|series| series.close(grid));
        working.keep();
        Ok(lines)
    }

    /// What was measured of each of some entities in a range; of as many as the request has memory
    /// for.
    pub(crate) async fn measure(
        &self,
        ctx: &Ctx,
        names: &MetricNames,
        entities: &EntitySelection,
        range: &Range,
    ) -> Result<Map<EntityId, Measured>> {
        let mut all: Map<EntityId, Measured> = Map::default();
        let Some(measures) = self.measures(names) else { return Ok(all) };
        let grid = Grid::of(range, &self.zone, self.clock.unix_nanos());
        let read = RowRead {
            table: measures.table,
            entities: entities.clone(),
            downsampling: grid.downsampling,
            from: grid.first,
            to: range.last_minute(),
            columns: measures.columns(),
        };
        let mut working = ctx.working();
        let mut is_full = false;
        self.scan_rows(ctx, &read, &mut |_, id, row| {
            if !all.contains_key(&id) {
                is_full = is_full || !working.fit((all.len() + 1) * MEASURED_BYTES)?;
                if is_full {
                    return Ok(());
                }
            }
            all.entry(id).or_default().add(&measures, row);
            Ok(())
        })
        .await?;
        if is_full {
            ctx.note_incomplete();
        }
        working.keep();
        Ok(all)
    }

    /// What was measured of some services together.
    pub(super) async fn sum_of_services(
        &self,
        ctx: &Ctx,
        range: &Range,
        measures: &Measures,
        services: &Set<EntityId>,
    ) -> Result<(Measured, f64)> {
        let grid = Grid::of(range, &self.zone, self.clock.unix_nanos());
        let read = RowRead {
            table: measures.table,
            entities: EntitySelection::these(services.iter().copied().collect()),
            downsampling: grid.downsampling,
            from: grid.first,
            to: range.last_minute(),
            columns: measures.columns(),
        };
        let mut sum = Measured::default();
        self.scan_rows(ctx, &read, &mut |_, _, row| {
            sum.add(measures, row);
            Ok(())
        })
        .await?;
        Ok((sum, grid.all_minutes()))
    }
}

#[cfg(test)]
mod tests {
    use skytrail_model::time::{Downsampling, Minute, Zone};

    use super::Grid;
    use crate::time::Range;

    const MINUTE: i64 = 60_000_000_000;

    fn grid(minutes: i64) -> Grid {
        let range = Range { from: 600 * MINUTE, to: (600 + minutes) * MINUTE };
        Grid::of(&range, &Zone::utc(), i64::MAX)
    }

    #[test]
    fn points_are_about_sixty_whatever_the_range() {
        for (minutes, downsampling, step, count) in [
            (30, Downsampling::Minute, 1, 30),
            (60, Downsampling::Minute, 1, 60),
            (61, Downsampling::Minute, 2, 31),
            (360, Downsampling::Minute, 6, 60),
            (1_440, Downsampling::Hour, 60, 24),
            (10_080, Downsampling::Hour, 180, 56),
            (30 * 1_440, Downsampling::Day, 1_440, 31),
        ] {
            let grid = grid(minutes);
            assert_eq!((grid.downsampling, grid.step, grid.count), (downsampling, step, count));
        }
    }

    #[test]
    fn now_is_the_last_tenth_and_five_minutes_at_least() {
        let of = |minutes: i64, now: i64| {
            let range = Range { from: 600 * MINUTE, to: (600 + minutes) * MINUTE };
            let grid = Grid::of(&range, &Zone::utc(), now * MINUTE + MINUTE / 2);
            let from = grid.now_from(&range);
            (from, grid.now_minutes(from), grid.minutes(grid.count - 1))
        };
        assert_eq!(of(30, 9_999), (Minute(625), 5.0, 1.0));
        assert_eq!(of(120, 9_999), (Minute(708), 12.0, 2.0));
        assert_eq!(of(30, 629), (Minute(624), 5.5, 0.5), "the last minute is not over");
    }
}
