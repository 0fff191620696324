//! Where messages of one shard are decoded into the open batch.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skytrail_base::account::{Account, Signal};
use skytrail_base::receipt::{Receipt, receipt};
use skytrail_model::batch::{Batch, BatchSize, SpanBatch, Spare};
use skytrail_model::jvm::JvmReport;
use skytrail_model::management::InstanceReport;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::decode::{Decoded, Decoder, LeftOut, Refusal};
use crate::duplicates::{Known, Window, identity};
use crate::frame::{self, Kind};
use crate::metrics::Metrics;
use crate::promise::{BatchKey, Promise};

/// Rows take several times the bytes they were decoded from; a batch whose
/// rows outgrow its limit by this factor is full as well.
const ROW_FACTOR: usize = 8;

/// One message for a shard.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    /// A `SegmentObject` and how many spans it claims to hold.
    Segment {
        bytes: &'a [u8],
        spans: u64,
    },
    /// A `ResourceSpans`, how many spans it claims to hold, and those that were not
    /// taken although it was.
    ResourceSpans {
        bytes: &'a [u8],
        spans: u64,
        left_out: LeftOut,
    },
    Properties {
        bytes: &'a [u8],
        report: InstanceReport,
    },
    KeepAlive {
        bytes: &'a [u8],
        report: InstanceReport,
    },
    Jvm {
        bytes: &'a [u8],
        report: JvmReport,
    },
}

impl Message<'_> {
    fn signal(&self) -> Signal {
        match self {
            Self::Segment { .. } => Signal::Segment,
            Self::ResourceSpans { .. } => Signal::Span,
            Self::Properties { .. } | Self::KeepAlive { .. } => Signal::Management,
            Self::Jvm { .. } => Signal::Jvm,
        }
    }

    /// What tells it apart, where it counts twice when it comes twice.
    fn identity(&self) -> Option<u128> {
        match self {
            Self::Segment { bytes, .. } => identity(Kind::Segment, bytes),
            Self::ResourceSpans { bytes, .. } => identity(Kind::ResourceSpans, bytes),
            Self::Jvm { bytes, .. } => identity(Kind::Jvm, bytes),
            Self::Properties { .. } | Self::KeepAlive { .. } => None,
        }
    }

    fn spans(&self) -> u64 {
        match self {
            Self::Segment { spans, .. } | Self::ResourceSpans { spans, .. } => *spans,
            _ => 0,
        }
    }
}

/// Why a message was not appended. It is in the books already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppendError {
    /// It is wrong.
    Refused(Refusal),
    /// The batch stayed full for as long as a sender is stalled.
    Overloaded(Duration),
    /// The process is stopping.
    Closing,
}

/// The open batch of a shard.
pub(crate) struct Inbox {
    shard: u16,
    open: Mutex<Open>,
    /// Wakes the pump: there is something, or there will be nothing any more.
    filled: Notify,
    /// Wakes the pump: nothing more fits in, or nothing more will come.
    ripe: Notify,
    /// Wakes stalled senders.
    room: Notify,
    batch_bytes: usize,
    patience: Duration,
    /// Whether messages that come again are looked for.
    is_remembering: bool,
    account: Arc<Account>,
    metrics: Metrics,
}

struct Open {
    decoder: Decoder,
    /// The messages that came before.
    known: Window,
    batch: Batch,
    receipt: Receipt,
    number: u64,
    messages: u64,
    is_closed: bool,
}

/// A batch on its way out.
pub(crate) struct Taken {
    pub(crate) batch: Batch,
    pub(crate) receipt: Receipt,
}

enum Turn {
    Done(Result<(), AppendError>),
    Full,
}

impl Inbox {
    pub(crate) fn new(
        mut decoder: Decoder,
        known: Window,
        batch_bytes: usize,
        patience: Duration,
        account: Arc<Account>,
        metrics: Metrics,
    ) -> Self {
        let mut spans = Spare::new().batch(BatchSize::default());
        decoder.begin(&mut spans);
        let shard = spans.space.shard;
        let is_remembering = !known.is_off();
        let open = Open {
            decoder,
            known,
            batch: Batch { shard, spans, ..Batch::default() },
            receipt: receipt(account.clone()).0,
            number: 0,
            messages: 0,
            is_closed: false,
        };
        let [filled, ripe, room] = [(); 3].map(|()| Notify::new());
        Self {
            shard,
            open: Mutex::new(open),
            filled,
            ripe,
            room,
            batch_bytes,
            patience,
            is_remembering,
            account,
            metrics,
        }
    }

