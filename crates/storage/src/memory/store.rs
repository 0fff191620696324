//! The families together.

use std::sync::Arc;

use parking_lot::Mutex;
use skytrail_base::future::BoxFuture;
use skytrail_model::metric::Catalogue;
use skytrail_model::time::{Minute, Zone};

use super::config::Config;
use super::entities::MemoryEntities;
use super::metrics::MemoryMetrics;
use super::records::MemoryRecords;
use super::relations::MemoryRelations;
use super::spans::MemorySpans;
use super::tags::MemoryTags;
use super::templates::MemoryTemplates;
use crate::error::Result;
use crate::spi::{
    Checkpoint, Checkpoints, Entities, Metrics, Records, Relations, Spans, Storage, Tags,
    Templates, Usage, check_zone,
};

/// A store that is gone when the process is.
#[derive(Debug)]
pub struct MemoryStorage {
    config: Config,
    entities: MemoryEntities,
    tags: MemoryTags,
    templates: MemoryTemplates,
    metrics: MemoryMetrics,
    relations: MemoryRelations,
    spans: MemorySpans,
    records: MemoryRecords,
    checkpoint: Mutex<Option<Checkpoint>>,
    /// The one that it was made with.
    zone: Zone,
}

impl MemoryStorage {
    /// An empty store for the metrics of `catalogue`, whose hours and days
    /// follow `zone`.
    pub fn new(config: Config, zone: Zone, catalogue: Arc<Catalogue>) -> Self {
        Self {
            config,
            entities: MemoryEntities::new(config.entity_bytes()),
            tags: MemoryTags::new(config.tag_bytes()),
            templates: MemoryTemplates::default(),
            metrics: MemoryMetrics::new(catalogue, zone.clone(), config.metric_bytes()),
            relations: MemoryRelations::new(config.relation_bytes()),
            spans: MemorySpans::new(config.span_bytes()),
            records: MemoryRecords::new(config.record_bytes()),
            checkpoint: Mutex::default(),
            zone,
        }
    }

    /// The same as [`Self::reopen`], if `zone` is the one it was made with. The
    /// record of it lives as long as the store.
    ///
    /// # Errors
    /// `Mismatch` for another zone.
    pub fn reopen_in(&self, zone: &Zone) -> Result<Self> {
        check_zone(self.zone.name(), zone)?;
        Ok(self.reopen())
    }

    /// What a durable store would hold after a crash at this moment: exactly
    /// what the last checkpoint covers. Tests of replay start from it.
    #[must_use]
    pub fn reopen(&self) -> Self {
        let checkpoint = self.checkpoint.lock().clone();
        let cut = checkpoint.as_ref().map(|checkpoint| checkpoint.cut.clone()).unwrap_or_default();
        Self {
            config: self.config,
            entities: self.entities.copy(),
            tags: self.tags.copy(),
            templates: self.templates.copy(),
            metrics: self.metrics.within(&cut),
            relations: self.relations.within(&cut),
            spans: self.spans.within(&cut),
            records: self.records.within(&cut),
            checkpoint: Mutex::new(checkpoint),
            zone: self.zone.clone(),
        }
    }
}

impl Checkpoints for MemoryStorage {
    fn save<'a>(&'a self, checkpoint: Checkpoint) -> BoxFuture<'a, Result<()>> {
        let checked = check_zone(&checkpoint.zone, &self.zone);
        if checked.is_ok() {
            self.metrics.keep(&checkpoint.cut);
            self.relations.keep(&checkpoint.cut);
            *self.checkpoint.lock() = Some(checkpoint);
        }
        Box::pin(std::future::ready(checked))
    }

    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<Checkpoint>>> {
        Box::pin(std::future::ready(Ok(self.checkpoint.lock().clone())))
    }
}

impl Storage for MemoryStorage {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn entities(&self) -> &dyn Entities {
        &self.entities
    }

    fn tags(&self) -> &dyn Tags {
        &self.tags
    }

    fn templates(&self) -> &dyn Templates {
        &self.templates
    }

    fn metrics(&self) -> &dyn Metrics {
        &self.metrics
    }

    fn relations(&self) -> &dyn Relations {
        &self.relations
    }

    fn spans(&self) -> &dyn Spans {
        &self.spans
    }

    fn records(&self) -> &dyn Records {
        &self.records
    }

    fn checkpoints(&self) -> &dyn Checkpoints {
        self
    }

    fn usage(&self) -> Usage {
        let families = vec![
            self.spans.usage(),
            self.metrics.usage(),
            self.relations.usage(),
            self.records.usage(),
            self.entities.usage(),
            self.tags.usage(),
            self.templates.usage(),
        ];
        Usage { families }
    }

    fn expire<'a>(&'a self, now: i64) -> BoxFuture<'a, Result<()>> {
        let records = now.saturating_sub(self.config.record_ttl);
        let metrics = Minute::of_nanos(now.saturating_sub(self.config.metric_ttl));
        self.spans.expire(records);
        self.records.expire(records);
        // A day of 25 hours is over when its last minute is old.
        self.tags.expire(Minute::of_nanos(records).plus(-25 * 60));
        self.metrics.expire(metrics);
        self.relations.expire(metrics);
        self.entities.expire(metrics);
        Box::pin(std::future::ready(Ok(())))
    }
}
