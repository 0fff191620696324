//! Sampled records such as slow statements, ranked by value.

use serde::Deserialize;
use skytrail_query::records::{Record, RecordCondition, TopNRecord, TopNRecordsCondition};

use super::Sources;
use super::input::{DurationForm, EntityForm, Input, OrderForm, take};
use crate::graphql::{Arguments, Context, FieldError, Root, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("readRecords", |c, a| answer(read_records(c, a))),
    Root::new("getTopNRecords", |c, a| answer(get_top_n_records(c, a))),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordForm {
    name: String,
    parent_entity: EntityForm,
    top_n: i64,
    order: OrderForm,
}

impl Input for RecordCondition {
    type Form = RecordForm;
}

impl From<RecordForm> for RecordCondition {
    fn from(form: RecordForm) -> Self {
        Self {
            name: form.name,
            parent_entity: form.parent_entity.into(),
            top_n: form.top_n,
            order: form.order.into(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TopNRecordsForm {
    service_id: String,
    metric_name: String,
    top_n: i64,
    order: OrderForm,
    duration: DurationForm,
}

impl Input for TopNRecordsCondition {
    type Form = TopNRecordsForm;
}

impl From<TopNRecordsForm> for TopNRecordsCondition {
    fn from(form: TopNRecordsForm) -> Self {
        Self {
            service_id: form.service_id,
            metric_name: form.metric_name,
            top_n: form.top_n,
            order: form.order.into(),
            duration: form.duration.into(),
        }
    }
}

async fn read_records(c: &Context<Sources>, a: Arguments) -> Result<Vec<Record>, FieldError> {
    let (condition, duration) = (take(&a, "condition")?, take(&a, "duration")?);
    Ok(c.sources.query.read_records(&c.ctx, &condition, &duration).await?)
}

async fn get_top_n_records(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<TopNRecord>, FieldError> {
    Ok(c.sources.query.get_top_n_records(&c.ctx, &take(&a, "condition")?).await?)
}

object!(Record as it {
    "name" => it.name,
    "id" => it.id,
    "value" => it.value,
    "refId" => it.ref_id,
});

object!(TopNRecord as it {
    "statement" => it.statement,
    "latency" => it.latency,
    "traceId" => it.trace_id,
});
