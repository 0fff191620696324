//! Streams of the gRPC health service, which by themselves never end.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Error;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::Frame;

const PATH: &str = "/grpc.health.v1.Health/Watch";

/// The end of a message that says `NOT_SERVING`: its only field, 1, is 2.
const NOT_SERVING: [u8; 2] = [0x08, 0x02];

/// `UNAVAILABLE`: the peer asks again, and finds whoever serves then.
const END: [(&str, &str); 2] =
    [("grpc-status", "14"), ("grpc-message", "the%20server%20is%20stopping")];

/// Ends a watch once it has said that nothing is served any more, which is so
/// only at the stop: an open stream would hold its connection, and that the stop.
pub(super) async fn end_when_stopping(request: Request, next: Next) -> Response {
    let is_watch = request.uri().path() == PATH;
    let response = next.run(request).await;
    if !is_watch {
        return response;
    }
    response.map(|stream| Body::new(Watch { stream, state: State::Serving }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Serving,
    Withdrawn,
    Ended,
}

struct Watch {
    stream: Body,
    state: State,
}

impl HttpBody for Watch {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.state {
            State::Serving => {}
            State::Withdrawn => {
                self.state = State::Ended;
                let end = END.map(|(name, value)| {
                    (HeaderName::from_static(name), HeaderValue::from_static(value))
                });
                return Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::from_iter(end)))));
            }
            State::Ended => return Poll::Ready(None),
        }
        let polled = Pin::new(&mut self.stream).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && frame.data_ref().is_some_and(|data| data.ends_with(&NOT_SERVING))
        {
            self.state = State::Withdrawn;
        }
        polled
    }
}
