//! A request body that knows where its messages begin: it refuses one that is
//! too large before it is read, and holds room for a large one while it is.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use skytrail_base::future::BoxFuture;
use tonic::Status;

use super::answer;
use crate::room::{FREE_BYTES, Hold, Room};

/// DEFLATE makes at most so many bytes of one.
const MOST_INFLATION: u64 = 1032;

/// Bytes before each message: a flag and a length.
const PREFIX: usize = 5;

/// The guarded body.
pub(super) struct Guarded {
    inner: axum::body::Body,
    room: Room,
    patience: Duration,
    limit: usize,
    prefix: Prefix,
    // Bytes of the current message that have not come yet.
    missing: u64,
    hold: Option<Hold>,
    waiting: Option<Waiting>,
}

struct Waiting {
    hold: BoxFuture<'static, Option<Hold>>,
    frame: Frame<Bytes>,
}

/// A prefix that may come in pieces.
#[derive(Default)]
struct Prefix {
    bytes: [u8; PREFIX],
    len: usize,
}

impl Prefix {
    /// Takes bytes until the prefix is whole; then gives flag and length.
    fn take(&mut self, data: &mut &[u8]) -> Option<(u8, u32)> {
        while self.len < PREFIX {
            let byte = *data.first()?;
            data.advance(1);
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
            }
            self.len += 1;
        }
        self.len = 0;
        let [flag, len @ ..] = self.bytes;
        Some((flag, u32::from_be_bytes(len)))
    }
}

impl Guarded {
    pub(super) fn new(
        inner: axum::body::Body,
        room: Room,
        patience: Duration,
        limit: usize,
    ) -> Self {
        Self {
            inner,
            room,
            patience,
            limit,
            prefix: Prefix::default(),
            missing: 0,
            hold: None,
            waiting: None,
        }
    }

    /// Passes over the messages in `data` and gives the bytes that the last
    /// one takes, when it is not whole yet and just began.
    fn scan(&mut self, mut data: &[u8]) -> Result<usize, Status> {
        let mut wanted = 0;
        loop {
            let here = self.missing.min(data.len() as u64);
            data.advance(here as usize);
            self.missing -= here;
            if self.missing > 0 {
                return Ok(wanted);
            }
            let Some((flag, len)) = self.prefix.take(&mut data) else { return Ok(0) };
            let len = u64::from(len);
            if len > self.limit as u64 {
                return Err(answer::too_large(len, self.limit));
            }
            let in_memory = if flag == 0 { len } else { len * MOST_INFLATION };
            self.missing = len;
            wanted = in_memory.min(self.limit as u64) as usize;
        }
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(waiting) = &mut self.waiting else { return Poll::Pending };
        let hold = ready!(waiting.hold.as_mut().poll(cx));
        let frame = self.waiting.take().map(|waiting| waiting.frame);
        match hold {
            Some(hold) => {
                self.hold = Some(hold);
                Poll::Ready(frame.map(Ok))
            }
            None => {
                let message = "no room for a large message: ingest.batch.in_flight_size is in use";
                Poll::Ready(Some(Err(Status::resource_exhausted(message))))
            }
        }
    }
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.waiting.is_some() {
            return self.poll_waiting(cx);
        }
        // More is asked for only after every whole message was worked on.
        if self.missing == 0 && self.prefix.len == 0 {
            self.hold = None;
        }
        let frame = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(Status::from_error(Box::new(error))))),
            None => return Poll::Ready(None),
        };
        let Some(data) = frame.data_ref() else { return Poll::Ready(Some(Ok(frame))) };
        let data = data.clone();
        match self.scan(&data) {
            Err(status) => Poll::Ready(Some(Err(status))),
            Ok(wanted) if wanted <= FREE_BYTES => Poll::Ready(Some(Ok(frame))),
            Ok(wanted) => {
                let (room, patience) = (self.room.clone(), self.patience);
                // What was held for the message before is not needed beside the new one.
                self.hold = None;
                let hold = Box::pin(async move { room.take(wanted, patience).await });
                self.waiting = Some(Waiting { hold, frame });
                self.poll_waiting(cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::Guarded;
    use crate::room::Room;

    fn message(flag: u8, len: u32, body: usize) -> Vec<u8> {
        let mut bytes = vec![flag];
        bytes.extend(len.to_be_bytes());
        bytes.extend(vec![7; body]);
        bytes
    }

    fn guarded(room: &Room, bytes: &[u8], piece: usize) -> Guarded {
        let pieces: Vec<_> = bytes
            .chunks(piece)
            .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
            .collect();
        let body = axum::body::Body::from_stream(stream::iter(pieces));
        Guarded::new(body, room.clone(), Duration::from_secs(20), 1 << 20)
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_pass_unchanged_however_they_are_cut() {
        let room = Room::new(2 << 20);
        let bytes = [message(0, 10, 10), message(0, 0, 0), message(0, 300_000, 300_000)].concat();
        for piece in [1000, 7777, 1 << 20] {
            let passed = guarded(&room, &bytes, piece).collect().await.unwrap().to_bytes();
            assert_eq!(passed, bytes);
        }
        let bytes = [message(0, 10, 10), message(0, 3, 3)].concat();
        assert_eq!(guarded(&room, &bytes, 1).collect().await.unwrap().to_bytes(), bytes);
        assert_eq!(room.used_bytes(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_over_the_limit_is_refused_by_its_prefix() {
        let room = Room::new(2 << 20);
        let bytes = [message(0, 10, 10), message(0, 1_048_577, 0)].concat();
        let status = guarded(&room, &bytes, 3).collect().await.unwrap_err();
        assert_eq!(
            status.message(),
            "message of 1048577 bytes exceeds ingest.grpc.max_message_size (1048576 bytes)"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn large_messages_hold_room_while_they_come() {
        let room = Room::new(1 << 20);
        let bytes = message(0, 800_000, 400_000);
        let mut first = guarded(&room, &bytes, 1000);
        first.frame().await.unwrap().unwrap();
        assert!(room.used_bytes() >= 800_000);
        let mut second = guarded(&room, &bytes, 1000);
        let status = second.frame().await.unwrap().unwrap_err();
        assert!(status.message().contains("ingest.batch.in_flight_size"), "{status}");
        drop(first);
        assert_eq!(room.used_bytes(), 0);
        // A compressed message holds what it may become.
        let mut packed = guarded(&room, &message(1, 600, 10), 100);
        packed.frame().await.unwrap().unwrap();
        assert!(room.used_bytes() >= 600 * 1032);
    }
}
