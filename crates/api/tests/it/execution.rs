//! How requests run: side by side, in time, and only as long as someone waits.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use futures_util::FutureExt;
use http::Request;
use serde_json::{Value, json};
use skytrail_api::graphql::{
    Answer, Arguments, Code, Context, FieldError, Limits, Out, Root, Tables, Written, answer,
};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, Notify};
use tokio::time::timeout;
use tower::ServiceExt;

use crate::client::{only_code, post};
use crate::fakes::with;

/// What the resolvers of these tests touch.
struct Probe {
    /// Opens when so many fields wait at once.
    barrier: Barrier,
    started: AtomicUsize,
    dropped: AtomicBool,
    /// Tells that a resolver has begun to hang, or was dropped.
    changed: Notify,
}

fn probe(side_by_side: usize) -> Arc<Probe> {
    Arc::new(Probe {
        barrier: Barrier::new(side_by_side),
        started: AtomicUsize::new(0),
        dropped: AtomicBool::new(false),
        changed: Notify::new(),
    })
}

async fn meet(context: &Context<Probe>, _: Arguments) -> Result<String, FieldError> {
    context.sources.barrier.wait().await;
    Ok("met".to_owned())
}

struct Guard<'a>(&'a Probe);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.dropped.store(true, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

async fn hang(context: &Context<Probe>, _: Arguments) -> Result<bool, FieldError> {
    let _guard = Guard(&context.sources);
    context.sources.started.fetch_add(1, Ordering::SeqCst);
    context.sources.changed.notify_one();
    pending().await
}

/// Reads without ever waiting, as a store in memory does.
async fn read_on(context: &Context<Probe>, _: Arguments) -> Result<bool, FieldError> {
    let _guard = Guard(&context.sources);
    context.sources.changed.notify_one();
    let bound = Instant::now() + Duration::from_secs(60);
    while Instant::now() < bound {
        context.ctx.budget.take(1)?;
    }
    Ok(false)
}

async fn fall(_: &Context<Probe>, _: Arguments) -> Result<bool, FieldError> {
    panic!("a resolver may not panic, yet it might")
}

async fn refuse(_: &Context<Probe>, _: Arguments) -> Result<bool, FieldError> {
    Err(FieldError::new(Code::Unavailable, "storage is starting"))
}

/// A service of which the name is missing although the schema forbids it.
struct Nameless;

impl Answer for Nameless {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "id" => field.put("a.1"),
            "name" => field.null(),
            "normal" => field.put(&true),
            _ => field.unknown(),
        })
    }
}

async fn nameless(_: &Context<Probe>, _: Arguments) -> Result<Nameless, FieldError> {
    Ok(Nameless)
}

async fn order(context: &Context<Probe>, _: Arguments) -> Result<String, FieldError> {
    let mine = context.sources.started.fetch_add(1, Ordering::SeqCst);
    tokio::task::yield_now().await;
    let now = context.sources.started.load(Ordering::SeqCst);
    Ok(format!("started {mine}, seen {now}"))
}

static TABLES: Tables<Probe> = Tables {
    query: &[&[
        Root::new("version", |context, arguments| answer(meet(context, arguments))),
        Root::new("hasQueryTracesV2Support", |context, arguments| answer(hang(context, arguments))),
        Root::new("supportQueryLogsByKeywords", |context, arguments| {
            answer(fall(context, arguments))
        }),
        Root::new("getTimeInfo", |context, arguments| answer(hang(context, arguments))),
        Root::new("getMetricsTTL", |context, arguments| answer(fall(context, arguments))),
        Root::new("getRecordsTTL", |context, arguments| answer(refuse(context, arguments))),
        Root::new("estimateProcessScale", |context, arguments| answer(read_on(context, arguments))),
        Root::new("getService", |context, arguments| answer(nameless(context, arguments))),
    ]],
    mutation: &[&[Root::new("version", |context, arguments| answer(order(context, arguments)))]],
};

#[tokio::test(start_paused = true)]
async fn a_few_fields_run_side_by_side() {
    let router = with(probe(4), &TABLES, Limits::default());
    let fields: Vec<_> = (0..32).map(|index| format!("f{index}: version")).collect();
    let answer = post(&router, &format!("{{ {} }}", fields.join(" ")), Value::Null).await;
    assert!(answer.get("errors").is_none(), "one waited for another: {answer}");
    assert_eq!(answer["data"]["f31"], "met");
}

#[tokio::test(start_paused = true)]
async fn requests_of_a_batch_run_side_by_side() {
    let router = with(probe(3), &TABLES, Limits::default());
    let one = json!({ "query": "{ version }" });
    let body = json!([one, one, one]).to_string();
    let (_, answer) = crate::client::post_body(&router, body).await;
    let met = json!({"data": {"version": "met"}});
    assert_eq!(answer, json!([met, met, met]));
}

