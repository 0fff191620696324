//! The token that clients share with the server.

use std::hint::black_box;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};

use crate::graphql::Code;

/// Header that agents and older clients send the bare token in.
const AUTHENTICATION: &str = "authentication";

/// A token that cannot be printed.
#[derive(Clone)]
pub(crate) struct Token(Arc<str>);

impl Token {
    pub(crate) fn new(token: String) -> Self {
        Self(token.into())
    }

    fn is_in(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get_all(AUTHORIZATION).into_iter().filter_map(|value| {
            let (scheme, token) = value.as_bytes().split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
        });
        let bare = headers.get_all(AUTHENTICATION).into_iter().map(|value| value.as_bytes());
        bearer.chain(bare).any(|offered| same(self.0.as_bytes(), offered.trim_ascii()))
    }
}

/// Compares in a time that tells nothing but the length of the token.
fn same(token: &[u8], offered: &[u8]) -> bool {
    let pairs = token.iter().zip(offered);
    let differing = pairs.fold(0_u8, |seen, (a, b)| black_box(seen | (a ^ b)));
    token.len() == offered.len() && differing == 0
}

/// Lets requests with the token pass, and answers 401 to the rest.
pub(crate) async fn demand(State(token): State<Token>, request: Request, next: Next) -> Response {
    if token.is_in(request.headers()) {
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