    /// Appends a message to the open batch, stalling while it is full, and adds
    /// the batch to the promise.
    pub(crate) async fn append(
        &self,
        message: &mut Message<'_>,
        promise: &mut Promise,
    ) -> Result<(), AppendError> {
        // Outside of the lock, and once however often it is tried.
        let identity = if self.is_remembering { message.identity() } else { None };
        match self.try_append(message, identity, promise) {
            Turn::Done(done) => done,
            Turn::Full => self.append_later(message, identity, promise).await,
        }
    }

    async fn append_later(
        &self,
        message: &mut Message<'_>,
        identity: Option<u128>,
        promise: &mut Promise,
    ) -> Result<(), AppendError> {
        let start = Instant::now();
        let deadline = start + self.patience;
        let done = loop {
            // Listening begins before looking, so that no room is missed in between.
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            if let Turn::Done(done) = self.try_append(message, identity, promise) {
                break done;
            }
            if timeout_at(deadline, room).await.is_err() {
                let (signal, spans) = (message.signal(), message.spans());
                self.account.drop_now(signal, "overloaded", 1, spans);
                break Err(AppendError::Overloaded(self.patience));
            }
        };
        self.metrics.stalled(start.elapsed());
        done
    }

    fn try_append(
        &self,
        message: &mut Message<'_>,
        identity: Option<u128>,
        promise: &mut Promise,
    ) -> Turn {
        let mut open = self.open.lock();
        if open.is_closed {
            let (signal, spans) = (message.signal(), message.spans());
            self.account.drop_now(signal, "stopping", 1, spans);
            return Turn::Done(Err(AppendError::Closing));
        }
        if let Some(identity) = identity
            && self.is_known(&open, identity, promise)
        {
            self.account.drop_now(message.signal(), "duplicate", 1, message.spans());
            return Turn::Done(Ok(()));
        }
        if self.is_full(&open) {
            if open.messages > 0 {
                return Turn::Full;
            }
            // Only refused messages filled the table of names: begin anew.
            let _ = open.renew(&self.account);
        }
        let done = self.push(&mut open, message);
        if done.is_ok() {
            open.messages += 1;
            if let Some(identity) = identity {
                open.known.remember(identity);
            }
            let key = BatchKey { shard: self.shard, number: open.number };
            promise.add(key, || open.receipt.pending());
            if open.messages == 1 {
                self.filled.notify_one();
            }
            if self.is_full(&open) {
                self.ripe.notify_one();
            }
        }
        Turn::Done(done)
    }

    /// Whether a message came before and is stored or under way; then the promise
    /// is about the batch that it came with.
    fn is_known(&self, open: &Open, identity: u128, promise: &mut Promise) -> bool {
        match open.known.find(identity) {
            Known::No => return false,
            Known::Stored => {}
            Known::Open => {
                let key = BatchKey { shard: self.shard, number: open.number };
                promise.add(key, || open.receipt.pending());
            }
            Known::UnderWay(number, pending) => {
                promise.add(BatchKey { shard: self.shard, number }, || pending);
            }
        }
        true
    }

    fn is_full(&self, open: &Open) -> bool {
        let spans = &open.batch.spans;
        spans.bytes.len() >= self.batch_bytes
            || rows_bytes(spans) >= self.batch_bytes.saturating_mul(ROW_FACTOR)
            || open.decoder.symbols().is_over()
    }

    fn push(&self, open: &mut Open, message: &mut Message<'_>) -> Result<(), AppendError> {
        let Open { decoder, batch, receipt, .. } = open;
        match message {
            Message::Segment { bytes, spans } => {
                let decoded = decoder.segment(bytes, &mut batch.spans);
                self.book(Signal::Segment, *spans, decoded, receipt)?;
            }
            Message::ResourceSpans { bytes, spans, left_out } => {
                let decoded = decoder.resource_spans(bytes, &mut batch.spans);
                *left_out = self.book(Signal::Span, *spans, decoded, receipt)?;
            }
            Message::Properties { bytes, report } => {
                frame::push(&mut batch.spans.bytes, Kind::Properties, bytes);
                batch.instances.push(std::mem::replace(report, blank_instance()));
                receipt.add(Signal::Management, 1, 0);
            }
            Message::KeepAlive { bytes, report } => {
                frame::push(&mut batch.spans.bytes, Kind::KeepAlive, bytes);
                batch.instances.push(std::mem::replace(report, blank_instance()));
                receipt.add(Signal::Management, 1, 0);
            }
            Message::Jvm { bytes, report } => {
                frame::push(&mut batch.spans.bytes, Kind::Jvm, bytes);
                batch.jvm.push(std::mem::replace(report, blank_jvm()));
                receipt.add(Signal::Jvm, 1, 0);
            }
        }
        Ok(())
    }

