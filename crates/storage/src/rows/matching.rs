//! Whether a segment is what a search asks for, cheapest questions first.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Segment, Span, Value};
use skytrail_model::text::NameId;

use super::keyword::Keyword;
use crate::spi::{SegmentEntry, SegmentFilter, TraceState};

/// The attribute that a keyword search reads beside operation names.
const STATEMENT: &str = "db.statement";

/// Whether a segment is what a search asks for.
pub fn matches(filter: &SegmentFilter, batch: &SpanBatch, entry: &SegmentEntry) -> bool {
    matches_entry(filter, entry)
        && Matcher::new(filter, batch).is_some_and(|matcher| matcher.matches(entry))
}

/// Whether a segment can be what a search asks for, by its entry alone.
pub fn matches_entry(filter: &SegmentFilter, entry: &SegmentEntry) -> bool {
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

/// The questions of a search that an entry cannot answer, with names looked up
/// once for a whole batch.
#[derive(Debug)]
pub struct Matcher<'a> {
    filter: &'a SegmentFilter,
    batch: &'a SpanBatch,
    /// Keys and values.
    tags: Vec<(NameId, Option<&'a str>)>,
    keyword: Option<Hits<'a>>,
}

/// Which names of a batch contain the keyword.
#[derive(Debug)]
struct Hits<'a> {
    keyword: Keyword<'a>,
    names: Vec<bool>,
    statement: Option<NameId>,
}

fn name_of(batch: &SpanBatch, text: &str) -> Option<NameId> {
    let mut names = batch.names.iter();
    let place = names.position(|name| batch.bytes_at(name.text) == text.as_bytes())?;
    Some(NameId(place as u32))
}

impl<'a> Matcher<'a> {
    /// None when a name that is asked for is nowhere in the batch, so that no
    /// segment of it can match.
    pub fn new(filter: &'a SegmentFilter, batch: &'a SpanBatch) -> Option<Self> {
        let tags =
            filter.tags.iter().map(|tag| Some((name_of(batch, &tag.key)?, tag.value.as_deref())));
        let tags = tags.collect::<Option<_>>()?;
        let keyword = filter.keyword.as_deref().map(|text| {
            let keyword = Keyword::new(text);
            let names = batch.names.iter().map(|name| keyword.is_in(batch.bytes_at(name.text)));
            Hits { names: names.collect(), statement: name_of(batch, STATEMENT), keyword }
        });
        let may_hit = |hits: &Hits<'_>| hits.statement.is_some() || hits.names.contains(&true);
        let may_match = keyword.as_ref().is_none_or(may_hit);
        may_match.then_some(Self { filter, batch, tags, keyword })
    }

    /// Whether a segment of the batch is what is searched for, if its entry is.
    pub fn matches(&self, entry: &SegmentEntry) -> bool {
        let (filter, batch) = (self.filter, self.batch);
        let Some(segment) = batch.segments.get(entry.segment as usize) else { return false };
        filter.trace_id.as_ref().is_none_or(|id| batch.bytes_at(segment.trace_id) == id.as_bytes())
            && filter.span_id.as_ref().is_none_or(|id| self.has_id(segment, id.as_bytes()))
            && self.tags.iter().all(|(key, value)| self.has_tag(segment, *key, *value))
            && self.keyword.as_ref().is_none_or(|hits| self.has_keyword(segment, hits))
    }

    fn has_id(&self, segment: &Segment, id: &[u8]) -> bool {
        let batch = self.batch;
        let mut spans = batch.spans_of(segment).iter();
        !id.is_empty()
            && (batch.bytes_at(segment.segment_id) == id
                || spans.any(|span| batch.bytes_at(span.id) == id))
    }

    fn has_tag(&self, segment: &Segment, key: NameId, wanted: Option<&str>) -> bool {
        let equals = |value: Value| match (wanted, value) {
            (None, _) => true,
            (Some(wanted), Value::Text(text)) => self.batch.bytes_at(text) == wanted.as_bytes(),
            (Some(wanted), value) => self.batch.show(value) == wanted,
        };
        let in_span = |span: &Span| {
            let mut rows = self.batch.attributes_of(span.attributes).iter();
            rows.any(|row| row.key == key && equals(row.value))
        };
        self.batch.spans_of(segment).iter().any(in_span)
    }

    fn has_keyword(&self, segment: &Segment, hits: &Hits<'_>) -> bool {
        let in_statement = |span: &Span| {
            let rows = self.batch.attributes_of(span.attributes).iter();
            let mut rows = rows.filter(|row| Some(row.key) == hits.statement);
            rows.any(|row| match row.value {
                Value::Text(text) => hits.keyword.is_in(self.batch.bytes_at(text)),
                _ => false,
            })
        };
        let in_span = |span: &Span| {
            hits.names.get(span.operation.0 as usize).is_some_and(|hit| *hit)
                || (hits.statement.is_some() && in_statement(span))
        };
        self.batch.spans_of(segment).iter().any(in_span)
    }
}
