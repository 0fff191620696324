//! The last bytes of a connection, read before it is closed.
//!
//! A socket that is closed while bytes of its peer are unread tells the peer
//! that the connection was broken, and the peer's system then throws away an
//! answer that was sent but not yet read. So after the last answer what still
//! comes is read for a moment, and forgotten.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Sleep;

/// How long a peer may take to read its answer and hang up.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most bytes that are read and forgotten: more than the windows of HTTP/2 let
/// a peer send that is given no more room.
const MOST: usize = 8 << 20;
/// Bytes that are read at once.
const PIECE: usize = 16 << 10;

/// Waits for the peer to hang up.
#[derive(Debug, Default)]
pub(super) struct Closing {
    patience: Option<Pin<Box<Sleep>>>,
    read: usize,
}

impl Closing {
    /// Reads on until the peer has hung up, its time is over, or it has sent
    /// too much. To be polled after the own side was closed.
    pub(super) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let patience = self.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE)));
        if patience.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        while self.read < MOST {
            match ready!(poll_piece(stream, context)) {
                Ok(count) if count > 0 => self.read += count,
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

fn poll_piece<S: AsyncRead + Unpin>(
    stream: &mut S,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut piece = [0; PIECE];
    let mut piece = ReadBuf::new(&mut piece);
    ready!(Pin::new(stream).poll_read(context, &mut piece))?;
    Poll::Ready(Ok(piece.filled().len()))
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use tokio::io::{AsyncWriteExt, duplex};
    use tokio::time::{Instant, timeout};

    use super::{Closing, MOST, PATIENCE};

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_the_peer_hangs_up() {
        let (mut client, mut server) = duplex(1024);
        let mut closing = Closing::default();
        client.write_all(&[7; 1000]).await.unwrap();
        let early = poll_fn(|context| closing.poll(&mut server, context));
        assert!(timeout(Duration::ZERO, early).await.is_err(), "the peer is still there");
        drop(client);
        let begun = Instant::now();
        poll_fn(|context| closing.poll(&mut server, context)).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stays_is_left() {
        let (_client, mut server) = duplex(1024);
        let mut closing = Closing::default();
        let begun = Instant::now();
        poll_fn(|context| closing.poll(&mut server, context)).await;
        assert!(begun.elapsed() >= PATIENCE, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_sends_on_and_on_is_left() {
        let (mut client, mut server) = duplex(64 << 10);
        let sender = tokio::spawn(async move {
            let mut sent = 0;
            while client.write_all(&[7; 64 << 10]).await.is_ok() {
                sent += 64 << 10;
            }
            sent
        });
        let mut closing = Closing::default();
        let begun = Instant::now();
        poll_fn(|context| closing.poll(&mut server, context)).await;
        drop(server);
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert!(sender.await.unwrap() >= MOST);
    }
}
