//! The books of what arrives:
//! `received = stored + refused + dropped{reason} + in flight`, per signal, in
//! messages and in spans, exact whenever nothing is in flight.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::outcome::Outcome;

/// Kinds of data that clients send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Signal {
    /// Trace segments.
    Segment,
    /// Spans of protocols without segments; a message is those of one resource.
    Span,
    /// Instance properties and keep-alive pings.
    Management,
    /// JVM metrics.
    Jvm,
    /// CLR metrics.
    Clr,
    /// Meter samples.
    Meter,
    /// Logs.
    Log,
    /// Events.
    Event,
    /// Browser performance data and error logs.
    Browser,
    /// Service mesh metrics and access logs.
    Mesh,
    /// Profiling snapshots and results.
    Profile,
    /// eBPF processes, profiling and access logs.
    Ebpf,
    /// Events attached to spans from outside the process.
    SpanEvent,
}

impl Signal {
    /// Every signal, in the order of their labels.
    pub const ALL: [Self; 13] = [
        Self::Segment,
        Self::Span,
        Self::Management,
        Self::Jvm,
        Self::Clr,
        Self::Meter,
        Self::Log,
        Self::Event,
        Self::Browser,
        Self::Mesh,
        Self::Profile,
        Self::Ebpf,
        Self::SpanEvent,
    ];

    /// The name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Span => "span",
            Self::Management => "management",
            Self::Jvm => "jvm",
            Self::Clr => "clr",
            Self::Meter => "meter",
            Self::Log => "log",
            Self::Event => "event",
            Self::Browser => "browser",
            Self::Mesh => "mesh",
            Self::Profile => "profile",
            Self::Ebpf => "ebpf",
            Self::SpanEvent => "span_event",
        }
    }
}

const SIGNALS: usize = Signal::ALL.len();

/// Messages and the spans in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages: one segment, one log, one JVM collection…
    pub messages: u64,
    /// Spans inside the messages; 0 for signals without spans.
    pub spans: u64,
}

/// What one receipt covers, per signal.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    counts: [Count; SIGNALS],
}

impl Tally {
    /// Adds messages of one signal.
    pub fn add(&mut self, signal: Signal, messages: u64, spans: u64) {
        let count = &mut self.counts[signal as usize];
        count.messages += messages;
        count.spans += spans;
    }

    /// The count of one signal.
    pub fn of(&self, signal: Signal) -> Count {
        self.counts[signal as usize]
    }
}

#[derive(Debug, Default)]
struct Cell {
    messages: AtomicU64,
    spans: AtomicU64,
}

impl Cell {
    fn add(&self, count: Count) {
        self.messages.fetch_add(count.messages, Ordering::Relaxed);
        self.spans.fetch_add(count.spans, Ordering::Relaxed);
    }

    fn get(&self) -> Count {
        Count {
            messages: self.messages.load(Ordering::Relaxed),
            spans: self.spans.load(Ordering::Relaxed),
        }
    }
}

#[derive(Debug, Default)]
struct Book {
    received: Cell,
    stored: Cell,
    refused: Mutex<BTreeMap<&'static str, Count>>,
    dropped: Mutex<BTreeMap<&'static str, Count>>,
    settled: Cell,
}

/// The totals of one signal at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Everything that was decoded far enough to be counted.
    pub received: Count,
    /// Handed to the store and acknowledged by it.
    pub stored: Count,
    /// Wrong and therefore not taken.
    pub refused: Count,
    /// Right, or not looked at, but not taken.
    pub dropped: Count,
    /// Received and not yet settled.
    pub in_flight: Count,
}

/// The books of every signal.
#[derive(Debug, Default)]
pub struct Account {
    books: [Book; SIGNALS],
}

