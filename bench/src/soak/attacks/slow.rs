//! Senders of a byte a second.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use crate::soak::random::Random;
use crate::soak::target::{Reply, Target};
use crate::wire::frames::{self, call, data, hello};
use crate::wire::http::{connect, post};

/// How long a sender keeps at it.
const LENGTH: Duration = Duration::from_secs(15);

/// Sends `first` at once and then `rest` byte by byte.
async fn drip(port: u16, first: &[u8], rest: &[u8]) -> Reply {
    let Ok(mut stream) = connect(port).await else { return Reply::Unreachable };
    let until = Instant::now() + LENGTH;
    let mut sink = [0; 1024];
    if stream.write_all(first).await.is_err() {
        return Reply::Closed;
    }
    for byte in rest.chunks(1) {
        if Instant::now() > until {
            break;
        }
        if stream.write_all(byte).await.is_err() {
            return Reply::Closed;
        }
        match timeout(Duration::from_millis(1), stream.read(&mut sink)).await {
            Ok(Ok(0) | Err(_)) => return Reply::Closed,
            Ok(Ok(_)) | Err(_) => sleep(Duration::from_secs(1)).await,
        }
    }
    Reply::Silent
}

/// A preface of HTTP/2.
pub(super) async fn preface(target: Target, _: Random) -> Reply {
    drip(target.grpc, &[], &hello()).await
}

/// Headers of HTTP/1.
pub(super) async fn headers(target: Target, mut random: Random) -> Reply {
    let ports = [target.grpc, target.rest, target.telemetry];
    let port = random.pick(&ports).copied().unwrap_or(target.rest);
    drip(port, b"GET /graphql HTTP/1.1\r\n", b"Host: 127.0.0.1\r\nX-Slow: aaaaaaaaaaaaaaaaaa").await
}

/// A body of HTTP/1.
pub(super) async fn body(target: Target, mut random: Random) -> Reply {
    let path = if random.below(2) == 0 { "/graphql" } else { "/v3/segments" };
    let request = post(path, &[("Content-Type", "application/json")], &[b' '; 4000]);
    let (first, rest) = request.split_at(request.len() - 4000);
    drip(target.rest, first, rest).await
}

/// A message of gRPC.
pub(super) async fn message(target: Target, mut random: Random) -> Reply {
    let segment = random.pick(&target.corpus).cloned().unwrap_or_default();
    let mut first = hello();
    call(&mut first, 1, "/skywalking.v3.TraceSegmentReportService/collect");
    let mut rest = Vec::new();
    data(&mut rest, 1, &frames::message(false, &segment));
    drip(target.grpc, &first, &rest).await
}
