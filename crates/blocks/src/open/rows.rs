//! Rows of a block that is being filled, in codes.

use skytrail_base::ahead::read_ahead;
use skytrail_model::entity::EntityId;
use skytrail_model::span::{LinkKind, Status};
use skytrail_model::text::Text;

use crate::ids::CodedId;

/// A segment. Its spans, cells, links, events and extras stand from its starts on, in the order in which they are
/// walked: each span, its links and its events, each with its cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SegmentRow {
    pub(crate) service: EntityId,
    pub(crate) start: i64,
    pub(crate) duration: i64,
    pub(crate) id: CodedId<Text>,
    pub(crate) id_hash: u64,
    pub(crate) trace: CodedId<Text>,
    pub(crate) trace_hash: u64,
    pub(crate) spans: u32,
    pub(crate) starts: Starts,
    pub(crate) source: u32,
    pub(crate) service_name: u32,
    pub(crate) instance_name: u32,
    /// Of its id, counted from 1; 0 where that names none.
    pub(crate) process: u32,
    pub(crate) endpoint: u32,
    /// Place of the span that names it among its own; -1 where it is none of it.
    pub(crate) named: i32,
    pub(crate) resource: u32,
    pub(crate) scope: u32,
    pub(crate) is_error: bool,
    pub(crate) is_size_limited: bool,
}

/// Where the rows of a segment begin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Starts {
    pub(crate) spans: u32,
    pub(crate) cells: u32,
    pub(crate) links: u32,
    pub(crate) events: u32,
    pub(crate) extras: u32,
}

/// A span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpanRow {
    /// Less that of the segment.
    pub(crate) start: i64,
    pub(crate) duration: i64,
    pub(crate) shape: u32,
    pub(crate) operation: u32,
    pub(crate) peer: u32,
    pub(crate) number: i32,
    pub(crate) parent: i32,
    pub(crate) flags: u32,
    pub(crate) cells: u32,
    pub(crate) links: u32,
    pub(crate) events: u32,
    pub(crate) status: Status,
    pub(crate) has_extra: bool,
}

/// What most spans of SkyWalking do not have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extra {
    pub(crate) id: CodedId<Text>,
    pub(crate) parent_id: CodedId<Text>,
    pub(crate) message: Text,
    pub(crate) trace_state: Text,
}

/// A link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkRow {
    pub(crate) kind: LinkKind,
    pub(crate) trace: CodedId<Text>,
    pub(crate) segment: CodedId<Text>,
    pub(crate) segment_hash: u64,
    pub(crate) span: CodedId<Text>,
    pub(crate) number: i32,
    /// Service, instance, endpoint and address of the parent.
    pub(crate) names: [u32; 4],
    pub(crate) keys: u32,
    pub(crate) cells: u32,
}

/// An event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventRow {
    /// Less the end of the span.
    pub(crate) time: i64,
    pub(crate) name: Text,
    pub(crate) keys: u32,
    pub(crate) cells: u32,
}

/// How a value is kept in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// A number, bits of a floating-point number, or a truth value.
    Number,
    /// Text that is the decimal form of a number.
    Decimal,
    /// Text with a code of its key.
    Code,
    /// The place of a text.
    Text,
}

/// A value of an attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    /// A number; or, above the length of a text, its code or where it begins.
    pub(crate) value: i64,
    /// Half of the hash of a text.
    pub(crate) half: u32,
    /// The key, and how it is kept above it.
    key: u32,
}

/// Bytes that the processor fetches at once.
const LINE: usize = 64;

/// Bits of a key: more than a dictionary has keys.
const KEY_BITS: u32 = 30;

impl Cell {
    pub(crate) fn new(key: u32, how: How, value: i64, half: u32) -> Self {
        Self { value, half, key: key | (how as u32) << KEY_BITS }
    }

    pub(crate) fn text(key: u32, text: Text, half: u32) -> Self {
        Self::new(key, How::Text, i64::from(text.start) << 32 | i64::from(text.len), half)
    }

    /// A text of so many bytes, by its code.
    pub(crate) fn code(key: u32, code: u32, len: usize, half: u32) -> Self {
        Self::new(key, How::Code, i64::from(code) << 32 | len as i64, half)
    }

    pub(crate) fn key(&self) -> u32 {
        self.key & ((1 << KEY_BITS) - 1)
    }

    pub(crate) fn how(&self) -> How {
        match self.key >> KEY_BITS {
            0 => How::Number,
            1 => How::Decimal,
            2 => How::Code,
            _ => How::Text,
        }
    }

    /// The code of its text.
    pub(crate) fn code_of_text(&self) -> u32 {
        (self.value >> 32) as u32
    }

    /// Bytes of its text, or of the number.
    pub(crate) fn len(&self) -> usize {
        if self.key >> (KEY_BITS + 1) == 1 { self.value as u32 as usize } else { size_of::<i64>() }
    }

    /// The place of its text.
    pub(crate) fn place(&self) -> Text {
        Text { start: (self.value >> 32) as u32, len: self.value as u32 }
    }
}

/// All rows of a block.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) segments: Vec<SegmentRow>,
    pub(crate) spans: Vec<SpanRow>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) links: Vec<LinkRow>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) cells: Vec<Cell>,
    /// Texts that are in no dictionary.
    pub(crate) texts: Vec<u8>,
}

fn run<T>(rows: &[T], start: u32, count: u32) -> &[T] {
    rows.get(start as usize..start as usize + count as usize).unwrap_or_default()
}

