//! The list of routes.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, Uri};

use super::answering::{Made, answer};
use super::assets::{File, pages};
use super::parameters::Parameters;
use super::questions::{self, Read};
use super::session;
use super::state::Ui;
use super::{dashboard, health};
use crate::auth::{Access, demand_of_ui};

/// A route that is asked by `GET`.
fn ask<T: Made>(
    ui: &Arc<Ui>,
    name: &'static str,
    read: fn(&Parameters) -> Read<T>,
) -> MethodRouter {
    let ui = Arc::clone(ui);
    get(move |uri: Uri, headers: HeaderMap| {
        let ui = Arc::clone(&ui);
        async move {
            match Parameters::of(&uri).and_then(|parameters| read(&parameters)) {
                Ok(question) => answer(ui, name, Some(headers), question).await,
                Err(failure) => failure.into_response(),
            }
        }
    })
}

/// The routes that ask for the token.
fn guarded(ui: &Arc<Ui>) -> Router {
    Router::new()
        .route("/ui/trace", ask(ui, "trace", questions::trace))
        .route("/ui/trace/whole", ask(ui, "trace_whole", questions::trace_whole))
        .route("/ui/trace/tags", ask(ui, "trace_tags", questions::trace_tags))
        .route("/ui/find", ask(ui, "find", questions::find))
        .route(
            "/ui/dashboard",
            ask(ui, "dashboard", questions::dashboard).merge(dashboard::save(ui)),
        )
        .route("/ui/span", ask(ui, "span", questions::span))
        .route("/ui/traces", ask(ui, "traces", questions::traces))
        .route("/ui/scatter", ask(ui, "scatter", questions::scatter))
        .route("/ui/tags/compare", questions::compare_tags(ui))
        .route("/ui/overview", ask(ui, "overview", questions::overview))
        .route("/ui/topology", ask(ui, "topology", questions::topology))
        .route("/ui/service", ask(ui, "service", questions::service))
        .route("/ui/status", ask(ui, "status", questions::status))
        .route("/ui/health", health::route(ui))
        .route("/ui/openapi.json", get(openapi))
}

/// All of these routes in the words of OpenAPI 3.1.
async fn openapi() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
    (headers, include_str!("openapi.json"))
}

/// The files of the UI, and what its pages ask for.
pub(crate) fn routes(ui: &Arc<Ui>, access: &Arc<Access>, files: &'static [File]) -> Router {
    let guard = from_fn_with_state(Arc::clone(access), demand_of_ui);
    let guarded = guarded(ui).layer(guard);
    Router::new().route("/ui/session", session::route(access)).merge(guarded).merge(pages(files))
}
