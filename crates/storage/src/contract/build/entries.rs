//! Entries as the analysis makes them in the simplest case.

use std::sync::Arc;

use skytrail_model::batch::SpanBatch;
use skytrail_model::entity::{ChildRef, Entity, ServiceRef};
use skytrail_model::span::Segment;

use super::lay::batch;
use super::segment::SegmentSpec;
use crate::spi::{SegmentEntry, SpanAppend};

/// A batch of segments that are all kept, for a store.
pub fn append(segments: impl IntoIterator<Item = SegmentSpec>) -> SpanAppend {
    let batch = Arc::new(batch(segments));
    SpanAppend { entries: entries(&batch), batch }
}

/// One entry a segment: services are normal and called as they were sent, the
/// first entry span (else the first span) names the segment, and one failed
/// span makes it an error.
pub fn entries(batch: &SpanBatch) -> Vec<SegmentEntry> {
    let rows = batch.segments.iter().enumerate();
    rows.map(|(number, row)| entry(batch, row, number as u32)).collect()
}

fn entry(batch: &SpanBatch, row: &Segment, segment: u32) -> SegmentEntry {
    let spans = batch.spans_of(row);
    let named = spans.iter().position(|span| span.kind.is_entry()).unwrap_or(0);
    let operation = spans.get(named).map(|span| batch.name(span.operation)).unwrap_or_default();
    let service = ServiceRef { name: batch.name(row.service).to_owned(), normal: true };
    let child = |name: &str| ChildRef { service: service.clone(), name: name.to_owned() };
    let start = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.end()).max().unwrap_or(0);
    SegmentEntry {
        segment,
        service: service.id(),
        instance: Entity::Instance(child(batch.name(row.instance))).id(),
        endpoint: Entity::Endpoint(child(operation)).id(),
        endpoint_span: row.spans.start + named as u32,
        start,
        duration: end.saturating_sub(start),
        is_error: spans.iter().any(|span| span.is_error()),
    }
}
