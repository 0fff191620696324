//! Two small batches as one.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use skytrail_model::batch::{SpanBatch, Spare};
use skytrail_model::span::{Attribute, Event, Link, Rows, Segment, Span, Value};
use skytrail_model::text::{NameId, SymbolSpace, Text};

/// The segments of both, those of `left` in front. Symbols mean nothing in it.
/// Both must be small: places are counted in 32 bits.
pub(in crate::rows) fn join(left: &SpanBatch, right: &SpanBatch) -> SpanBatch {
    let shift = Shift {
        names: names(left, right),
        bytes: left.bytes.len() as u32,
        segments: left.segments.len() as u32,
        spans: left.spans.len() as u32,
        attributes: left.attributes.len() as u32,
        links: left.links.len() as u32,
        events: left.events.len() as u32,
    };
    let mut names = left.names.clone();
    for (old, new) in right.names.iter().zip(&shift.names) {
        if new.0 as usize == names.len() {
            let text = shift.text(old.text);
            names.push(skytrail_model::text::Name { text, symbol: old.symbol });
        }
    }
    names.shrink_to_fit();
    let space = if left.space == right.space { left.space } else { SymbolSpace::default() };
    SpanBatch {
        space,
        bytes: [left.bytes.as_slice(), &right.bytes].concat(),
        names,
        segments: both(&left.segments, &right.segments, |row| shift.segment(row)),
        spans: both(&left.spans, &right.spans, |row| shift.span(row)),
        attributes: both(&left.attributes, &right.attributes, |row| shift.attribute(row)),
        links: both(&left.links, &right.links, |row| shift.link(row)),
        events: both(&left.events, &right.events, |row| shift.event(row)),
        spare: Spare::default(),
    }
}

fn both<T: Copy>(left: &[T], right: &[T], moved: impl Fn(&T) -> T) -> Vec<T> {
    let mut rows = Vec::with_capacity(left.len() + right.len());
    rows.extend_from_slice(left);
    rows.extend(right.iter().map(moved));
    rows
}

/// Which name of the joined batch each name of `right` is.
fn names(left: &SpanBatch, right: &SpanBatch) -> Vec<NameId> {
    let known = left.names.iter().enumerate();
    let known: HashMap<&[u8], u32, RandomState> =
        known.map(|(number, name)| (left.bytes_at(name.text), number as u32)).collect();
    let mut next = left.names.len() as u32;
    let of = |name: &skytrail_model::text::Name| {
        let id = known.get(right.bytes_at(name.text)).copied();
        NameId(id.unwrap_or_else(|| {
            next += 1;
            next - 1
        }))
    };
    right.names.iter().map(of).collect()
}

/// Where rows of the right batch come to stand.
struct Shift {
    names: Vec<NameId>,
    bytes: u32,
    segments: u32,
    spans: u32,
    attributes: u32,
    links: u32,
    events: u32,
}

fn rows(rows: Rows, by: u32) -> Rows {
    Rows { start: rows.start + by, ..rows }
}

impl Shift {
    fn text(&self, text: Text) -> Text {
        if text.is_empty() { Text::EMPTY } else { Text { start: text.start + self.bytes, ..text } }
    }

    fn name(&self, name: NameId) -> NameId {
        self.names.get(name.0 as usize).copied().unwrap_or(NameId(0))
    }

    fn segment(&self, row: &Segment) -> Segment {
        Segment {
            trace_id: self.text(row.trace_id),
            segment_id: self.text(row.segment_id),
            service: self.name(row.service),
            instance: self.name(row.instance),
            spans: rows(row.spans, self.spans),
            resource: rows(row.resource, self.attributes),
            scope: self.text(row.scope),
            raw: self.text(row.raw),
            is_size_limited: row.is_size_limited,
        }
    }

    fn span(&self, row: &Span) -> Span {
        Span {
            segment: row.segment + self.segments,
            id: self.text(row.id),
            parent_id: self.text(row.parent_id),
            operation: self.name(row.operation),
            endpoint: self.name(row.endpoint),
            peer: self.name(row.peer),
            status_message: self.text(row.status_message),
            trace_state: self.text(row.trace_state),
            attributes: rows(row.attributes, self.attributes),
            links: rows(row.links, self.links),
            events: rows(row.events, self.events),
            ..*row
        }
    }

    fn attribute(&self, row: &Attribute) -> Attribute {
        let value = match row.value {
            Value::Text(text) => Value::Text(self.text(text)),
            Value::Bytes(text) => Value::Bytes(self.text(text)),
            Value::Json(text) => Value::Json(self.text(text)),
            value => value,
        };
        Attribute { key: self.name(row.key), value }
    }

    fn link(&self, row: &Link) -> Link {
        Link {
            kind: row.kind,
            trace_id: self.text(row.trace_id),
            segment_id: self.text(row.segment_id),
            span_number: row.span_number,
            span_id: self.text(row.span_id),
            parent_service: self.name(row.parent_service),
            parent_instance: self.name(row.parent_instance),
            parent_endpoint: self.name(row.parent_endpoint),
            peer_address: self.name(row.peer_address),
            attributes: rows(row.attributes, self.attributes),
        }
    }

    fn event(&self, row: &Event) -> Event {
        let attributes = rows(row.attributes, self.attributes);
        Event { time: row.time, name: self.text(row.name), attributes }
    }
}