#[tokio::test]
async fn mutations_run_one_after_another() {
    let router = with(probe(1), &TABLES, Limits::default());
    let answer = post(&router, "mutation { a: version b: version }", Value::Null).await;
    let expected = json!({"data": {"a": "started 0, seen 1", "b": "started 1, seen 2"}});
    assert_eq!(answer, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_late_is_missing_and_the_rest_is_kept() {
    let limits = Limits { deadline: Duration::from_secs(30), ..Limits::default() };
    let router = with(probe(1), &TABLES, limits);
    let query = "{ version getTimeInfo { timezone } }";
    let before = tokio::time::Instant::now();
    let answer = post(&router, query, Value::Null).await;
    assert_eq!(before.elapsed().as_secs(), 30);
    assert_eq!(only_code(&answer), "DEADLINE_EXCEEDED");
    assert_eq!(answer["errors"][0]["path"], json!(["getTimeInfo"]));
    assert_eq!(answer["data"], json!({"version": "met", "getTimeInfo": null}));
}

#[tokio::test]
async fn work_ends_when_the_client_leaves() {
    let probe = probe(1);
    let router = with(Arc::clone(&probe), &TABLES, Limits::default());
    let body = json!({ "query": "{ hasQueryTracesV2Support }" }).to_string();
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .body(Body::from(body))
        .expect("request");
    let mut call = Box::pin(router.oneshot(request));
    assert!((&mut call).now_or_never().is_none(), "it hangs");
    probe.changed.notified().await;
    assert_eq!(probe.started.load(Ordering::SeqCst), 1);
    assert!(!probe.dropped.load(Ordering::SeqCst));
    drop(call);
    probe.changed.notified().await;
    assert!(probe.dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn work_ends_when_the_connection_breaks() {
    breaks_off("{ hasQueryTracesV2Support }").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_never_waits_ends_when_the_connection_breaks() {
    breaks_off(r#"{ estimateProcessScale(serviceId: "a", labels: []) }"#).await;
}

async fn breaks_off(query: &str) {
    let probe = probe(1);
    let limits = Limits { cost: u64::MAX >> 1, ..Limits::default() };
    let router = with(Arc::clone(&probe), &TABLES, limits);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let body = json!({ "query": query }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut client = TcpStream::connect(address).await.expect("connected");
    client.write_all((head + &body).as_bytes()).await.expect("sent");
    let within = Duration::from_secs(20);
    timeout(within, probe.changed.notified()).await.expect("the resolver began");
    drop(client);
    timeout(within, probe.changed.notified()).await.expect("the resolver was dropped");
    assert!(probe.dropped.load(Ordering::SeqCst));
    server.abort();
}

#[tokio::test]
async fn a_panic_is_one_missing_field() {
    let router = with(probe(1), &TABLES, Limits::default());
    let answer = post(&router, "{ version getMetricsTTL { day } }", Value::Null).await;
    assert_eq!(only_code(&answer), "INTERNAL");
    assert_eq!(answer["data"], json!({"version": "met", "getMetricsTTL": null}));
}

#[tokio::test]
async fn an_error_carries_path_and_code() {
    let router = with(probe(1), &TABLES, Limits::default());
    let answer = post(&router, "{ ttl: getRecordsTTL { log } version }", Value::Null).await;
    let expected = json!({
        "data": {"ttl": null, "version": "met"},
        "errors": [{
            "message": "storage is starting",
            "path": ["ttl"],
            "extensions": {"code": "UNAVAILABLE"},
        }],
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn null_where_it_is_forbidden_takes_its_parent_along() {
    let router = with(probe(1), &TABLES, Limits::default());
    let query = r#"{ version getService(serviceId: "a") { __typename id normal } }"#;
    let answer = post(&router, query, Value::Null).await;
    let service = json!({"__typename": "Service", "id": "a.1", "normal": true});
    assert_eq!(answer, json!({"data": {"version": "met", "getService": service}}));
    let query = r#"{ version s: getService(serviceId: "a") { id title: name } }"#;
    let answer = post(&router, query, Value::Null).await;
    assert_eq!(answer["data"], json!({"version": "met", "s": null}));
    assert_eq!(only_code(&answer), "INTERNAL");
    assert_eq!(answer["errors"][0]["path"], json!(["s", "title"]));
    let query = "{ version supportQueryLogsByKeywords }";
    let answer = post(&router, query, Value::Null).await;
    assert_eq!(answer["data"], Value::Null, "a root that must not be null");
}

#[tokio::test]
async fn directives_fragments_and_merging_are_respected() {
    let router = with(probe(1), &TABLES, Limits::default());
    let query = r#"
        query q($no: Boolean!) {
          version @skip(if: $no)
          v: version @include(if: $no)
          ...More
          s: getService(serviceId: "a") { id @skip(if: true) }
        }
        fragment More on Query {
          s: getService(serviceId: "a") { ... on Service @include(if: true) { normal } }
        }"#;
    let answer = post(&router, query, json!({"no": false})).await;
    let expected = json!({"data": {"version": "met", "s": {"normal": true}}});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn keys_come_in_the_order_they_were_asked_in() {
    let router = with(probe(1), &TABLES, Limits::default());
    let body = json!({ "query": r#"{ z: __typename getService(serviceId: "a") { normal id } a: version }"# });
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .expect("request");
    let (_, text) = crate::client::send_text(&router, request).await;
    let expected = r#"{"data":{"z":"Query","getService":{"normal":true,"id":"a.1"},"a":"met"}}"#;
    assert_eq!(text, expected);
}

#[tokio::test]
async fn wrong_variables_stop_the_request() {
    let router = with(probe(1), &TABLES, Limits::default());
    let query = "query q($id: String!) { getService(serviceId: $id) { id } }";
    let answer = post(&router, query, json!({})).await;
    assert_eq!(only_code(&answer), "INVALID_ARGUMENT");
    assert!(answer.get("data").is_none());
}
