//! Series and single values as clients before MQE ask for them
//! (`metrics-v2.graphqls`).

use skytrail_model::entity::Entity;
use skytrail_model::id;
use skytrail_model::metric::formula::RANKS;
use skytrail_model::metric::{Metric, MetricValue};

use super::kind::Known;
use super::series::by_label;
use crate::context::Ctx;
use crate::entity::EntityCondition;
use crate::error::Result;
use crate::query::Query;
use crate::time::{Duration, Points};

/// A metric and whose it is (protocol `MetricsCondition`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsCondition {
    /// Name of the metric.
    pub name: String,
    /// Whose.
    pub entity: EntityCondition,
}

/// A value that may be none (protocol `NullableValue`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NullableValue {
    /// The value; 0 when there is none.
    pub value: i64,
    /// Whether there is none.
    pub is_empty_value: bool,
}

/// A point (protocol `KVInt`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KVInt {
    /// `bucket_entityId`; the entity's id alone where there is one point each.
    pub id: String,
    /// The value; 0 when there is none.
    pub value: i64,
    /// Whether there is none.
    pub is_empty_value: bool,
}

/// Points (protocol `IntValues`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntValues {
    /// In order of time.
    pub values: Vec<KVInt>,
}

/// Points of a label (protocol `MetricsValues`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricsValues {
    /// The label as it was asked for; none without labels.
    pub label: Option<String>,
    /// The points.
    pub values: IntValues,
}

