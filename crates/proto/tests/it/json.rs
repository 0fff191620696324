//! Bodies of the HTTP routes.

use skytrail_proto::v3::log_data_body::Content;
use skytrail_proto::{json, v3};

const VALUES: usize = 1_000;

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    json::from_slice(text.as_bytes(), VALUES).unwrap()
}

fn refusal<T: serde::de::DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
    json::from_slice::<T>(text.as_bytes(), VALUES).unwrap_err().to_string()
}

#[test]
fn a_segment_is_read_in_every_allowed_form() {
    let segment: v3::SegmentObject = read(
        r#"{
          "traceId": "t", "traceSegmentId": "s", "service": "svc", "serviceInstance": "i",
          "isSizeLimited": true, "aFieldOfTheFuture": {"deep": [1, {"deeper": null}]},
          "spans": [
            {"spanId": "1", "parentSpanId": -1, "startTime": "1588664577013", "endTime": 1588664577028,
             "operationName": "/a", "spanType": "Exit", "spanLayer": 3, "componentId": 6000,
             "isError": false, "peer": "h:80",
             "refs": [{"refType": "CrossThread", "traceId": "t", "parentSpanId": 1}],
             "tags": [{"key": "http.method", "value": "GET"}],
             "logs": [{"time": 1.588664577014e12, "data": [{"key": "event", "value": "error"}]}]},
            {"spanLayer": "Http"}
          ]
        }"#,
    );
    assert_eq!(segment.trace_id, "t");
    assert_eq!(segment.service_instance, "i");
    assert!(segment.is_size_limited);
    let span = &segment.spans[0];
    assert_eq!((span.span_id, span.parent_span_id), (1, -1));
    assert_eq!(span.start_time, 1_588_664_577_013);
    assert_eq!(span.end_time, 1_588_664_577_028);
    assert_eq!(span.span_type(), v3::SpanType::Exit);
    assert_eq!(span.span_layer(), v3::SpanLayer::Http);
    assert_eq!(span.refs[0].ref_type(), v3::RefType::CrossThread);
    assert_eq!(span.tags[0].value, "GET");
    assert_eq!(span.logs[0].time, 1_588_664_577_014);
    assert_eq!(segment.spans[1].span_layer(), v3::SpanLayer::Http);
    assert_eq!(segment.spans[1].operation_name, "");
}

