//! A question of a page from its parameters to the bytes of its answer: within the memory, the
//! rows and the time that a request has, and no longer than its client waits.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use ring::digest;
use skytrail_base::claim::{Claim, Full};
use skytrail_query::{Budget, Ctx};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::error::{Code, Failure};
use super::json::Out;
use super::state::Ui;
use crate::graphql::room::{Room, overload};
use crate::graphql::rope::Rope;
use crate::graphql::sending::{self, Carried};
use crate::graphql::work::Work;

/// What a question is answered with.
pub(crate) trait Made: Send + 'static {
    /// Media type of its bytes.
    const MEDIA: &'static str = "application/json";

    /// Whether its bytes take the place of what it is made of, which goes as they are written.
    const IS_REPLACED: bool = false;

    /// Whether browsers may keep it, and ask whether it is still the same.
    const IS_TAGGED: bool = false;

    /// Writes it.
    fn write(self, out: &mut Out);
}

/// A question that is being answered.
pub(crate) type Asked<T> = BoxFuture<'static, Result<T, Failure>>;

/// An answer and the memory that it takes.
struct Told {
    media: &'static str,
    /// A hash of its bytes, where browsers may keep them.
    tag: Option<String>,
    bytes: Rope,
    memory: Carried,
}

/// Asks a question until the request has the memory that it needs. Dropping the future, as the
/// server does when the client leaves, ends it.
pub(crate) async fn answer<T: Made>(
    ui: Arc<Ui>,
    route: &'static str,
    headers: Option<HeaderMap>,
    question: impl Fn(&Arc<Ui>, Ctx) -> Asked<T> + Send + 'static,
) -> Response {
    let budget = ui.work.budget();
    let waiting = ui.metrics.begin(route, Arc::clone(&budget));
    let response = match within(&ui, budget, question).await {
        Ok(told) => respond(told, headers.as_ref(), &ui.work),
        Err(failure) => failure.into_response(),
    };
    waiting.answered(response.status());
    response
}

async fn within<T: Made>(
    ui: &Arc<Ui>,
    budget: Arc<Budget>,
    question: impl Fn(&Arc<Ui>, Ctx) -> Asked<T> + Send + 'static,
) -> Result<Told, Failure> {
    let room = ui.work.room().await.ok_or_else(|| overloaded(&ui.work))?;
    // A task of its own, so that the connection sees its client leave while rows are read without
    // a pause; a set, since that ends the task when it is dropped.
    let mut tasks = JoinSet::new();
    tasks.spawn(run(Arc::clone(ui), budget, room, question));
    match tasks.join_next().await {
        Some(Ok(told)) => told,
        _ => {
            tracing::error!("a question of the ui panicked");
            Err(Failure::new(Code::Internal, "the server failed to answer"))
        }
    }
}

async fn run<T: Made>(
    ui: Arc<Ui>,
    budget: Arc<Budget>,
    room: Room,
    question: impl Fn(&Arc<Ui>, Ctx) -> Asked<T> + Send,
) -> Result<Told, Failure> {
    let deadline = Instant::now() + ui.work.limits.deadline;
    let claim = room.claim();
    let whole = Ctx::new(budget, Some(deadline.into_std()), claim.clone());
    loop {
        let ctx = whole.question();
        let asked = timeout_at(deadline, question(&ui, ctx.clone())).await;
        let asked = asked.map_err(|_| late())?;
        if !ctx.is_short()
            && let Some((bytes, hold)) = write(asked?, &ctx, claim, &ui.work)?
        {
            drop(ctx);
            let memory = ui.work.carried(bytes.len(), hold, whole.deadline).await;
            let memory = memory.map_err(|_| overloaded(&ui.work))?;
            let tag = T::IS_TAGGED.then(|| tag(&bytes));
            return Ok(Told { media: T::MEDIA, tag, bytes, memory });
        }
        ctx.budget.give_back();
        drop(ctx);
        let enlarged = claim.enlarge(whole.deadline).await;
        enlarged.map_err(|_| overloaded(&ui.work))?;
    }
}

/// The bytes of an answer; none if more memory is needed for them.
fn write<T: Made>(
    made: T,
    ctx: &Ctx,
    claim: &Claim,
    work: &Work,
) -> Result<Option<(Rope, skytrail_base::claim::Hold)>, Failure> {
    let kept = if T::IS_REPLACED { ctx.take_kept() } else { None };
    let mut out = Out::new(kept.unwrap_or_else(|| claim.hold()), work.limits.answer_bytes);
    made.write(&mut out);
    match out.finish() {
        Ok(written) => Ok(Some(written)),
        Err(Full::ForNow) => Ok(None),
        Err(Full::ForGood) => {
            let message = "the answer exceeds what one request may have of query.memory, or the \
                           limit of an answer; narrow the time range or ask for less";
            Err(Failure::new(Code::TooLarge, message))
        }
    }
}

/// The strong tag of some bytes: a part of their SHA-256.
fn tag(bytes: &Rope) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    bytes.pieces().for_each(|piece| hash.update(piece));
    let hash = hash.finish();
    let digits = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}"));
    format!("\"{}\"", digits.collect::<String>())
}

/// Whether a client has the bytes of a tag.
fn is_known(headers: Option<&HeaderMap>, tag: &str) -> bool {
    let values = headers.into_iter().flat_map(|headers| headers.get_all(IF_NONE_MATCH));
    values
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
}

fn respond(told: Told, headers: Option<&HeaderMap>, work: &Work) -> Response {
    if let Some(tag) = &told.tag {
        let kept = [(CACHE_CONTROL, "private, no-cache"), (ETAG, tag.as_str())];
        if is_known(headers, tag) {
            return (StatusCode::NOT_MODIFIED, kept).into_response();
        }
    }
    let tag = told.tag.clone();
    let length = HeaderValue::from(told.bytes.len());
    let body = sending::body(told.bytes, told.memory, work.limits.stall, work.metrics.stalled());
    let headers = [(CONTENT_TYPE, told.media), (CACHE_CONTROL, "no-store")];
    let mut response = (StatusCode::OK, headers, body).into_response();
    response.headers_mut().insert(CONTENT_LENGTH, length);
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        let kept = HeaderValue::from_static("private, no-cache");
        response.headers_mut().insert(CACHE_CONTROL, kept);
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

fn overloaded(work: &Work) -> Failure {
    Failure::new(Code::Overloaded, overload(&work.limits).message)
}

fn late() -> Failure {
    Failure::new(Code::Timeout, "not answered in time; narrow the time range or ask for less")
}
