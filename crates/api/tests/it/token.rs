//! Who may ask.

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use skytrail_api::{Deps, router};
use skytrail_base::secret::Secret;
use skytrail_base::web_origin::WebOrigins;
use tower::ServiceExt;

use crate::client::{only_code, send};
use crate::fakes::{deps, engine};

fn guarded() -> Router {
    let origins = WebOrigins::parse(&["https://ui.example.com"]).expect("origin");
    router(Deps { token: Secret::new("s3cret"), ..deps(engine(), origins, &[]) })
}

async fn ask(path: &str, header: Option<(&str, &str)>) -> (StatusCode, Value) {
    let mut request = match path {
        "/graphql" => Request::post(path).header("content-type", "application/json"),
        _ => Request::get(path),
    };
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let body = Body::from(r#"{"query": "{ version }"}"#);
    send(&guarded(), request.body(body).expect("request")).await
}

const GUARDED: [&str; 4] =
    ["/graphql", "/status/cluster/nodes", "/status/config/ttl", "/debugging/config/dump"];

#[tokio::test]
async fn everything_but_health_demands_the_token() {
    for path in GUARDED {
        let (status, answer) = ask(path, None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(only_code(&answer), "UNAUTHENTICATED");
        let message = answer["errors"][0]["message"].as_str().expect("message");
        assert!(message.contains("authorization: Bearer <token>"), "{message}");
    }
    assert_eq!(ask("/healthcheck", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn either_header_carries_the_token() {
    for path in GUARDED {
        for header in [
            ("authorization", "Bearer s3cret"),
            ("authorization", "bearer s3cret"),
            ("authentication", "s3cret"),
        ] {
            let (status, answer) = ask(path, Some(header)).await;
            assert_eq!(status, StatusCode::OK, "{path} {header:?} {answer}");
        }
    }
}

#[tokio::test]
async fn what_is_nearly_the_token_is_not_it() {
    for header in [
        ("authorization", "s3cret"),
        ("authorization", "Basic s3cret"),
        ("authorization", "Bearer "),
        ("authorization", "Bearer s3cre"),
        ("authorization", "Bearer s3crets"),
        ("authorization", "Bearer S3cret"),
        ("authentication", ""),
        ("authentication", "Bearer s3cret"),
    ] {
        let (status, _) = ask("/graphql", Some(header)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{header:?}");
    }
}

#[tokio::test]
async fn browsers_ask_in_advance_without_it() {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/graphql")
        .header("origin", "https://ui.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization")
        .body(Body::empty())
        .expect("request");
    let response = guarded().oneshot(request).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers().contains_key("access-control-allow-origin"));
}
