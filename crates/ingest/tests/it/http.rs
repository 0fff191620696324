//! The HTTP routes.

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use skytrail_base::account::Signal;
use skytrail_base::outcome::Outcome;
use skytrail_base::quantity::Bytes as Size;
use skytrail_ingest::Config;
use skytrail_proto::json;
use tower::ServiceExt;

use crate::harness::{World, count, gzip, segment, store};

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: String,
}

async fn send(world: &World, request: Request<Body>) -> Answer {
    let response = world.ingest_http.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn post(world: &World, path: &str, body: impl Into<Body>) -> Answer {
    send(world, Request::post(path).body(body.into()).unwrap()).await
}

fn segment_json(service: &str) -> String {
    String::from_utf8(json::to_vec(&segment(service, &["/a", "/b"])).unwrap()).unwrap()
}

#[tokio::test]
async fn segments_come_alone_and_in_arrays() {
    let world = World::start(&Config::default(), 2, store);
    let answer = post(&world, "/v3/segment", segment_json("one")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "{}"));
    assert_eq!(answer.headers["content-type"], "application/json");
    let array = format!("[{},{}]", segment_json("two"), segment_json("three"));
    assert_eq!(post(&world, "/v3/segments", array).await.status, StatusCode::OK);
    assert_eq!(world.totals(Signal::Segment).stored, count(3, 6));
    let mut services: Vec<_> = world.segments().into_iter().map(|seen| seen.0).collect();
    services.sort();
    assert_eq!(services, ["one", "three", "two"]);
}

#[tokio::test]
async fn every_route_reads_its_message() {
    let world = World::start(&Config::default(), 1, store);
    for (path, body) in [
        (
            "/v3/management/reportProperties",
            r#"{"service":"s","properties":[{"key":"a","value":"b"}]}"#,
        ),
        ("/v3/management/keepAlive", r#"{"service":"s","serviceInstance":"i"}"#),
        ("/v3/logs", r#"[{"service":"s"},{"service":"s"}]"#),
        ("/v3/events", r#"[{"uuid":"u","layer":"GENERAL"}]"#),
        ("/browser/perfData", r#"{"service":"s","ttlTime":3}"#),
        ("/browser/perfData/webVitals", r#"{"service":"s"}"#),
        ("/browser/perfData/resources", r#"[{"service":"s"}]"#),
        ("/browser/perfData/webInteractions", r#"{"service":"s"}"#),
        ("/browser/errorLog", r#"{"uniqueId":"u"}"#),
        ("/browser/errorLogs", r#"[{"uniqueId":"u"},{"uniqueId":"v"}]"#),
    ] {
        let answer = post(&world, path, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "{}"), "{path}");
        let refused = post(&world, path, "[{\"service\": 5").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(world.totals(Signal::Management).stored, count(2, 0));
    assert_eq!(world.account.dropped(Signal::Log), vec![("not_supported", 2, 0)]);
    assert_eq!(world.account.dropped(Signal::Browser), vec![("not_supported", 7, 0)]);
    let wrong_method = send(&world, Request::get("/v3/segment").body(Body::empty()).unwrap()).await;
    assert_eq!(wrong_method.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn refusals_name_what_is_wrong() {
    let mut config = Config::default();
    config.segment.max_spans = 1;
    config.http.max_body_size = Size(10_000);
    let world = World::start(&config, 1, store);
    let answer = post(&world, "/v3/segment", r#"{"traceId": 7}"#).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("expected a string at line 1"), "{}", answer.body);
    let answer = post(&world, "/v3/segment", segment_json("s")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.body.contains("spans 2 exceeds ingest.segment.max_spans (1)"),
        "{}",
        answer.body
    );
    let answer = post(&world, "/v3/segment", "x".repeat(10_001)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("ingest.http.max_body_size (10000 bytes)"), "{}", answer.body);
    assert_eq!(world.account.refused(Signal::Segment), vec![("malformed", 1, 0), ("spans", 1, 2)]);
}

#[tokio::test]
async fn packed_bodies_are_unpacked_up_to_the_limit() {
    let mut config = Config::default();
    config.http.max_body_size = Size(100_000);
    let world = World::start(&config, 1, store);
    let packed = |bytes: &[u8]| {
        let request = Request::post("/v3/segment").header("content-encoding", "gzip");
        request.body(Body::from(gzip(bytes))).unwrap()
    };
    assert_eq!(send(&world, packed(segment_json("s").as_bytes())).await.status, StatusCode::OK);
    let bomb = vec![b' '; 50 << 20];
    assert_eq!(send(&world, packed(&bomb)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let unknown = Request::post("/v3/segment").header("content-encoding", "br");
    let answer = send(&world, unknown.body(Body::from("x")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.totals(Signal::Segment).stored, count(1, 2));
}

#[tokio::test]
async fn the_token_is_asked_for_but_not_in_a_pre_flight() {
    let mut config = Config::default();
    config.auth.token = "secret".into();
    config.http.cors_origins = vec!["https://shop.example.com".into()];
    let world = World::start(&config, 1, store);
    let answer = post(&world, "/v3/segment", segment_json("s")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let request = Request::post("/v3/segment").header("Authentication", "secret");
    let answer = send(&world, request.body(segment_json("s").into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let pre_flight = |origin: &str| {
        let request = Request::options("/browser/perfData")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        request.body(Body::empty()).unwrap()
    };
    let answer = send(&world, pre_flight("https://shop.example.com")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://shop.example.com");
    assert_eq!(answer.headers["access-control-allow-methods"], "POST");
    let answer = send(&world, pre_flight("https://evil.example.com")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn what_is_lost_may_be_sent_again() {
    let world = World::start(&Config::default(), 1, |_| Outcome::Dropped("disk_full"));
    let answer = post(&world, "/v3/segment", segment_json("s")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
    assert!(answer.body.contains("not stored: disk_full"), "{}", answer.body);
}
