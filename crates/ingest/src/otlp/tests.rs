//! The reader against prost, and what it does beyond it.

use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use prost::Message;
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Rows, SpanKind, SpanLayer, Status, Value};
use skytrail_proto::otlp::common::v1::any_value::Value as Wire;
use skytrail_proto::otlp::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use skytrail_proto::otlp::resource::v1::Resource;
use skytrail_proto::otlp::trace::v1::span::{Event, Link};
use skytrail_proto::otlp::trace::v1::{ResourceSpans, ScopeSpans, Span, Status as WireStatus};

use crate::decode::{Decoded, Decoder, Limits, Refusal, Surplus};
use crate::skywalking::segment::tests::check_invariants;
use crate::symbols::SymbolLimits;

const SYMBOLS: SymbolLimits = SymbolLimits { entries: 1000, bytes: 1 << 20 };

fn decode_bytes(limits: Limits, message: &[u8]) -> Result<(Decoded, SpanBatch), Refusal> {
    let mut decoder = Decoder::new(0, limits, SYMBOLS);
    let mut batch = SpanBatch::default();
    decoder.begin(&mut batch);
    let decoded = decoder.resource_spans(message, &mut batch)?;
    check_invariants(&batch);
    Ok((decoded, batch))
}

fn decode(message: &ResourceSpans) -> SpanBatch {
    decode_bytes(Limits::NONE, &message.encode_to_vec()).unwrap().1
}

fn wire(value: Wire) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn attribute(key: &str, value: Wire) -> KeyValue {
    KeyValue { key: key.into(), value: Some(wire(value)) }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Wire::StringValue(value.into()))
}

fn of(attributes: Vec<KeyValue>, spans: Vec<Span>) -> ResourceSpans {
    ResourceSpans {
        resource: Some(Resource { attributes, dropped_attributes_count: 0 }),
        scope_spans: vec![ScopeSpans { scope: None, spans, schema_url: String::new() }],
        schema_url: String::new(),
    }
}

fn span(trace: u8, id: u8, parent: u8) -> Span {
    let parent_span_id = if parent == 0 { Vec::new() } else { vec![parent; 8] };
    Span {
        trace_id: vec![trace; 16].into(),
        span_id: vec![id; 8].into(),
        parent_span_id: parent_span_id.into(),
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_000_000_500,
        ..Span::default()
    }
}

/// One span with these attributes, as it was read.
fn one(kind: SpanKind, name: &str, attributes: Vec<KeyValue>) -> SpanBatch {
    let number = [
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ]
    .iter()
    .position(|one| *one == kind)
    .unwrap();
    let kind = number as i32 + 1;
    decode(&of(Vec::new(), vec![Span { name: name.into(), kind, attributes, ..span(1, 1, 0) }]))
}

fn peer(attributes: Vec<KeyValue>) -> String {
    let batch = one(SpanKind::Client, "call", attributes);
    batch.name(batch.spans[0].peer).to_owned()
}

fn endpoint(name: &str, attributes: Vec<KeyValue>) -> String {
    let batch = one(SpanKind::Server, name, attributes);
    batch.name(batch.spans[0].endpoint_name()).to_owned()
}

#[test]
fn a_service_is_named_with_its_namespace_and_an_instance_by_what_tells_it_apart() {
    let names = |attributes: Vec<KeyValue>| {
        let batch = decode(&of(attributes, vec![span(1, 1, 0)]));
        let segment = batch.segments[0];
        [segment.service, segment.instance].map(|name| batch.name(name).to_owned())
    };
    assert_eq!(names(vec![text("service.name", "cart")]), ["cart", ""]);
    assert_eq!(names(Vec::new()), ["unknown_service", ""]);
    let mut all = vec![
        text("host.name", "node-7"),
        attribute("process.pid", Wire::IntValue(42)),
        text("service.namespace", "shop"),
        text("service.name", "cart"),
    ];
    assert_eq!(names(all.clone()), ["shop::cart", "42@node-7"]);
    all.push(text("k8s.pod.name", "cart-5f"));
    assert_eq!(names(all.clone())[1], "cart-5f");
    all.push(text("service.instance.id", "a-b-c"));
    assert_eq!(names(all)[1], "a-b-c");
}

