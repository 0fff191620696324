//! Health, status and metrics pages.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::json;
use skytrail_api::status::metrics_router;
use skytrail_base::web_origin::WebOrigins;

use crate::client::{send, send_text};
use crate::fakes::{engine, over, product};

fn get(path: &str, accept: &str) -> Request<Body> {
    let request = Request::get(path).header("accept", accept);
    request.body(Body::empty()).expect("request")
}

async fn text(router: &Router, path: &str) -> String {
    send_text(router, get(path, "*/*")).await.1
}

#[tokio::test]
async fn health_is_a_status_code() {
    let (status, body) = send(&product(), get("/healthcheck", "*/*")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, json!({"healthy": true, "score": 0, "details": ""}));
    let sick = over(engine(), WebOrigins::default(), &["storage", "ingest"]);
    let (status, body) = send(&sick, get("/healthcheck", "*/*")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["details"], "storage,ingest,");
    let head = Request::builder().method(Method::HEAD).uri("/healthcheck");
    let (status, body) = send_text(&sick, head.body(Body::empty()).expect("request")).await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, ""));
}

#[tokio::test]
async fn nodes_are_listed() {
    let (_, body) = send(&product(), get("/status/cluster/nodes", "application/json")).await;
    let node = json!({"host": "127.0.0.1", "port": 11800, "self": true});
    assert_eq!(body, json!({"nodes": [node]}));
}

#[tokio::test]
async fn retention_is_text_or_json() {
    let router = product();
    let (_, body) = send(&router, get("/status/config/ttl", "application/json")).await;
    let expected = json!({
        "metrics": {
            "metadata": 7, "minute": 7, "hour": 15, "day": 30,
            "coldMinute": -1, "coldHour": -1, "coldDay": -1,
        },
        "records": {
            "normal": 3, "trace": 4, "zipkinTrace": 5, "log": 6, "browserErrorLog": 8,
            "coldNormal": -1, "coldTrace": -1, "coldZipkinTrace": -1, "coldLog": -1,
            "coldBrowserErrorLog": -1,
        },
    });
    assert_eq!(body, expected);
    let text = text(&router, "/status/config/ttl").await;
    for line in ["metadata=7", "metrics.day=30", "records.zipkinTrace=5", "records.log.cold=-1"] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
}

#[tokio::test]
async fn configuration_is_text_or_json() {
    let router = product();
    let (_, body) = send(&router, get("/debugging/config/dump", "application/json")).await;
    let expected = json!({"core.restPort": "12800", "storage.password": "******"});
    assert_eq!(body, expected);
    let text = text(&router, "/debugging/config/dump").await;
    assert_eq!(text, "core.restPort=12800\nstorage.password=******\n");
}

#[tokio::test]
async fn metrics_are_encoded_at_every_scrape() {
    let router = metrics_router(Arc::new(|| "up 1\n# EOF\n".to_owned()));
    assert_eq!(text(&router, "/metrics").await, "up 1\n# EOF\n");
}
