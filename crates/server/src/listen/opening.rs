//! The first bytes of a connection, read under a time limit.
//!
//! The HTTP library decides between HTTP/1 and HTTP/2 by the first bytes, and
//! waits for them for ever. Here they are read first, and given back.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::closing::Closing;

/// What every HTTP/2 connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Reads until it is clear which version is spoken: the whole preface of
/// HTTP/2, or the first byte that differs from it.
pub(super) async fn opening<S: AsyncRead + Unpin>(stream: S) -> io::Result<Opened<S>> {
    let mut stream = stream;
    let mut read = Vec::with_capacity(PREFACE.len());
    while read.len() < PREFACE.len() && PREFACE.starts_with(&read) {
        let mut byte = [0; PREFACE.len()];
        let room = PREFACE.len() - read.len();
        let count = stream.read(byte.get_mut(..room).unwrap_or_default()).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        read.extend_from_slice(byte.get(..count).unwrap_or_default());
    }
    Ok(Opened { read, given: 0, closing: Closing::default(), stream })
}

/// A stream that first gives back what was read from it, and at its end lets
/// the peer read what was answered.
#[derive(Debug)]
pub(super) struct Opened<S> {
    read: Vec<u8>,
    given: usize,
    closing: Closing,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Opened<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.read.get(self.given..).unwrap_or_default();
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let count = left.len().min(into.remaining());
        into.put_slice(left.get(..count).unwrap_or_default());
        self.given += count;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Opened<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { closing, stream, .. } = &mut *self;
        ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
        closing.poll(stream, context).map(Ok)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::{PREFACE, opening};

    #[tokio::test]
    async fn what_was_read_is_given_back_before_the_rest() {
        for (first, rest) in [(&b"GET / HTTP/1.1\r\n"[..], &b"\r\n"[..]), (PREFACE, b"frames")] {
            let (mut client, server) = duplex(1024);
            client.write_all(first).await.unwrap();
            let mut opened = opening(server).await.unwrap();
            client.write_all(rest).await.unwrap();
            drop(client);
            let mut all = Vec::new();
            opened.read_to_end(&mut all).await.unwrap();
            assert_eq!(all, [first, rest].concat());
        }
    }

    #[tokio::test]
    async fn half_a_preface_is_not_enough() {
        let (mut client, server) = duplex(1024);
        client.write_all(&PREFACE[..10]).await.unwrap();
        drop(client);
        assert!(opening(server).await.is_err());
    }
}
