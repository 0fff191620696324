//! A client that calls the router without a socket.

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Posts any body to `/graphql` as JSON.
pub(crate) async fn post_body(router: &Router, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .body(body.into())
        .expect("request");
    send(router, request).await
}

/// Posts a query with variables and expects it to be executed.
pub(crate) async fn post(router: &Router, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let (status, answer) = post_body(router, body.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

/// Sends any request and reads a JSON answer.
pub(crate) async fn send(router: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let (status, text) = send_text(router, request).await;
    let answer = serde_json::from_str(&text);
    (status, answer.unwrap_or(Value::String(text)))
}

/// Sends any request and reads a text.
pub(crate) async fn send_text(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let status = response.status();
    let body = response.into_body().collect().await.expect("body");
    let text = String::from_utf8(body.to_bytes().to_vec()).expect("utf-8");
    (status, text)
}

/// `extensions.code` of the only error.
pub(crate) fn only_code(answer: &Value) -> &str {
    let errors = answer["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{answer}");
    errors[0]["extensions"]["code"].as_str().expect("code")
}
