//! Records that wait to be made durable together.

use std::collections::VecDeque;

use skytrail_base::journal::{JournalError, Record};
use tokio::sync::oneshot;

use super::buffer::Buffer;
use super::frame;
use super::header::Header;

/// What became of a record.
pub(super) type Told = Result<(), JournalError>;

/// Somebody who waits for a record.
#[derive(Debug)]
struct Waiting {
    position: u64,
    /// Where the frame of the record begins and ends in the bytes of the group.
    start: usize,
    end: usize,
    teller: oneshot::Sender<Told>,
}

/// Frames one behind the other, and who waits for each.
#[derive(Debug, Default)]
pub(super) struct Group {
    bytes: Buffer,
    waiting: VecDeque<Waiting>,
}

/// Frames that are ready to be written.
#[derive(Debug)]
pub(super) struct Sealed<'g> {
    /// Whole blocks, with zeros behind the last frame.
    pub(super) bytes: &'g [u8],
    pub(super) count: usize,
    /// Position of the last of them.
    pub(super) last: u64,
}

impl Group {
    /// Adds a record; the receiver hears what becomes of it.
    pub(super) fn add(&mut self, position: u64, record: &Record<'_>) -> oneshot::Receiver<Told> {
        let (teller, receiver) = oneshot::channel();
        let start = self.bytes.len();
        frame::push(&mut self.bytes, position, record);
        self.waiting.push_back(Waiting { position, start, end: self.bytes.len(), teller });
        receiver
    }

    /// Bytes of the frames that somebody waits for.
    pub(super) fn bytes(&self) -> usize {
        let ends = self.waiting.front().zip(self.waiting.back());
        ends.map_or(0, |(first, last)| last.end - first.start)
    }

    /// The position of the first record that somebody waits for, and the bytes
    /// of its frame.
    pub(super) fn first(&self) -> Option<(u64, usize)> {
        self.waiting.front().map(|waiting| (waiting.position, waiting.end - waiting.start))
    }

    /// Seals as many frames as have room, in their order, in blocks of so many bytes.
    pub(super) fn seal(
        &mut self,
        room: usize,
        block: usize,
        segment: &Header,
        durable: u64,
    ) -> Sealed<'_> {
        let start = self.waiting.front().map_or(self.bytes.len(), |first| first.start);
        let start = self.align(start, block);
        let (mut end, mut count, mut last) = (start, 0, durable);
        for waiting in &self.waiting {
            if waiting.end - start > room {
                break;
            }
            if let Some(frame) = self.bytes.bytes_mut().get_mut(waiting.start..waiting.end) {
                frame::seal(frame, segment, durable);
            }
            (end, last) = (waiting.end, waiting.position);
            count += 1;
        }
        let end = self.align(end, block);
        Sealed { bytes: self.bytes.bytes().get(start..end).unwrap_or_default(), count, last }
    }

    /// Lets what stands at a place stand at the begin of a block, behind zeros; gives where.
    fn align(&mut self, from: usize, block: usize) -> usize {
        let to = from.next_multiple_of(block);
        if to == from {
            return from;
        }
        self.bytes.shift(from, to);
        for waiting in self.waiting.iter_mut().rev().take_while(|waiting| waiting.start >= from) {
            waiting.start += to - from;
            waiting.end += to - from;
        }
        to
    }

    /// Tells the first `count` what became of their records.
    pub(super) fn tell(&mut self, count: usize, what: &Told) {
        for waiting in self.waiting.drain(..count.min(self.waiting.len())) {
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
        self.bytes.clear(kept);
    }
}
