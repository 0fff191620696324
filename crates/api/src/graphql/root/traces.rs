//! Traces: lists of segments, whole traces, completion of tags.

use serde::Deserialize;
use skytrail_query::KeyValue;
use skytrail_query::trace::{
    BasicTrace, LogEntity, QueryOrder, Ref, RetrievedTimeRange, Span, SpanTag, Trace, TraceBrief,
    TraceList, TraceQueryCondition, TraceQueryConditionByName, TraceState,
};

use super::Sources;
use super::empty::Fixed::{Nothing, Null};
use super::input::{
    DurationForm, EndpointForm, Input, InstanceForm, PaginationForm, ServiceForm, take,
    take_optional,
};
use super::metrics_v1::narrow;
use crate::graphql::{Answer, Arguments, Context, FieldError, Out, Root, Written, answer, object};

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("queryTraces", |c, a| answer(query_traces(c, a))),
    Root::new("hasQueryTracesV2Support", |c, _| answer(has_v2_support(c))),
    Root::new("queryBasicTraces", |c, a| answer(query_basic_traces(c, a))),
    Root::new("queryBasicTracesByName", |c, a| answer(query_basic_traces_by_name(c, a))),
    Root::new("queryTrace", |c, a| answer(query_trace(c, a))),
    Root::new("queryTraceTagAutocompleteKeys", |c, a| answer(tag_keys(c, a))),
    Root::new("queryTraceTagAutocompleteValues", |c, a| answer(tag_values(c, a))),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TraceQueryForm {
    service_id: Option<String>,
    service_instance_id: Option<String>,
    trace_id: Option<String>,
    endpoint_id: Option<String>,
    query_duration: Option<DurationForm>,
    min_trace_duration: Option<i64>,
    max_trace_duration: Option<i64>,
    trace_state: StateForm,
    query_order: QueryOrderForm,
    tags: Option<Vec<TagForm>>,
    paging: PaginationForm,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TraceQueryByNameForm {
    service: Option<ServiceForm>,
    instance: Option<InstanceForm>,
    endpoint: Option<EndpointForm>,
    trace_id: Option<String>,
    query_duration: Option<DurationForm>,
    min_trace_duration: Option<i64>,
    max_trace_duration: Option<i64>,
    trace_state: StateForm,
    query_order: QueryOrderForm,
    tags: Option<Vec<TagForm>>,
    paging: PaginationForm,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum StateForm {
    All,
    Success,
    Error,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum QueryOrderForm {
    ByStartTime,
    ByDuration,
}

#[derive(Deserialize)]
pub(super) struct TagForm {
    key: String,
    value: Option<String>,
}

impl Input for TraceQueryCondition {
    type Form = TraceQueryForm;
}

impl From<TraceQueryForm> for TraceQueryCondition {
    fn from(form: TraceQueryForm) -> Self {
        Self {
            service_id: form.service_id,
            service_instance_id: form.service_instance_id,
            trace_id: form.trace_id,
            endpoint_id: form.endpoint_id,
            query_duration: form.query_duration.map(Into::into),
            min_trace_duration: form.min_trace_duration,
            max_trace_duration: form.max_trace_duration,
            trace_state: form.trace_state.into(),
            query_order: form.query_order.into(),
            tags: tags(form.tags),
            paging: form.paging.into(),
        }
    }
}

impl Input for TraceQueryConditionByName {
    type Form = TraceQueryByNameForm;
}

impl From<TraceQueryByNameForm> for TraceQueryConditionByName {
    fn from(form: TraceQueryByNameForm) -> Self {
        Self {
            service: form.service.map(Into::into),
            instance: form.instance.map(Into::into),
            endpoint: form.endpoint.map(Into::into),
            rest: TraceQueryCondition {
                service_id: None,
                service_instance_id: None,
                endpoint_id: None,
                trace_id: form.trace_id,
                query_duration: form.query_duration.map(Into::into),
                min_trace_duration: form.min_trace_duration,
                max_trace_duration: form.max_trace_duration,
                trace_state: form.trace_state.into(),
                query_order: form.query_order.into(),
                tags: tags(form.tags),
                paging: form.paging.into(),
            },
        }
    }
}

impl From<StateForm> for TraceState {
    fn from(form: StateForm) -> Self {
        match form {
            StateForm::All => Self::All,
            StateForm::Success => Self::Success,
            StateForm::Error => Self::Error,
        }
    }
}

impl From<QueryOrderForm> for QueryOrder {
    fn from(form: QueryOrderForm) -> Self {
        match form {
            QueryOrderForm::ByStartTime => Self::ByStartTime,
            QueryOrderForm::ByDuration => Self::ByDuration,
        }
    }
}

/// No tags and an absent list are the same condition.
pub(super) fn tags(forms: Option<Vec<TagForm>>) -> Vec<SpanTag> {
    let forms = forms.unwrap_or_default().into_iter();
    forms.map(|form| SpanTag { key: form.key, value: form.value }).collect()
}

async fn query_traces(c: &Context<Sources>, a: Arguments) -> Result<TraceList, FieldError> {
    Ok(c.sources.query.query_traces(&c.ctx, &needed(&a)?).await?)
}

async fn has_v2_support(c: &Context<Sources>) -> Result<bool, FieldError> {
    Ok(c.sources.query.has_query_traces_v2_support())
}

async fn query_basic_traces(c: &Context<Sources>, a: Arguments) -> Result<TraceBrief, FieldError> {
    Ok(c.sources.query.query_basic_traces(&c.ctx, &needed(&a)?).await?)
}

async fn query_basic_traces_by_name(
    c: &Context<Sources>,
    a: Arguments,
) -> Result<TraceBrief, FieldError> {
    Ok(c.sources.query.query_basic_traces_by_name(&c.ctx, needed(&a)?).await?)
}

/// The schema lets clients leave the condition out, and then there is no page to answer.
fn needed<T: Input>(a: &Arguments) -> Result<T, FieldError> {
    let condition = take_optional(a, "condition")?;
    condition.ok_or_else(|| FieldError::invalid("argument condition is missing"))
}

async fn query_trace(c: &Context<Sources>, a: Arguments) -> Result<Trace, FieldError> {
    let (id, duration): (String, _) = (a.get("traceId")?, take_optional(&a, "duration")?);
    Ok(c.sources.query.query_trace(&c.ctx, &id, duration.as_ref()).await?)
}

async fn tag_keys(c: &Context<Sources>, a: Arguments) -> Result<Vec<String>, FieldError> {
    let duration = take(&a, "duration")?;
    Ok(c.sources.query.query_trace_tag_autocomplete_keys(&c.ctx, &duration).await?)
}

async fn tag_values(c: &Context<Sources>, a: Arguments) -> Result<Vec<String>, FieldError> {
    let (key, duration): (String, _) = (a.get("tagKey")?, take(&a, "duration")?);
    Ok(c.sources.query.query_trace_tag_autocomplete_values(&c.ctx, &key, &duration).await?)
}

impl Answer for TraceList {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "traces" => field.put(&self.traces),
            "retrievedTimeRange" => field.put(&self.retrieved_time_range),
            "debuggingTrace" => field.put(&Null),
            _ => field.unknown(),
        })
    }

    fn less(&mut self) -> bool {
        self.traces.iter_mut().map(Trace::halve).filter(|is_less| *is_less).count() > 0
    }
}

