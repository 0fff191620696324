//! Sessions of browsers, and the names by which they come.

use axum::Router;
use axum::body::Body;
use http::request::Builder;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use skytrail_api::{Deps, Hosts, router};
use skytrail_base::secret::Secret;
use skytrail_base::web_host::WebHosts;
use skytrail_base::web_origin::WebOrigins;
use tower::ServiceExt;

use crate::fakes::{deps, engine};

fn guarded() -> Router {
    router(Deps { token: Secret::new("s3cret"), ..deps(engine(), WebOrigins::default(), &[]) })
}

async fn send(
    router: &Router,
    request: Builder,
    body: &str,
) -> (StatusCode, Option<String>, Value) {
    let request = request.body(Body::from(body.to_owned())).expect("request");
    let response = router.clone().oneshot(request).await.expect("infallible");
    let cookie =
        response.headers().get("set-cookie").map(|value| value.to_str().expect("text").to_owned());
    let status = response.status();
    let body = response.into_body().collect().await.expect("body").to_bytes();
    (status, cookie, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// As a page of `http://apm.example.com` asks.
fn from_page(method: Method, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "apm.example.com")
        .header("origin", "http://apm.example.com")
        .header("content-type", "application/json")
}

#[tokio::test]
async fn who_shows_the_token_once_may_ask_by_cookie() {
    let router = guarded();
    let (status, _, state) = send(&router, from_page(Method::GET, "/ui/session"), "").await;
    assert_eq!((status, state), (StatusCode::OK, json!({ "required": true, "ok": false })));
    let wrong =
        send(&router, from_page(Method::POST, "/ui/session"), r#"{"token":"S3cret"}"#).await;
    assert_eq!((wrong.0, wrong.1), (StatusCode::UNAUTHORIZED, None));
    assert_eq!(wrong.2["error"]["code"], "UNAUTHENTICATED");
    let begin = from_page(Method::POST, "/ui/session")
        .header("referer", "http://apm.example.com/apm/overview");
    let (status, cookie, _) = send(&router, begin, r#"{"token":"s3cret"}"#).await;
    let cookie = cookie.expect("cookie");
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(cookie.contains("; Path=/apm/; ") && !cookie.contains("s3cret"), "{cookie}");
    let cookie = cookie.split(';').next().expect("value");
    let ask = from_page(Method::GET, "/ui/session").header("cookie", cookie);
    let (_, _, state) = send(&router, ask, "").await;
    assert_eq!(state, json!({ "required": true, "ok": true }));
    let query = r#"{"query": "{ version }"}"#;
    let ask = from_page(Method::POST, "/graphql").header("cookie", cookie);
    assert_eq!(send(&router, ask, query).await.0, StatusCode::OK);
    let ask = from_page(Method::GET, "/ui/trace?id=trace-1").header("cookie", cookie);
    assert_eq!(send(&router, ask, "").await.0, StatusCode::OK);
    let (status, cookie, _) = send(&router, from_page(Method::DELETE, "/ui/session"), "").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(cookie.expect("cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn a_cookie_serves_no_other_page() {
    let router = guarded();
    let begin = from_page(Method::POST, "/ui/session");
    let (_, cookie, _) = send(&router, begin, r#"{"token":"s3cret"}"#).await;
    let cookie = cookie.expect("cookie");
    let cookie = cookie.split(';').next().expect("value");
    let query = r#"{"query": "{ version }"}"#;
    for origin in [Some("http://evil.example"), Some("null"), None] {
        let mut ask = Request::post("/graphql")
            .header("host", "apm.example.com")
            .header("content-type", "application/json")
            .header("cookie", cookie);
        if let Some(origin) = origin {
            ask = ask.header("origin", origin);
        }
        let (status, _, answer) = send(&router, ask, query).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin:?}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn without_the_token_the_ui_says_so_in_its_own_form() {
    for path in ["/ui/trace?id=trace-1", "/ui/span?trace=a&segment=b&span=0"] {
        let (status, _, answer) = send(&guarded(), from_page(Method::GET, path), "").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer["error"]["code"], "UNAUTHENTICATED");
    }
    for body in ["", "{}", "[]", r#"{"token":7}"#] {
        let (status, _, answer) =
            send(&guarded(), from_page(Method::POST, "/ui/session"), body).await;
        assert_eq!((status, &answer["error"]["field"]), (StatusCode::BAD_REQUEST, &json!("token")));
    }
    let form = Request::post("/ui/session").header("content-type", "text/plain");
    assert_eq!(send(&guarded(), form, r#"{"token":"s3cret"}"#).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pages_that_come_by_a_strange_name_are_refused_where_no_token_guards() {
    let allowed = WebHosts::parse(&["apm.example.com"]).expect("host");
    let hosts = Hosts { allowed, is_guarded: true };
    let router = router(Deps { hosts, ..deps(engine(), WebOrigins::default(), &[]) });
    let query = r#"{"query": "{ version }"}"#;
    for (host, mark, status) in [
        ("localhost:12800", "origin", StatusCode::OK),
        ("127.0.0.1:12800", "sec-fetch-site", StatusCode::OK),
        ("apm.example.com", "origin", StatusCode::OK),
        ("evil.example:12800", "origin", StatusCode::FORBIDDEN),
        ("evil.example:12800", "sec-fetch-site", StatusCode::FORBIDDEN),
        ("evil.example:12800", "x-nothing", StatusCode::OK),
    ] {
        let marked = |request: Builder| {
            let request = request.header("host", host).header("content-type", "application/json");
            request.header(mark, "http://evil.example")
        };
        let asked = send(&router, marked(Request::post("/graphql")), query).await;
        assert_eq!(asked.0, status, "{host} {mark}");
        let asked = send(&router, marked(Request::get("/ui/session")), "").await;
        assert_eq!(asked.0, status, "{host} {mark}");
        let (asked, _, answer) =
            send(&router, marked(Request::get("/ui/trace?id=trace-1")), "").await;
        assert_eq!(asked, status, "{host} {mark}");
        if status == StatusCode::FORBIDDEN {
            let message = answer["error"]["message"].as_str().expect("message");
            assert!(message.contains("api.allowed_hosts"), "{message}");
        }
    }
}

#[tokio::test]
async fn who_guesses_the_token_has_to_wait() {
    let router = guarded();
    let guess = async |token: &str| {
        let body = json!({ "token": token }).to_string();
        let request = from_page(Method::POST, "/ui/session").body(Body::from(body));
        router.clone().oneshot(request.expect("request")).await.expect("infallible")
    };
    let cookie = guess("s3cret").await.headers()["set-cookie"].to_str().expect("text").to_owned();
    for _ in 0..10 {
        assert_eq!(guess("wrong").await.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = guess("s3cret").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "6");
    let shown = |name: &str, value: &str| {
        let request = Request::get("/ui/status").header("host", "apm.example.com");
        request.header(name, value)
    };
    let (status, _, answer) = send(&router, shown("authentication", "s3cret"), "").await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("TOO_MANY"))
    );
    let pair = cookie.split(';').next().expect("pair");
    let (status, _, _) = send(&router, shown("cookie", pair), "").await;
    assert_eq!(status, StatusCode::OK, "who is in stays in");
    let (status, _, _) = send(&router, Request::get("/ui/status"), "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "who shows nothing guesses nothing");
}
