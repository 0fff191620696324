//! Metrics by name and entity, as clients of 8.x and 9.x ask for them.

use serde::Deserialize;
use skytrail_query::metrics::{
    Bucket, HeatMap, HeatMapColumn, MetricsCondition, MetricsValues, NullableValue, SelectedRecord,
    TopNCondition,
};

use super::Sources;
use super::input::{EntityForm, Input, OrderForm, take};
use crate::graphql::{Arguments, Context, FieldError, Root, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("readMetricsValue", |c, a| answer(read_value(c, a))),
    Root::new("readNullableMetricsValue", |c, a| answer(read_nullable(c, a))),
    Root::new("readMetricsValues", |c, a| answer(read_values(c, a))),
    Root::new("sortMetrics", |c, a| answer(sort_metrics(c, a))),
    Root::new("readLabeledMetricsValues", |c, a| answer(read_labeled(c, a))),
    Root::new("readHeatMap", |c, a| answer(read_heat_map(c, a))),
    Root::new("readSampledRecords", |c, a| answer(read_sampled_records(c, a))),
];

#[derive(Deserialize)]
pub(super) struct MetricsForm {
    name: String,
    entity: EntityForm,
}

impl Input for MetricsCondition {
    type Form = MetricsForm;
}

impl From<MetricsForm> for MetricsCondition {
    fn from(form: MetricsForm) -> Self {
        Self { name: form.name, entity: form.entity.into() }
    }
}

/// Its `scope` is left unread: the metric decides.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TopNForm {
    name: String,
    parent_service: Option<String>,
    normal: Option<bool>,
    top_n: i64,
    order: OrderForm,
}

impl Input for TopNCondition {
    type Form = TopNForm;
}

impl From<TopNForm> for TopNCondition {
    fn from(form: TopNForm) -> Self {
        Self {
            name: form.name,
            parent_service: form.parent_service,
            normal: form.normal,
            top_n: form.top_n,
            order: form.order.into(),
        }
    }
}

async fn read_value(c: &Context<Sources>, a: Arguments) -> Result<i64, FieldError> {
    let (condition, duration) = (take(&a, "condition")?, take(&a, "duration")?);
    Ok(c.sources.query.read_metrics_value(&c.ctx, &condition, &duration).await?)
}

async fn read_nullable(c: &Context<Sources>, a: Arguments) -> Result<NullableValue, FieldError> {
    let (condition, duration) = (take(&a, "condition")?, take(&a, "duration")?);
    Ok(c.sources.query.read_nullable_metrics_value(&c.ctx, &condition, &duration).await?)
}

async fn read_values(c: &Context<Sources>, a: Arguments) -> Result<MetricsValues, FieldError> {
    let (condition, duration) = (take(&a, "condition")?, take(&a, "duration")?);
    Ok(c.sources.query.read_metrics_values(&c.ctx, &condition, &duration).await?)
}

async fn sort_metrics(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<SelectedRecord>, FieldError> {
    let (condition, duration) = (take(&a, "condition")?, take(&a, "duration")?);
    Ok(c.sources.query.sort_metrics(&c.ctx, &condition, &duration).await?)
}

async fn read_labeled(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<MetricsValues>, FieldError> {
    let (condition, duration) = (take(&a, "condition")?, take(&a, "duration")?);
    let (labels, query): (Vec<String>, _) = (a.get("labels")?, &c.sources.query);
    Ok(query.read_labeled_metrics_values(&c.ctx, &condition, &labels, &duration).await?)
}

async fn read_heat_map(c: &Context<Sources>, a: Arguments) -> Result<HeatMap, FieldError> {
    let (condition, duration) = (take(&a, "condition")?, take(&a, "duration")?);
    Ok(c.sources.query.read_heat_map(&c.ctx, &condition, &duration).await?)
}

async fn read_sampled_records(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<SelectedRecord>, FieldError> {
    let (condition, duration) = (take(&a, "condition")?, take(&a, "duration")?);
    Ok(c.sources.query.read_sampled_records(&c.ctx, &condition, &duration).await?)
}

object!(NullableValue as it {
    "value" => it.value,
    "isEmptyValue" => it.is_empty_value,
});

object!(MetricsValues as it {
    "label" => it.label,
    "values" => it.values,
});

object!(SelectedRecord as it {
    "name" => it.name,
    "id" => it.id,
    "value" => it.value,
    "refId" => it.ref_id,
});

object!(HeatMap as it {
    "values" => it.values,
    "buckets" => it.buckets,
});

object!(HeatMapColumn as it {
    "id" => it.id,
    "values" => it.values,
});

object!(Bucket as it {
    "min" => it.min,
    "max" => it.max,
});
