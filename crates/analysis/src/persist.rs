//! Appends to the store, again and again while it is unavailable.

use std::sync::Arc;
use std::time::Duration;

use skytrail_base::future::BoxFuture;
use skytrail_model::batch::SpanBatch;
use skytrail_storage::{Error, ErrorKind, Origin, SharedStorage, SpanAppend};

use crate::effects::Effects;
use crate::self_metrics::Meters;
use crate::shard::Append;
use crate::window::Slice;

/// First and longest pause between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// How long a batch is tried before its receipt is resolved as dropped. Rows of
/// metrics are tried for ever: they stay readable meanwhile, and a full budget
/// holds the next batches back.
pub(crate) const BATCH_PATIENCE: Duration = Duration::from_secs(30);

/// What appends need.
#[derive(Clone)]
pub(crate) struct Persister {
    pub(crate) storage: SharedStorage,
    pub(crate) meters: Meters,
}

/// Everything of a batch but its metrics, each family with its origin.
#[derive(Debug)]
pub(crate) struct BatchAppend {
    pub(crate) origins: [Origin; BatchAppend::FAMILIES],
    pub(crate) spans: Arc<SpanBatch>,
    pub(crate) effects: Effects,
}

impl BatchAppend {
    /// Appends of a batch: entities, aliases, spans, records, tags.
    pub(crate) const FAMILIES: usize = 5;
}

impl Persister {
    /// Appends everything of a batch but its metrics. Families without rows are
    /// left out.
    pub(crate) async fn batch(&self, append: BatchAppend, patience: Duration) -> Result<(), Error> {
        let BatchAppend { origins, spans, effects } = append;
        let [of_entities, of_aliases, of_spans, of_records, of_tags] = origins;
        let Effects { segments, records, entities, aliases, tags, .. } = effects;
        let storage = &self.storage;
        let mut spans = SpanAppend { batch: spans, entries: segments };
        // Names first, so that nobody finds rows without one.
        self.retry("entities", patience, entities.len(), || {
            storage.entities().upsert(of_entities, entities.clone())
        })
        .await?;
        self.retry("aliases", patience, aliases.len(), || {
            storage.entities().upsert_aliases(of_aliases, aliases.clone())
        })
        .await?;
        let (stored, records, tags) = tokio::join!(
            self.retry("spans", patience, spans.entries.len(), || {
                storage.spans().append(of_spans, spans.clone())
            }),
            self.retry("records", patience, records.len(), || {
                storage.records().append(of_records, records.clone())
            }),
            self.retry("tags", patience, tags.len(), || {
                storage.tags().upsert(of_tags, tags.clone())
            }),
        );
        // A store that has made something else of it does not hold it any more: it is filled again
        // while it is in the cache.
        if let Some(batch) = Arc::get_mut(&mut spans.batch) {
            batch.recycle();
        }
        stored.and(records).and(tags)
    }

    /// Appends rows of closed windows. The store gets them as they are; for
    /// every further attempt `again` makes them anew. It MUST have them until
    /// this is done: only then may they be confirmed.
    pub(crate) async fn window(
        &self,
        append: Append,
        patience: Duration,
        again: impl Fn() -> Option<Slice> + Send,
    ) -> Result<(), Error> {
        let Append { origin, slice } = append;
        let rows = slice.len();
        let family = match &slice {
            Slice::Metrics(_) => "metrics",
            Slice::Relations(_) => "relations",
        };
        let mut first = Some(slice);
        self.retry(family, patience, rows, || match first.take().or_else(&again) {
            Some(Slice::Metrics(blocks)) => self.storage.metrics().append(origin, blocks),
            Some(Slice::Relations(rows)) => self.storage.relations().append(origin, rows),
            None => {
                debug_assert!(false, "rows of a window were confirmed before they were stored");
                Box::pin(std::future::ready(Ok(())))
            }
        })
        .await
    }

    /// Tries to append `rows` rows until the store takes them, says that it never
    /// will, or `patience` has run out. Where there are no rows nothing is tried.
    async fn retry<'a>(
        &self,
        family: &'static str,
        patience: Duration,
        rows: usize,
        mut attempt: impl FnMut() -> BoxFuture<'a, Result<(), Error>>,
    ) -> Result<(), Error> {
        if rows == 0 {
            return Ok(());
        }
        let mut waited = Duration::ZERO;
        let mut pause = PAUSES.0;
        loop {
            let Err(error) = attempt().await else { return Ok(()) };
            let is_hopeless = error.kind != ErrorKind::Unavailable;
            if is_hopeless || waited >= patience {
                self.meters.append_failed(family, rows);
                tracing::error!(family, rows, %error, "rows were not stored");
                return Err(error);
            }
            self.meters.append_retried(family);
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}