#[test]
fn spans_of_a_trace_stand_together_in_the_order_they_came() {
    let message = of(
        vec![text("service.name", "cart")],
        vec![span(2, 1, 9), span(1, 2, 0), span(2, 3, 1), span(1, 4, 2), span(2, 5, 3)],
    );
    let batch = decode(&message);
    let seen: Vec<_> = batch
        .segments
        .iter()
        .map(|segment| {
            let spans = batch.spans_of(segment).iter();
            let of_span = |span: &skytrail_model::span::Span| {
                let ids = [span.id, span.parent_id]
                    .map(|id| batch.text(id)[..id.len.min(2) as usize].to_owned());
                (ids, span.number, span.parent)
            };
            (batch.text(segment.trace_id)[..2].to_owned(), spans.map(of_span).collect::<Vec<_>>())
        })
        .collect();
    let id = |id: &str, parent: &str| [id.to_owned(), parent.to_owned()];
    let expected = vec![
        ("01".to_owned(), vec![(id("02", ""), 0, -1), (id("04", "02"), 1, 0)]),
        (
            "02".to_owned(),
            vec![(id("01", "09"), 0, -1), (id("03", "01"), 1, 0), (id("05", "03"), 2, 1)],
        ),
    ];
    assert_eq!(seen, expected);
    assert_eq!(batch.text(batch.spans[0].id), "0202020202020202");
    assert_eq!(batch.text(batch.segments[0].trace_id), "01".repeat(16));
    assert_eq!(batch.segments[0].segment_id, batch.spans[0].id);
}

#[test]
fn wrong_ids_cost_one_span_and_too_many_spans_the_surplus() {
    let mut spans = vec![span(1, 1, 0), span(0, 2, 0), span(1, 0, 0), span(1, 3, 0), span(1, 4, 0)];
    spans.push(Span { trace_id: vec![1; 15].into(), ..span(1, 5, 0) });
    let message = of(vec![text("service.name", "cart")], spans).encode_to_vec();
    let limits = Limits { spans: 2, ..Limits::NONE };
    let (decoded, batch) = decode_bytes(limits, &message).unwrap();
    assert_eq!(decoded.spans, 2);
    assert_eq!(batch.spans.len(), 2);
    let reasons: Vec<_> = decoded.left_out.reasons().collect();
    assert_eq!(reasons, [(Surplus::InvalidIds, 3), (Surplus::Spans, 1)]);
}

#[test]
fn too_many_rows_cost_the_spans_that_bring_them_and_names_are_bounded() {
    let many = |id: u8, keys: usize| Span {
        attributes: (0..keys).map(|key| text(&format!("k{id}.{key}"), "v")).collect(),
        ..span(1, id, 0)
    };
    let message = of(vec![text("service.name", "cart")], vec![many(1, 4), many(2, 90), many(3, 1)]);
    let limits = Limits { rows: 20, ..Limits::NONE };
    let (decoded, batch) = decode_bytes(limits, &message.encode_to_vec()).unwrap();
    assert_eq!((decoded.spans, batch.spans.len()), (1, 1));
    assert_eq!(decoded.left_out.reasons().collect::<Vec<_>>(), [(Surplus::Rows, 2)]);
    assert!(batch.names.len() < 30, "{}", batch.names.len());
    // Spans without ids bring no names at all.
    let wrong = (0..9).map(|id| Span { trace_id: Vec::new().into(), ..many(id, 5) }).collect();
    let message = of(Vec::new(), wrong).encode_to_vec();
    let refusal = decode_bytes(Limits::NONE, &message).unwrap_err();
    assert_eq!(refusal, Refusal::NoneTaken(Surplus::InvalidIds));
}

