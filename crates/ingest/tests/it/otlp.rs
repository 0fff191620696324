//! OpenTelemetry over gRPC and HTTP.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use prost::Message;
use skytrail_base::account::Signal;
use skytrail_base::outcome::Outcome;
use skytrail_base::quantity::Bytes;
use skytrail_ingest::Config;
use skytrail_proto::otlp::collector::trace::v1::trace_service_client::TraceServiceClient;
use skytrail_proto::otlp::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use skytrail_proto::otlp::common::v1::{AnyValue, KeyValue, any_value};
use skytrail_proto::otlp::resource::v1::Resource;
use skytrail_proto::otlp::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tonic::Code;
use tower::ServiceExt;

use crate::harness::{World, count, gzip, store};

fn span(trace: u8, id: u8) -> Span {
    Span {
        trace_id: vec![trace; 16].into(),
        span_id: vec![id; 8].into(),
        name: "GET /".into(),
        kind: 2,
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_001_000_000,
        ..Span::default()
    }
}

fn spans_of(service: &str, spans: Vec<Span>) -> ResourceSpans {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(service.into())) });
    let attributes = vec![KeyValue { key: "service.name".into(), value }];
    ResourceSpans {
        resource: Some(Resource { attributes, dropped_attributes_count: 0 }),
        scope_spans: vec![ScopeSpans { scope: None, spans, schema_url: String::new() }],
        schema_url: String::new(),
    }
}

fn request(resource_spans: Vec<ResourceSpans>) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest { resource_spans }
}

fn post(path: &str, form: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("content-type", form).body(body.into()).unwrap()
}

async fn answer(world: &World, request: Request<Body>) -> (StatusCode, Vec<u8>) {
    let response = world.ingest_http.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, body.to_vec())
}

#[tokio::test]
async fn what_is_exported_is_stored_and_what_is_wrong_in_it_is_told() {
    let world = World::start(&Config::default(), 2, store);
    let mut client = TraceServiceClient::new(world.channel().await);
    let two = request(vec![
        spans_of("cart", vec![span(1, 1), span(0, 2), span(1, 3)]),
        spans_of("shop", vec![span(1, 4)]),
    ]);
    let partial = client.export(two).await.unwrap().into_inner().partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert!(partial.error_message.starts_with("trace_id must be 16 bytes"), "{partial:?}");
    let totals = world.totals(Signal::Span);
    assert_eq!(totals.stored, count(2, 3));
    assert_eq!(totals.refused, count(0, 1));
    assert_eq!(totals.received, count(2, 4));
    let whole = request(vec![spans_of("cart", vec![span(2, 1)])]);
    assert_eq!(client.export(whole).await.unwrap().into_inner().partial_success, None);
}

#[tokio::test]
async fn a_message_that_can_never_be_taken_is_final_and_one_that_is_lost_is_not() {
    let mut config = Config::default();
    config.grpc.max_message_size = Bytes(64 << 10);
    let world = World::start(&config, 1, store);
    let mut client = TraceServiceClient::new(world.channel().await);
    let large = Span { name: "x".repeat(70_000), ..span(1, 1) };
    let refused = client.export(request(vec![spans_of("s", vec![large])])).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    assert!(refused.message().contains("ingest.grpc.max_message_size"), "{refused}");

    let world = World::start(&Config::default(), 1, |_| Outcome::Dropped("disk_full"));
    let mut client = TraceServiceClient::new(world.channel().await);
    let lost = client.export(request(vec![spans_of("s", vec![span(1, 1)])])).await.unwrap_err();
    assert_eq!((lost.code(), lost.message()), (Code::Unavailable, "not stored: disk_full"));
}

#[tokio::test(start_paused = true)]
async fn overload_asks_the_client_to_come_again() {
    let mut config = Config::default();
    config.batch.max_size = Bytes(16 << 10);
    config.batch.queue_size = Bytes(64 << 10);
    let (world, _queues) = World::without_consumer(&config, 1);
    let mut last = None;
    for id in 1..=255 {
        let many = (1..=255).map(|span_id| span(id, span_id)).collect();
        let body = request(vec![spans_of("s", many)]).encode_to_vec();
        let answered = answer(&world, post("/v1/traces", "application/x-protobuf", body));
        match tokio::time::timeout(Duration::from_secs(30), answered).await {
            Ok((status, said)) if status == StatusCode::TOO_MANY_REQUESTS => {
                last = Some(said);
                break;
            }
            _ => {}
        }
    }
    let said = String::from_utf8_lossy(&last.unwrap()).into_owned();
    assert!(said.contains("no room within ingest.batch.stall_timeout (20 s)"), "{said}");
    let mut client = TraceServiceClient::new(world.ingest_grpc.clone());
    let one = request(vec![spans_of("s", vec![Span { name: "x".repeat(9_000), ..span(1, 1) }])]);
    let refused = client.export(one).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
}

#[tokio::test]
async fn http_takes_protobuf_and_json_packed_or_not() {
    let world = World::start(&Config::default(), 2, store);
    let body = request(vec![spans_of("cart", vec![span(1, 1)])]).encode_to_vec();
    let (status, answered) =
        answer(&world, post("/v1/traces", "application/x-protobuf", body)).await;
    assert_eq!(status, StatusCode::OK);
    let answered = ExportTraceServiceResponse::decode(answered.as_slice()).unwrap();
    assert_eq!(answered.partial_success, None);

    let json = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"x"},
        {"traceId":"","spanId":"1"}]}]}]}"#;
    let (status, answered) =
        answer(&world, post("/v1/traces", "application/json; charset=utf-8", json)).await;
    assert_eq!(status, StatusCode::OK);
    let answered = String::from_utf8(answered).unwrap();
    assert!(answered.contains(r#""rejectedSpans":"1""#), "{answered}");

    let body = gzip(&request(vec![spans_of("cart", vec![span(3, 1)])]).encode_to_vec());
    let mut packed = post("/v1/traces", "application/x-protobuf", body);
    packed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(answer(&world, packed).await.0, StatusCode::OK);

    let body = request(vec![spans_of("cart", vec![span(4, 1)])]).encode_to_vec();
    let body = zstd::encode_all(body.as_slice(), 1).unwrap();
    let mut packed = post("/v1/traces", "application/x-protobuf", body);
    packed.headers_mut().insert("content-encoding", "zstd".parse().unwrap());
    assert_eq!(answer(&world, packed).await.0, StatusCode::OK);
    assert_eq!(world.totals(Signal::Span).stored, count(4, 4));
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_and_counted() {
    let world = World::start(&Config::default(), 1, store);
    let (status, _) = answer(&world, post("/v1/traces", "text/plain", "x")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let (status, said) = answer(&world, post("/v1/traces", "application/json", "{")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(String::from_utf8_lossy(&said).contains("line 1"), "{said:?}");
    let (status, _) =
        answer(&world, post("/v1/traces", "application/x-protobuf", &b"\x0a\x05"[..])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(world.totals(Signal::Span).refused, count(2, 0));
}

#[tokio::test]
async fn logs_and_metrics_are_counted_and_declined() {
    let world = World::start(&Config::default(), 1, store);
    let logs = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{}]}]}]}"#;
    let (status, said) = answer(&world, post("/v1/logs", "application/json", logs)).await;
    assert_eq!(status, StatusCode::OK);
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("not kept yet") && said.contains("\"2\""), "{said}");
    assert_eq!(world.totals(Signal::Log).dropped, count(2, 0));
}
