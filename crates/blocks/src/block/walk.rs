//! Walks over the rows of a frame: which values, links and events belong to a row is known from how many the rows
//! before it have.

use skytrail_columns::Result;
use skytrail_columns::ints::Ints;
use skytrail_columns::texts::Texts;

use super::frames::{Frame, wrong};
use crate::dictionary::Dictionary;
use crate::ids::IdReader;
use crate::layout::span as column;

/// Columns of the links of a frame.
pub(super) struct Links<'a> {
    pub(super) flags: Ints<'a>,
    pub(super) numbers: Ints<'a>,
    pub(super) keys: Ints<'a>,
    /// Of those whose names are not predicted.
    pub(super) names: [Ints<'a>; 4],
    /// Place of each link among those without the own trace, and among those with names.
    pub(super) places: Vec<(u32, u32)>,
    /// Of those in other traces.
    pub(super) traces: IdReader<'a>,
    pub(super) segments: IdReader<'a>,
    pub(super) spans: IdReader<'a>,
}

/// Columns of the events of a frame.
pub(super) struct Events<'a> {
    pub(super) times: Ints<'a>,
    pub(super) names: Texts<'a>,
    pub(super) keys: Ints<'a>,
}

impl<'a> Links<'a> {
    fn open(frame: &Frame<'a>) -> Result<Self> {
        use crate::layout::link as flag;
        let group = frame.group();
        let rows = group.rows(column::LINK_FLAGS).unwrap_or(0);
        let ints = |id| if rows == 0 { Ok(Ints::constant(0, 0)) } else { group.ints_of(id, rows) };
        let flags = ints(column::LINK_FLAGS)?;
        let (mut traces, mut named) = (0_u32, 0_u32);
        let places = flags.iter().map(|flags| {
            let place = (traces, named);
            traces += u32::from(flags & flag::OWN_TRACE == 0);
            named += u32::from(flags & flag::PREDICTED == 0);
            place
        });
        let places = places.collect();
        let names = |id| {
            if named == 0 { Ok(Ints::constant(0, 0)) } else { group.ints_of(id, named as usize) }
        };
        Ok(Self {
            places,
            flags,
            numbers: ints(column::LINK_NUMBER)?,
            keys: ints(column::LINK_KEYS)?,
            names: [
                names(column::LINK_SERVICE)?,
                names(column::LINK_INSTANCE)?,
                names(column::LINK_ENDPOINT)?,
                names(column::LINK_ADDRESS)?,
            ],
            traces: IdReader::open(group, column::LINK_TRACE, traces as usize)?,
            segments: IdReader::open(group, column::LINK_SEGMENT, rows)?,
            spans: IdReader::open(group, column::LINK_SPAN, rows)?,
        })
    }
}

impl<'a> Events<'a> {
    fn open(frame: &Frame<'a>) -> Result<Self> {
        let group = frame.group();
        let rows = group.rows(column::EVENT_TIME).unwrap_or(0);
        if rows == 0 {
            let none = || Ints::constant(0, 0);
            return Ok(Self { times: none(), names: Texts::default(), keys: none() });
        }
        Ok(Self {
            times: group.ints_of(column::EVENT_TIME, rows)?,
            names: group.texts_of(column::EVENT_NAME, rows)?,
            keys: group.ints_of(column::EVENT_KEYS, rows)?,
        })
    }
}

/// Where a walk over a frame stands.
pub(super) struct Walk<'f, 'a> {
    pub(super) frame: &'f Frame<'a>,
    dictionary: &'f Dictionary,
    row: usize,
    /// Values passed, by slot.
    values: Vec<u32>,
    /// Rows passed at one go, by list of keys.
    passed: Vec<u32>,
    pub(super) links: Links<'a>,
    pub(super) link: usize,
    pub(super) events: Events<'a>,
    pub(super) event: usize,
    pub(super) messages: Option<Texts<'a>>,
    pub(super) trace_states: Option<Texts<'a>>,
}

impl<'f, 'a> Walk<'f, 'a> {
    pub(super) fn new(frame: &'f Frame<'a>, dictionary: &'f Dictionary) -> Result<Self> {
        let group = frame.group();
        Ok(Self {
            frame,
            dictionary,
            row: 0,
            values: vec![0; frame.slots()],
            passed: vec![0; frame.lists()],
            links: Links::open(frame)?,
            link: 0,
            events: Events::open(frame)?,
            event: 0,
            messages: group.texts(column::MESSAGE)?,
            trace_states: group.texts(column::TRACE_STATE)?,
        })
    }

    /// Goes on to a row, which is not before the one where it stands.
    pub(super) fn to(&mut self, row: usize) -> Result<()> {
        let (mut links, mut events) = (0_i64, 0_i64);
        for row in self.row..row {
            let list = self.frame.shape(row)?.list;
            *self
                .passed
                .get_mut(list as usize)
                .ok_or_else(|| wrong("a row that is not there"))? += 1;
            links = links.saturating_add(self.frame.links.get(row).unwrap_or(0));
            events = events.saturating_add(self.frame.events.get(row).unwrap_or(0));
        }
        for place in 0..self.passed.len() {
            let count = self.passed.get_mut(place).map_or(0, std::mem::take);
            if count > 0 {
                let frame = self.frame;
                self.pass(frame.list(place as u32, self.dictionary)?, count)?;
            }
        }
        for _ in 0..links {
            let list = self.links.keys.get(self.link);
            self.pass_list(list)?;
            self.link += 1;
        }
        for _ in 0..events {
            let list = self.events.keys.get(self.event);
            self.pass_list(list)?;
            self.event += 1;
        }
        self.row = row;
        Ok(())
    }

    /// The row where it stands was read, with its attributes, links and events.
    pub(super) fn step(&mut self) {
        self.row += 1;
    }

    fn pass_list(&mut self, list: Option<i64>) -> Result<()> {
        for slot in self.slots_of(list)? {
            self.pass(&[slot], 1)?;
        }
        Ok(())
    }

    fn pass(&mut self, slots: &[u32], count: u32) -> Result<()> {
        for slot in slots {
            let values = self.values.get_mut(*slot as usize).and_then(|values| {
                *values = values.checked_add(count)?;
                Some(())
            });
            values.ok_or_else(|| wrong("more values than there can be"))?;
        }
        Ok(())
    }

    /// The slots of a list of keys in a column.
    pub(super) fn slots_of(&self, list: Option<i64>) -> Result<Box<[u32]>> {
        let list = list.and_then(|list| u32::try_from(list).ok());
        self.frame.slots_of(
            list.ok_or_else(|| wrong("a list of keys that is not there"))?,
            self.dictionary,
        )
    }

    /// The place of the next value of a slot.
    pub(super) fn next(&mut self, slot: u32) -> Result<usize> {
        let values =
            self.values.get_mut(slot as usize).ok_or_else(|| wrong("a key that is not there"))?;
        *values += 1;
        Ok(*values as usize - 1)
    }
}
