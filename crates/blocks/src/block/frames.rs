//! Frames of spans, each read when a row of it is needed.

use std::cell::OnceCell;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_columns::group::Group;
use skytrail_columns::ints::Ints;
use skytrail_columns::texts::Texts;
use skytrail_columns::{Error, Result};

use super::head::{Head, HeadView};
use super::source::Source;
use crate::dictionary::{Dictionary, Shape};
use crate::ids::{Found, Id, IdReader, Near};
use crate::layout::{MOST_BYTES, MOST_ROWS, span as column, span_seed};

/// The frames of a block that were fetched.
pub(super) struct Groups<'a> {
    source: &'a Source,
    head: &'a Head,
    groups: Vec<OnceCell<Group>>,
}

pub(super) fn wrong(problem: &str) -> Error {
    Error::corrupt(format!("frame of spans: {problem}"))
}

impl<'a> Groups<'a> {
    pub(super) fn new(source: &'a Source, head: &'a Head) -> Self {
        let groups = head.frames.iter().map(|_| OnceCell::new()).collect();
        Self { source, head, groups }
    }

    pub(super) fn get(&self, number: usize) -> Result<&Group> {
        let (Some(cell), Some(place)) = (self.groups.get(number), self.head.frames.get(number))
        else {
            return Err(wrong("not there"));
        };
        if let Some(group) = cell.get() {
            return Ok(group);
        }
        let bytes = self.source.bytes(place.start..place.start + place.len)?;
        let group =
            Group::open("frame of spans", span_seed(number as u32), &bytes, MOST_ROWS, MOST_BYTES)?;
        if group.checksum() != place.checksum {
            return Err(wrong("not that of this block"));
        }
        Ok(cell.get_or_init(|| group))
    }
}

/// Reads rows of a block.
pub(super) struct Reader<'a> {
    pub(super) head: HeadView<'a>,
    pub(super) dictionary: &'a Dictionary,
    groups: &'a Groups<'a>,
    frames: Vec<OnceCell<Frame<'a>>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        head: HeadView<'a>,
        dictionary: &'a Dictionary,
        groups: &'a Groups<'a>,
    ) -> Self {
        let frames = head.head.frames.iter().map(|_| OnceCell::new()).collect();
        Self { head, dictionary, groups, frames }
    }

    /// A frame.
    pub(super) fn frame(&self, number: usize) -> Result<&Frame<'a>> {
        let cell = self.frames.get(number).ok_or_else(|| wrong("not there"))?;
        if let Some(frame) = cell.get() {
            return Ok(frame);
        }
        let rows = self.head.head.frames.get(number).map_or(0, |place| place.rows);
        let frame = Frame::open(self.groups.get(number)?, rows, self.dictionary)?;
        Ok(cell.get_or_init(|| frame))
    }

    /// The id of a span of a segment, at a place of a frame.
    pub(super) fn span_id(
        &self,
        frame: &Frame<'a>,
        at: usize,
        near: Near,
        segment: usize,
    ) -> Result<Id<'a>> {
        match frame.ids.get(at, near, self.dictionary)? {
            Found::Id(id) => Ok(id),
            Found::Row(0) => self.head.segment_id(segment),
            Found::Row(_) => Err(wrong("a span with the id of something else")),
        }
    }

    /// The number of the frame with a row, and the place of the row in it.
    pub(super) fn locate(&self, row: usize) -> Option<(usize, usize)> {
        let frames = &self.head.head.frames;
        let number = frames.partition_point(|frame| frame.first <= row).checked_sub(1)?;
        let frame = frames.get(number)?;
        let place = row - frame.first;
        (place < frame.rows).then_some((number, place))
    }

    /// The frame with a row, and the place of the row in it.
    pub(super) fn row(&self, row: usize) -> Result<(&Frame<'a>, usize)> {
        let (number, place) = self.locate(row).ok_or_else(|| wrong("a row that is not there"))?;
        Ok((self.frame(number)?, place))
    }
}

/// A column of values of a key.
#[derive(Debug)]
pub(super) enum Cells<'a> {
    Numbers(Ints<'a>),
    Decimals(Ints<'a>),
    Codes(Ints<'a>),
    Texts(Texts<'a>),
}

/// A key of the frame. Its column is opened when a value of it is needed.
#[derive(Debug)]
struct Slot<'a> {
    key: u32,
    column: u32,
    cells: OnceCell<Cells<'a>>,
}

/// A list of keys that spans of the frame have, with their slots in its order.
#[derive(Debug)]
struct List {
    code: u32,
    slots: OnceCell<Box<[u32]>>,
}

/// A shape of the frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalShape {
    pub(super) shape: Shape,
    /// Place of its list of keys among those of the frame.
    pub(super) list: u32,
}

/// A frame of spans.
pub(super) struct Frame<'a> {
    group: &'a Group,
    pub(super) rows: usize,
    /// Place of the shape of each row among the distinct ones.
    pub(super) shapes: Vec<u32>,
    distinct: Vec<LocalShape>,
    lists: Vec<List>,
    pub(super) numbers: Ints<'a>,
    pub(super) parents: Ints<'a>,
    pub(super) starts: Ints<'a>,
    pub(super) durations: Ints<'a>,
    pub(super) statuses: Ints<'a>,
    pub(super) flags: Ints<'a>,
    pub(super) links: Ints<'a>,
    pub(super) events: Ints<'a>,
    pub(super) ids: IdReader<'a>,
    pub(super) parent_ids: IdReader<'a>,
    slots: Vec<Slot<'a>>,
}

