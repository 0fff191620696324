//! Bytes of `POST /graphql` to requests, and responses to bytes.

use std::sync::Arc;

use apollo_compiler::response::JsonMap;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use skytrail_base::claim::Hold;
use skytrail_query::Budget;
use tokio::task::JoinSet;

use super::engine::{Engine, Request};
use super::error::{Code, Failure};
use super::limits::Limits;
use super::room::{Room, overload};
use super::rope::Rope;
use super::sending::{self, Carried};

/// The handler of `/graphql`. Dropping its future, as the server does when the client leaves,
/// drops every resolver that is at work.
pub(crate) fn service<S: Send + Sync + 'static>(engine: Arc<Engine<S>>) -> MethodRouter {
    let wrong_method = Arc::clone(&engine);
    let handler = move |headers: HeaderMap, body: Body| {
        let engine = Arc::clone(&engine);
        async move { handle(&engine, &headers, body).await }
    };
    post(handler).fallback(async move || {
        let message = "graphql requests are sent by POST";
        let failure = Failure::new(Code::MethodNotAllowed, message);
        let mut response = Refused(StatusCode::METHOD_NOT_ALLOWED, failure).told(&wrong_method);
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
        response
    })
}

async fn handle<S: Send + Sync + 'static>(
    engine: &Arc<Engine<S>>,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let budget = engine.work().budget();
    let waiting = engine.metrics().begin(Arc::clone(&budget));
    let answer = answer(engine, budget, headers, body).await;
    waiting.answered();
    match answer {
        Ok(made) => made.told(engine),
        Err(refused) => refused.told(engine),
    }
}

async fn answer<S: Send + Sync + 'static>(
    engine: &Arc<Engine<S>>,
    budget: Arc<Budget>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Made, Refused> {
    check_media_type(headers)?;
    let body = read(body, engine.limits()).await?;
    let room = engine.work().room().await.ok_or_else(|| overloaded(engine.limits()))?;
    let posted = parse(&body, engine.limits().batch)?;
    // A task of its own, so that the connection sees its client leave while rows are read without
    // a pause; a set, since that ends the task when it is dropped.
    let mut tasks = JoinSet::new();
    tasks.spawn(execute(Arc::clone(engine), budget, room, posted));
    let Some(Ok(answered)) = tasks.join_next().await else {
        tracing::error!("graphql request panicked");
        let failure = Failure::new(Code::Internal, "the server failed to answer");
        return Err(Refused(StatusCode::INTERNAL_SERVER_ERROR, failure));
    };
    answered
}

async fn execute<S: Send + Sync + 'static>(
    engine: Arc<Engine<S>>,
    budget: Arc<Budget>,
    room: Room,
    posted: Posted,
) -> Result<Made, Refused> {
    let context = engine.context(budget, room);
    let bytes = match posted {
        Posted::One(request) => engine.execute(&context, &request).await,
        Posted::Batch(requests) => {
            let width = requests.len().max(1);
            let answers = requests.iter();
            let answers: Vec<_> =
                answers.map(|request| engine.execute(&context, request)).collect();
            let answers: Vec<_> = stream::iter(answers).buffered(width).collect().await;
            join(answers, &context.room)
        }
    };
    let (bytes, hold) = bytes;
    let memory = engine.work().carried(bytes.len(), hold, context.ctx.deadline).await;
    let memory = memory.map_err(|failure| Refused(StatusCode::SERVICE_UNAVAILABLE, failure))?;
    let status = match context.room.is_overloaded() {
        true => StatusCode::SERVICE_UNAVAILABLE,
        false => StatusCode::OK,
    };
    Ok(Made { status, bytes, memory })
}

/// Requiring JSON keeps other sites' pages from posting forms here from a visitor's browser.
fn check_media_type(headers: &HeaderMap) -> Result<(), Refused> {
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = value
        .and_then(|value| value.split(|byte| *byte == b';').next())
        .map(<[u8]>::trim_ascii)
        .unwrap_or_default();
    if essence.eq_ignore_ascii_case(b"application/json") {
        return Ok(());
    }
    Err(Refused(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Failure::new(Code::UnsupportedMediaType, "header content-type must be application/json"),
    ))
}

async fn read(body: Body, limits: &Limits) -> Result<Bytes, Refused> {
    let limit = limits.body_bytes;
    let reading = Limited::new(body, limit).collect();
    match tokio::time::timeout(limits.deadline, reading).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("request body exceeds the limit of {limit} bytes");
            let failure = Failure::new(Code::TooLarge, message);
            Err(Refused(StatusCode::PAYLOAD_TOO_LARGE, failure))
        }
        Ok(Err(error)) => Err(malformed(format!("request body: {error}"))),
        Err(_) => {
            let message = "request body did not arrive in time";
            let failure = Failure::new(Code::DeadlineExceeded, message);
            Err(Refused(StatusCode::REQUEST_TIMEOUT, failure))
        }
    }
}

enum Posted {
    One(Request),
    Batch(Vec<Request>),
}

#[derive(Deserialize)]
struct Envelope {
    query: String,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    variables: Option<JsonMap>,
}

impl From<Envelope> for Request {
    fn from(envelope: Envelope) -> Self {
        Self {
            query: envelope.query,
            operation_name: envelope.operation_name.filter(|name| !name.is_empty()),
            variables: envelope.variables.unwrap_or_default(),
        }
    }
}

fn parse(body: &[u8], batch: usize) -> Result<Posted, Refused> {
    let wrong = |error| malformed(format!("request body: {error}"));
    if body.trim_ascii_start().first() != Some(&b'[') {
        let one: Envelope = serde_json::from_slice(body).map_err(wrong)?;
        return Ok(Posted::One(one.into()));
    }
    let envelopes: Vec<Envelope> = serde_json::from_slice(body).map_err(wrong)?;
    let count = envelopes.len();
    if count == 0 || count > batch {
        let message = format!("batch of {count} requests must have 1 to {batch}");
        return Err(malformed(message));
    }
    Ok(Posted::Batch(envelopes.into_iter().map(Request::from).collect()))
}

fn join(answers: Vec<(Rope, Hold)>, room: &Room) -> (Rope, Hold) {
    let mut joined = (Rope::default(), room.claim().hold());
    for (place, (bytes, hold)) in answers.into_iter().enumerate() {
        joined.0.push(if place == 0 { b"[" } else { b"," });
        joined.0.join(bytes);
        joined.1.join(hold);
    }
    joined.0.push(b"]");
    joined
}

fn malformed(message: String) -> Refused {
    let failure = Failure::new(Code::MalformedRequest, message);
    Refused(StatusCode::BAD_REQUEST, failure)
}

fn overloaded(limits: &Limits) -> Refused {
    Refused(StatusCode::SERVICE_UNAVAILABLE, overload(limits))
}

/// An answer and the memory that it takes.
struct Made {
    status: StatusCode,
    bytes: Rope,
    memory: Carried,
}

impl Made {
    fn told<S: Send + Sync + 'static>(self, engine: &Engine<S>) -> Response {
        let length = HeaderValue::from(self.bytes.len());
        let stalled = engine.metrics().stalled();
        let body = sending::body(self.bytes, self.memory, engine.limits().stall, stalled);
        let mut response = json(self.status, body);
        response.headers_mut().insert(CONTENT_LENGTH, length);
        response
    }
}

/// A request that was not executed.
struct Refused(StatusCode, Failure);

impl Refused {
    fn told<S: Send + Sync + 'static>(self, engine: &Engine<S>) -> Response {
        json(self.0, engine.refuse(&[self.1]))
    }
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let mut response = (status, headers, body.into()).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
