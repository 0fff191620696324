//! What goes wrong, as the pages of the UI see it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use skytrail_query::ErrorKind;

use crate::auth::Denied;

/// Kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The question is wrong.
    Invalid,
    /// The token is missing or wrong.
    Unauthenticated,
    /// The page may not ask.
    Forbidden,
    /// What it is about does not exist.
    NotFound,
    /// The answer, or the way to it, exceeds a limit.
    TooLarge,
    /// Other requests leave too little for this one, or the store cannot answer now.
    Overloaded,
    /// Too many wrong tokens came from there.
    TooMany,
    /// It took too long.
    Timeout,
    /// A fault of the server.
    Internal,
}

impl Code {
    /// Spelling on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "INVALID",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::TooLarge => "TOO_LARGE",
            Self::Overloaded => "OVERLOADED",
            Self::TooMany => "TOO_MANY",
            Self::Timeout => "TIMEOUT",
            Self::Internal => "INTERNAL",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Why a question of a page has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    /// For people: lower case, names the field and the limit.
    pub(crate) message: String,
    /// The parameter that is wrong.
    pub(crate) field: Option<&'static str>,
    /// Seconds after which it may be tried again.
    pub(crate) retry_after: Option<u64>,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let retry_after = (code == Code::Overloaded).then_some(1);
        Self { code, message: message.into(), field: None, retry_after }
    }

    /// A parameter is wrong.
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(Code::Invalid, message) }
    }
}

impl From<skytrail_query::Error> for Failure {
    fn from(error: skytrail_query::Error) -> Self {
        let code = match error.kind {
            ErrorKind::Invalid => Code::Invalid,
            ErrorKind::NotFound => Code::NotFound,
            ErrorKind::TooLarge => Code::TooLarge,
            ErrorKind::Timeout => Code::Timeout,
            ErrorKind::Storage => {
                tracing::warn!(error = error.message, "storage did not answer a query");
                Code::Overloaded
            }
        };
        Self::new(code, error.message)
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        let code = match denied {
            Denied::Token => Code::Unauthenticated,
            Denied::Page(_) => Code::Forbidden,
            Denied::Guessing(_) => Code::TooMany,
        };
        let failure = Self::new(code, denied.message());
        match denied {
            Denied::Guessing(seconds) => Self { retry_after: Some(seconds), ..failure },
            _ => failure,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut error = serde_json::json!({ "code": self.code.as_str(), "message": self.message });
        if let (Some(field), Some(error)) = (self.field, error.as_object_mut()) {
            error.insert("field".to_owned(), field.into());
        }
        let body = Json(serde_json::json!({ "error": error }));
        let mut response =
            (self.code.status(), [(CACHE_CONTROL, "no-store")], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
