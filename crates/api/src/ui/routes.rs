//! The list of routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use futures_util::FutureExt;
use http::Uri;
use skytrail_query::search::{MAX_POINTS, Scatter, TagComparison, TracePage};
use skytrail_query::trace::{SpanDetail, TraceColumns};
use skytrail_query::{Ctx, Query};

use super::answering::{Asked, Made, answer};
use super::assets::{File, pages};
use super::conditions::CompareForm;
use super::error::Failure;
use super::metrics::Metrics;
use super::parameters::Parameters;
use super::{body, conditions, session};
use crate::auth::{Access, demand_of_ui};
use crate::graphql::work::Work;

/// What questions of the pages are answered from.
pub(crate) struct Ui {
    pub(crate) query: Arc<Query>,
    pub(crate) work: Arc<Work>,
    pub(crate) metrics: Metrics,
}

/// What an address is made of once its parameters are read: a question.
type Read<T> = Result<Box<dyn Fn(Arc<Query>, Ctx) -> Asked<T> + Send>, Failure>;

/// A route that is asked by `GET`.
fn ask<T: Made>(
    ui: &Arc<Ui>,
    name: &'static str,
    read: fn(&Parameters) -> Read<T>,
) -> MethodRouter {
    let ui = Arc::clone(ui);
    get(move |uri: Uri| {
        let ui = Arc::clone(&ui);
        async move {
            match Parameters::of(&uri).and_then(|parameters| read(&parameters)) {
                Ok(question) => answer(ui, name, question).await,
                Err(failure) => failure.into_response(),
            }
        }
    })
}

/// The routes that ask for the token.
fn guarded(ui: &Arc<Ui>) -> Router {
    Router::new()
        .route("/ui/trace", ask(ui, "trace", trace))
        .route("/ui/span", ask(ui, "span", span))
        .route("/ui/traces", ask(ui, "traces", traces))
        .route("/ui/scatter", ask(ui, "scatter", scatter))
        .route("/ui/tags/compare", compare_tags(ui))
}

fn traces(parameters: &Parameters) -> Read<TracePage> {
    let search = conditions::search(parameters)?;
    Ok(Box::new(move |query, ctx| {
        let search = search.clone();
        async move { Ok(query.search_traces(&ctx, &search).await?) }.boxed()
    }))
}

fn scatter(parameters: &Parameters) -> Read<Scatter> {
    let condition = conditions::condition(parameters)?;
    let limit = parameters.number("limit")?.unwrap_or(MAX_POINTS);
    Ok(Box::new(move |query, ctx| {
        let condition = condition.clone();
        async move { Ok(query.scatter(&ctx, &condition, limit).await?) }.boxed()
    }))
}

fn compare_tags(ui: &Arc<Ui>) -> MethodRouter {
    let ui = Arc::clone(ui);
    post(move |request: Request| {
        let ui = Arc::clone(&ui);
        async move {
            let (parts, body) = request.into_parts();
            let form = body::read::<CompareForm>(&parts.headers, body, "condition").await;
            let (condition, chosen) = match form.and_then(CompareForm::read) {
                Ok(asked) => asked,
                Err(failure) => return failure.into_response(),
            };
            let question = move |query: Arc<Query>, ctx: Ctx| -> Asked<TagComparison> {
                let (condition, chosen) = (condition.clone(), chosen.clone());
                async move { Ok(query.compare_tags(&ctx, &condition, &chosen).await?) }.boxed()
            };
            answer(ui, "tags_compare", question).await
        }
    })
}

fn trace(parameters: &Parameters) -> Read<TraceColumns> {
    let id = parameters.needed("id")?.to_owned();
    Ok(Box::new(move |query, ctx| {
        let id = id.clone();
        async move { Ok(query.trace_columns(&ctx, &id).await?) }.boxed()
    }))
}

fn span(parameters: &Parameters) -> Read<SpanDetail> {
    let trace = parameters.needed("trace")?.to_owned();
    let segment = parameters.needed("segment")?.to_owned();
    let number = parameters.needed_number("span")?;
    Ok(Box::new(move |query, ctx| {
        let (trace, segment) = (trace.clone(), segment.clone());
        async move { Ok(query.span_detail(&ctx, (&trace, &segment, number)).await?) }.boxed()
    }))
}

/// The files of the UI, and what its pages ask for.
pub(crate) fn routes(ui: &Arc<Ui>, access: &Arc<Access>, files: &'static [File]) -> Router {
    let guard = from_fn_with_state(Arc::clone(access), demand_of_ui);
    let guarded = guarded(ui).layer(guard);
    Router::new().route("/ui/session", session::route(access)).merge(guarded).merge(pages(files))
}
