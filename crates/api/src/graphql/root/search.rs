//! Search beyond the protocol.

use serde::Deserialize;
use skytrail_query::search::{FoundTrace, SearchCondition, SearchPage};

use super::Sources;
use super::input::{DurationForm, Input, take};
use super::traces::{QueryOrderForm, StateForm, TagForm, tags};
use crate::graphql::{Arguments, Context, FieldError, Root, answer, object};

pub(super) static QUERY: &[Root<Sources>] =
    &[Root::new("searchTraces", |c, a| answer(search_traces(c, a)))];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SearchForm {
    duration: Option<DurationForm>,
    service_id: Option<String>,
    service_instance_id: Option<String>,
    endpoint_id: Option<String>,
    trace_id: Option<String>,
    span_id: Option<String>,
    tags: Option<Vec<TagForm>>,
    keyword: Option<String>,
    min_duration: Option<i64>,
    max_duration: Option<i64>,
    state: StateForm,
    order: QueryOrderForm,
    limit: i64,
    cursor: Option<String>,
}

impl Input for SearchCondition {
    type Form = SearchForm;
}

impl From<SearchForm> for SearchCondition {
    fn from(form: SearchForm) -> Self {
        Self {
            duration: form.duration.map(Into::into),
            service_id: form.service_id,
            service_instance_id: form.service_instance_id,
            endpoint_id: form.endpoint_id,
            trace_id: form.trace_id,
            span_id: form.span_id,
            tags: tags(form.tags),
            keyword: form.keyword,
            min_duration: form.min_duration,
            max_duration: form.max_duration,
            state: form.state.into(),
            order: form.order.into(),
            limit: form.limit,
            cursor: form.cursor,
        }
    }
}

async fn search_traces(c: &Context<Sources>, a: Arguments) -> Result<SearchPage, FieldError> {
    Ok(c.sources.query.search(&c.ctx, &take(&a, "condition")?).await?)
}

object!(SearchPage as it {
    "traces" => it.traces,
    "next" => it.next,
    "complete" => it.complete,
});

object!(FoundTrace as it {
    "segmentId" => it.trace.segment_id,
    "traceId" => it.trace.trace_ids.first(),
    "serviceName" => it.service_name,
    "serviceInstanceName" => it.service_instance_name,
    "endpointName" => it.trace.endpoint_names.first(),
    "duration" => it.trace.duration,
    "start" => it.trace.start.parse::<i64>().ok(),
    "isError" => it.trace.is_error,
});