#[test]
fn null_stands_for_the_default_of_every_kind_of_field() {
    let segment: v3::SegmentObject = read(
        r#"{"traceId": null, "isSizeLimited": null, "service": "svc", "spans": [
             {"spanId": null, "startTime": null, "spanLayer": null, "isError": null, "refs": null,
              "tags": [{"key": "k", "value": null}]}]}"#,
    );
    let expected = v3::SegmentObject {
        service: "svc".into(),
        spans: vec![v3::SpanObject {
            tags: vec![v3::KeyStringValuePair { key: "k".into(), value: String::new() }],
            ..Default::default()
        }],
        ..Default::default()
    };
    assert_eq!(segment, expected);

    let log: v3::LogData =
        read(r#"{"traceContext": null, "body": {"text": null, "json": {"json": "{}"}}}"#);
    assert_eq!(log.trace_context, None);
    let content = log.body.unwrap().content;
    assert_eq!(content, Some(Content::Json(v3::JsonLog { json: "{}".into() })));

    let event: v3::Event = read(r#"{"parameters": null, "source": null, "type": null}"#);
    assert_eq!(event, v3::Event::default());

    let vitals: v3::BrowserWebVitalsPerfData = read(r#"{"cls": null, "lcpTime": null}"#);
    assert_eq!(vitals, v3::BrowserWebVitalsPerfData::default());
}

#[test]
fn null_is_no_message_and_no_element() {
    assert!(refusal::<v3::SegmentObject>("null").contains("invalid type: null"));
    assert!(refusal::<Vec<v3::SegmentObject>>("null").contains("invalid type: null"));
    assert!(refusal::<Vec<v3::SegmentObject>>("[null]").contains("invalid type: null"));
    assert!(refusal::<v3::SegmentObject>(r#"{"spans": [null]}"#).contains("invalid type: null"));
}

#[test]
fn arrays_of_messages_are_read() {
    let logs: Vec<v3::LogData> = read(
        r#"[{"timestamp": "1618161813371", "body": {"type": "TEXT", "text": {"text": "hello"}},
             "tags": {"data": [{"key": "level", "value": "INFO"}]}},
            {"traceContext": {"traceId": "t", "spanId": 3}, "body": {"yaml": {"yaml": "a: b"}}}]"#,
    );
    assert_eq!(logs[0].timestamp, 1_618_161_813_371);
    assert_eq!(logs[0].tags.as_ref().unwrap().data[0].value, "INFO");
    let body = logs[0].body.clone().unwrap();
    assert_eq!(body.content, Some(Content::Text(v3::TextLog { text: "hello".into() })));
    assert_eq!(logs[1].trace_context.as_ref().unwrap().span_id, 3);
}

#[test]
fn events_and_management_and_browser_messages_come_back_as_they_were_written() {
    let event: v3::Event = read(
        r#"{"uuid": "u", "name": "Start", "type": "Error", "startTime": "9007199254740993",
            "source": {"service": "s"}, "parameters": {"k": "v"}, "layer": "GENERAL"}"#,
    );
    assert_eq!(event.r#type(), v3::Type::Error);
    assert_eq!(event.start_time, 9_007_199_254_740_993);
    let text = String::from_utf8(json::to_vec(&event).unwrap()).unwrap();
    assert!(
        text.contains(r#""type":"Error""#) && text.contains(r#""startTime":"9007199254740993""#)
    );
    assert_eq!(read::<v3::Event>(&text), event);

    let properties: v3::InstanceProperties = read(
        r#"{"service": "s", "serviceInstance": "i", "properties": [{"key": "k", "value": "v"}]}"#,
    );
    assert_eq!(properties.properties[0].key, "k");
    let ping: v3::InstancePingPkg = read(r#"{"service": "s", "layer": "MESH"}"#);
    assert_eq!(ping.layer, "MESH");

    let vitals: v3::BrowserWebVitalsPerfData = read(r#"{"cls": 0.25, "lcpTime": 12}"#);
    assert_eq!((vitals.cls, vitals.lcp_time), (0.25, 12));
    assert_eq!(read::<v3::BrowserWebVitalsPerfData>(r#"{"cls": "2"}"#).cls, 2.0);
    assert_eq!(read::<v3::BrowserWebVitalsPerfData>(r#"{"cls": 3.0}"#).cls, 3.0);
    let error: v3::BrowserErrorLog = read(r#"{"category": "promise", "firstReportedError": true}"#);
    assert_eq!(error.category(), v3::ErrorCategory::Promise);
    let page: v3::BrowserPerfData = read(r#"{"fmpTime": 7}"#);
    let resource: v3::BrowserResourcePerfData = read(r#"{"resourceType": "script", "size": "5"}"#);
    let interaction: v3::BrowserWebInteractionsPerfData = read(r#"{"inpTime": 9}"#);
    assert_eq!((page.fmp_time, resource.size, interaction.inp_time), (7, 5, 9));
}

#[test]
fn an_answer_is_written_with_defaults_left_out() {
    assert_eq!(json::to_vec(&v3::Commands::default()).unwrap(), b"{}");
    let commands = v3::Commands {
        commands: vec![v3::Command { command: "ProfileTaskQuery".into(), args: vec![] }],
    };
    assert_eq!(
        json::to_vec(&commands).unwrap(),
        br#"{"commands":[{"command":"ProfileTaskQuery"}]}"#
    );
}

#[test]
fn unknown_enum_values_read_as_the_first() {
    let span: v3::SpanObject = read(r#"{"spanLayer": "Quantum", "spanType": 77}"#);
    assert_eq!((span.span_layer, span.span_type), (0, 0));
}

#[test]
fn wrong_shapes_are_refused_with_their_place() {
    let text = refusal::<v3::SegmentObject>("{\n\"traceId\": 5}");
    assert!(text.contains("expected a string") && text.contains("line 2"), "{text}");
    assert!(refusal::<v3::SpanObject>(r#"{"spanId": 1.5}"#).contains("line 1"));
    assert!(refusal::<v3::SpanObject>(r#"{"startTime": "soon"}"#).contains("line 1"));
    assert!(refusal::<v3::SpanObject>(r#"{"spanId": 2147483648}"#).contains("line 1"));
    assert!(refusal::<v3::SpanObject>("{} x").contains("trailing"));
    assert!(refusal::<v3::SegmentObject>(&"[".repeat(10_000)).contains("line 1"));
}

#[test]
fn a_body_may_hold_only_so_many_values() {
    let spans = br#"{"spans": [{}, {}, {"tags": [{}]}]}"#;
    assert!(json::from_slice::<v3::SegmentObject>(spans, 6).is_ok());
    let refused = json::from_slice::<v3::SegmentObject>(spans, 5).unwrap_err();
    assert!(refused.to_string().contains("more values than its limit"));
}
