//! HTTP around GraphQL: media types, sizes, batches, browsers.

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use skytrail_base::web_origin::WebOrigins;
use tower::ServiceExt;

use crate::client::{only_code, post_body, send};
use crate::fakes::{engine, over, product};

async fn refused(body: impl Into<Body>) -> (StatusCode, String) {
    let (status, answer) = post_body(&product(), body).await;
    let code = only_code(&answer).to_owned();
    (status, format!("{code}: {}", answer["errors"][0]["message"]))
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    for body in ["", "{", "null", "[1]", r#"{"variables":{}}"#, r#"{"query":1}"#] {
        let (status, text) = refused(body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(text.starts_with("MALFORMED_REQUEST: "), "{body}: {text}");
    }
}

#[tokio::test]
async fn a_body_beyond_one_mebibyte_is_refused() {
    let padding = " ".repeat((1 << 20) - 22);
    let fits = format!(r#"{{"query":"{{ version }}"}}{padding}"#);
    assert_eq!(fits.len(), (1 << 20) + 1);
    let (status, text) = refused(fits.clone()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(text.contains("limit of 1048576 bytes"), "{text}");
    let (status, _) = post_body(&product(), fits[..fits.len() - 1].to_owned()).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_batch_is_answered_in_order_up_to_ten() {
    let requests = |count: usize| {
        let version = json!({"query": "{ version }"});
        let requests = (0..count).map(|index| match index {
            0 => json!({"query": "{ nothing }"}),
            _ => version.clone(),
        });
        Value::Array(requests.collect()).to_string()
    };
    let (status, answer) = post_body(&product(), requests(10)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(only_code(&answer[0]), "VALIDATION_FAILED");
    assert_eq!(answer[9], json!({"data": {"version": "10.3.0"}}));
    for count in [0, 11] {
        let (status, text) = refused(requests(count)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text.contains(&format!("batch of {count} requests")), "{text}");
    }
}

#[tokio::test]
async fn only_json_is_read_and_only_by_post() {
    let body = r#"{"query":"{ version }"}"#;
    for (media_type, expected) in [
        ("application/json", StatusCode::OK),
        ("Application/JSON; charset=utf-8", StatusCode::OK),
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/x-www-form-urlencoded", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let request = Request::post("/graphql")
            .header("content-type", media_type)
            .body(Body::from(body))
            .expect("request");
        assert_eq!(send(&product(), request).await.0, expected, "{media_type}");
    }
    let request = Request::get("/graphql?query={version}").body(Body::empty());
    let (status, answer) = send(&product(), request.expect("request")).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(only_code(&answer), "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn an_operation_is_chosen_by_name() {
    let query = "query a { x: version } query b { y: version }";
    let ask = async |name: &str| {
        let body = json!({"query": query, "operationName": name});
        post_body(&product(), body.to_string()).await.1
    };
    assert_eq!(ask("b").await, json!({"data": {"y": "10.3.0"}}));
    assert_eq!(only_code(&ask("c").await), "VALIDATION_FAILED");
    assert_eq!(only_code(&ask("").await), "VALIDATION_FAILED", "two to choose from");
}

async fn preflight(router: &Router, origin: &str) -> Option<String> {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/graphql")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .body(Body::empty())
        .expect("request");
    let response = router.clone().oneshot(request).await.expect("infallible");
    let allowed = response.headers().get("access-control-allow-origin")?;
    Some(allowed.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn browsers_may_call_only_from_configured_origins() {
    let ui = "https://ui.example.com";
    assert_eq!(preflight(&product(), ui).await, None);
    let origins = WebOrigins::parse(&[ui]).expect("origin");
    let router = over(engine(), origins, &[]);
    assert_eq!(preflight(&router, ui).await.as_deref(), Some(ui));
    assert_eq!(preflight(&router, "https://evil.example.com").await, None);
    let any = over(engine(), WebOrigins::parse(&["*"]).expect("any"), &[]);
    assert_eq!(preflight(&any, ui).await.as_deref(), Some("*"));
}
