//! `/ui/dashboard`: one dashboard, and saving it over the version that was read.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, put};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::Deserialize;
use serde_json::json;
use skytrail_query::control::{Saved, StoredDashboard};

use super::answering::Made;
use super::body;
use super::error::{Code, Failure};
use super::json::{self, Out, fields};
use super::state::Ui;

/// Dashboards that are saved at once, at most.
pub(crate) const SAVES: usize = 4;

/// Bytes of a body, at most.
const MOST_BYTES: usize = 2 << 20;

impl Made for StoredDashboard {
    fn write(self, out: &mut Out) {
        json::Json::write(&self, out);
    }
}

fields!(StoredDashboard as it {
    "id" => it.id,
    "version" => it.version,
    "configuration" => it.configuration,
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    id: String,
    version: Option<i64>,
    configuration: String,
}

pub(super) fn save(ui: &Arc<Ui>) -> MethodRouter {
    let ui = Arc::clone(ui);
    put(move |request: Request| {
        let ui = Arc::clone(&ui);
        async move { saved(&ui, request).await.unwrap_or_else(Failure::into_response) }
    })
}

async fn saved(ui: &Ui, request: Request) -> Result<Response, Failure> {
    // A body may be long: few are read at once.
    let _turn = ui.saves.try_acquire().map_err(|_| {
        let message = "too many dashboards are being saved at once; try again";
        Failure::new(Code::Overloaded, message)
    })?;
    let (parts, body) = request.into_parts();
    let form: Form = body::read_within(&parts.headers, body, "configuration", MOST_BYTES).await?;
    let Form { id, version, configuration } = form;
    let (status, body) = match ui.query.save_dashboard(&id, version, configuration).await? {
        Saved::As(version) => (StatusCode::OK, json!({ "id": id, "version": version })),
        Saved::Changed(current) => {
            let message = "the dashboard was changed since it was read; version is the one read";
            let error = json!({ "code": "CONFLICT", "message": message, "field": "version" });
            let StoredDashboard { id, version, configuration } = current;
            let current = json!({ "id": id, "version": version, "configuration": configuration });
            (StatusCode::CONFLICT, json!({ "error": error, "current": current }))
        }
    };
    Ok((status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}
