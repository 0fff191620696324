//! Outcomes as HTTP responses.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::intake::Rejected;

/// Seconds after which a client that found no room should come again.
const RETRY_AFTER_SECONDS: u16 = 5;

/// Why a request failed.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// The token is missing or wrong.
    Unauthenticated,
    /// The body, as sent or unpacked, is larger than the limit in bytes.
    TooLarge(usize),
    /// The body stopped coming.
    Slow,
    /// The body cannot be read.
    Broken(String),
    /// It is not the JSON it should be; where and why.
    Json(String),
    /// The body is packed in a way that is not known.
    Encoding,
    /// The content type is none of these.
    MediaType(&'static str),
    /// What it asks for was not done.
    Rejected(Rejected),
}

impl From<Rejected> for HttpError {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }
}

#[derive(Serialize)]
struct Body {
    error: String,
}

impl HttpError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::MediaType(_) | Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Broken(_) | Self::Json(_) | Self::Rejected(Rejected::Refused { .. }) => {
                StatusCode::BAD_REQUEST
            }
            Self::Rejected(Rejected::Overloaded(_)) => StatusCode::TOO_MANY_REQUESTS,
            Self::Rejected(Rejected::Stopping | Rejected::Lost(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::Unauthenticated => {
                "neither 'authorization: Bearer …' nor 'authentication' carries the token of \
                 ingest.auth.token"
                    .into()
            }
            Self::TooLarge(limit) => {
                format!("the body exceeds ingest.http.max_body_size ({limit} bytes)")
            }
            Self::Slow => {
                "the body stopped coming for ingest.http.body_timeout, or took four times as long"
                    .into()
            }
            Self::Broken(why) => format!("the body cannot be read: {why}"),
            Self::Json(why) => format!("the body is not the JSON it should be: {why}"),
            Self::Encoding => "the header 'content-encoding' must be gzip or zstd".into(),
            Self::MediaType(known) => format!("the header 'content-type' must be {known}"),
            Self::Rejected(rejected) => rejected.to_string(),
        }
    }
}

impl HttpError {
    /// Tells when to come again, where that can help.
    pub(crate) fn with_patience(&self, mut response: Response) -> Response {
        let status = response.status();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let response = (self.status(), Json(Body { error: self.message() })).into_response();
        self.with_patience(response)
    }
}
