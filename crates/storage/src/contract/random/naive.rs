//! The reference: a list of everything that was appended, searched from end to
//! end for every question.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use skytrail_model::alias::Alias;
use skytrail_model::entity::{Entity, EntityId, EntityRecord};
use skytrail_model::metric::Row;
use skytrail_model::record::TopRecord;
use skytrail_model::relation::RelationRow;
use skytrail_model::span::Status;
use skytrail_model::time::Zone;

use super::history::Rows;
use crate::contract::build::{SegmentSpec, SpanSpec, ValueSpec};
use crate::contract::data::{self, SERVICE, schema};
use crate::spi::{
    Cut, EntityFilter, EntityQuery, MetricRead, Order, Origin, RecordRead, RelationRead,
    SegmentEntry, SegmentFilter, TagFilter, TagRead, TraceState, Visible,
};

/// Everything that was appended and not lost, in order.
#[derive(Debug, Default)]
pub(super) struct Naive {
    pub(super) log: Vec<(Origin, Rows)>,
    /// What was there when the process started: seen by every reader.
    pub(super) settled: Cut,
}

/// Where a segment stands in an answer: key, segment id, trace id.
pub(super) type Place = (Reverse<i64>, String, String);

fn show(value: &ValueSpec) -> String {
    match value {
        ValueSpec::Text(text) | ValueSpec::Json(text) => text.clone(),
        ValueSpec::Bool(value) => value.to_string(),
        ValueSpec::Int(value) => value.to_string(),
        ValueSpec::Float(value) => value.to_string(),
        ValueSpec::Bytes(_) => String::new(),
    }
}

fn has_tag(span: &SpanSpec, tag: &TagFilter) -> bool {
    let equals = |value: &ValueSpec| tag.value.as_ref().is_none_or(|wanted| show(value) == *wanted);
    span.attributes.iter().any(|(key, value)| *key == tag.key && equals(value))
}

fn contains(text: &str, keyword: &str) -> bool {
    text.to_ascii_lowercase().contains(&keyword.to_ascii_lowercase())
}

fn has_keyword(span: &SpanSpec, keyword: &str) -> bool {
    let mut texts = span.attributes.iter().filter(|(key, _)| key == "db.statement");
    contains(&span.operation, keyword) || texts.any(|(_, value)| contains(&show(value), keyword))
}

fn is_found(filter: &SegmentFilter, segment: &SegmentSpec, entry: &SegmentEntry) -> bool {
    let spans = &segment.spans;
    let failed = spans.iter().any(|span| span.status == Status::Error);
    let has_id = |id: &String| segment.segment_id == *id || spans.iter().any(|s| s.id == *id);
    let checks = [
        filter.from <= entry.start && entry.start <= filter.to,
        filter.service.is_none_or(|id| id == entry.service),
        filter.instance.is_none_or(|id| id == entry.instance),
        filter.endpoint.is_none_or(|id| id == entry.endpoint),
        filter.trace_id.as_ref().is_none_or(|id| *id == segment.trace_id),
        filter.span_id.as_ref().is_none_or(has_id),
        filter.min_duration.is_none_or(|least| least <= entry.duration),
        filter.max_duration.is_none_or(|most| entry.duration <= most),
        filter.state == TraceState::All || failed == (filter.state == TraceState::Error),
        filter.tags.iter().all(|tag| spans.iter().any(|span| has_tag(span, tag))),
        filter.keyword.as_ref().is_none_or(|text| spans.iter().any(|s| has_keyword(s, text))),
    ];
    checks.iter().all(|holds| *holds)
}

impl Naive {
    /// A crash: what is outside of the cut is lost, and given back in order.
    pub(super) fn crash(&mut self, cut: &Cut) -> Vec<(Origin, Rows)> {
        self.settled = cut.clone();
        let all = std::mem::take(&mut self.log);
        let (kept, lost) = all.into_iter().partition(|(origin, _)| cut.contains(*origin));
        self.log = kept;
        lost
    }

    fn segments(&self) -> impl Iterator<Item = (&SegmentSpec, &SegmentEntry)> {
        self.log.iter().flat_map(|(_, rows)| match rows {
            Rows::Spans(segments, spans) => segments.iter().zip(&spans.entries).collect(),
            _ => Vec::new(),
        })
    }

    fn sees(&self, visible: &Visible, origin: Origin) -> bool {
        self.settled.contains(origin) || visible.sees(origin)
    }

    pub(super) fn search(&self, filter: &SegmentFilter) -> Vec<Place> {
        let key = |entry: &SegmentEntry| match filter.order {
            Order::Start => entry.start,
            Order::Duration => entry.duration,
        };
        let found = self.segments().filter(|(segment, entry)| is_found(filter, segment, entry));
        let places: BTreeSet<Place> = found
            .map(|(segment, entry)| {
                (Reverse(key(entry)), segment.segment_id.clone(), segment.trace_id.clone())
            })
            .collect();
        places.into_iter().collect()
    }

    /// Spans of a trace, by segment and number, and whether some were left out.
    pub(super) fn trace(&self, trace_id: &str, max: usize) -> (BTreeSet<(String, String)>, bool) {
        let mut segments: Vec<_> =
            self.segments().filter(|(segment, _)| segment.trace_id == trace_id).collect();
        segments.sort_by_key(|(segment, entry)| (entry.start, segment.segment_id.clone()));
        let mut spans = BTreeSet::new();
        for (segment, _) in segments {
            let mut more = spans.clone();
            more.extend(segment.spans.iter().map(|span| {
                (
                    segment.segment_id.clone(),
                    format!("{:?} {} {}", span.number, span.id, span.start),
                )
            }));
            if !spans.is_empty() && more.len() > spans.len().max(max) {
                return (spans, true);
            }
            spans = more;
        }
        (spans, false)
    }

