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
use skytrail_base::claim::Hold;
use skytrail_base::metrics::Counter;
use skytrail_base::pool::Share;
use tokio::task::JoinHandle;

use super::rope::Rope;

/// Bytes that a client must take within each period, unless fewer are left. Slower readers would
/// hold the bytes for hours.
const PACE: usize = 1 << 20;

/// What the connection has not taken yet.
struct Unsent {
    pieces: VecDeque<Vec<u8>>,
    memory: Carried,
    /// Bytes taken in this period.
    taken: usize,
    given_up: bool,
}

struct Sending {
    unsent: Arc<Mutex<Unsent>>,
    watch: JoinHandle<()>,
}

/// The memory of an answer on its way.
#[derive(Debug)]
pub(crate) enum Carried {
    /// Among that of all answers on their way.
    Share(Share),
    /// Among that of all requests, where there is no room for more answers; less than the large
    /// share of it.
    Hold(Hold),
}

impl Carried {
    fn bytes(&self) -> usize {
        match self {
            Self::Share(share) => share.bytes(),
            Self::Hold(hold) => hold.bytes(),
        }
    }

    /// Parts with memory of so many bytes that were taken.
    fn less(&mut self, bytes: usize) {
        match self {
            Self::Share(share) => drop(share.part(bytes)),
            Self::Hold(hold) => {
                hold.shrink(bytes);
                hold.claim().part_with_spare();
            }
        }
    }
}

/// A body of `bytes`, which are held in `memory`. One that is not taken in time is dropped, counted
/// in `stalled`, and ends with an error.
pub(crate) fn body(bytes: Rope, memory: Carried, period: Duration, stalled: Counter) -> Body {
    let pieces = bytes.into_pieces();
    let unsent = Arc::new(Mutex::new(Unsent { pieces, memory, taken: 0, given_up: false }));
    let watch = tokio::spawn(watch(Arc::clone(&unsent), period, stalled));
    Body::from_stream(Sending { unsent, watch })
}

async fn watch(unsent: Arc<Mutex<Unsent>>, period: Duration, stalled: Counter) {
    loop {
        tokio::time::sleep(period).await;
        let mut unsent = unsent.lock();
        if unsent.pieces.is_empty() {
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
        self.pieces = VecDeque::new();
        self.memory.less(self.memory.bytes());
    }

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        if std::mem::take(&mut self.given_up) {
            let message = "the answer was not read in time";
            return Some(Err(io::Error::new(io::ErrorKind::TimedOut, message)));
        }
        let piece = self.pieces.pop_front()?;
        self.taken = self.taken.saturating_add(piece.len());
        self.memory.less(piece.len());
        Some(Ok(piece.into()))
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
