//! What comes before anything is received: the log is read from the last
//! checkpoint on, and everything in it counts as it did the first time.

mod reader;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use reader::Read;
use skytrail_analysis::Analysis;
use skytrail_base::code::Code;
use skytrail_base::journal::{Journal, JournalError, Position, Record};
use skytrail_base::metrics::{Counter, Registry};
use skytrail_base::queue;
use skytrail_base::shutdown::Shutdown;
use skytrail_ingest::Replayer;
use skytrail_storage::SharedStorage;

use super::backend::FOREIGN;

/// The code of a log that a later version wrote.
const NEWER: Code = Code("ST-1009");

/// Bytes of records that are read ahead.
const READ_AHEAD: usize = 8 << 20;

/// How often the log of the server tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(3);

/// How long a disk that refuses is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// Records that cannot be read and are told one by one; the others are counted.
const MOST_TOLD: u64 = 10;

/// The process was told to stop before everything was replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped before the log was replayed; the next start begins with it again")
    }
}

impl std::error::Error for Interrupted {}

/// What a replay works with.
pub(super) struct Replay<'a> {
    pub(super) storage: &'a SharedStorage,
    pub(super) journal: &'a Arc<dyn Journal>,
    pub(super) analysis: &'a Analysis,
    pub(super) tables: &'a mut Replayer,
    pub(super) stop: &'a Shutdown,
    pub(super) registry: &'a Registry,
}

impl Replay<'_> {
    /// Brings the store to the end of the log. Gives that end, and the hash of the rules
    /// of the last checkpoint, if there is any. A disk that refuses is tried again, since
    /// nothing can be taken before.
    pub(super) async fn run(mut self) -> anyhow::Result<(Position, Option<u64>)> {
        let found = self.restore().await?;
        let (mut last, rules) =
            found.map_or((Position(0), None), |(last, rules)| (last, Some(rules)));
        let mut progress = Progress::new(self.registry, self.journal.used_bytes());
        while let Err(error) = self.go_on(&mut last, &mut progress).await? {
            if !error.retryable {
                return Err(error).context("the log cannot be read");
            }
            tracing::error!(%error, again_in = ?PAUSE, "the log cannot be replayed yet");
            let mut stop = self.stop.clone();
            if tokio::time::timeout(PAUSE, stop.stopping()).await.is_ok() {
                return Err(Interrupted.into());
            }
        }
        progress.end();
        Ok((last, rules))
    }

    /// Replays everything behind `last`, and moves it on.
    async fn go_on(
        &mut self,
        last: &mut Position,
        progress: &mut Progress,
    ) -> anyhow::Result<Result<(), JournalError>> {
        let (sender, mut records) = queue::bounded(READ_AHEAD);
        let (journal, from) = (self.journal.clone(), Position(last.0 + 1));
        let reading = tokio::task::spawn_blocking(move || reader::read(&*journal, from, &sender));
        while let Some(read) = records.recv().await {
            if self.stop.is_stopping() {
                return Err(Interrupted.into());
            }
            let Read { position, record } = &read.item;
            self.one(*position, record, progress).await?;
            *last = *position;
        }
        Ok(reading.await?)
    }

    /// Takes over where the last checkpoint left off; its position and rules.
    async fn restore(&mut self) -> anyhow::Result<Option<(Position, u64)>> {
        let Some(checkpoint) = self.storage.checkpoints().load().await? else {
            return Ok(None);
        };
        let restored = self.analysis.restore(&checkpoint);
        let receivers = restored.map_err(|error| anyhow!("{FOREIGN}: {error}"))?;
        if let Err(error) = self.tables.restore(receivers) {
            tracing::warn!(%error, "messages that come again may count twice");
        }
        Ok(Some((checkpoint.position, checkpoint.rules)))
    }

    async fn one(
        &mut self,
        position: Position,
        record: &Record<'_>,
        progress: &mut Progress,
    ) -> anyhow::Result<()> {
        match self.tables.replay(record) {
            Ok(batch) => self.analysis.replay(batch).await?,
            Err(error) if error.is_newer => {
                let at = position.0;
                return Err(anyhow!(
                    "{NEWER}: record {at} of the log was written by a later version of skytrail \
                     ({error}); start that version, or a later one"
                ));
            }
            Err(error) => progress.unreadable(position, &error),
        }
        progress.done(record);
        // Nothing but a checkpoint makes room in a store, and nobody else makes one yet.
        if self.storage.wants_checkpoint() && progress.may_save() {
            let pending = self.analysis.begin_checkpoint(position)?;
            let saved = pending.finish(|| self.tables.kept()).await;
            if let Err(error) = saved {
                progress.not_saved();
                tracing::warn!(%error, "no checkpoint could be made while the log is replayed");
            }
        }
        Ok(())
    }
}

/// How far a replay is.
struct Progress {
    records: u64,
    bytes: usize,
    held: usize,
    unreadable: u64,
    counter: Counter,
    begun: Instant,
    told: Instant,
    /// When a checkpoint failed last.
    not_saved: Option<Instant>,
}

impl Progress {
    fn new(registry: &Registry, held: usize) -> Self {
        let counter = registry.register(
            "skytrail_log_unreadable_records",
            "Records of the log that replay had to leave out",
            Counter::default(),
        );
        let begun = Instant::now();
        let (told, not_saved) = (begun, None);
        Self { records: 0, bytes: 0, held, unreadable: 0, counter, begun, told, not_saved }
    }

    /// Whether a checkpoint may be tried, after one that failed a moment ago.
    fn may_save(&self) -> bool {
        self.not_saved.is_none_or(|failed| failed.elapsed() >= TELL_EVERY)
    }

    fn not_saved(&mut self) {
        self.not_saved = Some(Instant::now());
    }

    fn done(&mut self, record: &Record<'_>) {
        self.records += 1;
        self.bytes += record.payload.len();
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            let (mib, of_mib) = (self.bytes >> 20, self.held >> 20);
            tracing::info!(records = self.records, mib, of_mib, "replaying the log");
        }
    }

    fn unreadable(&mut self, position: Position, error: &skytrail_ingest::ReplayError) {
        self.unreadable += 1;
        self.counter.inc();
        if self.unreadable <= MOST_TOLD {
            tracing::error!(record = position.0, %error, "a record of the log is left out");
        }
    }

    fn end(&self) {
        let (records, mib, took) = (self.records, self.bytes >> 20, self.begun.elapsed());
        if self.unreadable > 0 {
            let left_out = self.unreadable;
            tracing::error!(left_out, "what these records of the log held is lost");
        }
        if records > 0 {
            tracing::info!(records, mib, ?took, "the log was replayed");
        }
    }
}
