//! The way in that all protocols share: from a message to the inbox of its
//! shard, with everything that is refused or dropped in the books.

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use foldhash::fast::FixedState;
use skytrail_base::account::{Account, Signal};
use skytrail_base::clock::SharedClock;
use skytrail_base::shutdown::Shutdown;
use skytrail_model::command::CommandSource;
use tonic_health::server::HealthReporter;

use crate::config::Settings;
use crate::decode::{LeftOut, Refusal};
use crate::frame::Kind;
use crate::inbox::{AppendError, Inbox, Message};
use crate::metrics::Metrics;
use crate::otlp;
use crate::promise::{Broken, Promise};
use crate::room::Room;
use crate::skywalking::report::{self, ReportLimits};
use crate::throttle::Throttle;
use crate::wire::{Elements, glance, len};

/// Seed of the hash that deals services out to shards.
const SHARD_SEED: u64 = 0x0dea_1e55_e41c_e500;

/// The shard of a service among so many.
pub(crate) fn shard_of(service: &[u8], shards: usize) -> usize {
    let mut hasher = FixedState::with_seed(SHARD_SEED).build_hasher();
    hasher.write(service);
    (hasher.finish() % shards.max(1) as u64) as usize
}

/// What every route works with.
pub(crate) struct Intake {
    pub(crate) settings: Settings,
    pub(crate) inboxes: Vec<Arc<Inbox>>,
    pub(crate) account: Arc<Account>,
    pub(crate) clock: SharedClock,
    pub(crate) commands: Arc<dyn CommandSource>,
    pub(crate) metrics: Metrics,
    pub(crate) room: Room,
    pub(crate) shutdown: Shutdown,
    pub(crate) refusals: Throttle,
    pub(crate) health: HealthReporter,
    pub(crate) said: [AtomicBool; Signal::ALL.len()],
}

/// Why a client does not hear of success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// Its message is wrong; sending it again cannot help.
    Refused { reason: &'static str, message: String },
    /// There is no room; it should come again later.
    Overloaded(Duration),
    /// The process is stopping; it should come again.
    Stopping,
    /// It was taken, but is not stored; it should come again.
    Lost(&'static str),
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { message, .. } => f.write_str(message),
            Self::Overloaded(patience) => {
                write!(
                    f,
                    "no room within ingest.batch.stall_timeout ({} s)",
                    patience.as_secs_f64()
                )
            }
            Self::Stopping => f.write_str("the server is stopping"),
            Self::Lost(reason) => write!(f, "not stored: {reason}"),
        }
    }
}

impl From<AppendError> for Rejected {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Refused(refusal) => Self::message(&refusal),
            AppendError::Overloaded(patience) => Self::Overloaded(patience),
            AppendError::Closing => Self::Stopping,
        }
    }
}

impl Rejected {
    fn message(refusal: &Refusal) -> Self {
        Self::Refused { reason: refusal.reason(), message: format!("message refused: {refusal}") }
    }
}

/// How many segments of a collection were taken, and why the first one of the
/// others was not.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) count: u64,
    pub(crate) first_refusal: Option<Rejected>,
}

impl Taken {
    /// A collection fails only when nothing of it was taken.
    pub(crate) fn verdict(self) -> Result<(), Rejected> {
        match self.first_refusal {
            Some(refusal) if self.count == 0 => Err(refusal),
            _ => Ok(()),
        }
    }
}

impl Intake {
    /// Takes a `SegmentObject`.
    pub(crate) async fn segment(
        &self,
        bytes: &[u8],
        promise: &mut Promise,
    ) -> Result<(), Rejected> {
        let seen = match glance(bytes, len(4), len(3)) {
            Ok(seen) => seen,
            Err((malformed, spans)) => {
                return Err(self.refuse_segment(malformed.into(), spans, &[]));
            }
        };
        if seen.count == 0 {
            return Err(self.refuse_segment(Refusal::NoSpans, 0, seen.text));
        }
        let Some(inbox) = self.inbox(seen.text) else { return Err(Rejected::Stopping) };
        let mut message = Message::Segment { bytes, spans: seen.count };
        let appended = inbox.append(&mut message, promise).await;
        appended.map_err(|error| {
            if let AppendError::Refused(refusal) = error {
                self.complain(&refusal, seen.text);
            }
            error.into()
        })
    }

    /// Takes a `ResourceSpans`; tells the spans of it that were not taken although
    /// the others were.
    pub(crate) async fn resource_spans(
        &self,
        bytes: &[u8],
        promise: &mut Promise,
    ) -> Result<LeftOut, Rejected> {
        let seen = otlp::glance(bytes)
            .map_err(|malformed| self.refuse_message(Signal::Span, &Refusal::from(malformed)))?;
        if seen.spans == 0 {
            return Ok(LeftOut::default());
        }
        let Some(inbox) = self.inbox(&seen.service()) else { return Err(Rejected::Stopping) };
        let left_out = LeftOut::default();
        let mut message = Message::ResourceSpans { bytes, spans: seen.spans, left_out };
        inbox.append(&mut message, promise).await.map_err(|error| {
            if let AppendError::Refused(refusal) = error {
                self.complain(&refusal, seen.name);
            }
            Rejected::from(error)
        })?;
        let Message::ResourceSpans { left_out, .. } = message else {
            return Ok(LeftOut::default());
        };
        Ok(left_out)
    }

