//! Streams of the gRPC health service, which by themselves never end.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Error;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::Frame;
use skytrail_base::shutdown::Shutdown;

const PATH: &str = "/grpc.health.v1.Health/Watch";

/// The end of a message that says `NOT_SERVING`: its only field, 1, is 2.
const NOT_SERVING: [u8; 2] = [0x08, 0x02];

/// `UNAVAILABLE`: the peer asks again, and finds whoever serves then.
const END: [(&str, &str); 2] =
    [("grpc-status", "14"), ("grpc-message", "the%20server%20is%20stopping")];

/// Ends a watch once it has said at the stop that nothing is served any more: an
/// open stream would hold its connection, and that the stop.
pub(super) async fn end_when_stopping(
    State(stop): State<Shutdown>,
    request: Request,
    next: Next,
) -> Response {
    let is_watch = request.uri().path() == PATH;
    let response = next.run(request).await;
    if !is_watch {
        return response;
    }
    response.map(|stream| Body::new(Watch { stream, stage: Stage::Serving, stop }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Serving,
    Withdrawn,
    Ended,
}

struct Watch {
    stream: Body,
    stage: Stage,
    stop: Shutdown,
}

impl HttpBody for Watch {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.stage {
            Stage::Serving => {}
            Stage::Withdrawn => {
                self.stage = Stage::Ended;
                let end = END.map(|(name, value)| {
                    (HeaderName::from_static(name), HeaderValue::from_static(value))
                });
                return Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::from_iter(end)))));
            }
            Stage::Ended => return Poll::Ready(None),
        }
        let polled = Pin::new(&mut self.stream).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && self.stop.is_stopping()
            && frame.data_ref().is_some_and(|data| data.ends_with(&NOT_SERVING))
        {
            self.stage = Stage::Withdrawn;
        }
        polled
    }
}
