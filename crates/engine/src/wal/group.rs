//! Records that wait to be made durable together.

use std::collections::VecDeque;

use skytrail_base::journal::{JournalError, Record};
use tokio::sync::oneshot;

use super::frame;
use super::header::Header;

/// What became of a record.
pub(super) type Told = Result<(), JournalError>;

/// Somebody who waits for a record.
#[derive(Debug)]
struct Waiting {
    position: u64,
    /// Where the frame of the record ends in the bytes of the group.
    end: usize,
    teller: oneshot::Sender<Told>,
}

/// Frames one behind the other, and who waits for each.
#[derive(Debug, Default)]
pub(super) struct Group {
    bytes: Vec<u8>,
    waiting: VecDeque<Waiting>,
    /// Where the frames begin that somebody still waits for.
    start: usize,
}

/// Frames that are ready to be written.
#[derive(Debug)]
pub(super) struct Sealed<'g> {
    pub(super) bytes: &'g [u8],
    pub(super) count: usize,
    /// Position of the last of them.
    pub(super) last: u64,
}

impl Group {
    /// Adds a record; the receiver hears what becomes of it.
    pub(super) fn add(&mut self, position: u64, record: &Record<'_>) -> oneshot::Receiver<Told> {
        let (teller, receiver) = oneshot::channel();
        frame::push(&mut self.bytes, position, record);
        self.waiting.push_back(Waiting { position, end: self.bytes.len(), teller });
        receiver
    }

    /// Bytes of the frames that somebody waits for.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// The position of the first record that somebody waits for, and the bytes
    /// of its frame.
    pub(super) fn first(&self) -> Option<(u64, usize)> {
        self.waiting.front().map(|waiting| (waiting.position, waiting.end - self.start))
    }

    /// Seals as many frames as have room, in their order.
    pub(super) fn seal(&mut self, room: usize, segment: &Header, durable: u64) -> Sealed<'_> {
        let (mut end, mut count, mut last) = (self.start, 0, durable);
        for waiting in &self.waiting {
            if waiting.end - self.start > room {
                break;
            }
            if let Some(frame) = self.bytes.get_mut(end..waiting.end) {
                frame::seal(frame, segment, durable);
            }
            (end, last) = (waiting.end, waiting.position);
            count += 1;
        }
        Sealed { bytes: self.bytes.get(self.start..end).unwrap_or_default(), count, last }
    }

    /// Tells the first `count` what became of their records.
    pub(super) fn tell(&mut self, count: usize, what: &Told) {
        for waiting in self.waiting.drain(..count.min(self.waiting.len())) {
            self.start = waiting.end;
            // Whoever does not wait any more need not know.
            let _ = waiting.teller.send(what.clone());
        }
    }

    /// Tells everyone; gives how many waited.
    pub(super) fn tell_all(&mut self, what: &Told) -> u64 {
        let count = self.waiting.len();
        self.tell(count, what);
        count as u64
    }

    /// Makes room for other records; so much of the memory stays. Who still waits
    /// hears that nobody writes theirs.
    pub(super) fn clear(&mut self, kept: usize) {
        self.waiting.clear();
        self.bytes.clear();
        self.bytes.shrink_to(kept);
        self.start = 0;
    }
}
