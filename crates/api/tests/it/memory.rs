//! What requests may hold in memory: alone through their arguments, and together through answers
//! that nobody reads.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use skytrail_api::graphql::{
    Answer, Arguments, Context, Engine, FieldError, Limits, Out, Root, Tables, Written, answer,
};
use skytrail_base::metrics::Registry;
use skytrail_base::web_origin::WebOrigins;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::client::{only_code, post, post_body};
use crate::fakes::{over, product};
use crate::self_metrics::value;

const HELD: &str = "skytrail_graphql_held_bytes";
const MEMORY: &str = "skytrail_query_memory_bytes";

/// So many uses of one list of so many tags.
fn tagged(uses: usize, tags: usize) -> (String, Value) {
    let field = |index| format!("a{index}: searchTraces(condition: $c) {{ next }} ");
    let fields: String = (0..uses).map(field).collect();
    let variables = json!({"c": {
        "duration": {"start": "2026-11-22 0900", "end": "2026-11-22 0930", "step": "MINUTE"},
        "tags": vec![json!({"key": "k", "value": "v"}); tags],
    }});
    (format!("query ($c: TraceSearchCondition!) {{ {fields} }}"), variables)
}

#[tokio::test]
async fn a_list_that_many_fields_use_counts_for_each_of_them() {
    let (query, variables) = tagged(400, 100);
    let answer = post(&product(), &query, variables).await;
    assert_eq!(only_code(&answer), "LIMIT_EXCEEDED");
    assert!(answer.get("data").is_none());
    let message = answer["errors"][0]["message"].as_str().expect("message");
    assert!(message.contains("exceeds the limit of 16777216"), "{message}");
    let (query, variables) = tagged(400, 10);
    let answer = post(&product(), &query, variables).await;
    assert_eq!(answer["data"].as_object().map(serde_json::Map::len), Some(400), "{answer}");
}

#[tokio::test]
async fn lists_in_lists_and_texts_count_too() {
    let query = "query ($d: Duration!, $i: ID!) { a: getServicesTopology(serviceIds: [IDS], \
                 duration: $d) { __typename } }";
    let query = query.replace("IDS", &"$i ".repeat(100));
    let duration = json!({"start": "2026-11-22 0900", "end": "2026-11-22 0930", "step": "MINUTE"});
    let ask = async |text: usize| {
        let variables = json!({ "d": duration, "i": "x".repeat(text) });
        post(&product(), &query, variables).await
    };
    assert_eq!(only_code(&ask(200_000).await), "LIMIT_EXCEEDED");
    assert_ne!(only_code(&ask(100).await), "LIMIT_EXCEEDED", "no such service");
}

#[tokio::test]
async fn requests_of_a_batch_share_what_arguments_may_take() {
    let (query, variables) = tagged(100, 120);
    let one = json!({ "query": query, "variables": variables });
    let (_, answer) = post_body(&product(), json!([one, one]).to_string()).await;
    assert!(answer[0]["data"].is_object(), "{}", answer[0]);
    assert_eq!(only_code(&answer[1]), "LIMIT_EXCEEDED");
}

/// 40 names of 1000 bytes.
struct Names;

impl Answer for Names {
    fn write(&self, out: Out<'_>) -> Written {
        out.list(std::iter::repeat_n("x".repeat(1000), 40))
    }
}

async fn names(_: &Context<()>, _: Arguments) -> Result<Names, FieldError> {
    Ok(Names)
}

static NAMES: Tables<()> = Tables {
    query: &[&[Root::new("listLayers", |context, arguments| answer(names(context, arguments)))]],
    mutation: &[],
};

/// So many bytes of memory, and of answers on their way, and the time to answer.
fn limited(memory_bytes: usize, unsent_bytes: usize) -> Limits {
    let deadline = Duration::from_secs(5);
    Limits { memory_bytes, unsent_bytes, deadline, ..Limits::default() }
}

/// A server within limits, and its metrics.
fn holding(limits: Limits) -> (Router, Registry) {
    let registry = Registry::default();
    let engine = Engine::new(Arc::new(()), &NAMES, limits, &registry).expect("engine");
    (over(engine, WebOrigins::default(), &[]), registry)
}

async fn unread(router: &Router, query: &str) -> Response<Body> {
    let body = json!({ "query": query }).to_string();
    let request = Request::post("/graphql").header("content-type", "application/json");
    let request = request.body(Body::from(body)).expect("request");
    router.clone().oneshot(request).await.expect("infallible")
}

