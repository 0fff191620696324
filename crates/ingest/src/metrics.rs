//! What the receivers tell about themselves.

mod books;
mod gauges;

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::account::Account;
use skytrail_base::metrics::{Counter, Family, Gauge, Histogram, Labels, Registry};

use crate::decode::Notes;
use crate::room::Room;
use crate::symbols::SymbolTable;

/// Upper bounds of batch sizes in bytes: 1 KiB to 4 MiB.
const BATCH_BOUNDS: [f64; 7] =
    [1024.0, 4096.0, 16384.0, 65536.0, 262_144.0, 1_048_576.0, 4_194_304.0];

/// Counters and gauges; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    changed: Family<Labels, Counter>,
    batch_bytes: Histogram,
    stalls: Counter,
    stall_seconds: Counter<f64, std::sync::atomic::AtomicU64>,
    streams: Gauge,
    ended: Family<Labels, Counter>,
    unauthenticated: Family<Labels, Counter>,
    names: Family<Labels, Gauge>,
    names_bytes: Family<Labels, Gauge>,
    names_epoch: Family<Labels, Gauge>,
    known: Family<Labels, Gauge>,
    forgotten: Counter,
}

/// An open stream; it counts as one until this is dropped.
#[derive(Debug)]
pub(crate) struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new(registry: &Registry, account: Arc<Account>) -> Self {
        registry.collect(Box::new(books::Books::new(account)));
        let inner = Inner {
            changed: registry.register(
                "skytrail_ingest_changed",
                "Texts, rows and durations of segments that were changed, by what was done",
                Family::default(),
            ),
            batch_bytes: registry.register(
                "skytrail_ingest_batch_bytes",
                "Bytes of messages in the batches handed to the analysis",
                Histogram::new(BATCH_BOUNDS),
            ),
            stalls: registry.register(
                "skytrail_ingest_stalls",
                "Messages that had to wait for room",
                Counter::default(),
            ),
            stall_seconds: registry.register(
                "skytrail_ingest_stall_seconds",
                "Time that messages waited for room",
                Counter::default(),
            ),
            streams: registry.register(
                "skytrail_ingest_open_streams",
                "Calls of agents that are open",
                Gauge::default(),
            ),
            ended: registry.register(
                "skytrail_ingest_ended_calls",
                "Calls of agents that were ended with an error, by its reason",
                Family::default(),
            ),
            unauthenticated: registry.register(
                "skytrail_ingest_unauthenticated",
                "Requests without the right token, by port",
                Family::default(),
            ),
            names: registry.register(
                "skytrail_ingest_names",
                "Distinct names in the table of a shard",
                Family::default(),
            ),
            names_bytes: registry.register(
                "skytrail_ingest_names_bytes",
                "Memory of the table of names of a shard",
                Family::default(),
            ),
            names_epoch: registry.register(
                "skytrail_ingest_names_emptied",
                "How often the table of names of a shard was full and emptied",
                Family::default(),
            ),
            known: registry.register(
                "skytrail_ingest_known_messages",
                "Messages of a shard that are recognised when they come again",
                Family::default(),
            ),
            forgotten: registry.register(
                "skytrail_ingest_forgotten_messages",
                "Messages that are no longer recognised, before their time, for lack of memory",
                Counter::default(),
            ),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Publishes how much of a room is held.
    pub(crate) fn watch_room(registry: &Registry, room: Room) {
        registry.collect(Box::new(gauges::RoomGauge(room)));
    }

    pub(crate) fn noted(&self, notes: Notes) {
        for (what, count) in [
            ("repaired_text", notes.repaired),
            ("cut_name", notes.cut_names),
            ("cut_key", notes.cut_keys),
            ("cut_value", notes.cut_values),
            ("left_out_attribute", notes.left_out_attributes),
            ("left_out_event", notes.left_out_events),
            ("left_out_link", notes.left_out_links),
            ("negative_duration", notes.negative_durations),
        ] {
            if count > 0 {
                let labels = vec![("what", what.to_owned())];
                self.inner.changed.get_or_create(&labels).inc_by(u64::from(count));
            }
        }
    }

    pub(crate) fn batch(&self, bytes: usize) {
        self.inner.batch_bytes.observe(bytes as f64);
    }

    pub(crate) fn stalled(&self, time: Duration) {
        self.inner.stalls.inc();
        self.inner.stall_seconds.inc_by(time.as_secs_f64());
    }

    pub(crate) fn open_stream(&self) -> OpenStream {
        self.inner.streams.inc();
        OpenStream(self.inner.streams.clone())
    }

    pub(crate) fn ended(&self, reason: &'static str) {
        self.inner.ended.get_or_create(&vec![("reason", reason.to_owned())]).inc();
    }

    pub(crate) fn unauthenticated(&self, port: &'static str) {
        self.inner.unauthenticated.get_or_create(&vec![("port", port.to_owned())]).inc();
    }

    pub(crate) fn names(&self, shard: u16, table: &SymbolTable) {
        let labels = vec![("shard", shard.to_string())];
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.inner.names.get_or_create(&labels).set(count(table.len()));
        self.inner.names_bytes.get_or_create(&labels).set(count(table.memory()));
        let epoch = i64::from(table.space().epoch);
        self.inner.names_epoch.get_or_create(&labels).set(epoch);
    }

    pub(crate) fn known(&self, shard: u16, known: usize, forgotten: u64) {
        let labels = vec![("shard", shard.to_string())];
        let known = i64::try_from(known).unwrap_or(i64::MAX);
        self.inner.known.get_or_create(&labels).set(known);
        self.inner.forgotten.inc_by(forgotten);
    }
}
