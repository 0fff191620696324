//! Rows back to batches.

use std::sync::Arc;

use skytrail_columns::{Error, Result};
use skytrail_model::batch::NO_NAME;
use skytrail_model::span::{Attribute, Event, Link, Rows as Run, Segment, Span, SpanLayer, Value};
use skytrail_model::text::Text;
use skytrail_storage::{SegmentEntry, SpanAppend};

use super::rows::{Cell, EventRow, How, LinkRow, Rows, SegmentRow, SpanRow, Walk};
use crate::block::{BatchBuilder, kind_of, rows_from};
use crate::decimal::put_signed_decimal;
use crate::dictionary::{Endpoint, Grow, Source, ValueKind};
use crate::ids::{CodedId, Id};

/// Puts segments into a batch.
pub(super) struct Back<'a> {
    rows: &'a Rows,
    grow: &'a Grow,
    builder: BatchBuilder<'a, Grow>,
    entries: Vec<SegmentEntry>,
}

fn missing() -> Error {
    Error::corrupt("rows in memory: a code that has no meaning")
}

/// What an entry says of a segment; its places are for others to set.
pub(super) fn entry_of(grow: &Grow, row: &SegmentRow) -> Option<SegmentEntry> {
    let source: &Source = grow.sources.entry(row.source)?;
    let endpoint: &Endpoint = grow.endpoints.entry(row.endpoint)?;
    Some(SegmentEntry {
        segment: 0,
        service: row.service,
        instance: source.instance,
        endpoint: endpoint.id,
        endpoint_span: u32::MAX,
        start: row.start,
        duration: row.duration,
        is_error: row.is_error,
    })
}

/// An id as it was.
pub(super) fn id_of<'a>(grow: &Grow, id: CodedId<&'a [u8]>) -> Option<Id<'a>> {
    Some(match id {
        CodedId::Empty => Id::Empty,
        CodedId::Java { process, thread, number } => {
            let process = *grow.processes.entry(process.checked_sub(1)?)?;
            Id::Java { process, thread, number }
        }
        CodedId::Hex32(bytes) => Id::Hex32(bytes),
        CodedId::Hex16(bytes) => Id::Hex16(bytes),
        CodedId::Text(text) => Id::Text(text),
    })
}

impl<'a> Back<'a> {
    pub(super) fn new(rows: &'a Rows, grow: &'a Grow) -> Self {
        Self { rows, grow, builder: BatchBuilder::new(grow), entries: Vec::new() }
    }

    pub(super) fn finish(self) -> SpanAppend {
        SpanAppend { batch: Arc::new(self.builder.batch), entries: self.entries }
    }

    /// Bytes so far.
    pub(super) fn bytes(&self) -> usize {
        self.builder.batch.memory()
    }

    pub(super) fn segment(&mut self, row: &SegmentRow) -> Result<()> {
        let (grow, number) = (self.grow, self.builder.batch.segments.len() as u32);
        let start = self.builder.batch.spans.len();
        let mut walk = Walk::of(self.rows, row);
        for span in self.rows.spans_of(row) {
            let span = self.span(span, (row, number), &mut walk)?;
            self.builder.batch.spans.push(span);
        }
        let spans = rows_from(start, self.builder.batch.spans.len())?;
        let scope = grow.names.texts().get(row.scope as usize).ok_or_else(missing)?;
        let resource = grow.resources.texts().get(row.resource as usize).ok_or_else(missing)?;
        let segment = Segment {
            trace_id: self.id(row.trace)?,
            segment_id: self.id(row.id)?,
            service: self.builder.name(row.service_name)?,
            instance: self.builder.name(row.instance_name)?,
            spans,
            resource: self.builder.resource(resource)?,
            scope: self.builder.bytes(scope)?,
            raw: Text::EMPTY,
            is_size_limited: row.is_size_limited,
        };
        let named = u32::try_from(row.named).ok();
        let endpoint_span = named.map_or(u32::MAX, |place| spans.start.saturating_add(place));
        let entry = entry_of(grow, row).ok_or_else(missing)?;
        self.entries.push(SegmentEntry { segment: number, endpoint_span, ..entry });
        self.builder.batch.segments.push(segment);
        Ok(())
    }

    fn id(&mut self, id: CodedId<Text>) -> Result<Text> {
        let id = id_of(self.grow, self.rows.id(id)).ok_or_else(missing)?;
        self.builder.id(&id)
    }

