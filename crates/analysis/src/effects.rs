//! What a batch brings about besides metrics.

use std::sync::Arc;

use skytrail_model::alias::Alias;
use skytrail_model::entity::EntityRecord;
use skytrail_model::record::TopRecord;
use skytrail_storage::{SegmentEntry, TagSighting};

use crate::directory::Overflow;

/// What a batch brings about besides metrics; to be appended to the store.
#[derive(Debug, Default)]
pub struct Effects {
    /// Segments to keep, in the order of their rows.
    pub segments: Vec<SegmentEntry>,
    /// Slow statements and commands.
    pub records: Vec<TopRecord>,
    /// Entities that are new or were seen again after a while.
    pub entities: Vec<EntityRecord>,
    /// Addresses and the services behind them.
    pub aliases: Vec<Alias>,
    /// Searchable tags that were not seen on their day yet.
    pub tags: Vec<TagSighting>,
    /// What was counted.
    pub counts: Counts,
    pub(crate) overflows: Vec<Overflow>,
}

impl Effects {
    /// Whether there is nothing to append.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
            && self.records.is_empty()
            && self.entities.is_empty()
            && self.aliases.is_empty()
            && self.tags.is_empty()
    }

    /// Services with too many endpoints, once per endpoint that was not told apart.
    pub(crate) fn crowded_services(&self) -> impl Iterator<Item = &Arc<str>> {
        self.overflows.iter().filter_map(|overflow| match overflow {
            Overflow::EndpointsOf(service) => Some(service),
            Overflow::Limit { .. } => None,
        })
    }
}

/// What was counted in a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans that were looked at.
    pub spans: u64,
    /// Segments without spans, which are not kept.
    pub empty_segments: u64,
    /// Spans and samples outside of the accepted time, which count for no metric.
    pub outside_time: u64,
    /// Spans, samples and sides of calls for whose minute there was no window
    /// left, which count for no metric.
    pub no_window: u64,
    /// Spans that lost their other side because pairing was full.
    pub unpaired_early: u64,
    /// Spans that still waited for their other side at the end.
    pub unpaired_at_end: u64,
}
