//! Who is let in, and when.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::answer::HttpError;
use super::body;
use crate::auth;
use crate::intake::{Intake, Rejected};

/// Routes behind the token, the limits and the allowed origins.
pub(crate) fn admitted(router: Router, intake: &Arc<Intake>) -> Router {
    // A pre-flight is answered before a token is asked for, since it has none.
    router.layer(from_fn_with_state(intake.clone(), admit)).layer(cors(intake))
}

fn cors(intake: &Intake) -> CorsLayer {
    let origins = &intake.settings.cors_origins;
    let allowed = if origins.is_any() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    CorsLayer::new().allow_origin(allowed).allow_methods([Method::POST]).allow_headers([
        CONTENT_TYPE,
        AUTHORIZATION,
        auth::AUTHENTICATION,
    ])
}

/// Asks for the token and takes room for the body before any of it is read.
async fn admit(State(intake): State<Arc<Intake>>, request: Request, next: Next) -> Response {
    let settings = &intake.settings;
    if !auth::is_allowed(&settings.token, request.headers()) {
        intake.metrics.unauthenticated("http");
        return HttpError::Unauthenticated.into_response();
    }
    let expected = match body::expected(request.headers(), settings) {
        Ok(expected) => expected,
        Err(error) => return error.into_response(),
    };
    match intake.room.take(expected, settings.stall_timeout).await {
        Some(_hold) => next.run(request).await,
        None => HttpError::Rejected(Rejected::Overloaded(settings.stall_timeout)).into_response(),
    }
}