    pub(super) fn metrics(&self, zone: &Zone, read: &MetricRead) -> data::Rows {
        let schema = schema(SERVICE);
        let mut rows = data::Rows::new();
        for (origin, appended) in &self.log {
            let Rows::Blocks(blocks) = appended else { continue };
            for block in blocks.iter().filter(|_| self.sees(&read.visible, *origin)) {
                let bucket = zone.bucket(read.downsampling, block.bucket);
                for (place, entity) in block.entities.iter().enumerate() {
                    let asked = (read.from..=read.to).contains(&bucket);
                    if asked && read.entities.contains(*entity) {
                        let row = rows.entry((bucket, *entity));
                        let row = row.or_insert_with(|| Row::empty(&schema));
                        row.merge(&schema, &block.row(place));
                    }
                }
            }
        }
        rows
    }

    pub(super) fn calls(&self, read: &RelationRead) -> Vec<RelationRow> {
        let mut rows = BTreeSet::new();
        for (origin, appended) in &self.log {
            if let Rows::Calls(calls) = appended {
                let seen = calls.iter().filter(|_| self.sees(&read.visible, *origin));
                rows.extend(seen.filter(|row| read.wants(row)));
            }
        }
        rows.into_iter().collect()
    }

    pub(super) fn top(&self, read: &RecordRead) -> Vec<TopRecord> {
        let mut records: Vec<TopRecord> = Vec::new();
        for (_, appended) in &self.log {
            let Rows::Records(rows) = appended else { continue };
            for row in rows {
                let asked = row.stream == read.stream
                    && read.entity.is_none_or(|entity| entity == row.entity)
                    && (read.from..=read.to).contains(&row.time);
                if asked && !records.iter().any(|known| known.id == row.id) {
                    records.push(row.clone());
                }
            }
        }
        records.sort_by_key(|row| {
            let latency = if read.descending { -row.latency_ms } else { row.latency_ms };
            (latency, Reverse(row.time), row.id.clone())
        });
        records.truncate(read.limit);
        records
    }

    fn entities(&self) -> BTreeMap<EntityId, EntityRecord> {
        let mut known: BTreeMap<EntityId, EntityRecord> = BTreeMap::new();
        for (_, appended) in &self.log {
            let Rows::Entities(records) = appended else { continue };
            for record in records {
                match known.get_mut(&record.entity.id()) {
                    Some(older) => older.merge(record.clone()),
                    None => drop(known.insert(record.entity.id(), record.clone())),
                }
            }
        }
        known
    }

    pub(super) fn list(&self, query: &EntityQuery) -> (Vec<EntityRecord>, bool) {
        let wanted = |record: &EntityRecord, filter: &EntityFilter| match filter {
            EntityFilter::Service(id) => record.entity.service().id() == *id,
            EntityFilter::Layer(layer) => record.layers.contains(*layer),
            EntityFilter::Keyword(text) => contains(own_name(record), text),
            EntityFilter::SeenSince(minute) => record.last_seen >= *minute,
            EntityFilter::FirstSeenBy(minute) => record.first_seen <= *minute,
        };
        let mut records: Vec<_> = self.entities().into_values().collect();
        records.retain(|record| {
            record.entity.scope() == query.scope
                && query.filters.iter().all(|filter| wanted(record, filter))
        });
        records.sort_by_key(|record| (Reverse(record.last_seen), record.entity.id()));
        let cut = records.len() > query.limit;
        records.truncate(query.limit);
        (records, cut)
    }

    pub(super) fn aliases(&self) -> Vec<Alias> {
        let mut known: BTreeMap<_, Alias> = BTreeMap::new();
        for (_, appended) in &self.log {
            let Rows::Aliases(aliases) = appended else { continue };
            for alias in aliases {
                let key = (alias.address.clone(), alias.service.clone(), alias.instance.clone());
                let row = known.entry(key).or_insert_with(|| alias.clone());
                row.since = row.since.min(alias.since);
                row.last_seen = row.last_seen.max(alias.last_seen);
            }
        }
        let mut aliases: Vec<_> = known.into_values().collect();
        aliases.sort_by(|a, b| (&a.address, a.since).cmp(&(&b.address, b.since)));
        aliases
    }

    pub(super) fn tags(&self, read: &TagRead) -> Vec<String> {
        let mut found = BTreeSet::new();
        for (_, appended) in &self.log {
            let Rows::Tags(sightings) = appended else { continue };
            for one in sightings {
                let asked = one.kind == read.kind && (read.from..=read.to).contains(&one.day);
                match &read.key {
                    None if asked => drop(found.insert(one.key.clone())),
                    Some(key) if asked && *key == one.key => drop(found.insert(one.value.clone())),
                    _ => {}
                }
            }
        }
        found.into_iter().take(read.limit).collect()
    }
}

fn own_name(record: &EntityRecord) -> &str {
    match &record.entity {
        Entity::Service(service) => &service.name,
        Entity::Instance(child) | Entity::Endpoint(child) => &child.name,
        relation => &relation.service().name,
    }
}
