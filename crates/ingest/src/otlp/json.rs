//! The JSON of OpenTelemetry, turned into its protobuf: ids in hexadecimal, whole
//! numbers as numbers or text, unknown fields passed over, null for nothing.

mod scalars;

use prost::Message;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use skytrail_proto::json::{Error, from_slice};
use skytrail_proto::otlp::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use skytrail_proto::otlp::common::v1 as wire_values;
use skytrail_proto::otlp::common::v1::any_value::Value as Wire;
use skytrail_proto::otlp::resource::v1 as wire_resource;
use skytrail_proto::otlp::trace::v1 as wire;

use self::scalars::{Base64, Code, Float, HexId, Kind, Whole};

/// Reads a request of spans, as the protobuf it stands for.
pub(super) fn traces(body: &[u8], max_values: usize) -> Result<Vec<u8>, Error> {
    let request: Traces = from_slice(body, max_values)?;
    let resource_spans = all(request.resource_spans);
    Ok(ExportTraceServiceRequest { resource_spans }.encode_to_vec())
}

/// How many log records or metrics a request has.
pub(super) fn items(body: &[u8], max_values: usize) -> Result<u64, Error> {
    let request: Others = from_slice(body, max_values)?;
    let resources = request.resources.unwrap_or_default().into_iter();
    let scopes = resources.flat_map(|resource| resource.scopes.unwrap_or_default());
    Ok(scopes.map(|scope| scope.items.unwrap_or_default().len() as u64).sum())
}

/// Writes an answer.
pub(super) fn response(response: &ExportTraceServiceResponse) -> Vec<u8> {
    let partial_success = response.partial_success.as_ref().map(|partial| PartialSuccess {
        rejected_spans: partial.rejected_spans.to_string(),
        error_message: &partial.error_message,
    });
    skytrail_proto::json::to_vec(&Response { partial_success }).unwrap_or_else(|_| b"{}".to_vec())
}

/// Writes why a request failed.
pub(super) fn failure(message: &str) -> Vec<u8> {
    skytrail_proto::json::to_vec(&Failure { message }).unwrap_or_else(|_| b"{}".to_vec())
}

#[derive(Serialize)]
struct Failure<'a> {
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_success: Option<PartialSuccess<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartialSuccess<'a> {
    rejected_spans: String,
    error_message: &'a str,
}

#[derive(Deserialize)]
struct Others {
    #[serde(rename = "resourceLogs", alias = "resourceMetrics")]
    resources: Option<Vec<OtherResource>>,
}

#[derive(Deserialize)]
struct OtherResource {
    #[serde(rename = "scopeLogs", alias = "scopeMetrics")]
    scopes: Option<Vec<OtherScope>>,
}

#[derive(Deserialize)]
struct OtherScope {
    #[serde(rename = "logRecords", alias = "metrics")]
    items: Option<Vec<IgnoredAny>>,
}

