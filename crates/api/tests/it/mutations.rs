//! What a mutation does is done once, however little memory there is for saying so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use skytrail_api::graphql::{
    Answer, Arguments, Context, FieldError, Limits, Out, Root, Tables, Written, answer,
};
use tower::ServiceExt;

use crate::client::{only_code, post_body};
use crate::fakes::with;

/// What became of it, in so many bytes.
struct Outcome(usize);

impl Answer for Outcome {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "status" => field.put(&true),
            "id" => field.put("one"),
            "message" => field.put(&"x".repeat(self.0)),
            _ => field.unknown(),
        })
    }
}

async fn add(context: &Context<AtomicUsize>, _: Arguments) -> Result<Outcome, FieldError> {
    context.sources.fetch_add(1, Ordering::Relaxed);
    Ok(Outcome(0))
}

async fn tell(context: &Context<AtomicUsize>, _: Arguments) -> Result<Outcome, FieldError> {
    context.sources.fetch_add(1, Ordering::Relaxed);
    Ok(Outcome(200_000))
}

async fn layers(_: &Context<AtomicUsize>, _: Arguments) -> Result<Vec<String>, FieldError> {
    Ok(vec!["x".repeat(100_000)])
}

static TABLES: Tables<AtomicUsize> = Tables {
    query: &[&[Root::new("listLayers", |context, arguments| answer(layers(context, arguments)))]],
    mutation: &[&[
        Root::new("addTemplate", |context, arguments| answer(add(context, arguments))),
        Root::new("disableTemplate", |context, arguments| answer(tell(context, arguments))),
    ]],
};

/// A server, and how often something was done.
fn counting(memory_bytes: usize) -> (Router, Arc<AtomicUsize>) {
    let done = Arc::new(AtomicUsize::new(0));
    let deadline = Duration::from_secs(5);
    let limits = Limits { memory_bytes, unsent_bytes: 0, deadline, ..Limits::default() };
    (with(Arc::clone(&done), &TABLES, limits), done)
}

fn adding(configuration: usize) -> String {
    let query = "mutation ($s: NewDashboardSetting!) { addTemplate(setting: $s) { status id } }";
    let setting = json!({"configuration": "x".repeat(configuration)});
    json!({ "query": query, "variables": {"s": setting} }).to_string()
}

#[tokio::test]
async fn with_any_arguments_it_is_done_once() {
    for kib in [1, 100, 112, 116, 120, 124, 127, 128, 200] {
        let (router, done) = counting(24 << 20);
        let (status, answer) = post_body(&router, adding(kib << 10)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["data"]["addTemplate"]["status"], Value::Bool(true), "{answer}");
        assert_eq!(done.load(Ordering::Relaxed), 1, "{kib} KiB");
    }
}

#[tokio::test]
async fn an_answer_longer_than_any_other_is_written_again_and_nothing_done_again() {
    let (router, done) = counting(24 << 20);
    let body = json!({ "query": "mutation { disableTemplate(id: \"1\") { message } }" });
    let (_, answer) = post_body(&router, body.to_string()).await;
    assert_eq!(answer["data"]["disableTemplate"]["message"].as_str().map(str::len), Some(200_000));
    assert_eq!(done.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn without_memory_to_say_so_nothing_is_done() {
    // Answers that nobody takes have both shares of the second level.
    let (router, done) = counting(24 << 20);
    let mut unread = Vec::new();
    for _ in 0..2 {
        let query = json!({ "query": "{ a: listLayers b: listLayers }" }).to_string();
        let request = Request::post("/graphql").header("content-type", "application/json");
        let request = request.body(Body::from(query)).expect("request");
        let answer = router.clone().oneshot(request).await.expect("infallible");
        assert_eq!(answer.status(), StatusCode::OK);
        unread.push(answer);
    }
    let (status, answer) = post_body(&router, adding(124 << 10)).await;
    assert_eq!((status, only_code(&answer)), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"));
    assert_eq!(done.load(Ordering::Relaxed), 0, "who is told to ask again can");
    drop(unread);
    let (status, _) = post_body(&router, adding(124 << 10)).await;
    assert_eq!((status, done.load(Ordering::Relaxed)), (StatusCode::OK, 1));
}