impl Account {
    /// Empty books.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn book(&self, signal: Signal) -> &Book {
        &self.books[signal as usize]
    }

    /// Books an arrival that will be settled later through a receipt.
    pub fn enter(&self, signal: Signal, messages: u64, spans: u64) {
        self.book(signal).received.add(Count { messages, spans });
    }

    /// Books an arrival that was refused at once, for `reason`.
    pub fn refuse(&self, signal: Signal, reason: &'static str, messages: u64, spans: u64) {
        self.enter(signal, messages, spans);
        self.close(signal, Count { messages, spans }, Outcome::Refused(reason));
    }

    /// Books an arrival that was dropped at once, for `reason`.
    pub fn drop_now(&self, signal: Signal, reason: &'static str, messages: u64, spans: u64) {
        self.enter(signal, messages, spans);
        self.close(signal, Count { messages, spans }, Outcome::Dropped(reason));
    }

    /// Settles what a receipt covered.
    pub fn settle(&self, tally: &Tally, outcome: Outcome) {
        for signal in Signal::ALL {
            let count = tally.of(signal);
            if count.messages > 0 || count.spans > 0 {
                self.close(signal, count, outcome);
            }
        }
    }

    fn close(&self, signal: Signal, count: Count, outcome: Outcome) {
        let book = self.book(signal);
        match outcome {
            Outcome::Durable => book.stored.add(count),
            Outcome::Refused(reason) => add_to(&book.refused, reason, count),
            Outcome::Dropped(reason) => add_to(&book.dropped, reason, count),
        }
        book.settled.add(count);
    }

    /// The totals of one signal.
    pub fn totals(&self, signal: Signal) -> Totals {
        let book = self.book(signal);
        // Settled is read first: what settles in between then still counts as in flight,
        // never as less than nothing.
        let settled = book.settled.get();
        let received = book.received.get();
        Totals {
            received,
            stored: book.stored.get(),
            refused: sum(&book.refused),
            dropped: sum(&book.dropped),
            in_flight: Count {
                messages: received.messages.saturating_sub(settled.messages),
                spans: received.spans.saturating_sub(settled.spans),
            },
        }
    }

    /// Reason, messages and spans of everything dropped.
    pub fn dropped(&self, signal: Signal) -> Vec<(&'static str, u64, u64)> {
        list(&self.book(signal).dropped)
    }

    /// Reason, messages and spans of everything refused.
    pub fn refused(&self, signal: Signal) -> Vec<(&'static str, u64, u64)> {
        list(&self.book(signal).refused)
    }
}

fn add_to(map: &Mutex<BTreeMap<&'static str, Count>>, reason: &'static str, count: Count) {
    let mut map = map.lock();
    let sum = map.entry(reason).or_default();
    sum.messages += count.messages;
    sum.spans += count.spans;
}

fn sum(map: &Mutex<BTreeMap<&'static str, Count>>) -> Count {
    map.lock().values().fold(Count::default(), |sum, count| Count {
        messages: sum.messages + count.messages,
        spans: sum.spans + count.spans,
    })
}

fn list(map: &Mutex<BTreeMap<&'static str, Count>>) -> Vec<(&'static str, u64, u64)> {
    map.lock().iter().map(|(reason, count)| (*reason, count.messages, count.spans)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Account, Signal};
    use crate::receipt::{Outcome, receipt};

    #[test]
    fn the_identity_holds_for_every_kind_of_end() {
        let account = Account::new();
        account.refuse(Signal::Segment, "spans_per_segment", 1, 20_000);
        account.drop_now(Signal::Log, "not_supported", 4, 0);
        let (mut first, _) = receipt(account.clone());
        first.add(Signal::Segment, 3, 12);
        let (mut second, _) = receipt(account.clone());
        second.add(Signal::Segment, 1, 2);
        first.resolve(Outcome::Durable);
        second.resolve(Outcome::Dropped("queue_full"));
        let totals = account.totals(Signal::Segment);
        let closed = totals.stored.spans + totals.refused.spans + totals.dropped.spans;
        assert_eq!(totals.received.spans, closed);
        assert_eq!(totals.in_flight.spans, 0);
        assert_eq!(account.dropped(Signal::Log), vec![("not_supported", 4, 0)]);
    }
}
