//! The messages that one shard remembers.

use std::collections::VecDeque;

use skytrail_base::outcome::Outcome;
use skytrail_base::receipt::Pending;

use super::DuplicateLimits;

/// Slots of a line of the index: what the processor fetches at once.
const WAYS: usize = 16;

/// Messages for each line when the window is full. One line of three hundred
/// has more than its slots then, and forgets its oldest a little early.
const FILL: usize = 8;

/// Bytes of a remembered message: the hash, and its share of the index.
const ENTRY_BYTES: usize = size_of::<u128>() + size_of::<u32>() * WAYS / FILL;

/// Bits of a number that a slot keeps; the lower eight are a part of the hash.
const NUMBER_BITS: u32 = 24;
const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;

/// Numbers must be told apart by their kept bits.
const MOST: usize = 1 << (NUMBER_BITS - 1);

/// The window is forgotten in so many steps.
const RUNS: i64 = 1024;

/// Whether a message came before.
#[derive(Debug)]
pub(crate) enum Known {
    /// No, or it came to nothing.
    No,
    /// It is stored.
    Stored,
    /// It is in the open batch.
    Open,
    /// It is in a batch of this number that is under way.
    UnderWay(u64, Pending),
}

/// Hashes in the order of arrival, each with a number that grows by one.
#[derive(Debug)]
pub(crate) struct Window {
    /// A ring. Zero is what came to nothing.
    hashes: Vec<u128>,
    /// Where the next one goes.
    next_place: usize,
    capacity: usize,
    /// Kept bits of a number, and eight bits of its hash. Zero is an empty slot.
    index: Vec<u32>,
    /// Slots before the first line, so that a line is one line of the processor's cache.
    skew: usize,
    lines: usize,
    /// The oldest number that is remembered, the first that is not settled, and
    /// the next one.
    first: u64,
    settled: u64,
    next: u64,
    runs: VecDeque<Run>,
    flights: VecDeque<Flight>,
    /// Nanoseconds of log time.
    span: i64,
    forgotten: u64,
}

/// Settled messages that are forgotten together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// The number behind the last one.
    pub(super) end: u64,
    /// Arrivals of the first and the last of them.
    pub(super) since: i64,
    pub(super) until: i64,
}

/// A batch under way.
#[derive(Debug)]
struct Flight {
    end: u64,
    arrival: i64,
    batch: u64,
    pending: Pending,
}

impl Window {
    /// One that knows nothing.
    pub(crate) fn new(limits: DuplicateLimits) -> Self {
        let capacity = (limits.bytes / ENTRY_BYTES).min(MOST);
        let lines = capacity.div_ceil(FILL);
        // Memory that the system gives cleared, when it is first touched.
        let index = vec![0_u32; (lines + 1) * WAYS];
        let address = index.as_ptr().addr();
        let skew = (address.next_multiple_of(size_of::<u32>() * WAYS) - address) / size_of::<u32>();
        Self {
            hashes: Vec::with_capacity(capacity),
            next_place: 0,
            capacity,
            index,
            skew,
            lines,
            first: 1,
            settled: 1,
            next: 1,
            runs: VecDeque::new(),
            flights: VecDeque::new(),
            span: limits.window,
            forgotten: 0,
        }
    }

    /// Whether it remembers nothing.
    pub(crate) fn is_off(&self) -> bool {
        self.capacity == 0
    }

    /// Messages that are remembered.
    pub(crate) fn len(&self) -> usize {
        (self.next - self.first) as usize
    }

    /// Messages that were forgotten before their time since the last call.
    pub(crate) fn take_forgotten(&mut self) -> u64 {
        std::mem::take(&mut self.forgotten)
    }

    /// Whether a message came before.
    #[inline]
    pub(crate) fn find(&self, hash: u128) -> Known {
        match self.number_of(hash) {
            None => Known::No,
            Some(number) => self.state_of(number),
        }
    }

    fn number_of(&self, hash: u128) -> Option<u64> {
        if self.is_off() {
            return None;
        }
        let line = self.index.get(self.line_of(hash)..)?.first_chunk::<WAYS>()?;
        let tag = tag_of(hash);
        let mut found = None;
        let mut matches = line
            .iter()
            .enumerate()
            .fold(0_u32, |matches, (way, slot)| matches | u32::from(slot & 0xff == tag) << way);
        while matches != 0 {
            let way = matches.trailing_zeros() as usize;
            matches &= matches - 1;
            let Some(slot) = line.get(way) else { break };
            let number = self.next.saturating_sub(age(*slot, self.next));
            let is_remembered = (self.first..self.next).contains(&number);
            if is_remembered && self.hash_at(number) == Some(hash) {
                // One that came to nothing may have come again.
                found = found.max(Some(number));
            }
        }
        found
    }

    #[cold]
    fn state_of(&self, number: u64) -> Known {
        if number < self.settled {
            return Known::Stored;
        }
        let at = self.flights.partition_point(|flight| flight.end <= number);
        let Some(flight) = self.flights.get(at) else { return Known::Open };
        match flight.pending.peek() {
            None => Known::UnderWay(flight.batch, flight.pending.clone()),
            Some(Outcome::Durable) => Known::Stored,
            Some(Outcome::Refused(_) | Outcome::Dropped(_)) => Known::No,
        }
    }