#[tokio::test(start_paused = true)]
async fn answers_that_nobody_reads_leave_no_room_for_more_until_they_are_dropped() {
    // The third answer on its way is held among the questions, and one needs most of that.
    let (router, registry) = holding(limited(130_000, 81_000));
    let mut unsent = Vec::new();
    for _ in 0..3 {
        unsent.push(unread(&router, "{ listLayers }").await);
    }
    assert_eq!(unsent[0].headers()["content-length"], "40145");
    assert_eq!(value(&registry, HELD), Some(80_290.0));
    assert_eq!(value(&registry, MEMORY), Some(40_145.0));
    let body = json!({ "query": "{ listLayers }" }).to_string();
    let asking = post_body(&router, body.clone());
    assert!(tokio::time::timeout(Duration::from_secs(4), asking).await.is_err(), "it waits");
    let asking = post_body(&router, body.clone());
    let dropping = async { drop(unsent.pop()) };
    let (status, answer) = tokio::join!(asking, dropping).0;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["data"]["listLayers"].as_array().map(Vec::len), Some(40));
    unsent.clear();
    // Those who watched over them end when they get their turn.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((value(&registry, HELD), value(&registry, MEMORY)), (Some(0.0), Some(0.0)));
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_room_in_time_is_told_to_come_back() {
    let (small, registry) = holding(limited(130_000, 1_000));
    let held = unread(&small, "{ listLayers }").await;
    assert_eq!(held.status(), StatusCode::OK);
    let refused = unread(&small, "{ listLayers }").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["retry-after"], "1");
    let text = refused.into_body().collect().await.expect("body").to_bytes();
    let answer: Value = serde_json::from_slice(&text).expect("json");
    assert_eq!(only_code(&answer), "UNAVAILABLE");
    let message = answer["errors"][0]["message"].as_str().expect("message");
    assert!(message.contains("fill query.memory, the limit of 130000 bytes"), "{message}");
    assert_eq!(value(&registry, "skytrail_query_memory_refused_total"), Some(1.0));
    drop(held);
    assert_eq!(unread(&small, "{ listLayers }").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_answer_that_outgrows_the_memory_of_one_request_ends() {
    let (router, registry) = holding(limited(120_000, 120_000));
    let body = json!({ "query": "{ a: listLayers b: listLayers c: listLayers }" }).to_string();
    let (_, answer) = post_body(&router, body).await;
    assert_eq!(only_code(&answer), "TOO_LARGE");
    let message = answer["errors"][0]["message"].as_str().expect("message");
    assert!(
        message.contains("100000 bytes that one request may have of query.memory"),
        "{message}"
    );
    assert_eq!((value(&registry, HELD), value(&registry, MEMORY)), (Some(0.0), Some(0.0)));
}

#[tokio::test]
async fn many_that_want_much_are_answered_one_after_another() {
    let (router, registry) = holding(Limits { unsent_bytes: 1 << 20, ..limited(200_000, 0) });
    let body = json!({ "query": "{ a: listLayers b: listLayers }" }).to_string();
    let asking: Vec<_> = (0..40).map(|_| post_body(&router, body.clone())).collect();
    for (status, answer) in futures_util::future::join_all(asking).await {
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["data"]["b"].as_array().map(Vec::len), Some(40));
    }
    assert_eq!(value(&registry, MEMORY), Some(0.0));
}

/// As many of a thousand numbers as there is room for.
struct Some1000(usize);

impl Answer for Some1000 {
    fn write(&self, out: Out<'_>) -> Written {
        out.list(std::iter::repeat_n("x".repeat(1000), self.0))
    }

    fn less(&mut self) -> bool {
        self.0 /= 2;
        self.0 > 0
    }
}

async fn some(_: &Context<()>, _: Arguments) -> Result<Some1000, FieldError> {
    Ok(Some1000(1000))
}

static SOME: Tables<()> = Tables {
    query: &[&[Root::new("listLayers", |context, arguments| answer(some(context, arguments)))]],
    mutation: &[],
};

#[tokio::test]
async fn what_can_be_answered_in_part_is_and_says_so() {
    let registry = Registry::default();
    let limits = limited(600_000, 1 << 20);
    let engine = Engine::new(Arc::new(()), &SOME, limits, &registry).expect("engine");
    let router = over(engine, WebOrigins::default(), &[]);
    let body = json!({ "query": "{ part: listLayers }" }).to_string();
    let (status, answer) = post_body(&router, body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["data"]["part"].as_array().map(Vec::len), Some(250));
    assert_eq!(answer["extensions"], json!({ "incomplete": ["part"] }));
    assert_eq!(value(&registry, "skytrail_graphql_incomplete_total"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn no_answer_on_its_way_has_the_large_share() {
    let registry = Registry::default();
    let engine = Engine::new(Arc::new(()), &SOME, limited(600_000, 300_000), &registry);
    let router = over(engine.expect("engine"), WebOrigins::default(), &[]);
    let query = "{ listLayers }";
    let first = unread(&router, query).await;
    assert_eq!(first.headers()["content-length"], "250818");
    // There is no room for a second one on its way, and it has no other place to wait.
    let refused = unread(&router, query).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(value(&registry, MEMORY), Some(0.0));
    let second = unread(&router, query);
    let reading = async { drop(first) };
    assert_eq!(tokio::join!(second, reading).0.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_read_for_half_a_minute_is_given_up() {
    let (router, registry) = holding(limited(200_000, 100_000));
    let mut body = unread(&router, "{ listLayers }").await.into_body();
    let mut taken = 0;
    for _ in 0..2 {
        let chunk = body.frame().await.expect("a chunk").expect("no error");
        taken += chunk.into_data().expect("data").len();
    }
    assert!((10_000..20_000).contains(&taken), "{taken}");
    let left = Some((40_145 - taken) as f64);
    assert_eq!(value(&registry, HELD), left, "what was taken is not held");
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(value(&registry, HELD), left);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(value(&registry, HELD), Some(0.0));
    assert_eq!(value(&registry, "skytrail_graphql_stalled_total"), Some(1.0));
    let error = body.frame().await.expect("an end").expect_err("cut off");
    assert!(error.to_string().contains("not read in time"), "{error}");
}

#[tokio::test]
async fn over_a_socket_an_answer_of_many_pieces_has_its_length_and_all_its_bytes() {
    let (router, registry) = holding(limited(200_000, 100_000));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut client = TcpStream::connect(address).await.expect("connection");
    let body = json!({ "query": "{ listLayers }" }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await.expect("sent");
    client.write_all(body.as_bytes()).await.expect("sent");
    let mut text = String::new();
    client.read_to_string(&mut text).await.expect("answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("head");
    assert!(head.contains("content-length: 40145"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    let answer: Value = serde_json::from_str(body).expect("json");
    assert_eq!(answer["data"]["listLayers"].as_array().map(Vec::len), Some(40));
    assert_eq!(value(&registry, HELD), Some(0.0));
    serving.abort();
}
