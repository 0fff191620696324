//! Frames of spans.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_columns::group::{Access, GroupWriter};
use skytrail_columns::texts::TextBuf;
use skytrail_model::span::Span;

use super::ahead::{AHEAD, ask_for};
use super::attributes::Attributes;
use super::head::{HeadWriter, Place};
use super::kept::Kept;
use super::links::{From, Links, Rows};
use super::memo::Memos;
use crate::dictionary::{Grow, Owner, Shape};
use crate::ids::{Id, IdWriter};
use crate::layout::{FRAME_BYTES, FRAME_ROWS, MOST_FRAME_ROWS, span as column, span_seed};
use crate::tags::TagWriter;

/// Columns of spans that are numbers.
const NUMBERS: [(u32, Access); 9] = [
    (column::SHAPE, Access::Random),
    (column::NUMBER, Access::Random),
    (column::PARENT, Access::All),
    (column::START, Access::All),
    (column::DURATION, Access::All),
    (column::STATUS, Access::All),
    (column::FLAGS, Access::All),
    (column::LINKS, Access::Random),
    (column::EVENTS, Access::Random),
];

/// Columns of events.
#[derive(Debug, Default)]
struct Events<'a> {
    times: Vec<i64>,
    names: Vec<&'a [u8]>,
    keys: Vec<i64>,
}

/// Columns of the frame that is being written.
#[derive(Debug, Default)]
struct Columns<'a> {
    rows: usize,
    bytes: usize,
    numbers: [Vec<i64>; NUMBERS.len()],
    ids: IdWriter,
    parent_ids: IdWriter,
    messages: TextBuf,
    trace_states: TextBuf,
    links: Links,
    events: Events<'a>,
    attributes: Attributes<'a>,
}

/// Writes the frames of a block.
pub(super) struct FrameWriter<'a, 'b> {
    kept: &'b [Kept<'a>],
    memos: &'b mut Memos<'a>,
    grow: &'b mut Grow,
    group: &'b mut GroupWriter,
    tags: &'b mut TagWriter,
    rows: Rows,
    /// Rows of spans by their opaque ids, where they have such.
    spans: HashMap<&'a [u8], u32, FixedState>,
    row: u32,
    columns: Columns<'a>,
    places: Vec<Place>,
}