/// The places of numbers among the distinct ones, and these.
fn distinct(ints: &Ints<'_>) -> (Vec<u32>, Vec<i64>) {
    if let Some((values, codes)) = ints.as_local() {
        return (codes.iter().map(|code| code as u32).collect(), values.to_vec());
    }
    let mut values = Vec::new();
    let mut places: HashMap<i64, u32, FixedState> = HashMap::default();
    let place = |number: i64| {
        *places.entry(number).or_insert_with(|| {
            values.push(number);
            values.len() as u32 - 1
        })
    };
    (ints.iter().map(place).collect(), values)
}

/// Shapes by their codes, and the lists of keys that they have.
fn local_shapes(codes: &[i64], dictionary: &Dictionary) -> Result<(Vec<LocalShape>, Vec<List>)> {
    let mut lists = Vec::new();
    let mut places: HashMap<u32, u32, FixedState> = HashMap::default();
    let mut shapes = Vec::with_capacity(codes.len());
    for code in codes {
        let code = u32::try_from(*code).map_err(|_| wrong("a shape that cannot be"))?;
        let shape = *dictionary.shape(code)?;
        let list = *places.entry(shape.keys).or_insert_with(|| {
            lists.push(List { code: shape.keys, slots: OnceCell::new() });
            lists.len() as u32 - 1
        });
        shapes.push(LocalShape { shape, list });
    }
    Ok((shapes, lists))
}

impl<'a> Frame<'a> {
    fn open(group: &'a Group, rows: usize, dictionary: &Dictionary) -> Result<Self> {
        let ints = |id| group.ints_of(id, rows);
        let (shapes, values) = distinct(&ints(column::SHAPE)?);
        let (distinct, lists) = local_shapes(&values, dictionary)?;
        let keys = group.columns().filter_map(|(id, _)| {
            let key = id.checked_sub(column::KEYS)? / column::KEY_COLUMNS;
            Some(Slot { key, column: id, cells: OnceCell::new() })
        });
        Ok(Self {
            group,
            rows,
            shapes,
            distinct,
            lists,
            numbers: ints(column::NUMBER)?,
            parents: ints(column::PARENT)?,
            starts: ints(column::START)?,
            durations: ints(column::DURATION)?,
            statuses: ints(column::STATUS)?,
            flags: ints(column::FLAGS)?,
            links: ints(column::LINKS)?,
            events: ints(column::EVENTS)?,
            ids: IdReader::open(group, column::ID, rows)?,
            parent_ids: IdReader::open(group, column::PARENT_ID, rows)?,
            slots: keys.collect(),
        })
    }

    /// Its columns.
    pub(super) fn group(&self) -> &'a Group {
        self.group
    }

    /// How many lists of keys there are.
    pub(super) fn lists(&self) -> usize {
        self.lists.len()
    }

    /// How many keys there are.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The place of a key among those of the frame.
    pub(super) fn slot_of(&self, key: u32) -> Option<u32> {
        self.slots.binary_search_by_key(&key, |slot| slot.key).ok().map(|slot| slot as u32)
    }

    /// The slots of a list of keys.
    pub(super) fn slots_of(&self, list: u32, dictionary: &Dictionary) -> Result<Box<[u32]>> {
        let slot = |key: &u32| self.slot_of(*key).ok_or_else(|| wrong("a key without a column"));
        dictionary.key_list(list)?.iter().map(slot).collect()
    }

    /// The slots of one of the lists of keys.
    pub(super) fn list(&self, place: u32, dictionary: &Dictionary) -> Result<&[u32]> {
        let list = self
            .lists
            .get(place as usize)
            .ok_or_else(|| wrong("a list of keys that is not there"))?;
        if let Some(slots) = list.slots.get() {
            return Ok(slots);
        }
        let slots = self.slots_of(list.code, dictionary)?;
        Ok(list.slots.get_or_init(|| slots))
    }

    /// The shape of a row.
    pub(super) fn shape(&self, row: usize) -> Result<&LocalShape> {
        let shape = self.shapes.get(row).and_then(|place| self.distinct.get(*place as usize));
        shape.ok_or_else(|| wrong("a row that is not there"))
    }

    /// The shapes of all rows.
    pub(super) fn row_shapes(&self) -> impl Iterator<Item = &LocalShape> {
        self.shapes.iter().map_while(|place| self.distinct.get(*place as usize))
    }

    /// The key of a slot, and its values.
    pub(super) fn cells(&self, slot: u32) -> Result<(u32, &Cells<'a>)> {
        let slot = self.slots.get(slot as usize).ok_or_else(|| wrong("a key that is not there"))?;
        if let Some(cells) = slot.cells.get() {
            return Ok((slot.key, cells));
        }
        let ints = || {
            let ints = self.group.ints(slot.column)?;
            ints.ok_or_else(|| wrong("a column that is not there"))
        };
        let cells = match (slot.column - column::KEYS) % column::KEY_COLUMNS {
            column::AS_NUMBERS => Cells::Numbers(ints()?),
            column::AS_DECIMALS => Cells::Decimals(ints()?),
            column::AS_CODES => Cells::Codes(ints()?),
            _ => Cells::Texts(self.group.texts(slot.column)?.unwrap_or_default()),
        };
        Ok((slot.key, slot.cells.get_or_init(|| cells)))
    }

    /// The number of a span: its place in the segment, and what the column adds.
    pub(super) fn number(&self, row: usize, place: usize) -> i32 {
        (self.numbers.get(row).unwrap_or(0).wrapping_add(place as i64)) as i32
    }

    /// The number of the parent of a span.
    pub(super) fn parent(&self, row: usize, number: i32) -> i32 {
        i64::from(number).wrapping_sub(self.parents.get(row).unwrap_or(0)) as i32
    }
}
