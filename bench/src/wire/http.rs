//! HTTP/1.1 over a connection of its own per request.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The most of an answer that is read.
const MAX_ANSWER: u64 = 64 << 20;

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Status code; 0 when the peer closed without an answer.
    pub status: u16,
    /// Body.
    pub body: String,
}

/// A connection to a port of loopback.
pub async fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.context("cannot connect")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// `GET path`.
pub async fn get(port: u16, path: &str, within: Duration) -> Result<Answer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    timeout(within, send(port, request.as_bytes())).await.context("no answer in time")?
}

/// `POST path` with a body of JSON.
pub async fn post_json(port: u16, path: &str, body: &str, within: Duration) -> Result<Answer> {
    let request = post(path, &[("Content-Type", "application/json")], body.as_bytes());
    timeout(within, send(port, &request)).await.context("no answer in time")?
}

/// The bytes of a `POST`.
pub fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request =
        format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n").into_bytes();
    for (name, value) in headers {
        request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    request.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    request.extend_from_slice(body);
    request
}

/// Sends bytes, whatever they are, and reads until the peer closes. A peer
/// that answers before it has read everything and closes is heard out.
pub async fn send(port: u16, request: &[u8]) -> Result<Answer> {
    let stream = connect(port).await?;
    let (reader, mut writer) = stream.into_split();
    let mut bytes = Vec::new();
    let mut reader = reader.take(MAX_ANSWER);
    let (_, _) = tokio::join!(writer.write_all(request), reader.read_to_end(&mut bytes));
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let Some((head, body)) = end.and_then(|end| bytes.split_at_checked(end)) else {
        return Answer::default();
    };
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let body = body.get(4..).unwrap_or_default();
    let body =
        if head.contains("transfer-encoding: chunked") { unchunk(body) } else { body.to_vec() };
    Answer { status, body: String::from_utf8_lossy(&body).into_owned() }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(rest.get(..end).unwrap_or_default()).unwrap_or_default();
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        let start = end + 2;
        let Some(chunk) = rest.get(start..start + size).filter(|_| size > 0) else { break };
        body.extend_from_slice(chunk);
        rest = rest.get(start + size + 2..).unwrap_or_default();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn answers_are_read_whole_and_in_chunks() {
        let whole = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        assert_eq!((whole.status, whole.body.as_str()), (200, "ok"));
        let chunks = parse(
            b"HTTP/1.1 413 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n",
        );
        assert_eq!((chunks.status, chunks.body.as_str()), (413, "ok!"));
        assert_eq!(parse(b"").status, 0);
    }
}
