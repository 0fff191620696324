//! Rows back to a batch.

use std::sync::Arc;

use skytrail_columns::texts::Texts;
use skytrail_columns::{Error, Result};
use skytrail_model::batch::NO_NAME;
use skytrail_model::span::{Attribute, Event, Link, Rows, Segment, Span, SpanLayer, Value};
use skytrail_model::text::{NameId, Text};
use skytrail_storage::{SegmentEntry, SpanAppend};

use super::batch::{BatchBuilder, rows_from};
use super::frames::{Cells, Frame, LocalShape, Reader, wrong};
use super::head::SegmentRow;
use super::variants::{kind_of, link_kind_of, status_of};
use super::walk::Walk;
use crate::decimal::put_signed_decimal;
use crate::dictionary::{Dictionary, ValueKind};
use crate::ids::{Found, Near};
use crate::layout::{LOOKED_AT, link as flag};

impl<'a> Reader<'a> {
    /// Segments, by ascending rows, as a batch of nothing else.
    pub(super) fn gather(&self, segments: &[usize]) -> Result<SpanAppend> {
        let mut gather = Gather::new(self);
        for segment in segments {
            gather.segment(*segment)?;
        }
        Ok(gather.take())
    }

    /// The same in batches of about `bytes`, as long as `take` wants more; whether it does.
    pub(super) fn windows(
        &self,
        segments: &[usize],
        bytes: usize,
        take: &mut dyn FnMut(SpanAppend) -> bool,
    ) -> Result<bool> {
        let mut gather = Gather::new(self);
        for segment in segments {
            gather.segment(*segment)?;
            if gather.builder.batch.memory() >= bytes && !take(gather.take()) {
                return Ok(false);
            }
        }
        Ok(gather.entries.is_empty() || take(gather.take()))
    }
}

/// A segment that is being gathered.
struct Current<'a> {
    row: SegmentRow<'a>,
    /// Row in the block.
    number: usize,
    trace_id: Text,
}

struct Gather<'r, 'a> {
    reader: &'r Reader<'a>,
    builder: BatchBuilder<'a, Dictionary>,
    entries: Vec<SegmentEntry>,
    /// The frame where it stands.
    walk: Option<(usize, Walk<'r, 'a>)>,
}

impl<'r, 'a> Gather<'r, 'a> {
    fn new(reader: &'r Reader<'a>) -> Self {
        let builder = BatchBuilder::new(reader.dictionary);
        Self { reader, builder, entries: Vec::new(), walk: None }
    }

    /// What was gathered so far.
    fn take(&mut self) -> SpanAppend {
        let next = BatchBuilder::new(self.reader.dictionary);
        let mut batch = std::mem::replace(&mut self.builder, next).batch;
        batch.shrink();
        SpanAppend { batch: Arc::new(batch), entries: std::mem::take(&mut self.entries) }
    }

    fn segment(&mut self, number: usize) -> Result<()> {
        let head = &self.reader.head;
        let row = head.segment(number)?;
        let start = self.builder.batch.spans.len();
        let trace_id = self.builder.id(&head.trace_id(number)?)?;
        let current = Current { row, number, trace_id };
        for (place, span) in head.spans(number).enumerate() {
            self.span(&current, span, place)?;
        }
        let spans = rows_from(start, self.builder.batch.spans.len())?;
        let segment = Segment {
            trace_id,
            segment_id: self.builder.id(&head.segment_id(number)?)?,
            service: self.builder.name(row.source.service_name)?,
            instance: self.builder.name(row.source.instance_name)?,
            spans,
            resource: self.builder.resource(self.reader.dictionary.resource(row.resource)?)?,
            scope: self.builder.bytes(self.reader.dictionary.name(row.scope)?)?,
            raw: Text::EMPTY,
            is_size_limited: row.is_size_limited,
        };
        let entry = SegmentEntry {
            segment: self.builder.batch.segments.len() as u32,
            service: row.source.service,
            instance: row.source.instance,
            endpoint: row.endpoint.id,
            endpoint_span: row
                .endpoint_span
                .map_or(u32::MAX, |place| spans.start.saturating_add(place)),
            start: row.start,
            duration: row.duration,
            is_error: row.is_error,
        };
        self.builder.batch.segments.push(segment);
        self.entries.push(entry);
        Ok(())
    }

    /// The walk over the frame with a row, at that row.
    fn walk_to(&mut self, row: usize) -> Result<(Walk<'r, 'a>, usize, usize)> {
        let (number, place) =
            self.reader.locate(row).ok_or_else(|| wrong("a row that is not there"))?;
        let walk = match self.walk.take() {
            Some((frame, walk)) if frame == number => walk,
            _ => Walk::new(self.reader.frame(number)?, self.reader.dictionary)?,
        };
        Ok((walk, number, place))
    }