object!(RetrievedTimeRange as it {
    "startTime" => it.start_time,
    "endTime" => it.end_time,
});

object!(TraceBrief as it {
    "traces" => it.traces,
    "debuggingTrace" => Null,
});

object!(BasicTrace as it {
    "segmentId" => it.segment_id,
    "endpointNames" => it.endpoint_names,
    "duration" => narrow(it.duration),
    "start" => it.start,
    "isError" => it.is_error,
    "traceIds" => it.trace_ids,
});

impl Answer for Trace {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "spans" => field.list(self.spans.iter()),
            "truncated" => field.put(&self.truncated),
            "debuggingTrace" => field.put(&Null),
            _ => field.unknown(),
        })
    }

    fn less(&mut self) -> bool {
        self.halve()
    }
}

object!(Span as it {
    "traceId" => it.trace_id,
    "segmentId" => it.segment_id,
    "spanId" => it.span_id,
    "parentSpanId" => it.parent_span_id,
    "refs" => it.refs,
    "serviceCode" => it.service_code,
    "serviceInstanceName" => it.service_instance_name,
    "startTime" => it.start_time,
    "endTime" => it.end_time,
    "endpointName" => it.endpoint_name,
    "type" => it.r#type,
    "peer" => it.peer,
    "component" => it.component,
    "isError" => it.is_error,
    "layer" => it.layer,
    "tags" => it.tags,
    "logs" => it.logs,
    // Sent by eBPF agents only, whose reports are not kept yet.
    "attachedEvents" => Nothing,
});

object!(Ref as it {
    "traceId" => it.trace_id,
    "parentSegmentId" => it.parent_segment_id,
    "parentSpanId" => it.parent_span_id,
    "type" => it.r#type.name(),
});

object!(LogEntity as it {
    "time" => it.time,
    "data" => it.data,
});

object!(KeyValue as it {
    "key" => it.key,
    "value" => it.value,
});