impl<'a, 'b> FrameWriter<'a, 'b> {
    pub(super) fn new(
        kept: &'b [Kept<'a>],
        memos: &'b mut Memos<'a>,
        grow: &'b mut Grow,
        (group, tags): (&'b mut GroupWriter, &'b mut TagWriter),
    ) -> Self {
        let (rows, mut spans) = (Rows::of(kept), HashMap::default());
        let mut next = 0;
        for kept in kept {
            // Protocols with opaque ids give one to each span.
            if kept.spans.first().is_some_and(|span| !span.id.is_empty()) {
                for (row, span) in (next..).zip(kept.spans) {
                    spans.entry(kept.batch.bytes_at(span.id)).or_insert(row);
                }
            }
            next += kept.spans.len() as u32;
        }
        let columns = Columns::default();
        Self { kept, memos, grow, group, tags, rows, spans, row: 0, columns, places: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<Place> {
        self.places
    }

    /// Appends all frames, and adds the segments to the head.
    pub(super) fn write(&mut self, head: &mut HeadWriter, out: &mut Vec<u8>) {
        let block = self.kept;
        for (row, kept) in (0_u32..).zip(block) {
            if (row as usize).is_multiple_of(AHEAD) {
                ask_for(block.iter().skip(row as usize).take(AHEAD));
            }
            if self.columns.rows >= FRAME_ROWS {
                self.flush(out);
            }
            head.segment((kept, row), self.memos, self.grow);
            let millis = kept.entry.start.div_euclid(1_000_000);
            let from = From { kept, row, millis };
            for (place, span) in (0..).zip(kept.spans) {
                if self.columns.rows >= MOST_FRAME_ROWS
                    || self.columns.bytes + self.columns.attributes.bytes >= FRAME_BYTES
                {
                    self.flush(out);
                }
                self.span(&from, place, span);
            }
        }
        if self.columns.rows > 0 {
            self.flush(out);
        }
    }

    fn span(&mut self, from: &From<'b, 'a>, place: i64, span: &Span) {
        let kept: &'b Kept<'a> = from.kept;
        let (batch, memo) = (kept.batch, kept.memo);
        let (memos, grow) = (&mut *self.memos, &mut *self.grow);
        let columns = &mut self.columns;
        let attributes = batch.attributes_of(span.attributes);
        let keys = columns.attributes.push((batch, memo), Owner::Span, attributes, memos, grow);
        let shape = Shape {
            operation: memos.name(memo, span.operation, grow),
            peer: memos.name(memo, span.peer, grow),
            flavour: span.kind as u32
                | (span.layer as u32) << 4
                | u32::from(span.skip_analysis) << 8,
            component: span.component,
            keys,
        };
        let numbers = [
            grow.shapes.code(&shape).into(),
            i64::from(span.number) - place,
            i64::from(span.number) - i64::from(span.parent),
            span.start.wrapping_sub(kept.entry.start),
            span.duration,
            span.status as i64,
            span.flags.into(),
            span.links.len.into(),
            span.events.len.into(),
        ];
        columns.numbers.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        columns.texts(span, batch.bytes_at(span.status_message), batch.bytes_at(span.trace_state));
        self.ids(from, span);
        self.links(from, span);
        self.events(kept, span);
        self.columns.rows += 1;
        self.row += 1;
    }

    fn ids(&mut self, from: &From<'b, 'a>, span: &Span) {
        let batch = from.kept.batch;
        let (columns, grow) = (&mut self.columns, &mut *self.grow);
        let id = Id::parse(batch.bytes_at(span.id));
        columns.ids.push(&id, from.kept.process, from.millis, grow);
        let parent_id = batch.bytes_at(span.parent_id);
        let parent = if parent_id.is_empty() { None } else { self.spans.get(parent_id) };
        match parent {
            Some(parent) => columns.parent_ids.push_row(i64::from(self.row) - i64::from(*parent)),
            None => {
                columns.parent_ids.push(&Id::parse(parent_id), from.kept.process, from.millis, grow)
            }
        }
    }

    fn links(&mut self, from: &From<'b, 'a>, span: &Span) {
        let kept: &'b Kept<'a> = from.kept;
        let columns = &mut self.columns;
        for link in kept.batch.links_of(span) {
            let (memos, grow) = (&mut *self.memos, &mut *self.grow);
            columns.links.push(from, link, (self.kept, &self.rows), memos, grow);
            let attributes = kept.batch.attributes_of(link.attributes);
            let source = (kept.batch, kept.memo);
            let keys = columns.attributes.push(source, Owner::Link, attributes, memos, grow);
            columns.links.keys.push(keys.into());
        }
    }

    fn events(&mut self, kept: &Kept<'a>, span: &Span) {
        let columns = &mut self.columns;
        for event in kept.batch.events_of(span) {
            let attributes = kept.batch.attributes_of(event.attributes);
            let source = (kept.batch, kept.memo);
            let keys =
                columns.attributes.push(source, Owner::Event, attributes, self.memos, self.grow);
            columns.events.keys.push(keys.into());
            columns.events.times.push(event.time.wrapping_sub(span.end()));
            columns.events.names.push(kept.batch.bytes_at(event.name));
            columns.bytes += event.name.len as usize;
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        self.columns.attributes.tag(self.places.len() as u32, self.tags, self.grow);
        self.columns.flush(self.grow, self.group);
        let checksum = self.group.finish(span_seed(self.places.len() as u32), out);
        self.places.push(Place { rows: self.columns.rows, bytes: out.len() - start, checksum });
        (self.columns.rows, self.columns.bytes) = (0, 0);
    }
}

impl Columns<'_> {
    fn texts(&mut self, span: &Span, message: &[u8], trace_state: &[u8]) {
        self.messages.push(message);
        self.trace_states.push(trace_state);
        let ids = span.id.len as usize + span.parent_id.len as usize;
        self.bytes += message.len() + trace_state.len() + ids;
    }

    fn flush(&mut self, grow: &mut Grow, group: &mut GroupWriter) {
        let mut numbers = |wanted: fn(u32) -> bool, group: &mut GroupWriter| {
            for ((id, access), numbers) in NUMBERS.into_iter().zip(&mut self.numbers) {
                if wanted(id) {
                    group.ints(id, numbers, access);
                    numbers.clear();
                }
            }
        };
        numbers(|id| id < column::MESSAGE, group);
        for (id, texts) in
            [(column::MESSAGE, &mut self.messages), (column::TRACE_STATE, &mut self.trace_states)]
        {
            if texts.text_bytes() > 0 {
                group.text_buf(id, texts);
            }
            texts.clear();
        }
        numbers(|id| id > column::TRACE_STATE, group);
        self.ids.flush(column::ID, group);
        self.parent_ids.flush(column::PARENT_ID, group);
        self.links.flush(group);
        let events = &mut self.events;
        if !events.times.is_empty() {
            group.ints(column::EVENT_TIME, &events.times, Access::All);
            group.texts(column::EVENT_NAME, events.names.drain(..));
            group.ints(column::EVENT_KEYS, &events.keys, Access::All);
            events.times.clear();
            events.keys.clear();
        }
        self.attributes.flush(grow, group);
    }
}
