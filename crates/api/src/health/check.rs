//! The health of all parts as one score.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::StatusCode;
use serde::Serialize;

/// Health of the server at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// 0 healthy, above 0 the number of unhealthy parts, below 0 not started yet.
    pub score: i32,
    /// Names of the unhealthy parts.
    pub unhealthy: Vec<String>,
}

impl Health {
    /// Names of the unhealthy parts in the form that clients of the protocol know: each is
    /// followed by a comma, and there is no text when all are well.
    pub fn details(&self) -> String {
        self.unhealthy.iter().flat_map(|name| [name.as_str(), ","]).collect()
    }
}

/// Knows the health of the server.
pub trait HealthSource: Send + Sync {
    /// The last known health; MUST return at once, since load balancers ask often.
    fn health(&self) -> Health;
}

#[derive(Serialize)]
struct Body {
    healthy: bool,
    score: i32,
    details: String,
}

/// The handler of `/healthcheck`: 200 when healthy, 503 when not or not yet.
pub(crate) fn service(source: Arc<dyn HealthSource>) -> MethodRouter {
    get(async move || report(&source.health()))
}

fn report(health: &Health) -> Response {
    let healthy = health.score == 0;
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Body { healthy, score: health.score, details: health.details() };
    (status, Json(body)).into_response()
}
