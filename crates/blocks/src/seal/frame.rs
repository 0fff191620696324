//! Frames of spans.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_columns::group::{Access, GroupWriter};
use skytrail_columns::texts::TextBuf;

use super::attributes::{Attributes, Meaning};
use super::head::{HeadWriter, Place};
use super::links::{From, Links, Targets};
use crate::ids::{CodedId, IdWriter};
use crate::layout::{FRAME_BYTES, FRAME_ROWS, MOST_FRAME_ROWS, span as column, span_seed};
use crate::open::{EventRow, Extra, LinkRow, Rows, SegmentRow, SpanRow, Walk, len_of};
use crate::tags::TagWriter;

/// Segments that are looked at before they are written: enough for the processor to wait for many places at once, few
/// enough for the cache.
const AT_ONCE: usize = 16;

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
struct Events {
    times: Vec<i64>,
    names: TextBuf,
    keys: Vec<i64>,
}

/// Columns of the frame that is being written. They are used again for the next block.
#[derive(Debug, Default)]
pub(super) struct Columns {
    rows: usize,
    bytes: usize,
    numbers: [Vec<i64>; NUMBERS.len()],
    ids: IdWriter,
    parent_ids: IdWriter,
    messages: TextBuf,
    trace_states: TextBuf,
    links: Links,
    events: Events,
    attributes: Attributes,
}

/// Where a frame goes to.
pub(super) struct Out<'b> {
    pub(super) group: &'b mut GroupWriter,
    pub(super) tags: &'b mut TagWriter,
    pub(super) columns: &'b mut Columns,
}

/// Writes the frames of a block.
pub(super) struct FrameWriter<'a, 'b> {
    meaning: Meaning<'a>,
    block: &'a [&'a SegmentRow],
    out: Out<'b>,
    targets: Targets<'a>,
    /// Rows of spans by their opaque ids, where they have such.
    spans: HashMap<CodedId<&'a [u8]>, u32, FixedState>,
    row: u32,
    places: Vec<Place>,
}

/// Rows of the spans of a block by their opaque ids. Protocols with such ids give one to each span.
fn by_id<'a>(rows: &'a Rows, block: &[&SegmentRow]) -> HashMap<CodedId<&'a [u8]>, u32, FixedState> {
    let mut by_id = HashMap::default();
    if rows.extras.is_empty() {
        return by_id;
    }
    let mut next = 0;
    for segment in block {
        let mut walk = Walk::of(rows, segment);
        if rows.spans_of(segment).first().is_some_and(|span| span.has_extra) {
            for (row, span) in (next..).zip(rows.spans_of(segment)) {
                let extra = if span.has_extra { walk.extra() } else { None };
                if let Some(extra) = extra.filter(|extra| extra.id != CodedId::Empty) {
                    by_id.entry(rows.id(extra.id)).or_insert(row);
                }
            }
        }
        next += segment.spans;
    }
    by_id
}

