//! Which segments may be what is asked for.

use skytrail_storage::rows::{Keyword, matches_entry};
use skytrail_storage::{SegmentFilter, TagFilter};

use super::read::{entry_of, id_of};
use super::rows::{Cell, How, Rows, SegmentRow};
use crate::block::STATEMENT;
use crate::dictionary::{Grow, Key, Owner, ValueKind};
use crate::ids::Id;
use crate::row::trace_hash;
use crate::tags::text_half;

/// A tag that is asked for, in codes.
struct Wanted {
    /// Keys with its name, one for each type of value.
    keys: Vec<u32>,
    /// Half of the hash of its value, where all keys are of text.
    half: Option<u32>,
}

impl Wanted {
    /// None if no span has the key.
    fn of(tag: &TagFilter, grow: &Grow) -> Option<Self> {
        let name = grow.names.find(tag.key.as_bytes())?;
        let is_it = |key: &Key| key.name == name && key.owner == Owner::Span;
        let keys: Vec<_> = grow.keys.entries().filter(|(_, key)| is_it(key)).collect();
        let is_text = keys.iter().all(|(_, key)| key.kind == ValueKind::Text);
        let half = tag.value.as_ref().filter(|_| is_text).map(|value| text_half(value.as_bytes()));
        let keys: Vec<_> = keys.into_iter().map(|(code, _)| code).collect();
        (!keys.is_empty()).then_some(Self { keys, half })
    }

    fn may_be(&self, cells: &[Cell]) -> bool {
        cells.iter().any(|cell| {
            self.half.is_none_or(|half| half == cell.half) && self.keys.contains(&cell.key())
        })
    }
}

/// Places of the segments of a trace.
pub(super) fn of_trace<'a>(
    rows: &'a Rows,
    grow: &'a Grow,
    trace_id: &'a [u8],
) -> impl Iterator<Item = u32> + 'a {
    let hash = trace_hash(trace_id);
    let of_hash = (0..).zip(&rows.segments).filter(move |(_, row)| row.trace_hash == hash);
    let is_it = move |row: &SegmentRow| {
        let mut text = Vec::new();
        let id = id_of(grow, rows.id(row.trace));
        id.is_some_and(|id| {
            id.put(&mut text);
            text == trace_id
        })
    };
    of_hash.filter(move |(_, row)| is_it(row)).map(|(place, _)| place)
}

/// What a keyword is looked for in.
struct Words<'a> {
    keyword: Keyword<'a>,
    rows: &'a Rows,
    grow: &'a Grow,
    /// Whether names have it, as far as they were looked at.
    names: Vec<Option<bool>>,
    /// Keys whose values are looked at.
    statements: Vec<u32>,
}

impl<'a> Words<'a> {
    fn new(keyword: &'a str, rows: &'a Rows, grow: &'a Grow) -> Self {
        let name = grow.names.find(STATEMENT);
        let is_it = |key: &Key| {
            Some(key.name) == name && key.owner == Owner::Span && key.kind == ValueKind::Text
        };
        let statements = grow.keys.entries().filter(|(_, key)| is_it(key)).map(|(code, _)| code);
        let statements = statements.collect();
        let names = vec![None; grow.names.texts().len()];
        Self { keyword: Keyword::new(keyword), rows, grow, names, statements }
    }

    fn is_named(&mut self, name: u32) -> bool {
        let Some(known) = self.names.get_mut(name as usize) else { return false };
        let text = || self.grow.names.texts().get(name as usize).unwrap_or_default();
        *known.get_or_insert_with(|| self.keyword.is_in(text()))
    }

    fn may_state(&self, cell: &Cell) -> bool {
        self.statements.contains(&cell.key())
            && match cell.how() {
                How::Code => {
                    let value = self.grow.value(cell.key(), cell.code_of_text());
                    value.is_some_and(|value| self.keyword.is_in(value))
                }
                How::Text => self.keyword.is_in(self.rows.text(cell.place())),
                How::Number | How::Decimal => true,
            }
    }

    /// Whether an operation of a segment has the keyword, or a statement may have it.
    fn may_be(&mut self, place: u32) -> bool {
        let rows = self.rows;
        let Some(row) = rows.segments.get(place as usize) else { return false };
        rows.spans_of(row).iter().any(|span| self.is_named(span.operation))
            || rows.cells_of(place).iter().any(|cell| self.may_state(cell))
    }
}

/// Whether a segment or one of its spans has an id, or another id of the same hash.
fn may_have_id(rows: &Rows, grow: &Grow, place: u32, id: &[u8]) -> bool {
    let wanted = Id::parse(id);
    let Some(row) = rows.segments.get(place as usize) else { return false };
    let mut extras = rows.extras_of(place).iter();
    row.id_hash == trace_hash(id)
        || extras.any(|extra| id_of(grow, rows.id(extra.id)) == Some(wanted))
}

/// Places of the segments that may be what is searched for.
pub(super) fn candidates(rows: &Rows, grow: &Grow, filter: &SegmentFilter) -> Vec<u32> {
    let wanted = filter.tags.iter().map(|tag| Wanted::of(tag, grow));
    let Some(wanted) = wanted.collect::<Option<Vec<_>>>() else { return Vec::new() };
    let mut words = filter.keyword.as_ref().map(|keyword| Words::new(keyword, rows, grow));
    let mut may_be = |place: u32| {
        let Some(row) = rows.segments.get(place as usize) else { return false };
        filter.service.is_none_or(|service| service == row.service)
            && entry_of(grow, row).is_some_and(|entry| matches_entry(filter, &entry))
            && filter
                .span_id
                .as_ref()
                .is_none_or(|id| may_have_id(rows, grow, place, id.as_bytes()))
            && (wanted.is_empty() || {
                let cells = rows.cells_of(place);
                wanted.iter().all(|one| one.may_be(cells))
            })
            && words.as_mut().is_none_or(|words| words.may_be(place))
    };
    match &filter.trace_id {
        Some(trace_id) => {
            of_trace(rows, grow, trace_id.as_bytes()).filter(|place| may_be(*place)).collect()
        }
        None => (0..rows.segments.len() as u32).filter(|place| may_be(*place)).collect(),
    }
}
