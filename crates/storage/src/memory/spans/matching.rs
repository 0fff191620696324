//! Whether a segment is what a search asks for, cheapest questions first.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Segment, Span, Value};

use crate::spi::{SegmentEntry, SegmentFilter, TagFilter, TraceState};

/// The attribute that a keyword search reads beside operation names.
const STATEMENT: &str = "db.statement";

pub(super) fn matches(filter: &SegmentFilter, batch: &SpanBatch, entry: &SegmentEntry) -> bool {
    if !matches_entry(filter, entry) {
        return false;
    }
    let Some(segment) = batch.segments.get(entry.segment as usize) else { return false };
    filter.trace_id.as_ref().is_none_or(|id| batch.text(segment.trace_id) == id)
        && filter.span_id.as_ref().is_none_or(|id| has_id(batch, segment, id))
        && filter.tags.iter().all(|tag| has_tag(batch, segment, tag))
        && filter.keyword.as_ref().is_none_or(|keyword| has_keyword(batch, segment, keyword))
}

fn matches_entry(filter: &SegmentFilter, entry: &SegmentEntry) -> bool {
    (filter.from..=filter.to).contains(&entry.start)
        && filter.service.is_none_or(|id| id == entry.service)
        && filter.instance.is_none_or(|id| id == entry.instance)
        && filter.endpoint.is_none_or(|id| id == entry.endpoint)
        && filter.min_duration.is_none_or(|least| entry.duration >= least)
        && filter.max_duration.is_none_or(|most| entry.duration <= most)
        && match filter.state {
            TraceState::All => true,
            TraceState::Success => !entry.is_error,
            TraceState::Error => entry.is_error,
        }
}

fn has_id(batch: &SpanBatch, segment: &Segment, id: &str) -> bool {
    batch.text(segment.segment_id) == id
        || batch.spans_of(segment).iter().any(|span| batch.text(span.id) == id)
}

fn has_tag(batch: &SpanBatch, segment: &Segment, tag: &TagFilter) -> bool {
    let equals = |value: Value| match (&tag.value, value) {
        (None, _) => true,
        (Some(wanted), Value::Text(text)) => batch.text(text) == wanted,
        (Some(wanted), value) => batch.show(value) == *wanted,
    };
    let in_span = |span: &Span| {
        let mut rows = batch.attributes_of(span.attributes).iter();
        rows.any(|row| batch.name(row.key) == tag.key && equals(row.value))
    };
    batch.spans_of(segment).iter().any(in_span)
}

fn has_keyword(batch: &SpanBatch, segment: &Segment, keyword: &str) -> bool {
    let contains = |text: &str| {
        let (text, keyword) = (text.as_bytes(), keyword.as_bytes());
        keyword.is_empty()
            || text.windows(keyword.len()).any(|window| window.eq_ignore_ascii_case(keyword))
    };
    batch.spans_of(segment).iter().any(|span| {
        contains(batch.name(span.operation))
            || batch.text_attribute(span, STATEMENT).is_some_and(contains)
    })
}
