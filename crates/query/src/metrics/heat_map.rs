//! Counts by bucket of fixed width.

use std::collections::BTreeSet;

use skytrail_model::metric::MetricValue;

use super::kind::Known;
use super::series::by_label;
use super::values::{MetricsCondition, Subject};
use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;
use crate::time::Duration;

/// What unbounded edges are called.
const INFINITE: &str = "infinite+";

/// Counts by time and value (protocol `HeatMap`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeatMap {
    /// One column per step.
    pub values: Vec<HeatMapColumn>,
    /// The ranges that the values of each column count.
    pub buckets: Vec<Bucket>,
}

/// One step (protocol `HeatMapColumn`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeatMapColumn {
    /// `bucket_entityId`.
    pub id: String,
    /// Counts, one per bucket.
    pub values: Vec<i64>,
}

/// A range of values (protocol `Bucket`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Least value.
    pub min: String,
    /// The value that the next bucket begins with; `infinite+` for the last.
    pub max: String,
}

impl Bucket {
    /// Its width; none when it is unbounded.
    pub(super) fn width(&self) -> Option<i64> {
        Some(self.max.parse::<i64>().ok()? - self.min.parse::<i64>().ok()?)
    }
}

impl Query {
    /// `readHeatMap`: counts by step and bucket; all 0 in one bucket where the
    /// metric or the entity is not known.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn read_heat_map(
        &self,
        ctx: &Ctx,
        condition: &MetricsCondition,
        duration: &Duration,
    ) -> Result<HeatMap> {
        let entity = |known: Known<'_>| condition.entity.entity(known.scope());
        self.heat_map(ctx, &Subject::new(self.known(&condition.name), entity), duration).await
    }

    pub(super) async fn heat_map(
        &self,
        ctx: &Ctx,
        subject: &Subject<'_>,
        duration: &Duration,
    ) -> Result<HeatMap> {
        let points = duration.window(&self.zone)?.points(&self.zone)?;
        let names = points.bucket_names(&self.zone);
        let values = match subject {
            Subject::Found(Known::Metric(metric, _), entity) if metric.formula.is_heat_map() => {
                self.series(ctx, metric, entity, &points).await?
            }
            Subject::Found(..) => return Ok(HeatMap::default()),
            Subject::Missing(_) => {
                vec![MetricValue::Labelled("bucket", vec![("0".to_owned(), 0.0)]); names.len()]
            }
        };
        Ok(heat_map(&names, &subject.id(), &values))
    }
}

fn heat_map(names: &[String], id: &str, values: &[MetricValue]) -> HeatMap {
    let series = by_label(values);
    let edges: BTreeSet<i64> = series.iter().filter_map(|one| one.label.parse().ok()).collect();
    let edges: Vec<i64> = edges.into_iter().collect();
    let next = |place: usize| edges.get(place + 1).map_or(INFINITE.to_owned(), i64::to_string);
    let buckets = edges.iter().enumerate();
    let buckets = buckets.map(|(place, edge)| Bucket { min: edge.to_string(), max: next(place) });
    let count = |place: usize, edge: &i64| {
        let known = series.iter().find(|one| one.label.parse() == Ok(*edge));
        known.and_then(|one| one.values.get(place).copied().flatten()).unwrap_or(0.0) as i64
    };
    let column = |(place, name): (usize, &String)| HeatMapColumn {
        id: format!("{name}_{id}"),
        values: edges.iter().map(|edge| count(place, edge)).collect(),
    };
    HeatMap { values: names.iter().enumerate().map(column).collect(), buckets: buckets.collect() }
}

#[cfg(test)]
mod tests {
    use skytrail_model::metric::MetricValue;

    use super::heat_map;

    #[test]
    fn buckets_stand_by_number_and_the_last_one_is_open() {
        let at = |labels: &[(&str, f64)]| {
            let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), *value));
            MetricValue::Labelled("bucket", labels.collect())
        };
        let names = ["202603010001".to_owned(), "202603010002".to_owned()];
        let map = heat_map(&names, "e", &[at(&[("1000", 2.0), ("0", 1.0)]), at(&[("200", 3.0)])]);
        let edges: Vec<_> = map.buckets.iter().map(|b| (b.min.as_str(), b.max.as_str())).collect();
        assert_eq!(edges, [("0", "200"), ("200", "1000"), ("1000", "infinite+")]);
        assert_eq!(map.values[0].id, "202603010001_e");
        assert_eq!(map.values[0].values, [1, 0, 2]);
        assert_eq!(map.values[1].values, [0, 3, 0]);
    }
}
