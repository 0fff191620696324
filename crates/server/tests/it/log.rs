//! The log of the process.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::process::Server;
use crate::wire;

/// Begins a line of its own, and clears a terminal, where it is written as it is.
const NAME: &str = "shop\n2026-01-05T10:30:00.000000Z ERROR forged\u{9b}2J";

/// Two endpoints of a service with a name as no decent one has it.
fn segments() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let segment = |endpoint: u32| {
        json!({
            "traceId": format!("trace-{endpoint}"),
            "traceSegmentId": format!("segment-{endpoint}"),
            "service": NAME,
            "serviceInstance": "one",
            "spans": [{
                "operationName": format!("/endpoint/{endpoint}"),
                "startTime": now - 1, "endTime": now,
                "spanId": 0, "parentSpanId": -1, "spanType": "Entry", "spanLayer": "Http",
            }],
        })
    };
    json!([segment(1), segment(2)]).to_string()
}

/// The log of a server that has something to say about that service.
async fn said(format: &str) -> String {
    let server = Server::start(&[
        &format!("log.format={format}"),
        "analysis.endpoint_grouping.max_endpoints_per_service=1",
    ]);
    let request = Request::post("/v3/segments").header("content-type", "application/json");
    let answer = wire::ask(server.rest, request.body(Body::from(segments())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let waited = tokio::task::spawn_blocking(move || {
        server.wait_for("the service has more endpoints");
        server.said()
    });
    waited.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_senders_line_feed_begins_no_line_of_the_text_log() {
    let said = said("text").await;
    assert!(said.contains(r"shop\n2026-01-05T10:30:00.000000Z ERROR forged"), "{said}");
    assert!(!said.lines().any(|line| line.starts_with("2026-01-05T10:30")), "{said}");
    assert!(!said.contains('\u{9b}'), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_senders_text_stays_one_value_of_the_json_log() {
    let said = said("json").await;
    assert!(!said.contains('\u{9b}'), "{said}");
    let mut services = Vec::new();
    for line in said.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        services.extend(event["fields"]["service"].as_str().map(str::to_owned));
    }
    assert_eq!(services, [NAME]);
}
