//! Reading a body within its limits.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use tokio::time::Instant;

use super::answer::HttpError;
use crate::config::Settings;
use crate::packing::{Packing, Unpacked};

/// Bytes that a request may come to take, judged by its headers alone: what says
/// nothing may take all that is allowed, and what is packed that as well.
pub(crate) fn expected(headers: &HeaderMap, settings: &Settings) -> Result<usize, HttpError> {
    let limit = settings.max_body_bytes;
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let unpacked = if headers.contains_key(CONTENT_ENCODING) { limit } else { 0 };
    match length {
        Some(length) if length > limit => Err(HttpError::TooLarge(limit)),
        Some(length) => Ok(unpacked.saturating_add(length)),
        None => Ok(unpacked.saturating_add(limit)),
    }
}

/// The body of a request, unpacked if it came packed; of at most
/// `ingest.http.max_body_size` either way.
pub(crate) async fn of(request: Request, settings: &Settings) -> Result<Bytes, HttpError> {
    let limit = settings.max_body_bytes;
    let packing = match request.headers().get(CONTENT_ENCODING) {
        None => None,
        Some(name) if name == "identity" => None,
        Some(name) => Some(Packing::named(name).ok_or(HttpError::Encoding)?),
    };
    let body = collect(request.into_body(), limit, settings.body_timeout).await?;
    let Some(packing) = packing else { return Ok(body.freeze()) };
    match packing.unpack(&body, limit) {
        Ok(unpacked) => Ok(unpacked.into()),
        Err(Unpacked::TooLarge) => Err(HttpError::TooLarge(limit)),
        Err(Unpacked::Broken(why)) => Err(HttpError::Broken(why.to_string())),
    }
}

/// A body may take so many times the patience with its parts as a whole: one
/// that comes byte by byte would never end.
const PATIENCE_WITH_ALL: u32 = 4;

/// Collects a body of at most `limit` bytes.
async fn collect(mut body: Body, limit: usize, patience: Duration) -> Result<BytesMut, HttpError> {
    let mut bytes = BytesMut::new();
    let end = Instant::now() + patience * PATIENCE_WITH_ALL;
    loop {
        let next = end.min(Instant::now() + patience);
        let frame = tokio::time::timeout_at(next, body.frame()).await;
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use axum::body::{Body, Bytes};
    use futures_util::stream;

    use super::{HttpError, collect};

    /// A byte every so often, without an end.
    fn drip(pause: Duration) -> Body {
        Body::from_stream(stream::unfold((), move |()| async move {
            tokio::time::sleep(pause).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b"x")), ()))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_given_up_as_one_that_stops() {
        let patience = Duration::from_secs(15);
        for (pause, after) in [(Duration::from_millis(500), 60), (Duration::from_secs(20), 15)] {
            let start = tokio::time::Instant::now();
            let given_up = collect(drip(pause), 1 << 20, patience).await;
            assert!(matches!(given_up, Err(HttpError::Slow)));
            assert_eq!(start.elapsed().as_secs(), after);
        }
    }
}