/// New room that is a share of the old one: an allocator that is asked to shrink what it gave may keep it as it is.
fn cut<T>(rows: &mut Vec<T>, (share, of): (usize, usize)) {
    debug_assert!(rows.is_empty(), "rows that would be lost");
    let room = rows.capacity() as u128 * share as u128 / of.max(1) as u128;
    *rows = Vec::with_capacity(room as usize);
}

impl Rows {
    /// Where the next segment begins.
    pub(crate) fn ends(&self) -> Starts {
        Starts {
            spans: self.spans.len() as u32,
            cells: self.cells.len() as u32,
            links: self.links.len() as u32,
            events: self.events.len() as u32,
            extras: self.extras.len() as u32,
        }
    }

    pub(crate) fn spans_of(&self, segment: &SegmentRow) -> &[SpanRow] {
        run(&self.spans, segment.starts.spans, segment.spans)
    }

    /// Brings segments with their spans and links, and about as many cells as they have, into the cache: they stand all
    /// over the memory.
    pub(crate) fn look<'a>(&self, segments: impl Iterator<Item = &'a &'a SegmentRow>) {
        let per_span = self.cells.len().div_ceil(self.spans.len().max(1)) as u32;
        for segment in segments {
            let starts = segment.starts;
            let cells = run(&self.cells, starts.cells, segment.spans.saturating_mul(per_span));
            read_ahead(self.spans_of(segment).iter().map(|span| span.shape));
            read_ahead(cells.iter().step_by(LINE / size_of::<Cell>()).map(|cell| cell.half));
            read_ahead(run(&self.links, starts.links, 1).iter().map(|link| link.keys));
        }
    }

    /// All cells of a segment.
    pub(crate) fn cells_of(&self, place: u32) -> &[Cell] {
        self.of(place, &self.cells, |starts| starts.cells)
    }

    /// All extras of a segment.
    pub(crate) fn extras_of(&self, place: u32) -> &[Extra] {
        self.of(place, &self.extras, |starts| starts.extras)
    }

    fn of<'a, T>(&self, place: u32, rows: &'a [T], start: impl Fn(&Starts) -> u32) -> &'a [T] {
        let start = |place: usize| Some(start(&self.segments.get(place)?.starts) as usize);
        let Some(first) = start(place as usize) else { return &[] };
        let end = start(place as usize + 1).unwrap_or(rows.len());
        rows.get(first..end).unwrap_or_default()
    }

    pub(crate) fn text(&self, text: Text) -> &[u8] {
        run(&self.texts, text.start, text.len)
    }

    pub(crate) fn id(&self, id: CodedId<Text>) -> CodedId<&[u8]> {
        id.map(|text| self.text(text))
    }

    pub(crate) fn put_text(&mut self, text: &[u8]) -> Text {
        let place = Text { start: self.texts.len() as u32, len: text.len() as u32 };
        self.texts.extend_from_slice(text);
        place
    }

    /// Forgets all, and keeps the room.
    pub(crate) fn clear(&mut self) {
        self.segments.clear();
        self.spans.clear();
        self.extras.clear();
        self.links.clear();
        self.events.clear();
        self.cells.clear();
        self.texts.clear();
    }

    /// Bytes of the rows.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.segments.as_slice())
            + size_of_val(self.spans.as_slice())
            + size_of_val(self.extras.as_slice())
            + size_of_val(self.links.as_slice())
            + size_of_val(self.events.as_slice())
            + size_of_val(self.cells.as_slice())
            + self.texts.len()
    }

    /// Makes the room of rows that are empty so small that all of it takes no more than so many bytes.
    pub(crate) fn fit(&mut self, bytes: usize) {
        let memory = self.memory();
        if memory <= bytes {
            return;
        }
        let share = (bytes, memory);
        cut(&mut self.segments, share);
        cut(&mut self.spans, share);
        cut(&mut self.extras, share);
        cut(&mut self.links, share);
        cut(&mut self.events, share);
        cut(&mut self.cells, share);
        cut(&mut self.texts, share);
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.segments.capacity() * size_of::<SegmentRow>()
            + self.spans.capacity() * size_of::<SpanRow>()
            + self.extras.capacity() * size_of::<Extra>()
            + self.links.capacity() * size_of::<LinkRow>()
            + self.events.capacity() * size_of::<EventRow>()
            + self.cells.capacity() * size_of::<Cell>()
            + self.texts.capacity()
    }
}

/// Goes through the rows of a segment.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    rows: &'a Rows,
    at: Starts,
}

impl<'a> Walk<'a> {
    pub(crate) fn of(rows: &'a Rows, segment: &SegmentRow) -> Self {
        Self { rows, at: segment.starts }
    }

    pub(crate) fn cells(&mut self, count: u32) -> &'a [Cell] {
        Self::next(&mut self.at.cells, &self.rows.cells, count)
    }

    pub(crate) fn links(&mut self, count: u32) -> &'a [LinkRow] {
        Self::next(&mut self.at.links, &self.rows.links, count)
    }

    pub(crate) fn events(&mut self, count: u32) -> &'a [EventRow] {
        Self::next(&mut self.at.events, &self.rows.events, count)
    }

    pub(crate) fn extra(&mut self) -> Option<&'a Extra> {
        Self::next(&mut self.at.extras, &self.rows.extras, 1).first()
    }

    fn next<T>(at: &mut u32, rows: &'a [T], count: u32) -> &'a [T] {
        let start = *at;
        *at = start.saturating_add(count);
        run(rows, start, count)
    }
}

/// Bytes of the text of an id, about.
pub(crate) fn len_of(id: CodedId<Text>) -> usize {
    match id {
        CodedId::Empty => 0,
        CodedId::Java { .. } | CodedId::Hex32(_) => 32,
        CodedId::Hex16(_) => 16,
        CodedId::Text(text) => text.len as usize,
    }
}
