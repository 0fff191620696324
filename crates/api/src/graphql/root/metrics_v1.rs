//! Metrics by name and id, and rankings, as the oldest clients ask for them.

use serde::Deserialize;
use skytrail_query::metrics::{IntValues, KVInt, Thermodynamic, TopNEntity};

use super::Sources;
use super::input::take;
use crate::graphql::{Arguments, Context, FieldError, Root, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("getServiceTopN", |c, a| answer(top_n(c, a))),
    Root::new("getAllServiceInstanceTopN", |c, a| answer(top_n(c, a))),
    Root::new("getServiceInstanceTopN", |c, a| answer(top_n(c, a))),
    Root::new("getAllEndpointTopN", |c, a| answer(top_n(c, a))),
    Root::new("getEndpointTopN", |c, a| answer(top_n(c, a))),
    Root::new("getValues", |c, a| answer(get_values(c, a))),
    Root::new("getLinearIntValues", |c, a| answer(get_linear(c, a))),
    Root::new("getMultipleLinearIntValues", |c, a| answer(get_multiple_linear(c, a))),
    Root::new("getSubsetOfMultipleLinearIntValues", |c, a| answer(get_subset(c, a))),
    Root::new("getThermodynamic", |c, a| answer(get_thermodynamic(c, a))),
];

/// `MetricCondition`.
#[derive(Deserialize)]
struct OneForm {
    name: String,
    id: Option<String>,
}

/// `BatchMetricConditions`.
#[derive(Deserialize)]
struct ManyForm {
    name: String,
    ids: Vec<String>,
}

/// Rankings: which entities are ranked is up to the metric, `serviceId` names whose.
async fn top_n(c: &Context<Sources>, a: Arguments) -> Result<Vec<TopNEntity>, FieldError> {
    let (name, service): (String, Option<String>) = (a.get("name")?, a.get("serviceId")?);
    let (duration, order) = (take(&a, "duration")?, take(&a, "order")?);
    let query = &c.sources.query;
    let limit = a.get("topN")?;
    Ok(query.get_top_n(&c.ctx, &name, service.as_deref(), limit, &duration, order).await?)
}

async fn get_values(c: &Context<Sources>, a: Arguments) -> Result<IntValues, FieldError> {
    let ManyForm { name, ids } = a.get("metric")?;
    Ok(c.sources.query.get_values(&c.ctx, &name, &ids, &take(&a, "duration")?).await?)
}

async fn get_linear(c: &Context<Sources>, a: Arguments) -> Result<IntValues, FieldError> {
    let (OneForm { name, id }, duration) = (a.get("metric")?, take(&a, "duration")?);
    let query = &c.sources.query;
    Ok(query.get_linear_int_values(&c.ctx, &name, id.as_deref(), &duration).await?)
}

async fn get_multiple_linear(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<IntValues>, FieldError> {
    let (OneForm { name, id }, duration) = (a.get("metric")?, take(&a, "duration")?);
    let (id, count) = (id.as_deref(), a.get("numOfLinear")?);
    let query = &c.sources.query;
    Ok(query.get_multiple_linear_int_values(&c.ctx, &name, id, count, &duration).await?)
}

async fn get_subset(c: &Context<Sources>, a: Arguments) -> Result<Vec<IntValues>, FieldError> {
    let (OneForm { name, id }, duration) = (a.get("metric")?, take(&a, "duration")?);
    let places: Vec<i64> = a.get("linearIndex")?;
    let (id, query) = (id.as_deref(), &c.sources.query);
    let subset =
        query.get_subset_of_multiple_linear_int_values(&c.ctx, &name, id, &places, &duration);
    Ok(subset.await?)
}

async fn get_thermodynamic(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Thermodynamic, FieldError> {
    let (OneForm { name, id }, duration) = (a.get("metric")?, take(&a, "duration")?);
    Ok(c.sources.query.get_thermodynamic(&c.ctx, &name, id.as_deref(), &duration).await?)
}

/// The protocol has 32 bits for what may have more.
pub(super) fn narrow(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

object!(TopNEntity as it {
    "name" => it.name,
    "id" => it.id,
    "value" => it.value,
});

object!(IntValues as it {
    "values" => it.values,
});

object!(KVInt as it {
    "id" => it.id,
    "value" => it.value,
    "isEmptyValue" => it.is_empty_value,
});

object!(Thermodynamic as it {
    "nodes" => it.nodes.iter().map(|cell| cell.map(narrow)).collect::<Vec<_>>(),
    "axisYStep" => narrow(it.axis_y_step),
});
