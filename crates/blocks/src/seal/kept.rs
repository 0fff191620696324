//! The segments of a block, in its order.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Segment, Span};
use skytrail_model::text::NameId;
use skytrail_storage::SegmentEntry;

use crate::ids::Id;
use crate::row::{Row, trace_hash};
use crate::summary::{ServiceRows, Summary};

/// The bytes of a name. Unlike its text they need not be looked at.
pub(super) fn name_of(batch: &SpanBatch, name: NameId) -> &[u8] {
    batch.names.get(name.0 as usize).map_or(&[], |name| batch.bytes_at(name.text))
}

/// A segment of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept<'a> {
    pub(super) batch: &'a SpanBatch,
    /// Number of its batch among those of the block.
    pub(super) memo: usize,
    pub(super) entry: &'a SegmentEntry,
    pub(super) segment: &'a Segment,
    pub(super) spans: &'a [Span],
    /// Of its segment id, counted from 1; 0 where that names none.
    pub(super) process: u32,
    pub(super) ids: Ids<'a>,
}

/// An id with the hash of its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct HashedId<'a> {
    pub(super) id: Id<'a>,
    pub(super) hash: u64,
}

/// Ids of a segment. They are taken apart in the order of arrival, which is that in which they lie in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids<'a> {
    pub(super) segment: HashedId<'a>,
    pub(super) trace: HashedId<'a>,
}

pub(super) fn hashed(text: &[u8]) -> HashedId<'_> {
    HashedId { id: Id::parse(text), hash: trace_hash(text) }
}

/// In memory that need not grow: these are the largest arrays of a block.
fn gathered<'a>(most: usize, kept: impl Iterator<Item = Kept<'a>>) -> Vec<Kept<'a>> {
    let mut all = Vec::with_capacity(most);
    all.extend(kept);
    all
}

/// Segments by service, then start.
pub(super) fn in_order<'a>(rows: &[Row<'a>]) -> Vec<Kept<'a>> {
    let kept = rows.iter().filter_map(|row| {
        let (batch, segment) = (row.batch, row.segment()?);
        let spans = batch.spans_of(segment);
        let ids = Ids {
            segment: hashed(batch.bytes_at(segment.segment_id)),
            trace: hashed(batch.bytes_at(segment.trace_id)),
        };
        Some(Kept { batch, memo: 0, entry: row.entry, segment, spans, process: 0, ids })
    });
    let kept = gathered(rows.len(), kept);
    let places = (0_u32..).zip(&kept);
    let mut order: Vec<_> =
        places.map(|(place, kept)| (kept.entry.service, kept.entry.start, place)).collect();
    order.sort_unstable();
    let order = order.into_iter();
    let sorted = order.filter_map(|(_, _, place)| kept.get(place as usize).copied());
    gathered(rows.len(), sorted)
}

pub(super) fn summarise(kept: &[Kept<'_>]) -> Summary {
    let mut summary = Summary { segments: kept.len() as u32, ..Summary::default() };
    if let Some(first) = kept.first() {
        summary.earliest = first.entry.start;
        (summary.latest, summary.longest) = (first.entry.start, first.entry.duration);
    }
    for (row, kept) in (0..).zip(kept) {
        let entry = kept.entry;
        summary.spans += kept.spans.len() as u64;
        summary.earliest = summary.earliest.min(entry.start);
        summary.latest = summary.latest.max(entry.start);
        summary.longest = summary.longest.max(entry.duration);
        if summary.services.last().is_none_or(|last| last.service != entry.service) {
            summary.services.push(ServiceRows {
                service: entry.service,
                rows: row..row,
                errors: 0,
                longest: i64::MIN,
            });
        }
        if let Some(last) = summary.services.last_mut() {
            last.rows.end = row + 1;
            last.errors += u32::from(entry.is_error);
            last.longest = last.longest.max(entry.duration);
        }
    }
    summary.services.shrink_to_fit();
    summary
}