#[test]
fn a_key_means_what_is_kept_of_it() {
    let limits = Limits { key_bytes: 10, ..Limits::NONE };
    let cut = text("http.route.of.mine", "/x");
    let message = of(Vec::new(), vec![Span { kind: 2, attributes: vec![cut], ..span(1, 1, 0) }]);
    let (_, batch) = decode_bytes(limits, &message.encode_to_vec()).unwrap();
    assert_eq!(batch.name(batch.spans[0].endpoint_name()), "/x");
}

#[test]
fn nested_values_are_bounded_in_bytes_and_depth() {
    let mut deep = wire(Wire::IntValue(1));
    for _ in 0..60 {
        deep = wire(Wire::ArrayValue(ArrayValue { values: vec![deep] }));
    }
    let wide = ArrayValue { values: vec![wire(Wire::StringValue("ab".into())); 10_000] };
    let attributes = vec![
        KeyValue { key: "deep".into(), value: Some(deep) },
        attribute("wide", Wire::ArrayValue(wide)),
    ];
    let message = of(Vec::new(), vec![Span { attributes, ..span(1, 1, 0) }]);
    let limits = Limits { value_bytes: 100, ..Limits::NONE };
    let (decoded, batch) = decode_bytes(limits, &message.encode_to_vec()).unwrap();
    assert_eq!(decoded.notes.cut_values, 2);
    let values = batch.attributes_of(batch.spans[0].attributes);
    let shown: Vec<_> = values.iter().map(|row| batch.show(row.value)).collect();
    assert!(matches!(values[0].value, Value::Text(_)) && shown[0].contains("null"), "{shown:?}");
    assert!(shown[1].starts_with(r#"["ab","ab""#) && shown[1].len() == 100, "{shown:?}");
}

#[test]
fn peers_are_services_or_addresses_or_kinds() {
    let port = |port| attribute("server.port", Wire::IntValue(port));
    assert_eq!(peer(vec![text("server.address", "db"), port(5432)]), "db:5432");
    assert_eq!(peer(vec![text("net.peer.name", "db"), text("net.peer.port", "1")]), "db:1");
    assert_eq!(peer(vec![text("server.address", "db"), text("peer.service", "orders")]), "orders");
    assert_eq!(peer(vec![text("http.url", "http://u@shop:81/x")]), "shop:81");
    assert_eq!(peer(vec![text("db.system", "mysql")]), "mysql");
    assert_eq!(peer(Vec::new()), "");
}

#[test]
fn endpoints_are_routes_methods_and_destinations() {
    let route = || vec![text("http.request.method", "GET"), text("http.route", "/u/{id}")];
    assert_eq!(endpoint("GET /u/{id}", route()), "GET /u/{id}");
    assert_eq!(endpoint("HTTP GET", route()), "GET /u/{id}");
    assert_eq!(endpoint("HTTP GET", vec![text("http.method", "GET")]), "HTTP GET");
    let rpc =
        || vec![text("rpc.system", "grpc"), text("rpc.service", "S"), text("rpc.method", "M")];
    assert_eq!(endpoint("S/M", rpc()), "S/M");
    assert_eq!(endpoint("call", rpc()), "S/M");
    let topic = || vec![text("messaging.system", "kafka"), text("messaging.destination.name", "t")];
    assert_eq!(endpoint("process t", topic()), "process t");
    assert_eq!(endpoint("on message", topic()), "t");
}

#[test]
fn messages_are_taken_or_put_whatever_the_kind() {
    let batch = one(
        SpanKind::Client,
        "poll t",
        vec![text("messaging.system", "kafka"), text("messaging.operation.type", "receive")],
    );
    let span = &batch.spans[0];
    assert_eq!((span.kind, span.layer), (SpanKind::Consumer, SpanLayer::Mq));
    assert_eq!(batch.text_attribute(span, "otel.span.kind"), Some("CLIENT"));
    assert_eq!(skytrail_model::component::name(span.component), "Kafka");
}

#[test]
fn values_keep_their_types() {
    let array = Wire::ArrayValue(ArrayValue {
        values: vec![
            wire(Wire::IntValue(1)),
            wire(Wire::DoubleValue(1.0)),
            wire(Wire::StringValue("a\"\n".into())),
            AnyValue { value: None },
            wire(Wire::BytesValue(vec![1, 2, 3].into())),
            wire(Wire::DoubleValue(f64::NAN)),
        ],
    });
    let map = Wire::KvlistValue(KeyValueList {
        values: vec![attribute("k", array.clone()), text("l", "")],
    });
    let batch = one(
        SpanKind::Internal,
        "x",
        vec![
            attribute("array", array),
            attribute("map", map),
            attribute("bytes", Wire::BytesValue(vec![0xff].into())),
            attribute("float", Wire::DoubleValue(0.5)),
            KeyValue { key: "null".into(), value: None },
        ],
    );
    let values = batch.attributes_of(batch.spans[0].attributes);
    let json = |place: usize| match values[place].value {
        Value::Json(text) => batch.text(text).to_owned(),
        ref other => panic!("{other:?}"),
    };
    let array = r#"[1,1.0,"a\"\u000a",null,"AQID","NaN"]"#;
    assert_eq!(json(0), array);
    assert_eq!(json(1), format!(r#"{{"k":{array},"l":""}}"#));
    assert!(matches!(values[2].value, Value::Bytes(text) if batch.bytes_at(text) == [0xff]));
    assert_eq!(values[3].value, Value::Float(0.5.into()));
    assert_eq!(json(4), "null");
}

#[test]
fn what_other_protocols_have_no_place_for_is_kept_as_attributes() {
    let mut whole = span(1, 1, 0);
    whole.dropped_attributes_count = 1;
    whole.dropped_events_count = 2;
    whole.dropped_links_count = 3;
    whole.trace_state = "a=b".into();
    whole.flags = 0x301;
    whole.status = Some(WireStatus { message: "no".into(), code: 2 });
    whole.events = vec![Event {
        time_unix_nano: 7,
        name: "exception".into(),
        attributes: vec![text("exception.type", "E")],
        dropped_attributes_count: 4,
    }];
    whole.links = vec![Link {
        trace_id: vec![5; 16].into(),
        span_id: vec![6; 8].into(),
        trace_state: "c=d".into(),
        attributes: vec![text("why", "batch")],
        dropped_attributes_count: 0,
        flags: 1,
    }];
    let mut message = of(Vec::new(), vec![whole]);
    message.schema_url = "https://schema/1".into();
    message.scope_spans[0].scope = Some(InstrumentationScope {
        name: "lib".into(),
        version: "2".into(),
        attributes: vec![text("k", "v")],
        dropped_attributes_count: 0,
    });
    let batch = decode(&message);
    let of_rows = |rows: Rows| {
        let rows = batch.attributes_of(rows).iter();
        rows.map(|row| format!("{}={}", batch.name(row.key), batch.show(row.value)))
            .collect::<Vec<_>>()
    };
    let span = &batch.spans[0];
    assert_eq!(
        of_rows(span.attributes),
        [
            "otel.scope.k=v",
            "otel.scope.name=lib",
            "otel.scope.version=2",
            "otel.dropped_attributes_count=1",
            "otel.dropped_events_count=2",
            "otel.dropped_links_count=3"
        ]
    );
    assert_eq!(of_rows(batch.segments[0].resource), ["otel.schema_url=https://schema/1"]);
    assert_eq!((batch.text(span.trace_state), span.flags), ("a=b", 0x301));
    assert_eq!((batch.text(span.status_message), span.status), ("no", Status::Error));
    let event = batch.events_of(span)[0];
    assert_eq!((event.time, batch.text(event.name)), (7, "exception"));
    assert_eq!(of_rows(event.attributes), ["exception.type=E", "otel.dropped_attributes_count=4"]);
    let link = batch.links_of(span)[0];
    assert_eq!(batch.text(link.trace_id), "05".repeat(16));
    assert_eq!(batch.text(link.span_id), "06".repeat(8));
    assert_eq!(
        of_rows(link.attributes),
        ["why=batch", "otel.link.trace_state=c=d", "otel.link.flags=1"]
    );
}

fn values() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        "[a-zé]{0,9}".prop_map(|text| Some(Wire::StringValue(text))),
        any::<bool>().prop_map(|value| Some(Wire::BoolValue(value))),
        any::<i64>().prop_map(|value| Some(Wire::IntValue(value))),
        (-1e9..1e9_f64).prop_map(|value| Some(Wire::DoubleValue(value))),
        vec(any::<u8>(), 0..5).prop_map(|bytes| Some(Wire::BytesValue(bytes.into()))),
    ];
    leaf.prop_map(|value| AnyValue { value })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let key =
        prop_oneof!["[a-z]{0,4}", Just("http.route".to_owned()), Just("db.system".to_owned())];
    vec((key, values()), 0..5).prop_map(|pairs| {
        pairs.into_iter().map(|(key, value)| KeyValue { key, value: Some(value) }).collect()
    })
}

fn spans() -> impl Strategy<Value = Span> {
    let ids = (0..3_u8, 0..6_u8, 0..6_u8);
    (ids, "[a-z]{0,3}", 0..7_i32, any::<[u64; 2]>(), attributes(), 0..4_i32).prop_map(
        |((trace, id, parent), name, kind, times, attributes, code)| Span {
            name,
            kind,
            start_time_unix_nano: times[0],
            end_time_unix_nano: times[1],
            attributes,
            status: Some(WireStatus { message: String::new(), code }),
            ..span(trace, id, parent)
        },
    )
}

/// A resource with some spans, for other tests.
pub(crate) fn resource_spans() -> impl Strategy<Value = ResourceSpans> {
    (attributes(), vec(spans(), 0..6)).prop_map(|(attributes, spans)| of(attributes, spans))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Every span that has ids is there once, with its name and attributes.
    #[test]
    fn whatever_is_sent_is_read(message in vec(spans(), 0..12)) {
        let sent = of(vec![text("service.name", "s")], message.clone());
        let batch = match decode_bytes(Limits::NONE, &sent.encode_to_vec()) {
            Ok((_, batch)) => batch,
            Err(refusal) => {
                assert_eq!(refusal, Refusal::NoneTaken(Surplus::InvalidIds));
                SpanBatch::default()
            }
        };
        let mut seen: Vec<_> = batch.segments.iter().flat_map(|segment| {
            let trace = batch.text(segment.trace_id);
            batch.spans_of(segment).iter().map(|span| {
                (trace.to_owned(), batch.text(span.id).to_owned(), batch.name(span.operation).to_owned(),
                 span.start, span.attributes.len, span.status as u8)
            }).collect::<Vec<_>>()
        }).collect();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut expected: Vec<_> = message.iter()
            .filter(|span| span.trace_id[0] != 0 && span.span_id[0] != 0)
            .map(|span| {
                let start = span.start_time_unix_nano.min(i64::MAX as u64) as i64;
                let code = span.status.as_ref().map_or(0, |status| status.code);
                let status = if code > 2 { 0 } else { code as u8 };
                (hex(&span.trace_id), hex(&span.span_id), span.name.clone(), start,
                 span.attributes.len() as u32, status)
            })
            .collect();
        seen.sort();
        expected.sort();
        assert_eq!(seen, expected);
    }

    /// Nothing panics, and what prost takes is taken.
    #[test]
    fn whatever_prost_takes_is_taken(
        message in vec(spans(), 0..4),
        place in any::<proptest::sample::Index>(),
        byte: u8,
    ) {
        let mut bytes = of(vec![text("service.name", "s")], message).encode_to_vec();
        if !bytes.is_empty() {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let ours = decode_bytes(Limits::NONE, &bytes);
        let is_message = ResourceSpans::decode(bytes.as_slice()).is_ok();
        assert!(!is_message || !matches!(ours, Err(Refusal::Malformed(_))), "{ours:?}");
    }
}
