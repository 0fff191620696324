//! The books: received = stored + refused + dropped + in flight.

use std::collections::BTreeMap;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::fixed_set::{self, Message};
use crate::process::Server;
use crate::wire;

/// Sums of a metric by signal.
fn sums(text: &str, name: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix(name).and_then(|rest| rest.strip_prefix('{')) else {
            continue;
        };
        let (labels, value) = rest.rsplit_once("} ").unwrap();
        let signal = labels.split("signal=\"").nth(1).unwrap().split('"').next().unwrap();
        *sums.entry(signal.to_owned()).or_default() += value.parse::<i64>().unwrap();
    }
    sums
}

async fn post(server: &Server, path: &str, body: &Value) -> StatusCode {
    let request = Request::post(path).header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).unwrap();
    wire::ask(server.rest, request).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_arrived_is_accounted_for() {
    let server = Server::start(&[]);
    let Some(Message::Segments(segments)) = fixed_set::messages(100).pop() else { unreachable!() };
    assert_eq!(post(&server, "/v3/segments", &segments).await, StatusCode::OK);
    // Refused: an id over its limit. Its neighbours came before and are not taken again.
    let mut wrong = segments.clone();
    wrong[1]["traceId"] = json!("x".repeat(600));
    wrong[2]["traceSegmentId"] = json!("y".repeat(600));
    post(&server, "/v3/segments", &wrong).await;
    // Accepted, counted, and not kept.
    let log = json!([{"service": "web", "body": {"text": {"text": "hello"}}}]);
    assert_eq!(post(&server, "/v3/logs", &log).await, StatusCode::OK);
    let alive = json!({"service": "web", "serviceInstance": "web-1"});
    assert_eq!(post(&server, "/v3/management/keepAlive", &alive).await, StatusCode::OK);

    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let text = wire::ask(server.telemetry, request).await.text;
    for unit in ["messages", "spans"] {
        let received = sums(&text, &format!("skytrail_received_{unit}_total"));
        let settled = ["stored", "refused", "dropped"]
            .map(|what| sums(&text, &format!("skytrail_{what}_{unit}_total")));
        let in_flight = sums(&text, &format!("skytrail_in_flight_{unit}"));
        for (signal, received) in received {
            let of = |sums: &BTreeMap<String, i64>| sums.get(&signal).copied().unwrap_or(0);
            assert_eq!(of(&in_flight), 0, "{signal}");
            assert_eq!(received, settled.iter().map(of).sum::<i64>(), "{unit} of {signal}");
        }
    }
    let of = |name: &str, signal: &str| sums(&text, name).get(signal).copied().unwrap_or(0);
    assert_eq!(of("skytrail_received_messages_total", "segment"), 30, "{text}");
    assert_eq!(of("skytrail_refused_messages_total", "segment"), 2);
    assert_eq!(of("skytrail_stored_messages_total", "segment"), 15);
    assert_eq!(of("skytrail_dropped_messages_total", "segment"), 13);
    assert!(text.contains("signal=\"segment\",reason=\"duplicate\"} 13"), "{text}");
    assert_eq!(of("skytrail_dropped_messages_total", "log"), 1);
    assert_eq!(of("skytrail_stored_messages_total", "management"), 1);
}
