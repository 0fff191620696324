//! The traffic, decoded, analysed and appended as a shard does it; a few
//! thousand segments at a time, so that memory stays small however long it is.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use skytrail_analysis::{Rules, Shard};
use skytrail_base::clock::SystemClock;
use skytrail_base::fs::real::RealFileSystem;
use skytrail_base::journal::Position;
use skytrail_base::metrics::Registry;
use skytrail_demo::workload::Workload as Stream;
use skytrail_engine::store::{Config, EmbeddedStorage, Metrics, Opening, open};
use skytrail_ingest::decode::Decoder;
use skytrail_model::batch::Batch;
use skytrail_model::entity::EntityId;
use skytrail_model::time::Zone;
use skytrail_proto::v3::SegmentObject;
use skytrail_storage::{Checkpoint, Cut, Origin, SpanAppend, Storage};

use crate::ids::Ids;
use crate::measure::cpu::of_thread;
use crate::rows::{Decoding, arrived, decoder, shard};
use crate::workload::{SEED, Workload, now_ms};

/// Segments that are decoded before they are appended.
const CHUNK: usize = 2_000;

/// Spans of a segment of the traffic.
const SEGMENT_SPANS: u64 = 5;

/// Spans of a second of the traffic.
const SPANS_PER_SECOND: u64 = 50_000;

/// One segment in so many is kept in mind, to be asked for.
const SAMPLE: u64 = 400;

/// Segments kept in mind at most, spread over everything.
const MOST_SAMPLES: usize = 4_000;

/// How long a part is not merged: here nobody reads while it is written.
const SETTLE: Duration = Duration::from_secs(1);

/// A segment that is kept in mind.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Spans that came before it.
    pub place: u64,
    /// Its trace.
    pub trace: String,
    /// Its service.
    pub service: EntityId,
    /// Values of tags of its spans, by key.
    pub tags: Vec<(String, String)>,
}

/// What the feeding took, processor time of the thread that appends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// Appending spans.
    pub spans: Duration,
    /// Appending rows of all other families.
    pub rows: Duration,
}

/// Opens the store of a folder as the server does.
pub fn open_store(folder: &Path) -> Result<Arc<EmbeddedStorage>> {
    let settings = skytrail_analysis::Config::default().validate()?;
    let opening = Opening {
        fs: RealFileSystem::at(folder.to_owned()),
        config: Config { settle: SETTLE, ..Config::default() },
        catalogue: Rules::load(&settings)?.catalogue(),
        zone: Zone::utc(),
        clock: Arc::new(SystemClock),
        metrics: Metrics::new(&Registry::default()),
    };
    Ok(Arc::new(open(opening).context("the store cannot be opened")?))
}

/// Feeds a store.
pub struct Feeder {
    store: Arc<EmbeddedStorage>,
    stream: Stream,
    decoder: Decoder,
    shard: Shard,
    ids: Ids,
    sequence: u64,
    position: u64,
    /// When the first trace starts, Unix milliseconds.
    pub begin: i64,
    /// What it took so far.
    pub spent: Spent,
    /// Spans so far.
    pub spans: u64,
    /// Segments so far.
    pub segments: u64,
    /// Bytes of the segments as they are sent.
    pub raw_bytes: u64,
    /// Some of them.
    pub samples: Vec<Sample>,
}

impl Feeder {
    /// Goes on behind the store's last checkpoint; the traffic ends now when so
    /// many spans were fed.
    pub async fn new(store: Arc<EmbeddedStorage>, spans: u64, ids: Ids) -> Result<Self> {
        let last = store.checkpoints().load().await?.unwrap_or_default();
        let mut stream = Stream::new(SEED);
        let seconds = i64::try_from(spans / SPANS_PER_SECOND)?;
        let begin = now_ms() - seconds * 1_000;
        stream.set_time(begin);
        Ok(Self {
            store,
            stream,
            decoder: decoder(),
            shard: shard()?,
            ids,
            sequence: last.cut.last_of(0),
            position: last.position.0,
            begin,
            spent: Spent::default(),
            spans: 0,
            segments: 0,
            raw_bytes: 0,
            samples: Vec::new(),
        })
    }

