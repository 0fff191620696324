//! What was sent and what became of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message;
use skytrail_proto::v3::SegmentObject;

use super::traffic::{Number, PARTS, TraceNumber, Traffic};
use crate::soak::random::Random;

/// Segments that may be sent again.
const REMEMBERED: usize = 4_000;

/// How long a segment may be sent again: within what the server recognises by
/// content, so that its metrics are counted once.
const RESEND: Duration = Duration::from_secs(300);

/// What is known of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// Never sent.
    #[default]
    Unsent,
    /// Sent, and nobody has said that it was stored.
    Unanswered,
    /// Acknowledged.
    Acknowledged,
}

/// A segment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entry {
    /// What is known.
    pub fate: Fate,
    /// Whether it was found, and so is part of what is expected.
    pub is_counted: bool,
}

/// A trace.
pub type Trace = [Entry; PARTS];

/// A segment that may be sent again.
#[derive(Debug, Clone)]
struct Recent {
    number: Number,
    bytes: Bytes,
    sent: Instant,
}

/// Counts of what was sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Segments sent for the first time.
    pub sent: u64,
    /// Of these, acknowledged at last.
    pub acknowledged: u64,
    /// Times a segment was sent again.
    pub resent: u64,
    /// Streams and calls that were acknowledged.
    pub answers: u64,
    /// Streams and calls that broke.
    pub broken: u64,
}

/// Everything about a run.
#[derive(Debug)]
pub struct Book {
    traffic: Traffic,
    /// When each round began, Unix milliseconds.
    bases: BTreeMap<u32, i64>,
    traces: BTreeMap<TraceNumber, Trace>,
    recent: VecDeque<Recent>,
    tally: Tally,
}

/// Where a lane is in the traffic of a round.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The round.
    pub round: u32,
    /// Which lane.
    pub lane: usize,
    /// Of how many.
    pub lanes: usize,
    /// The next trace.
    pub trace: u32,
}

impl Book {
    /// An empty one.
    pub fn new(traffic: Traffic) -> Self {
        Self {
            traffic,
            bases: BTreeMap::new(),
            traces: BTreeMap::new(),
            recent: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    /// A round begins, at a time in Unix milliseconds.
    pub fn begin(&mut self, round: u32, now: i64) {
        self.bases.insert(round, now);
        self.recent.retain(|recent| recent.sent.elapsed() < RESEND);
    }

    /// The segments of a trace.
    pub fn segments(&self, number: TraceNumber) -> Vec<SegmentObject> {
        let base = self.bases.get(&number.round).copied().unwrap_or(0);
        self.traffic.trace(number, base)
    }

    /// The id of a trace.
    pub fn trace_id(&self, number: TraceNumber) -> String {
        self.traffic.trace_id(number)
    }

    /// The next segments of a lane, so many at least, in the order to send them.
    /// A segment of a trace belongs to the lane after that of the one before, so
    /// that traces come over several connections.
    pub fn fresh(&mut self, place: &mut Place, count: usize) -> Vec<(Number, Bytes)> {
        let mut chosen = Vec::new();
        while chosen.len() < count {
            let trace = TraceNumber { round: place.round, trace: place.trace };
            place.trace += 1;
            for (part, segment) in self.segments(trace).iter().enumerate() {
                let owner = (trace.trace as usize + part) % place.lanes.max(1);
                if owner == place.lane {
                    let number = Number { trace, part };
                    chosen.push((number, Bytes::from(segment.encode_to_vec())));
                }
            }
        }
        for (number, bytes) in &chosen {
            self.tally.sent += 1;
            if let Some(entry) = self.entry(*number) {
                entry.fate = Fate::Unanswered;
            }
            self.remember(*number, bytes.clone());
        }
        chosen
    }

    /// A segment that was sent before, answered or not.
    pub fn again(&mut self, random: &mut Random) -> Option<(Number, Bytes)> {
        let recent = self.recent.get(random.below(self.recent.len()))?;
        if recent.sent.elapsed() > RESEND {
            return None;
        }
        let chosen = (recent.number, recent.bytes.clone());
        self.tally.resent += 1;
        Some(chosen)
    }

    fn remember(&mut self, number: Number, bytes: Bytes) {
        if self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Recent { number, bytes, sent: Instant::now() });
    }

    fn entry(&mut self, number: Number) -> Option<&mut Entry> {
        self.traces.entry(number.trace).or_default().get_mut(number.part)
    }

    /// All of these were acknowledged together, or the call that held them broke.
    pub fn settle(&mut self, sent: &[(Number, Bytes)], is_acknowledged: bool) {
        if !is_acknowledged {
            self.tally.broken += 1;
            return;
        }
        self.tally.answers += 1;
        for (number, _) in sent {
            let Some(entry) = self.entry(*number) else { continue };
            if entry.fate != Fate::Acknowledged {
                entry.fate = Fate::Acknowledged;
                self.tally.acknowledged += 1;
            }
        }
    }

    /// A segment was found, for the first time.
    pub fn counted(&mut self, number: Number) {
        if let Some(entry) = self.entry(number) {
            entry.is_counted = true;
        }
    }

    /// What is known of the traces.
    pub fn traces(&self) -> impl Iterator<Item = (TraceNumber, Trace)> {
        self.traces.iter().map(|(number, trace)| (*number, *trace))
    }

    /// A trace of any round.
    pub fn any(&self, random: &mut Random) -> Option<(TraceNumber, Trace)> {
        let (last, _) = self.traces.last_key_value()?;
        let round = random.below(last.round as usize + 1) as u32;
        let from = TraceNumber { round, trace: random.below(100) as u32 };
        self.traces.range(from..).next().map(|(number, trace)| (*number, *trace))
    }

    /// The counts.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Book, Fate, Place};
    use crate::crashes::traffic::Traffic;
    use crate::soak::random::Random;

    #[test]
    fn lanes_share_the_traces_and_an_answer_is_for_all_of_a_stream() {
        let mut book = Book::new(Traffic::new(5));
        book.begin(0, 1_700_000_000_000);
        let mut sent = Vec::new();
        for lane in 0..3 {
            let mut place = Place { round: 0, lane, lanes: 3, trace: 0 };
            sent.push(book.fresh(&mut place, 40));
        }
        let all: BTreeSet<_> = sent.iter().flatten().map(|(number, _)| *number).collect();
        assert_eq!(all.len(), sent.iter().map(Vec::len).sum::<usize>());
        book.settle(&sent[0], true);
        book.settle(&sent[1], false);
        book.settle(&sent[0], true);
        let fates = book.traces().flat_map(|(_, trace)| trace.map(|entry| entry.fate));
        let acknowledged = fates.filter(|fate| *fate == Fate::Acknowledged).count();
        assert_eq!(acknowledged, sent[0].len());
        assert_eq!(book.tally().acknowledged, sent[0].len() as u64);
        assert!(book.again(&mut Random::new(1)).is_some());
    }
}
