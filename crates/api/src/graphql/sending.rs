//! The body of an answer: it holds its bytes among those of all answers until the connection took
//! them, and gives up a client that does not read.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::Stream;
use parking_lot::Mutex;
use skytrail_base::metrics::Counter;
use tokio::task::JoinHandle;

use super::memory::Share;

/// Bytes handed to the connection at once; it queues a few of these itself.
const CHUNK: usize = 16 << 10;

/// Bytes that a client must take within each period, unless fewer are left. Slower readers would
/// hold the bytes for hours.
const PACE: usize = 1 << 20;

/// What the connection has not taken yet.
struct Unsent {
    chunks: VecDeque<Bytes>,
    share: Share,
    /// Bytes taken in this period.
    taken: usize,
    given_up: bool,
}

struct Sending {
    unsent: Arc<Mutex<Unsent>>,
    watch: JoinHandle<()>,
}

/// A body of `bytes`, which are held in `share`. One that is not taken in time is dropped, counted
/// in `stalled`, and ends with an error.
pub(crate) fn body(bytes: Vec<u8>, share: Share, period: Duration, stalled: Counter) -> Body {
    // Chunks of their own, so that what was taken is free.
    let chunks = if bytes.len() <= CHUNK {
        VecDeque::from([Bytes::from(bytes)])
    } else {
        bytes.chunks(CHUNK).map(Bytes::copy_from_slice).collect()
    };
    let unsent = Arc::new(Mutex::new(Unsent { chunks, share, taken: 0, given_up: false }));
    let watch = tokio::spawn(watch(Arc::clone(&unsent), period, stalled));
    Body::from_stream(Sending { unsent, watch })
}

async fn watch(unsent: Arc<Mutex<Unsent>>, period: Duration, stalled: Counter) {
    loop {
        tokio::time::sleep(period).await;
        let mut unsent = unsent.lock();
        if unsent.chunks.is_empty() {
            return;
        }
        if unsent.taken < PACE {
            unsent.give_up();
            stalled.inc();
            return;
        }
        unsent.taken = 0;
    }
}

impl Unsent {
    fn give_up(&mut self) {
        self.given_up = true;
        self.chunks = VecDeque::new();
        let all = self.share.bytes();
        drop(self.share.part(all));
    }

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        if std::mem::take(&mut self.given_up) {
            let message = "the answer was not read in time";
            return Some(Err(io::Error::new(io::ErrorKind::TimedOut, message)));
        }
        let chunk = self.chunks.pop_front()?;
        self.taken = self.taken.saturating_add(chunk.len());
        drop(self.share.part(chunk.len()));
        Some(Ok(chunk))
    }
}

impl Stream for Sending {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.unsent.lock().next())
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
