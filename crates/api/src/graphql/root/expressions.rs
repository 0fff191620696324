//! MQE: metrics by expression, and the catalogue of metrics.

use skytrail_query::metrics::{MetricDefinition, MetricsType, Owner};
use skytrail_query::mqe::{ExpressionResult, ExpressionResultType, MQEValue, MQEValues, Metadata};

use super::Sources;
use super::empty::Fixed::Null;
use super::input::take;
use crate::graphql::{Answer, Arguments, Context, FieldError, Out, Root, Written, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("typeOfMetrics", |c, a| answer(type_of_metrics(c, a))),
    Root::new("listMetrics", |c, a| answer(list_metrics(c, a))),
    // Its field must not be null: one expression that fails would take the whole page with it.
    Root::new("execExpression", |c, a| answer(exec_expression(c, a)))
        .or_answer(|error| Box::new(failed(&error))),
];

async fn type_of_metrics(c: &Context<Sources>, a: Arguments) -> Result<MetricsType, FieldError> {
    Ok(c.sources.query.type_of_metrics(&a.get::<String>("name")?))
}

async fn list_metrics(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<Vec<MetricDefinition>, FieldError> {
    let regex: Option<String> = a.get("regex")?;
    Ok(c.sources.query.list_metrics(regex.as_deref())?)
}

async fn exec_expression(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<ExpressionResult, FieldError> {
    let (entity, duration) = (take(&a, "entity")?, take(&a, "duration")?);
    let (expression, query): (String, _) = (a.get("expression")?, &c.sources.query);
    Ok(query.exec_expression(&c.ctx, &expression, &entity, &duration).await?)
}

fn failed(error: &FieldError) -> ExpressionResult {
    ExpressionResult {
        r#type: ExpressionResultType::Unknown,
        results: Vec::new(),
        error: Some(error.to_string()),
    }
}

impl Answer for MetricsType {
    fn write(&self, out: Out<'_>) -> Written {
        out.text(self.name())
    }
}

object!(MetricDefinition as it {
    "name" => it.name,
    "type" => it.r#type,
    "catalog" => it.catalog,
});

object!(ExpressionResult as it {
    "type" => it.r#type.name(),
    "results" => it.results,
    "error" => it.error,
    "debuggingTrace" => Null,
});

object!(MQEValues as it {
    "metric" => it.metric,
    "values" => it.values,
});

object!(Metadata as it {
    "labels" => it.labels,
});

object!(MQEValue as it {
    "id" => it.id,
    "owner" => it.owner,
    "value" => it.value,
    "traceID" => it.trace_id,
});

object!(Owner as it {
    "scope" => it.scope,
    "serviceID" => it.service_id,
    "serviceName" => it.service_name,
    "normal" => it.normal,
    "serviceInstanceID" => it.service_instance_id,
    "serviceInstanceName" => it.service_instance_name,
    "endpointID" => it.endpoint_id,
    "endpointName" => it.endpoint_name,
});