/// All of a list that may be null.
fn all<T, U: From<T>>(list: Option<Vec<T>>) -> Vec<U> {
    list.unwrap_or_default().into_iter().map(U::from).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Traces {
    resource_spans: Option<Vec<ResourceSpans>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans {
    resource: Option<Resource>,
    scope_spans: Option<Vec<ScopeSpans>>,
    schema_url: Option<String>,
}

impl From<ResourceSpans> for wire::ResourceSpans {
    fn from(read: ResourceSpans) -> Self {
        Self {
            resource: read.resource.map(wire_resource::Resource::from),
            scope_spans: all(read.scope_spans),
            schema_url: read.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    attributes: Option<Vec<KeyValue>>,
    dropped_attributes_count: Option<Whole>,
}

impl From<Resource> for wire_resource::Resource {
    fn from(read: Resource) -> Self {
        Self {
            attributes: all(read.attributes),
            dropped_attributes_count: Whole::small(read.dropped_attributes_count),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeSpans {
    scope: Option<Scope>,
    spans: Option<Vec<Span>>,
    schema_url: Option<String>,
}

impl From<ScopeSpans> for wire::ScopeSpans {
    fn from(read: ScopeSpans) -> Self {
        Self {
            scope: read.scope.map(wire_values::InstrumentationScope::from),
            spans: all(read.spans),
            schema_url: read.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scope {
    name: Option<String>,
    version: Option<String>,
    attributes: Option<Vec<KeyValue>>,
    dropped_attributes_count: Option<Whole>,
}

impl From<Scope> for wire_values::InstrumentationScope {
    fn from(read: Scope) -> Self {
        Self {
            name: read.name.unwrap_or_default(),
            version: read.version.unwrap_or_default(),
            attributes: all(read.attributes),
            dropped_attributes_count: Whole::small(read.dropped_attributes_count),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    trace_id: Option<HexId>,
    span_id: Option<HexId>,
    trace_state: Option<String>,
    parent_span_id: Option<HexId>,
    flags: Option<Whole>,
    name: Option<String>,
    kind: Option<Kind>,
    start_time_unix_nano: Option<Whole>,
    end_time_unix_nano: Option<Whole>,
    attributes: Option<Vec<KeyValue>>,
    dropped_attributes_count: Option<Whole>,
    events: Option<Vec<Event>>,
    dropped_events_count: Option<Whole>,
    links: Option<Vec<Link>>,
    dropped_links_count: Option<Whole>,
    status: Option<Status>,
}

impl From<Span> for wire::Span {
    fn from(read: Span) -> Self {
        Self {
            trace_id: HexId::bytes(read.trace_id),
            span_id: HexId::bytes(read.span_id),
            trace_state: read.trace_state.unwrap_or_default(),
            parent_span_id: HexId::bytes(read.parent_span_id),
            flags: Whole::small(read.flags),
            name: read.name.unwrap_or_default(),
            kind: read.kind.unwrap_or_default().0,
            start_time_unix_nano: Whole::unsigned(read.start_time_unix_nano),
            end_time_unix_nano: Whole::unsigned(read.end_time_unix_nano),
            attributes: all(read.attributes),
            dropped_attributes_count: Whole::small(read.dropped_attributes_count),
            events: all(read.events),
            dropped_events_count: Whole::small(read.dropped_events_count),
            links: all(read.links),
            dropped_links_count: Whole::small(read.dropped_links_count),
            status: read.status.map(|status| wire::Status {
                message: status.message.unwrap_or_default(),
                code: status.code.unwrap_or_default().0,
            }),
        }
    }
}

#[derive(Deserialize)]
struct Status {
    message: Option<String>,
    code: Option<Code>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    time_unix_nano: Option<Whole>,
    name: Option<String>,
    attributes: Option<Vec<KeyValue>>,
    dropped_attributes_count: Option<Whole>,
}

impl From<Event> for wire::span::Event {
    fn from(read: Event) -> Self {
        Self {
            time_unix_nano: Whole::unsigned(read.time_unix_nano),
            name: read.name.unwrap_or_default(),
            attributes: all(read.attributes),
            dropped_attributes_count: Whole::small(read.dropped_attributes_count),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    trace_id: Option<HexId>,
    span_id: Option<HexId>,
    trace_state: Option<String>,
    attributes: Option<Vec<KeyValue>>,
    dropped_attributes_count: Option<Whole>,
    flags: Option<Whole>,
}

impl From<Link> for wire::span::Link {
    fn from(read: Link) -> Self {
        Self {
            trace_id: HexId::bytes(read.trace_id),
            span_id: HexId::bytes(read.span_id),
            trace_state: read.trace_state.unwrap_or_default(),
            attributes: all(read.attributes),
            dropped_attributes_count: Whole::small(read.dropped_attributes_count),
            flags: Whole::small(read.flags),
        }
    }
}

#[derive(Deserialize)]
struct KeyValue {
    key: Option<String>,
    value: Option<AnyValue>,
}

impl From<KeyValue> for wire_values::KeyValue {
    fn from(read: KeyValue) -> Self {
        Self {
            key: read.key.unwrap_or_default(),
            value: read.value.map(wire_values::AnyValue::from),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyValue {
    string_value: Option<String>,
    bool_value: Option<bool>,
    int_value: Option<Whole>,
    double_value: Option<Float>,
    array_value: Option<Values<AnyValue>>,
    kvlist_value: Option<Values<KeyValue>>,
    bytes_value: Option<Base64>,
}

#[derive(Deserialize)]
struct Values<T> {
    values: Option<Vec<T>>,
}

impl From<AnyValue> for wire_values::AnyValue {
    fn from(read: AnyValue) -> Self {
        let whole = |number: Whole| number.0.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let value = (read.string_value.map(Wire::StringValue))
            .or(read.bool_value.map(Wire::BoolValue))
            .or(read.int_value.map(|number| Wire::IntValue(whole(number))))
            .or(read.double_value.map(|number| Wire::DoubleValue(number.0)))
            .or(read.bytes_value.map(|bytes| Wire::BytesValue(bytes.0.into())))
            .or(read.array_value.map(|array| {
                Wire::ArrayValue(wire_values::ArrayValue { values: all(array.values) })
            }))
            .or(read.kvlist_value.map(|map| {
                Wire::KvlistValue(wire_values::KeyValueList { values: all(map.values) })
            }));
        Self { value }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use skytrail_proto::otlp::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    };
    use skytrail_proto::otlp::common::v1::any_value::Value;

    use super::{items, response, traces};

    /// The example of the protocol's documentation, with the forms that senders
    /// write beside it.
    const BODY: &str = r#"{"resourceSpans":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"my.service"}}]},
      "unknown":{"x":[1]},
      "scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0","attributes":null},
        "spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174",
          "parentSpanId":"EEE19B7EC3C1B173","name":"I'm a server span",
          "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,
          "kind":2,"status":{"code":"STATUS_CODE_ERROR"},
          "attributes":[{"key":"i","value":{"intValue":"-7"}},{"key":"d","value":{"doubleValue":"NaN"}},
            {"key":"a","value":{"arrayValue":{"values":[{"boolValue":true}]}}},
            {"key":"b","value":{"bytesValue":"AQID"}},{"key":"n","value":null}]},
        {"traceId":"xyz","spanId":"0","kind":"SPAN_KIND_CLIENT"}]}]}]}"#;

    #[test]
    fn a_request_reads_as_the_protobuf_it_stands_for() {
        let request = traces(BODY.as_bytes(), 1000).unwrap();
        let request = ExportTraceServiceRequest::decode(request.as_slice()).unwrap();
        let spans = &request.resource_spans[0].scope_spans[0].spans;
        let span = &spans[0];
        assert_eq!(span.trace_id.len(), 16);
        assert_eq!(span.span_id[..2], [0xee, 0xe1]);
        assert_eq!((span.kind, span.status.as_ref().unwrap().code), (2, 2));
        assert_eq!(span.start_time_unix_nano, 1_544_712_660_000_000_000);
        assert_eq!(span.end_time_unix_nano, 1_544_712_661_000_000_000);
        let value = |place: usize| {
            span.attributes[place].value.as_ref().and_then(|value| value.value.clone())
        };
        assert_eq!(value(0), Some(Value::IntValue(-7)));
        assert!(matches!(value(1), Some(Value::DoubleValue(number)) if number.is_nan()));
        assert!(matches!(value(2), Some(Value::ArrayValue(array)) if array.values.len() == 1));
        assert_eq!(value(3), Some(Value::BytesValue(vec![1, 2, 3].into())));
        assert_eq!(value(4), None);
        assert!(spans[1].trace_id.is_empty() && spans[1].kind == 3, "it is left out later");
    }

    #[test]
    fn what_is_no_request_is_refused_and_so_is_too_much() {
        assert!(traces(b"{\"resourceSpans\":7}", 100).is_err());
        let error = traces(BODY.as_bytes(), 10).unwrap_err();
        assert!(error.to_string().contains("more values than its limit"), "{error}");
    }

    #[test]
    fn records_and_metrics_are_counted() {
        let logs = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{}]},{}]},{}]}"#;
        assert_eq!(items(logs, 100).unwrap(), 2);
        let metrics = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a"}]}]}]}"#;
        assert_eq!(items(metrics, 100).unwrap(), 1);
    }

    #[test]
    fn answers_say_what_was_not_taken_or_nothing() {
        assert_eq!(response(&ExportTraceServiceResponse::default()), b"{}");
        let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "why".into() };
        let written = response(&ExportTraceServiceResponse { partial_success: Some(partial) });
        let expected = r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"why"}}"#;
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
