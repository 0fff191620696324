//! The segments of a block, in its order.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Segment, Span};
use skytrail_model::text::NameId;
use skytrail_storage::SegmentEntry;

use crate::row::Row;
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
}

/// Segments by service, then start.
pub(super) fn in_order<'a>(rows: &[Row<'a>]) -> Vec<Kept<'a>> {
    let kept = rows.iter().filter_map(|row| {
        let segment = row.segment()?;
        let spans = row.batch.spans_of(segment);
        Some(Kept { batch: row.batch, memo: 0, entry: row.entry, segment, spans, process: 0 })
    });
    let mut kept: Vec<_> = kept.collect();
    kept.sort_by_key(|kept| (kept.entry.service, kept.entry.start));
    kept
}

pub(super) fn summarise(kept: &[Kept<'_>]) -> Summary {
    let mut summary = Summary {
        segments: kept.len() as u32,
        earliest: kept.iter().map(|kept| kept.entry.start).min().unwrap_or(0),
        latest: kept.iter().map(|kept| kept.entry.start).max().unwrap_or(0),
        longest: kept.iter().map(|kept| kept.entry.duration).max().unwrap_or(0),
        ..Summary::default()
    };
    for (row, kept) in (0..).zip(kept) {
        summary.spans += kept.spans.len() as u64;
        let service = kept.entry.service;
        if summary.services.last().is_none_or(|last| last.service != service) {
            summary.services.push(ServiceRows {
                service,
                rows: row..row,
                errors: 0,
                longest: i64::MIN,
            });
        }
        if let Some(last) = summary.services.last_mut() {
            last.rows.end = row + 1;
            last.errors += u32::from(kept.entry.is_error);
            last.longest = last.longest.max(kept.entry.duration);
        }
    }
    summary.services.shrink_to_fit();
    summary
}