    /// Counts what is no message at all as one.
    pub(crate) fn refuse_message(&self, signal: Signal, why: &dyn fmt::Display) -> Rejected {
        let reason = "malformed";
        self.account.refuse(signal, reason, 1, 0);
        self.complain(why, &[]);
        Rejected::Refused { reason, message: format!("message refused: {why}") }
    }

    fn refuse_segment(&self, refusal: Refusal, spans: u64, service: &[u8]) -> Rejected {
        self.account.refuse(Signal::Segment, refusal.reason(), 1, spans);
        self.complain(&refusal, service);
        Rejected::message(&refusal)
    }

    /// Takes a `SegmentCollection`. Segments that are refused do not keep the
    /// others from being taken.
    pub(crate) async fn collection(
        &self,
        bytes: &[u8],
        promise: &mut Promise,
    ) -> Result<Taken, Rejected> {
        let segments = Elements::new(bytes, len(1));
        if let Some(Err(malformed)) = segments.clone().find(Result::is_err) {
            return Err(self.refuse_segment(malformed.into(), 0, &[]));
        }
        let mut taken = Taken::default();
        for segment in segments.flatten() {
            match self.segment(segment, promise).await {
                Ok(()) => taken.count += 1,
                Err(refused @ Rejected::Refused { .. }) => {
                    taken.first_refusal.get_or_insert(refused);
                }
                Err(other) => return Err(other),
            }
            self.stored_so_far(promise).await?;
        }
        Ok(taken)
    }

    /// Takes a report of an instance about itself.
    pub(crate) async fn report(
        &self,
        kind: Kind,
        bytes: &[u8],
        promise: &mut Promise,
    ) -> Result<(), Rejected> {
        let limits = ReportLimits {
            bytes: self.settings.max_report_bytes,
            properties: self.settings.max_properties,
            samples: self.settings.max_samples,
        };
        let message = match kind {
            Kind::Properties => report::properties(bytes, &limits)
                .map(|report| Message::Properties { bytes, report }),
            Kind::Jvm => report::jvm(bytes, &limits).map(|report| Message::Jvm { bytes, report }),
            _ => report::keep_alive(bytes, &limits)
                .map(|report| Message::KeepAlive { bytes, report }),
        };
        let mut message = message.map_err(|refusal| {
            let signal = if kind == Kind::Jvm { Signal::Jvm } else { Signal::Management };
            self.account.refuse(signal, refusal.reason(), 1, 0);
            self.complain(&refusal, &[]);
            let message = format!("{} report refused: {refusal}", signal.name());
            Rejected::Refused { reason: refusal.reason(), message }
        })?;
        let inbox = match &message {
            Message::Segment { .. } | Message::ResourceSpans { .. } => None,
            Message::Properties { report, .. } | Message::KeepAlive { report, .. } => {
                self.inbox(report.service.as_bytes())
            }
            Message::Jvm { report, .. } => self.inbox(report.service.as_bytes()),
        };
        let inbox = inbox.ok_or(Rejected::Stopping)?;
        inbox.append(&mut message, promise).await.map_err(Rejected::from)
    }

    /// Counts messages that nothing here understands yet, and says so once.
    pub(crate) fn ignore(&self, signal: Signal, messages: u64) {
        self.account.drop_now(signal, "not_supported", messages, 0);
        let said = self.said.get(signal as usize);
        if said.is_some_and(|said| !said.swap(true, Ordering::Relaxed)) {
            tracing::warn!(signal = signal.name(), "received and not kept: not supported yet");
        }
    }

    /// Waits while a call has too many batches under way.
    pub(crate) async fn stored_so_far(&self, promise: &mut Promise) -> Result<(), Rejected> {
        if !promise.is_long() {
            return Ok(());
        }
        let limit = self.settings.answer_timeout;
        match tokio::time::timeout(limit, promise.make_room()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(broken)) => Err(broken.into()),
            Err(_) => Err(Rejected::Lost("answer_timeout")),
        }
    }

    /// Waits until everything that was taken is stored.
    pub(crate) async fn stored(&self, promise: Promise) -> Result<(), Rejected> {
        match tokio::time::timeout(self.settings.answer_timeout, promise.kept()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(broken)) => Err(broken.into()),
            Err(_) => Err(Rejected::Lost("answer_timeout")),
        }
    }

    fn inbox(&self, service: &[u8]) -> Option<&Inbox> {
        self.inboxes.get(shard_of(service, self.inboxes.len())).map(|inbox| &**inbox)
    }

    fn complain(&self, refusal: &dyn fmt::Display, service: &[u8]) {
        if let Some(left_out) = self.refusals.pass(&*self.clock) {
            // Debug form: a name must not be able to write lines of its own.
            let service = String::from_utf8_lossy(service.get(..128).unwrap_or(service));
            tracing::warn!(left_out, ?service, "message refused: {refusal}");
        }
    }
}

impl From<Broken> for Rejected {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Refused(reason) => {
                Self::Refused { reason, message: format!("refused by the store: {reason}") }
            }
            Broken::Dropped(reason) => Self::Lost(reason),
        }
    }
}