    /// Appends so many spans more, give or take a segment.
    pub async fn feed(&mut self, spans: u64) -> Result<()> {
        let until = self.spans + spans;
        while self.spans < until {
            let left = (until - self.spans).div_ceil(SEGMENT_SPANS);
            let count = usize::try_from(left)?.min(CHUNK);
            let workload = Workload::take(&mut self.stream, count);
            self.raw_bytes += workload.bytes() as u64;
            let mut batches = Vec::new();
            Decoding::of(&workload).run(&mut self.decoder, |spans| batches.push(arrived(spans)))?;
            let mut segments = workload.decoded.iter();
            for batch in batches {
                let (entries, rest) = self.take(batch).await?;
                self.remember(&mut segments, &entries);
                self.append_rest(rest).await?;
            }
            self.spans += workload.spans;
        }
        Ok(())
    }

    async fn take(
        &mut self,
        mut batch: Batch,
    ) -> Result<(Vec<EntityId>, skytrail_analysis::Effects)> {
        let mut effects = self.shard.process(&batch);
        let entries = std::mem::take(&mut effects.segments);
        self.ids.put_into(&mut batch.spans);
        let services = entries.iter().map(|entry| entry.service).collect();
        let append = SpanAppend { batch: Arc::new(batch.spans), entries };
        let origin = self.origin();
        let before = of_thread();
        self.store.spans().append(origin, append).await?;
        self.spent.spans += of_thread().saturating_sub(before);
        Ok((services, effects))
    }

    async fn append_rest(&mut self, effects: skytrail_analysis::Effects) -> Result<()> {
        let store = self.store.clone();
        let before = of_thread();
        store.entities().upsert(self.origin(), effects.entities).await?;
        store.entities().upsert_aliases(self.origin(), effects.aliases).await?;
        store.tags().upsert(self.origin(), effects.tags).await?;
        store.records().append(self.origin(), effects.records).await?;
        self.spent.rows += of_thread().saturating_sub(before);
        Ok(())
    }

    fn remember<'a>(
        &mut self,
        segments: &mut impl Iterator<Item = &'a SegmentObject>,
        services: &[EntityId],
    ) {
        for (service, segment) in services.iter().zip(segments) {
            self.segments += 1;
            if !self.segments.is_multiple_of(SAMPLE) {
                continue;
            }
            let tags = segment.spans.iter().flat_map(|span| &span.tags);
            let tags = tags.map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            let trace = self.ids.trace(&segment.trace_id);
            let place = self.segments * SEGMENT_SPANS;
            self.samples.push(Sample { place, trace, service: *service, tags });
            if self.samples.len() > MOST_SAMPLES {
                let mut is_kept = false;
                self.samples.retain(|_| {
                    is_kept = !is_kept;
                    is_kept
                });
            }
        }
    }

    fn origin(&mut self) -> Origin {
        self.sequence += 1;
        Origin { shard: 0, sequence: self.sequence }
    }

    /// A checkpoint of everything so far, the rows of open windows included.
    pub async fn checkpoint(&mut self) -> Result<()> {
        let rows = self.shard.drain();
        let store = self.store.clone();
        let before = of_thread();
        store.metrics().append(self.origin(), rows.metrics).await?;
        store.relations().append(self.origin(), rows.relations).await?;
        self.spent.rows += of_thread().saturating_sub(before);
        self.position += 1;
        let mut cut = Cut::default();
        cut.include(0, self.sequence);
        let checkpoint = Checkpoint {
            position: Position(self.position),
            cut,
            zone: Zone::utc().name().to_owned(),
            ..Checkpoint::default()
        };
        store.checkpoints().save(checkpoint).await?;
        Ok(())
    }
}

impl std::fmt::Debug for Feeder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feeder").field("spans", &self.spans).finish_non_exhaustive()
    }
}
