//! The token that clients share with the server.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use skytrail_base::secret::Secret;

use crate::graphql::Code;

/// Header that agents and older clients send the bare token in.
const AUTHENTICATION: &str = "authentication";

/// Whether a request shows the token, as a bearer or bare.
fn is_shown(token: &Secret, headers: &HeaderMap) -> bool {
    let bearer = headers.get_all(AUTHORIZATION).into_iter().filter_map(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
    });
    let bare = headers.get_all(AUTHENTICATION).into_iter().map(|value| value.as_bytes());
    bearer.chain(bare).any(|shown| token.is(shown.trim_ascii()))
}

/// Lets requests with the token pass, and answers 401 to the rest.
pub(crate) async fn demand(
    State(token): State<Arc<Secret>>,
    request: Request,
    next: Next,
) -> Response {
    if is_shown(&token, request.headers()) {
        return next.run(request).await;
    }
    let message = "the token is missing or wrong; send header authorization: Bearer <token> or \
                   authentication: <token>";
    let body = serde_json::json!({
        "errors": [{
            "message": message,
            "extensions": { "code": Code::Unauthenticated.as_str() },
        }],
    });
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], Json(body)).into_response()
}
