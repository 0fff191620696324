//! Bodies of questions that are posted.

use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::error::{Code, Failure};

/// Bytes of a body, at most.
const MOST_BYTES: usize = 64 << 10;

/// How long a body may take to arrive.
const ARRIVAL: std::time::Duration = std::time::Duration::from_secs(10);

/// Reads JSON. Requiring its media type keeps other sites' pages from posting forms here.
///
/// # Errors
/// `INVALID` where it is something else; `field` is what is wrong then, unless the body tells.
pub(crate) async fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    field: &'static str,
) -> Result<T, Failure> {
    read_within(headers, body, field, MOST_BYTES).await
}

/// The same of at most so many bytes.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_within<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    field: &'static str,
    most_bytes: usize,
) -> Result<T, Failure> {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "header content-type must be application/json";
        return Err(Failure::new(Code::Invalid, message));
    }
    let Ok(read) = timeout(ARRIVAL, Limited::new(body, most_bytes).collect()).await else {
        return Err(Failure::new(Code::Timeout, "the body did not arrive in time"));
    };
    let read = read.map_err(|_| {
        let message = format!("the body exceeds the limit of {most_bytes} bytes, or was cut off");
        Failure::new(Code::TooLarge, message)
    })?;
    serde_json::from_slice(&read.to_bytes()).map_err(|error| {
        // The text of an error may repeat what was sent, such as a token.
        let (line, column) = (error.line(), error.column());
        Failure::invalid(field, format!("the body is not right at line {line} column {column}"))
    })
}
