//! What the server tells about its own requests.

use std::future::pending;
use std::sync::Arc;

use axum::body::Body;
use futures_util::FutureExt;
use http::Request;
use serde_json::{Value, json};
use skytrail_api::graphql::{Arguments, Context, Engine, FieldError, Limits, Root, Tables, answer};
use skytrail_base::metrics::Registry;
use skytrail_base::web_origin::WebOrigins;
use tower::ServiceExt;

use crate::client::{post, post_body, send};
use crate::fakes::{engine_within, over};

/// The value of a series.
pub(crate) fn value(registry: &Registry, series: &str) -> Option<f64> {
    let text = registry.encode();
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().expect("number"))
}

#[tokio::test]
async fn requests_errors_and_rows_are_counted() {
    let registry = Registry::default();
    let router = over(engine_within(Limits::default(), &registry), WebOrigins::default(), &[]);
    post(&router, "{ listServices { name } }", Value::Null).await;
    let batch = json!([{ "query": "{ version }" }, { "query": "{ nothing }" }]);
    post_body(&router, batch.to_string()).await;
    post_body(&router, "[]").await;
    send(&router, Request::get("/graphql").body(Body::empty()).expect("request")).await;
    let get = |series: &str| value(&registry, series);
    assert_eq!(get("skytrail_graphql_requests_total"), Some(3.0));
    let errors = |code: &str| get(&format!("skytrail_graphql_errors_total{{code=\"{code}\"}}"));
    assert_eq!(errors("VALIDATION_FAILED"), Some(1.0));
    assert_eq!(errors("MALFORMED_REQUEST"), Some(1.0));
    assert_eq!(errors("METHOD_NOT_ALLOWED"), Some(1.0));
    assert_eq!(get("skytrail_graphql_duration_seconds_count"), Some(3.0));
    assert_eq!(get("skytrail_graphql_read_rows_total"), Some(4.0), "four services");
    assert_eq!(get("skytrail_graphql_in_flight"), Some(0.0));
    assert_eq!(get("skytrail_graphql_cancelled_total"), Some(0.0));
}

async fn hang(_: &Context<()>, _: Arguments) -> Result<bool, FieldError> {
    pending().await
}

static HANGING: Tables<()> = Tables {
    query: &[&[Root::new("hasQueryTracesV2Support", |context, arguments| {
        answer(hang(context, arguments))
    })]],
    mutation: &[],
};

#[tokio::test]
async fn who_waits_and_who_left_is_counted() {
    let registry = Registry::default();
    let engine = Engine::new(Arc::new(()), &HANGING, Limits::default(), &registry);
    let router = over(engine.expect("engine"), WebOrigins::default(), &[]);
    let body = json!({ "query": "{ hasQueryTracesV2Support }" }).to_string();
    let request = Request::post("/graphql").header("content-type", "application/json");
    let mut call = Box::pin(router.oneshot(request.body(Body::from(body)).expect("request")));
    assert!((&mut call).now_or_never().is_none(), "it hangs");
    assert_eq!(value(&registry, "skytrail_graphql_in_flight"), Some(1.0));
    drop(call);
    assert_eq!(value(&registry, "skytrail_graphql_in_flight"), Some(0.0));
    assert_eq!(value(&registry, "skytrail_graphql_cancelled_total"), Some(1.0));
    assert_eq!(value(&registry, "skytrail_graphql_duration_seconds_count"), Some(0.0));
}