impl<'a, 'b> FrameWriter<'a, 'b> {
    pub(super) fn new(meaning: Meaning<'a>, block: &'a [&'a SegmentRow], out: Out<'b>) -> Self {
        let (targets, spans) = (Targets::of(meaning.rows, block), by_id(meaning.rows, block));
        Self { meaning, block, out, targets, spans, row: 0, places: Vec::new() }
    }

    /// Appends all frames, and adds the segments to the head.
    pub(super) fn write(mut self, head: &mut HeadWriter, out: &mut Vec<u8>) -> Vec<Place> {
        let rows = self.meaning.rows;
        for (row, segment) in (0_u32..).zip(self.block) {
            if (row as usize).is_multiple_of(AT_ONCE) {
                rows.look(self.block.iter().skip(row as usize).take(AT_ONCE));
            }
            if self.out.columns.rows >= FRAME_ROWS {
                self.flush(out);
            }
            head.segment(segment, row);
            let from = From { segment, row, millis: segment.start.div_euclid(1_000_000) };
            let mut walk = Walk::of(rows, segment);
            for (place, span) in (0..).zip(rows.spans_of(segment)) {
                let columns = &self.out.columns;
                if columns.rows >= MOST_FRAME_ROWS
                    || columns.bytes + columns.attributes.bytes >= FRAME_BYTES
                {
                    self.flush(out);
                }
                self.span(&from, (place, span), &mut walk);
            }
        }
        if self.out.columns.rows > 0 {
            self.flush(out);
        }
        self.places
    }

    fn span(&mut self, from: &From<'_>, (place, span): (i64, &SpanRow), walk: &mut Walk<'a>) {
        let columns = &mut *self.out.columns;
        let numbers = [
            span.shape.into(),
            i64::from(span.number) - place,
            i64::from(span.number) - i64::from(span.parent),
            span.start,
            span.duration,
            span.status as i64,
            span.flags.into(),
            span.links.into(),
            span.events.into(),
        ];
        columns.numbers.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        columns.attributes.push(walk.cells(span.cells));
        let extra = if span.has_extra { walk.extra() } else { None };
        self.extra(from, extra);
        for link in walk.links(span.links) {
            self.link(from, link, walk);
        }
        for event in walk.events(span.events) {
            self.event(event, walk);
        }
        self.out.columns.rows += 1;
        self.row += 1;
    }

    fn extra(&mut self, from: &From<'_>, extra: Option<&Extra>) {
        let (columns, rows) = (&mut *self.out.columns, self.meaning.rows);
        let process = from.segment.process;
        let Some(extra) = extra else {
            columns.messages.push(&[]);
            columns.trace_states.push(&[]);
            columns.ids.push(CodedId::Empty, process, from.millis);
            columns.parent_ids.push(CodedId::Empty, process, from.millis);
            return;
        };
        let (message, trace_state) = (rows.text(extra.message), rows.text(extra.trace_state));
        columns.messages.push(message);
        columns.trace_states.push(trace_state);
        columns.bytes +=
            message.len() + trace_state.len() + len_of(extra.id) + len_of(extra.parent_id);
        match rows.id(extra.id) {
            id if id != CodedId::Empty && id == rows.id(from.segment.id) => columns.ids.push_row(0),
            id => columns.ids.push(id, process, from.millis),
        }
        let parent_id = rows.id(extra.parent_id);
        let is_blank = parent_id == CodedId::Empty;
        let parent = if is_blank { None } else { self.spans.get(&parent_id) };
        match parent {
            Some(parent) => columns.parent_ids.push_row(i64::from(self.row) - i64::from(*parent)),
            None => columns.parent_ids.push(parent_id, process, from.millis),
        }
    }

    fn link(&mut self, from: &From<'_>, link: &LinkRow, walk: &mut Walk<'_>) {
        let columns = &mut *self.out.columns;
        columns.bytes += len_of(link.trace) + len_of(link.segment) + len_of(link.span);
        columns.links.push(from, link, &self.targets);
        columns.attributes.push(walk.cells(link.cells));
    }

    fn event(&mut self, event: &EventRow, walk: &mut Walk<'_>) {
        let columns = &mut *self.out.columns;
        columns.attributes.push(walk.cells(event.cells));
        columns.events.keys.push(event.keys.into());
        columns.events.times.push(event.time);
        columns.events.names.push(self.meaning.rows.text(event.name));
        columns.bytes += event.name.len as usize;
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let (start, frame) = (out.len(), self.places.len() as u32);
        let Out { group, tags, columns } = &mut self.out;
        columns.flush(group);
        columns.attributes.flush(frame, self.meaning, tags, group);
        let checksum = group.finish(span_seed(frame), out);
        self.places.push(Place { rows: columns.rows, bytes: out.len() - start, checksum });
        (columns.rows, columns.bytes) = (0, 0);
    }
}

impl Columns {
    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        let Self { numbers, ids, parent_ids, messages, trace_states, links, .. } = self;
        let Events { times, names, keys } = &self.events;
        let numbers = numbers.iter().chain([times, keys]).map(Vec::capacity).sum::<usize>();
        let texts = messages.memory() + trace_states.memory() + names.memory();
        let ids = ids.memory() + parent_ids.memory();
        numbers * size_of::<i64>() + texts + ids + links.memory() + self.attributes.memory()
    }

    /// Writes all but the attributes, and begins anew.
    fn flush(&mut self, group: &mut GroupWriter) {
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
            group.text_buf(column::EVENT_NAME, &events.names);
            group.ints(column::EVENT_KEYS, &events.keys, Access::All);
            events.times.clear();
            events.names.clear();
            events.keys.clear();
        }
    }
}