    /// Books a message that claimed to hold so many spans; gives those of it that
    /// were not taken although it was.
    fn book(
        &self,
        signal: Signal,
        spans: u64,
        decoded: Result<Decoded, Refusal>,
        receipt: &mut Receipt,
    ) -> Result<LeftOut, AppendError> {
        let decoded = decoded.map_err(|refusal| {
            self.account.refuse(signal, refusal.reason(), 1, spans);
            AppendError::Refused(refusal)
        })?;
        receipt.add(signal, 1, u64::from(decoded.spans));
        for (why, count) in decoded.left_out.reasons() {
            self.account.refuse(signal, why.reason(), 0, count.into());
        }
        if !decoded.notes.is_clean() {
            self.metrics.noted(decoded.notes);
        }
        Ok(decoded.left_out)
    }

    /// Waits until the batch holds something; false once the inbox is closed
    /// and empty.
    pub(crate) async fn filled(&self) -> bool {
        loop {
            let filled = self.filled.notified();
            {
                let open = self.open.lock();
                if open.messages > 0 {
                    return true;
                }
                if open.is_closed {
                    return false;
                }
            }
            filled.await;
        }
    }

    /// Waits until nothing more fits into the batch, at most until `deadline`.
    pub(crate) async fn ripe(&self, deadline: Instant) {
        // A notice that is left over from a batch before costs one early batch.
        let _ = timeout_at(deadline, self.ripe.notified()).await;
    }

    /// Bytes that the open batch keeps alive.
    pub(crate) fn weight(&self) -> usize {
        weight(&self.open.lock().batch)
    }

    /// Takes the open batch, which is closed at `arrival`, and begins another one.
    pub(crate) fn take(&self, arrival: i64) -> Option<Taken> {
        let taken = {
            let mut open = self.open.lock();
            if open.messages == 0 {
                return None;
            }
            let number = open.number;
            let mut taken = open.renew(&self.account);
            taken.batch.arrival = arrival;
            open.known.close(number, arrival, || taken.receipt.pending());
            self.metrics.names(self.shard, open.decoder.symbols());
            let forgotten = open.known.take_forgotten();
            self.metrics.known(self.shard, open.known.len(), forgotten);
            taken
        };
        self.room.notify_waiters();
        Some(taken)
    }

    /// Looks at the messages that came before.
    pub(crate) fn with_known<T>(&self, look: impl FnOnce(&mut Window) -> T) -> T {
        look(&mut self.open.lock().known)
    }

    /// Takes no more messages. What is in the batch can still be taken.
    pub(crate) fn close(&self) {
        self.open.lock().is_closed = true;
        self.room.notify_waiters();
        self.filled.notify_one();
        self.ripe.notify_one();
    }
}

impl Open {
    fn renew(&mut self, account: &Arc<Account>) -> Taken {
        let last = &self.batch;
        let mut spans = last.spans.spare.batch(last.spans.size());
        self.decoder.begin(&mut spans);
        let batch = Batch { shard: last.shard, spans, ..Batch::default() };
        self.number += 1;
        self.messages = 0;
        Taken {
            batch: std::mem::replace(&mut self.batch, batch),
            receipt: std::mem::replace(&mut self.receipt, receipt(account.clone()).0),
        }
    }
}

fn rows_bytes(batch: &SpanBatch) -> usize {
    size_of_val(batch.spans.as_slice())
        + size_of_val(batch.attributes.as_slice())
        + size_of_val(batch.links.as_slice())
        + size_of_val(batch.events.as_slice())
}

/// Bytes that a batch keeps alive. Reports are a few strings and numbers; what
/// one takes in memory is estimated from what it took on the wire.
fn weight(batch: &Batch) -> usize {
    let samples: usize = batch.jvm.iter().map(|report| report.samples.len()).sum();
    batch.spans.memory() + batch.instances.len() * 2048 + batch.jvm.len() * 256 + samples * 1024
}

fn blank_instance() -> InstanceReport {
    InstanceReport {
        service: String::new(),
        instance: String::new(),
        layer: skytrail_model::layer::Layer::GENERAL,
        properties: Vec::new(),
    }
}

fn blank_jvm() -> JvmReport {
    JvmReport { service: String::new(), instance: String::new(), samples: Vec::new() }
}