/// What a question is about, once its names are looked up.
pub(super) enum Subject<'a> {
    /// A metric of an entity.
    Found(Known<'a>, Entity),
    /// Something is missing; the text stands in ids where the entity's would.
    Missing(&'static str),
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        known: Option<Known<'a>>,
        entity: impl FnOnce(Known<'a>) -> Option<Entity>,
    ) -> Self {
        // Both texts are the protocol's.
        match known {
            None => Self::Missing("UNKNOWN_METRIC_NAME"),
            Some(known) => match entity(known) {
                Some(entity) => Self::Found(known, entity),
                None => Self::Missing("ILLEGAL_ENTITY"),
            },
        }
    }

    pub(super) fn id(&self) -> String {
        match self {
            Self::Found(_, entity) => id::entity_id(entity),
            Self::Missing(text) => (*text).to_owned(),
        }
    }
}

fn int(value: Option<f64>) -> (i64, bool) {
    match value {
        Some(value) => (value as i64, false),
        None => (0, true),
    }
}

/// One point per step; `values` is empty when there is nothing.
pub(super) fn int_values(names: &[String], id: &str, values: &[Option<f64>]) -> IntValues {
    let point = |(place, name): (usize, &String)| {
        let (value, is_empty_value) = int(values.get(place).copied().flatten());
        KVInt { id: format!("{name}_{id}"), value, is_empty_value }
    };
    IntValues { values: names.iter().enumerate().map(point).collect() }
}

impl Query {
    fn subject(&self, condition: &MetricsCondition) -> Subject<'_> {
        let entity = |known: Known<'_>| condition.entity.entity(known.scope());
        Subject::new(self.known(&condition.name), entity)
    }

    /// `readMetricsValue`: the average of the points that have a value; 0 when
    /// none has.
    ///
    /// # Errors
    /// `Invalid` for a wrong range; so with all questions here.
    pub async fn read_metrics_value(
        &self,
        ctx: &Ctx,
        condition: &MetricsCondition,
        duration: &Duration,
    ) -> Result<i64> {
        Ok(self.read_nullable_metrics_value(ctx, condition, duration).await?.value)
    }

    /// `readNullableMetricsValue`: the same, telling 0 from nothing.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn read_nullable_metrics_value(
        &self,
        ctx: &Ctx,
        condition: &MetricsCondition,
        duration: &Duration,
    ) -> Result<NullableValue> {
        self.average(ctx, &self.subject(condition), duration).await
    }

    pub(super) async fn average(
        &self,
        ctx: &Ctx,
        subject: &Subject<'_>,
        duration: &Duration,
    ) -> Result<NullableValue> {
        let points = duration.window(&self.zone)?.points(&self.zone)?;
        let values = self.single_values(ctx, subject, &points).await?;
        // Points are whole numbers in this form, and so is their average.
        let numbers: Vec<f64> = values.into_iter().flatten().map(f64::trunc).collect();
        if numbers.is_empty() {
            return Ok(NullableValue { value: 0, is_empty_value: true });
        }
        let average = numbers.iter().sum::<f64>() / numbers.len() as f64;
        Ok(NullableValue { value: average as i64, is_empty_value: false })
    }

    /// `readMetricsValues`: every point.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn read_metrics_values(
        &self,
        ctx: &Ctx,
        condition: &MetricsCondition,
        duration: &Duration,
    ) -> Result<MetricsValues> {
        let values = self.linear(ctx, &self.subject(condition), duration).await?;
        Ok(MetricsValues { label: None, values })
    }

    pub(super) async fn linear(
        &self,
        ctx: &Ctx,
        subject: &Subject<'_>,
        duration: &Duration,
    ) -> Result<IntValues> {
        let points = duration.window(&self.zone)?.points(&self.zone)?;
        let values = self.single_values(ctx, subject, &points).await?;
        Ok(int_values(&points.bucket_names(&self.zone), &subject.id(), &values))
    }

    async fn single_values(
        &self,
        ctx: &Ctx,
        subject: &Subject<'_>,
        points: &Points,
    ) -> Result<Vec<Option<f64>>> {
        let Subject::Found(Known::Metric(metric, _), entity) = subject else {
            return Ok(Vec::new());
        };
        let single = |value| match value {
            MetricValue::Single(value) => Some(value),
            _ => None,
        };
        let values = self.series(ctx, metric, entity, points).await?;
        Ok(values.into_iter().map(single).collect())
    }

    /// `readLabeledMetricsValues`: the points of each label asked for, or of
    /// all that there are when none is named. A label is named by its value
    /// (`99`), by its text (`{p=99}`), or as clients before version 10 do, by
    /// the place of its rank (`4`).
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn read_labeled_metrics_values(
        &self,
        ctx: &Ctx,
        condition: &MetricsCondition,
        labels: &[String],
        duration: &Duration,
    ) -> Result<Vec<MetricsValues>> {
        self.labelled(ctx, &self.subject(condition), labels, duration).await
    }

    pub(super) async fn labelled(
        &self,
        ctx: &Ctx,
        subject: &Subject<'_>,
        labels: &[String],
        duration: &Duration,
    ) -> Result<Vec<MetricsValues>> {
        let points = duration.window(&self.zone)?.points(&self.zone)?;
        let values = match subject {
            Subject::Found(Known::Metric(metric, _), entity) => {
                self.series(ctx, metric, entity, &points).await?
            }
            _ => Vec::new(),
        };
        let series = by_label(&values);
        let names = points.bucket_names(&self.zone);
        let id = subject.id();
        let answer = |label: String, values: &[Option<f64>]| MetricsValues {
            label: Some(label),
            values: int_values(&names, &id, values),
        };
        if labels.iter().all(|label| label.trim().is_empty()) {
            let all = series.iter();
            return Ok(all
                .map(|one| answer(format!("{{{}={}}}", one.key, one.label), &one.values))
                .collect());
        }
        let wanted = labels.iter().map(|label| {
            let value = label_value(label, subject);
            let found = series.iter().find(|one| one.label == value);
            answer(label.clone(), found.map(|one| one.values.as_slice()).unwrap_or_default())
        });
        Ok(wanted.collect())
    }
}

/// The value of a label, however it is named.
fn label_value(label: &str, subject: &Subject<'_>) -> String {
    let text = label.trim();
    if let Some((_, value)) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .and_then(|t| t.split_once('='))
    {
        return value.to_owned();
    }
    match (subject, text.parse::<usize>()) {
        (Subject::Found(Known::Metric(metric, _), _), Ok(place)) if is_percentile(metric) => {
            RANKS.get(place).map_or_else(|| text.to_owned(), u32::to_string)
        }
        _ => text.to_owned(),
    }
}

fn is_percentile(metric: &Metric) -> bool {
    matches!(metric.formula, skytrail_model::metric::Formula::Percentile { .. })
}