    fn span(
        &mut self,
        row: &SpanRow,
        (segment, number): (&SegmentRow, u32),
        walk: &mut Walk<'a>,
    ) -> Result<Span> {
        let shape = *self.grow.shapes.entry(row.shape).ok_or_else(missing)?;
        let attributes = self.attributes(walk.cells(row.cells))?;
        let extra = if row.has_extra { walk.extra() } else { None };
        let rows = self.rows;
        let mut span = Span {
            segment: number,
            number: row.number,
            parent: row.parent,
            id: Text::EMPTY,
            parent_id: Text::EMPTY,
            start: row.start.wrapping_add(segment.start),
            duration: row.duration,
            kind: kind_of(shape.flavour)?,
            layer: SpanLayer::from_number(i64::from(shape.flavour >> 4 & 15)),
            status: row.status,
            skip_analysis: shape.flavour >> 8 & 1 != 0,
            component: shape.component,
            flags: row.flags,
            operation: self.builder.name(shape.operation)?,
            endpoint: NO_NAME,
            peer: self.builder.name(shape.peer)?,
            status_message: Text::EMPTY,
            trace_state: Text::EMPTY,
            attributes,
            links: Run::default(),
            events: Run::default(),
        };
        if let Some(extra) = extra {
            (span.id, span.parent_id) = (self.id(extra.id)?, self.id(extra.parent_id)?);
            span.status_message = self.builder.bytes(rows.text(extra.message))?;
            span.trace_state = self.builder.bytes(rows.text(extra.trace_state))?;
        }
        span.links = self.links(walk.links(row.links), walk)?;
        span.events = self.events(walk.events(row.events), walk, span.end())?;
        Ok(span)
    }

    fn links(&mut self, links: &[LinkRow], walk: &mut Walk<'a>) -> Result<Run> {
        let start = self.builder.batch.links.len();
        for row in links {
            let attributes = self.attributes(walk.cells(row.cells))?;
            let [service, instance, endpoint, address] = row.names;
            let link = Link {
                kind: row.kind,
                trace_id: self.id(row.trace)?,
                segment_id: self.id(row.segment)?,
                span_number: row.number,
                span_id: self.id(row.span)?,
                parent_service: self.builder.name(service)?,
                parent_instance: self.builder.name(instance)?,
                parent_endpoint: self.builder.name(endpoint)?,
                peer_address: self.builder.name(address)?,
                attributes,
            };
            self.builder.batch.links.push(link);
        }
        rows_from(start, self.builder.batch.links.len())
    }

    fn events(&mut self, events: &[EventRow], walk: &mut Walk<'a>, end: i64) -> Result<Run> {
        let start = self.builder.batch.events.len();
        for row in events {
            let attributes = self.attributes(walk.cells(row.cells))?;
            let name = self.builder.bytes(self.rows.text(row.name))?;
            let time = row.time.wrapping_add(end);
            self.builder.batch.events.push(Event { time, name, attributes });
        }
        rows_from(start, self.builder.batch.events.len())
    }

    fn attributes(&mut self, cells: &[Cell]) -> Result<Run> {
        let start = self.builder.batch.attributes.len();
        for cell in cells {
            let key = *self.grow.keys.entry(cell.key()).ok_or_else(missing)?;
            let value = self.value(cell, key.kind)?;
            let key = self.builder.name(key.name)?;
            self.builder.batch.attributes.push(Attribute { key, value });
        }
        rows_from(start, self.builder.batch.attributes.len())
    }

    fn value(&mut self, cell: &Cell, kind: ValueKind) -> Result<Value> {
        let number = cell.value;
        match cell.how() {
            How::Number => Ok(match kind {
                ValueKind::Bool => Value::Bool(number != 0),
                ValueKind::Float => Value::Float(f64::from_bits(number.cast_unsigned()).into()),
                _ => Value::Int(number.into()),
            }),
            How::Decimal => self.builder.text(kind, |out| put_signed_decimal(number, out)),
            How::Code => {
                let value = self.grow.value(cell.key(), cell.code_of_text()).ok_or_else(missing)?;
                self.builder.text(kind, |out| out.extend_from_slice(value))
            }
            How::Text => {
                let text = self.rows.text(cell.place());
                self.builder.text(kind, |out| out.extend_from_slice(text))
            }
        }
    }
}
