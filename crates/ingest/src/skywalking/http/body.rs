//! Reading a body within its limits.

use std::time::Duration;

use axum::body::Body;
use bytes::{Buf, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;

use super::answer::HttpError;
use crate::config::Settings;

/// Bytes that a request may come to take, judged by its headers alone: what is
/// packed, or says nothing, may take all that is allowed.
pub(super) fn expected(headers: &HeaderMap, settings: &Settings) -> Result<usize, HttpError> {
    let limit = settings.max_body_bytes;
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    match length {
        Some(length) if length > limit => Err(HttpError::TooLarge(limit)),
        Some(length) if !headers.contains_key(CONTENT_ENCODING) => Ok(length),
        _ => Ok(limit),
    }
}

/// Collects a body, unpacked already, of at most `limit` bytes.
pub(super) async fn collect(
    mut body: Body,
    limit: usize,
    patience: Duration,
) -> Result<BytesMut, HttpError> {
    let mut bytes = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(patience, body.frame()).await;
        let frame = match frame.map_err(|_| HttpError::Slow)? {
            None => return Ok(bytes),
            Some(frame) => frame.map_err(|error| HttpError::Broken(error.to_string()))?,
        };
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.remaining() > limit {
            return Err(HttpError::TooLarge(limit));
        }
        bytes.extend_from_slice(data);
    }
}