    /// Where the line of a hash begins.
    fn line_of(&self, hash: u128) -> usize {
        let high = (hash >> 64) as u64;
        let line = ((u128::from(high) * self.lines as u128) >> 64) as usize;
        self.skew + line * WAYS
    }

    /// Where a number is that is remembered, or the next one.
    fn place(&self, number: u64) -> usize {
        let back = (self.next - number) as usize;
        match self.next_place.checked_sub(back) {
            Some(place) => place,
            None => (self.next_place + self.capacity).saturating_sub(back),
        }
    }

    fn hash_at(&self, number: u64) -> Option<u128> {
        self.hashes.get(self.place(number)).copied()
    }

    /// Remembers a message of the open batch.
    #[inline]
    pub(crate) fn remember(&mut self, hash: u128) {
        if self.is_off() {
            return;
        }
        if self.len() == self.capacity {
            self.forget_first();
        }
        let (at, next) = (self.line_of(hash), self.next);
        let line = self.index.get_mut(at..).and_then(|line| line.first_chunk_mut::<WAYS>());
        let Some(line) = line else { return };
        // Empty slots, and those of what was forgotten, are the oldest. Age and place in one
        // number, so that no branch depends on them.
        let ways = line.iter().enumerate();
        let oldest = ways.map(|(way, slot)| (age(*slot, next) as u32) << 4 | way as u32).max();
        let Some(oldest) = line.get_mut((oldest.unwrap_or(0) & 0xf) as usize) else { return };
        let slot = std::mem::replace(oldest, ((next & NUMBER_MASK) as u32) << 8 | tag_of(hash));
        let overwritten = next.saturating_sub(age(slot, next));
        if slot != 0 && (self.first..next).contains(&overwritten) {
            self.forgotten += u64::from(self.give_up(overwritten));
        }
        let place = self.place(next);
        match self.hashes.get_mut(place) {
            Some(old) => *old = hash,
            None => self.hashes.push(hash),
        }
        self.next += 1;
        self.next_place = if place + 1 == self.capacity { 0 } else { place + 1 };
    }

    fn forget_first(&mut self) {
        self.forgotten += u64::from(self.give_up(self.first));
        self.first += 1;
        while self.runs.front().is_some_and(|run| run.end <= self.first) {
            self.runs.pop_front();
        }
    }

    /// The open batch is on its way.
    pub(crate) fn close(&mut self, batch: u64, arrival: i64, pending: impl FnOnce() -> Pending) {
        self.settle();
        self.expire(arrival);
        let begun = self.flights.back().map_or(self.settled, |flight| flight.end);
        if self.next > begun {
            let pending = pending();
            self.flights.push_back(Flight { end: self.next, arrival, batch, pending });
        }
    }

    /// Books what became of the batches under way, in their order.
    pub(crate) fn settle(&mut self) {
        while let Some(outcome) = self.flights.front().and_then(|flight| flight.pending.peek()) {
            let Some(flight) = self.flights.pop_front() else { break };
            if outcome != Outcome::Durable {
                (self.settled.max(self.first)..flight.end).for_each(|number| {
                    self.give_up(number);
                });
            }
            self.add_run(flight.end, flight.arrival);
        }
    }

    /// Whether there was something to give up.
    fn give_up(&mut self, number: u64) -> bool {
        let place = self.place(number);
        self.hashes.get_mut(place).is_some_and(|hash| std::mem::take(hash) != 0)
    }

    fn add_run(&mut self, end: u64, arrival: i64) {
        self.settled = end;
        let length = self.span / RUNS;
        match self.runs.back_mut() {
            Some(run) if arrival.saturating_sub(run.since) < length => {
                run.end = end;
                run.until = run.until.max(arrival);
            }
            _ => self.runs.push_back(Run { end, since: arrival, until: arrival }),
        }
    }

    /// Forgets what is too old at a time of the log.
    fn expire(&mut self, now: i64) {
        let oldest = now.saturating_sub(self.span);
        while let Some(run) = self.runs.front().filter(|run| run.until < oldest) {
            self.first = self.first.max(run.end);
            self.runs.pop_front();
        }
    }

    /// Remembers what a log or a checkpoint holds.
    pub(crate) fn replayed(&mut self, arrival: i64, hashes: impl IntoIterator<Item = u128>) {
        hashes.into_iter().for_each(|hash| self.remember(hash));
        if self.next > self.settled {
            self.add_run(self.next, arrival);
        }
        self.expire(arrival);
    }

    /// As if as many messages had come and been forgotten.
    #[cfg(test)]
    pub(super) fn skip_to(&mut self, number: u64) {
        self.first = number;
        self.settled = number;
        self.next = number;
        self.runs.clear();
    }

    /// Settled messages from a number on, at most so many, and when they came.
    pub(super) fn settled_from(&self, from: u64, most: usize) -> Option<(u64, i64, Vec<u128>)> {
        let from = from.max(self.first);
        let run = self.runs.get(self.runs.partition_point(|run| run.end <= from))?;
        let end = run.end.min(from + most as u64);
        let hashes = (from..end).filter_map(|number| self.hash_at(number));
        Some((end, run.until, hashes.filter(|hash| *hash != 0).collect()))
    }
}

/// How long ago the message of a slot came, in messages.
fn age(slot: u32, next: u64) -> u64 {
    next.wrapping_sub(u64::from(slot >> 8)) & NUMBER_MASK
}

fn tag_of(hash: u128) -> u32 {
    (hash & 0xff) as u32
}
