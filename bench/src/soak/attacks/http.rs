//! HTTP/1.1 that is none, too much of it, or ambiguous.

use std::time::Duration;

use tokio::time::timeout;

use super::framing::gzip_of_zeros;
use crate::soak::random::Random;
use crate::soak::target::{PATIENCE, Reply, Target, throw};
use crate::wire::http::{post, send};

/// Routes of the agents and of everybody else.
const ROUTES: &[&str] = &[
    "/graphql",
    "/v3/segment",
    "/v3/segments",
    "/v3/management/reportProperties",
    "/v3/management/keepAlive",
    "/v3/logs",
    "/v3/events",
    "/browser/perfData",
    "/browser/errorLogs",
    "/healthcheck",
    "/metrics",
    "/status/config/ttl",
    "/debugging/config/dump",
    "/../../etc/passwd",
];

async fn request(port: u16, bytes: &[u8], within: Duration) -> Reply {
    match timeout(within, send(port, bytes)).await {
        Ok(Ok(answer)) => Reply::of_http(answer.status),
        Ok(Err(_)) => Reply::Unreachable,
        Err(_) => Reply::Silent,
    }
}

fn any_port(target: &Target, random: &mut Random) -> u16 {
    let ports = [target.grpc, target.rest, target.telemetry];
    random.pick(&ports).copied().unwrap_or(target.rest)
}

fn any_route(random: &mut Random) -> &'static str {
    random.pick(ROUTES).copied().unwrap_or("/")
}

/// Bytes of any kind, to any port.
pub(super) async fn noise(target: Target, mut random: Random) -> Reply {
    let count = random.below(5000);
    let mut bytes = random.bytes(count);
    if random.below(2) == 0 {
        bytes.splice(0..0, b"GET / HTTP/1.1\r\n".iter().copied());
    }
    throw(any_port(&target, &mut random), &bytes).await
}

/// A megabyte of headers: one, or very many, or a very long address.
pub(super) async fn huge_headers(target: Target, mut random: Random) -> Reply {
    let route = any_route(&mut random);
    let bytes = match random.below(3) {
        0 => format!("GET {route} HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(1 << 20)),
        1 => format!("GET {route} HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(100_000)),
        _ => format!("GET {route}?{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(1 << 20)),
    };
    request(any_port(&target, &mut random), bytes.as_bytes(), PATIENCE).await
}

/// Requests whose end is a matter of opinion.
pub(super) async fn smuggling(target: Target, mut random: Random) -> Reply {
    let bodies = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 99999999999999999999\r\n\r\nx",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
        "Transfer-Encoding: chunked\r\n\r\n5;ext=\"\r\nhello\r\nzz\r\n",
        "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    ];
    let body = random.pick(&bodies).copied().unwrap_or_default();
    let route = any_route(&mut random);
    let method = random.pick(&["GET", "POST", "PUT", "CONNECT", "TRACE"]).copied().unwrap_or("GET");
    let bytes = format!("{method} {route} HTTP/1.1\r\nHost: 127.0.0.1\r\n{body}");
    request(any_port(&target, &mut random), bytes.as_bytes(), PATIENCE).await
}

/// Bodies beyond every limit.
pub(super) async fn oversized(target: Target, mut random: Random) -> Reply {
    let body = vec![b' '; 64 << 20];
    let bytes = post(any_route(&mut random), &[("Content-Type", "application/json")], &body);
    request(target.rest, &bytes, PATIENCE * 2).await
}

/// Few bytes that become many.
pub(super) async fn gzip_bomb(target: Target, mut random: Random) -> Reply {
    let body = gzip_of_zeros(300 << 20);
    let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    let bytes = post(any_route(&mut random), &headers, &body);
    request(target.rest, &bytes, PATIENCE * 2).await
}

/// Segments as JSON: deep, long, of wrong types, with halves of characters.
pub(super) async fn segments(target: Target, mut random: Random) -> Reply {
    let body = match random.below(7) {
        0 => "[".repeat(100_000),
        1 => format!("[{}]", vec!["{}"; 200_000].join(",")),
        2 => "[{\"traceId\":1,\"spans\":{}}]".to_owned(),
        3 => "[{\"traceId\":\"a\",\"service\":\"\\ud800\",\"spans\":[{\"startTime\":1e99}]}]"
            .to_owned(),
        4 => format!("{{\"spans\":[{}]}}", vec!["{\"spanId\":0}"; 50_000].join(",")),
        5 => format!("{{\"service\":\"{}\"}}", "s".repeat(3 << 20)),
        _ => String::from_utf8_lossy(&random.bytes(2000)).into_owned(),
    };
    let route = if random.below(2) == 0 { "/v3/segment" } else { "/v3/segments" };
    let bytes = post(route, &[("Content-Type", "application/json")], body.as_bytes());
    request(target.rest, &bytes, PATIENCE).await
}
