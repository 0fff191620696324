//! A question of a page from its parameters to the bytes of its answer: within the memory, the
//! rows and the time that a request has, and no longer than its client waits.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
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

    /// Writes it.
    fn write(self, out: &mut Out);
}

/// A question that is being answered.
pub(crate) type Asked<T> = BoxFuture<'static, Result<T, Failure>>;

/// An answer and the memory that it takes.
struct Told {
    media: &'static str,
    bytes: Rope,
    memory: Carried,
}

/// Asks a question until the request has the memory that it needs. Dropping the future, as the
/// server does when the client leaves, ends it.
pub(crate) async fn answer<T: Made>(
    ui: Arc<Ui>,
    route: &'static str,
    question: impl Fn(&Arc<Ui>, Ctx) -> Asked<T> + Send + 'static,
) -> Response {
    let budget = ui.work.budget();
    let waiting = ui.metrics.begin(route, Arc::clone(&budget));
    let response = match within(&ui, budget, question).await {
        Ok(told) => respond(told, &ui.work),
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
            return Ok(Told { media: T::MEDIA, bytes, memory });
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

fn respond(told: Told, work: &Work) -> Response {
    let length = HeaderValue::from(told.bytes.len());
    let body = sending::body(told.bytes, told.memory, work.limits.stall, work.metrics.stalled());
    let headers = [(CONTENT_TYPE, told.media), (CACHE_CONTROL, "no-store")];
    let mut response = (StatusCode::OK, headers, body).into_response();
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

fn overloaded(work: &Work) -> Failure {
    Failure::new(Code::Overloaded, overload(&work.limits).message)
}

fn late() -> Failure {
    Failure::new(Code::Timeout, "not answered in time; narrow the time range or ask for less")
}