    fn span(&mut self, current: &Current<'a>, row: usize, place: usize) -> Result<()> {
        let (mut walk, number, at) = self.walk_to(row)?;
        walk.to(at)?;
        let span = self.read_span(current, &mut walk, (row, at), place)?;
        self.builder.batch.spans.push(span);
        walk.step();
        self.walk = Some((number, walk));
        Ok(())
    }

    fn read_span(
        &mut self,
        current: &Current<'a>,
        walk: &mut Walk<'r, 'a>,
        (row, at): (usize, usize),
        place: usize,
    ) -> Result<Span> {
        let frame: &'r Frame<'a> = walk.frame;
        let LocalShape { shape, list } = frame.shape(at)?;
        let get = |ints: &skytrail_columns::ints::Ints<'_>| ints.get(at).unwrap_or(0);
        let number = frame.number(at, place);
        let start = get(&frame.starts).wrapping_add(current.row.start);
        let duration = get(&frame.durations);
        let near = current.row.near;
        let text = |texts: &Option<Texts<'a>>| {
            texts.as_ref().and_then(|texts| texts.get(at)).unwrap_or_default()
        };
        let (message, trace_state) = (text(&walk.messages), text(&walk.trace_states));
        let attributes = self.attributes(walk, frame.list(*list, self.reader.dictionary)?)?;
        let id = self.reader.span_id(frame, at, near, current.number)?;
        let mut span = Span {
            segment: self.builder.batch.segments.len() as u32,
            number,
            parent: frame.parent(at, number),
            id: self.builder.id(&id)?,
            parent_id: self.parent_id(frame, row, at, near)?,
            start,
            duration,
            kind: kind_of(shape.flavour)?,
            layer: SpanLayer::from_number(i64::from(shape.flavour >> 4 & 15)),
            status: status_of(get(&frame.statuses))?,
            skip_analysis: shape.flavour >> 8 & 1 != 0,
            component: shape.component,
            flags: get(&frame.flags) as u32,
            operation: self.builder.name(shape.operation)?,
            endpoint: NO_NAME,
            peer: self.builder.name(shape.peer)?,
            status_message: self.builder.bytes(message)?,
            trace_state: self.builder.bytes(trace_state)?,
            attributes,
            links: Rows::default(),
            events: Rows::default(),
        };
        span.links = self.links(current, walk, get(&frame.links))?;
        span.events = self.events(walk, get(&frame.events), span.end())?;
        Ok(span)
    }

    fn parent_id(&mut self, frame: &Frame<'a>, row: usize, at: usize, near: Near) -> Result<Text> {
        let (reader, dictionary) = (self.reader, self.reader.dictionary);
        match frame.parent_ids.get(at, near, dictionary)? {
            Found::Id(id) => self.builder.id(&id),
            Found::Row(distance) => {
                let parent = (row as i64).wrapping_sub(distance);
                let parent =
                    usize::try_from(parent).map_err(|_| wrong("a parent that is not there"))?;
                let (frame, at) = reader.row(parent)?;
                let segment = reader.head.segment_of(parent);
                let near = reader.head.near(segment)?;
                self.builder.id(&reader.span_id(frame, at, near, segment)?)
            }
        }
    }

    fn attributes(&mut self, walk: &mut Walk<'r, 'a>, slots: &[u32]) -> Result<Rows> {
        let start = self.builder.batch.attributes.len();
        for slot in slots {
            let place = walk.next(*slot)?;
            let (code, cells) = walk.frame.cells(*slot)?;
            let key = *self.reader.dictionary.key(code)?;
            let value = self.value(cells, code, key.kind, place)?;
            let key = self.builder.name(key.name)?;
            self.builder.batch.attributes.push(Attribute { key, value });
        }
        rows_from(start, self.builder.batch.attributes.len())
    }

    fn value(
        &mut self,
        cells: &Cells<'a>,
        key: u32,
        kind: ValueKind,
        place: usize,
    ) -> Result<Value> {
        let missing = || wrong("a value that is not there");
        match cells {
            Cells::Numbers(numbers) => {
                let number = numbers.get(place).ok_or_else(missing)?;
                Ok(match kind {
                    ValueKind::Bool => Value::Bool(number != 0),
                    ValueKind::Float => Value::Float(f64::from_bits(number.cast_unsigned()).into()),
                    _ => Value::Int(number.into()),
                })
            }
            Cells::Decimals(numbers) => {
                let number = numbers.get(place).ok_or_else(missing)?;
                self.builder.text(kind, |out| put_signed_decimal(number, out))
            }
            Cells::Codes(codes) => {
                let code = codes
                    .get(place)
                    .and_then(|code| u32::try_from(code).ok())
                    .ok_or_else(missing)?;
                let value = self.reader.dictionary.value(key, code)?;
                self.builder.text(kind, |out| out.extend_from_slice(value))
            }
            Cells::Texts(texts) => {
                let value = texts.get(place).ok_or_else(missing)?;
                self.builder.text(kind, |out| out.extend_from_slice(value))
            }
        }
    }

    fn events(&mut self, walk: &mut Walk<'r, 'a>, count: i64, end: i64) -> Result<Rows> {
        let start = self.builder.batch.events.len();
        for _ in 0..count {
            let event = walk.event;
            let time =
                walk.events.times.get(event).ok_or_else(|| wrong("an event that is not there"))?;
            let slots = walk.slots_of(walk.events.keys.get(event))?;
            let name = walk.events.names.get(event).unwrap_or_default();
            let name = self.builder.bytes(name)?;
            let attributes = self.attributes(walk, &slots)?;
            self.builder.batch.events.push(Event {
                time: time.wrapping_add(end),
                name,
                attributes,
            });
            walk.event += 1;
        }
        rows_from(start, self.builder.batch.events.len())
    }

    fn links(
        &mut self,
        current: &Current<'a>,
        walk: &mut Walk<'r, 'a>,
        count: i64,
    ) -> Result<Rows> {
        let start = self.builder.batch.links.len();
        for _ in 0..count {
            let link = self.link(current, walk)?;
            self.builder.batch.links.push(link);
            walk.link += 1;
        }
        rows_from(start, self.builder.batch.links.len())
    }

    fn link(&mut self, current: &Current<'a>, walk: &mut Walk<'r, 'a>) -> Result<Link> {
        let (dictionary, near) = (self.reader.dictionary, current.row.near);
        let at = walk.link;
        let missing = || wrong("a link that is not there");
        let flags = walk.links.flags.get(at).ok_or_else(missing)?;
        let (trace, named) = *walk.links.places.get(at).ok_or_else(missing)?;
        let span_number = walk.links.numbers.get(at).ok_or_else(missing)? as i32;
        let trace_id = if flags & flag::OWN_TRACE != 0 {
            current.trace_id
        } else {
            self.builder.id(&walk.links.traces.id(trace as usize, near, dictionary)?)?
        };
        let (segment_id, target) = match walk.links.segments.get(at, near, dictionary)? {
            Found::Id(id) => (id, None),
            Found::Row(distance) => {
                let target = (current.number as i64).wrapping_sub(distance);
                let target =
                    usize::try_from(target).ok().filter(|target| *target < self.reader.head.len());
                let target = target.ok_or_else(missing)?;
                (self.reader.head.segment_id(target)?, Some(target))
            }
        };
        let names = if flags & flag::PREDICTED != 0 {
            self.predicted(target.ok_or_else(missing)?, span_number)?
        } else {
            let name =
                |ints: &skytrail_columns::ints::Ints<'_>| super::head::code(ints, named as usize);
            let [service, instance, endpoint, address] = &walk.links.names;
            [name(service)?, name(instance)?, name(endpoint)?, name(address)?]
        };
        let span_id = self.builder.id(&walk.links.spans.id(at, near, dictionary)?)?;
        let slots = walk.slots_of(walk.links.keys.get(at))?;
        let attributes = self.attributes(walk, &slots)?;
        let [parent_service, parent_instance, parent_endpoint, peer_address] = self.names(names)?;
        Ok(Link {
            kind: link_kind_of(flags & 3)?,
            trace_id,
            segment_id: self.builder.id(&segment_id)?,
            span_number,
            span_id,
            parent_service,
            parent_instance,
            parent_endpoint,
            peer_address,
            attributes,
        })
    }

    fn names(&mut self, codes: [u32; 4]) -> Result<[NameId; 4]> {
        let [service, instance, endpoint, address] = codes;
        let builder = &mut self.builder;
        Ok([
            builder.name(service)?,
            builder.name(instance)?,
            builder.name(endpoint)?,
            builder.name(address)?,
        ])
    }

    /// The names that a link to a span of a segment has if it has no others.
    fn predicted(&self, target: usize, span_number: i32) -> Result<[u32; 4]> {
        let reader = self.reader;
        let source = reader.head.segment(target)?.source;
        let (mut endpoint, mut address) = (None, None);
        for (place, row) in reader.head.spans(target).take(LOOKED_AT).enumerate() {
            let (frame, at) = reader.row(row)?;
            let number = frame.number(at, place);
            if endpoint.is_none() && frame.parent(at, number) < 0 {
                endpoint = Some(frame.shape(at)?.shape.operation);
            }
            if address.is_none() && number == span_number {
                address = Some(frame.shape(at)?.shape.peer);
            }
            if endpoint.is_some() && address.is_some() {
                break;
            }
        }
        let missing = || Error::corrupt("frame of spans: a link to a span that is not there");
        let (endpoint, address) = (endpoint.ok_or_else(missing)?, address.ok_or_else(missing)?);
        Ok([source.service_name, source.instance_name, endpoint, address])
    }
}
