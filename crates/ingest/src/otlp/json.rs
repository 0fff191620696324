//! The JSON of OpenTelemetry, turned into its protobuf: ids in hexadecimal, whole
//! numbers as numbers or text, unknown fields passed over, null for nothing.

use std::fmt;

use prost::Message;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use skytrail_proto::json::{Error, from_slice};
use skytrail_proto::otlp::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use skytrail_proto::otlp::common::v1 as wire_values;
use skytrail_proto::otlp::common::v1::any_value::Value as Wire;
use skytrail_proto::otlp::resource::v1 as wire_resource;
use skytrail_proto::otlp::trace::v1 as wire;

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
    #[serde(alias = "resourceLogs", alias = "resourceMetrics")]
    resources: Option<Vec<OtherResource>>,
}

#[derive(Deserialize)]
struct OtherResource {
    #[serde(alias = "scopeLogs", alias = "scopeMetrics")]
    scopes: Option<Vec<OtherScope>>,
}

#[derive(Deserialize)]
struct OtherScope {
    #[serde(alias = "logRecords", alias = "metrics")]
    items: Option<Vec<de::IgnoredAny>>,
}

/// All of a list that may be null.
fn all<T, U: From<T>>(list: Option<Vec<T>>) -> Vec<U> {
    list.unwrap_or_default().into_iter().map(U::from).collect()
}

/// A whole number, written as one or as text.
#[derive(Debug, Clone, Copy, Default)]
struct Whole(i128);

impl Whole {
    fn unsigned(number: Option<Self>) -> u64 {
        number.map_or(0, |number| number.0.clamp(0, u64::MAX.into()) as u64)
    }

    fn small(number: Option<Self>) -> u32 {
        number.map_or(0, |number| number.0.clamp(0, u32::MAX.into()) as u32)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or one as text")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Whole, E> {
                Ok(Whole(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number.into()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Whole, E> {
                let number = text.trim().parse().map(Whole);
                number.map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// One of several names, written as its number or as text.
#[derive(Debug, Clone, Copy, Default)]
struct Choice<const KIND: bool>(i32);

/// Names of kinds and of status codes, in the order of their numbers.
const KINDS: [&str; 6] = [
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];
const CODES: [&str; 3] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

impl<'de, const KIND: bool> Deserialize<'de> for Choice<KIND> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<const KIND: bool>;

        impl<const KIND: bool> Visitor<'_> for Reader<KIND> {
            type Value = Choice<KIND>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or the name of one")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Choice(i32::try_from(number).unwrap_or(0)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Choice(i32::try_from(number).unwrap_or(0)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                let names: &[&str] = if KIND { &KINDS } else { &CODES };
                let place = names.iter().position(|known| *known == name);
                Ok(Choice(place.unwrap_or(0) as i32))
            }
        }

        deserializer.deserialize_any(Reader::<KIND>)
    }
}

/// An id in hexadecimal. What is none is nothing, so that its span is left out and
/// the others are taken.
#[derive(Debug, Default)]
struct HexId(Vec<u8>);

impl HexId {
    fn bytes(id: Option<Self>) -> bytes::Bytes {
        id.unwrap_or_default().0.into()
    }
}

impl<'de> Deserialize<'de> for HexId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let byte = |[high, low]: &[u8; 2]| Some((digit(*high)? << 4 | digit(*low)?) as u8);
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        Ok(Self(bytes.filter(|_| rest.is_empty()).unwrap_or_default()))
    }
}

/// A number that may be written as text: `NaN`, `Infinity`, `-Infinity`.
#[derive(Debug)]
struct Float(f64);

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Float;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or one as text")
            }

            fn visit_f64<E>(self, number: f64) -> Result<Float, E> {
                Ok(Float(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Float, E> {
                Ok(Float(number as f64))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Float, E> {
                Ok(Float(number as f64))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Float, E> {
                let number = text.parse().map(Float);
                number.map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// Bytes in base64; what is none is nothing.
#[derive(Debug)]
struct Base64(Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE};
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(&text).or_else(|_| URL_SAFE.decode(&text));
        bytes.map(Self).map_err(|_| de::Error::custom("bytesValue is not base64"))
    }
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
    kind: Option<Choice<true>>,
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
    code: Option<Choice<false>>,
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
