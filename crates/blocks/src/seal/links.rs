//! Links: where they lead, as rows of the block where it is in it.

use hashbrown::HashTable;
use skytrail_columns::group::{Access, GroupWriter};
use skytrail_model::text::Text;

use crate::ids::{CodedId, IdWriter};
use crate::layout::{LOOKED_AT, link as flag, span as column};
use crate::open::{LinkRow, Rows, SegmentRow};

/// A segment that is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) segment: &'a SegmentRow,
    pub(super) row: u32,
    /// Its start, milliseconds since the Unix epoch.
    pub(super) millis: i64,
}

/// Rows of the block by the ids of their segments, the first one of each id.
#[derive(Debug)]
pub(super) struct Targets<'a> {
    rows: &'a Rows,
    block: &'a [&'a SegmentRow],
    places: HashTable<(u64, u32)>,
}

impl<'a> Targets<'a> {
    pub(super) fn of(rows: &'a Rows, block: &'a [&'a SegmentRow]) -> Self {
        let mut targets = Self { rows, block, places: HashTable::new() };
        if rows.links.is_empty() {
            return targets;
        }
        targets.places.reserve(block.len(), |(hash, _)| *hash);
        for (row, segment) in (0..).zip(block) {
            if targets.find(segment.id, segment.id_hash).is_none() {
                let place = (segment.id_hash, row);
                targets.places.insert_unique(segment.id_hash, place, |(hash, _)| *hash);
            }
        }
        targets
    }

    fn find(&self, id: CodedId<Text>, hash: u64) -> Option<u32> {
        let wanted = self.rows.id(id);
        let is_it = |(of, row): &(u64, u32)| {
            let segment = || self.block.get(*row as usize);
            *of == hash && segment().is_some_and(|segment| self.rows.id(segment.id) == wanted)
        };
        self.places.find(hash, is_it).map(|(_, row)| *row)
    }
}

/// Columns of links.
#[derive(Debug, Default)]
pub(super) struct Links {
    flags: Vec<i64>,
    numbers: Vec<i64>,
    keys: Vec<i64>,
    names: [Vec<i64>; 4],
    traces: IdWriter,
    segments: IdWriter,
    spans: IdWriter,
}

/// The names that a link to a span of a segment has if they are those of the segment: service, instance, the operation
/// of the first span without a parent, and the peer of the span of its number.
fn predicted(rows: &Rows, to: &SegmentRow, number: i32) -> Option<[u32; 4]> {
    let looked_at = || rows.spans_of(to).iter().take(LOOKED_AT);
    let root = looked_at().find(|span| span.parent < 0)?;
    let span = looked_at().find(|span| span.number == number)?;
    Some([to.service_name, to.instance_name, root.operation, span.peer])
}

impl Links {
    pub(super) fn push(&mut self, from: &From<'_>, link: &LinkRow, targets: &Targets<'_>) {
        let (rows, segment) = (targets.rows, from.segment);
        let mut flags = link.kind as i64;
        let trace = rows.id(link.trace);
        if trace == rows.id(segment.trace) {
            flags |= flag::OWN_TRACE;
        } else {
            self.traces.push(trace, segment.process, from.millis);
        }
        let row = match link.segment {
            CodedId::Empty => None,
            id => targets.find(id, link.segment_hash),
        };
        match row {
            Some(row) => self.segments.push_row(i64::from(from.row) - i64::from(row)),
            None => self.segments.push(rows.id(link.segment), segment.process, from.millis),
        }
        let target = row.and_then(|row| targets.block.get(row as usize));
        if target.and_then(|target| predicted(rows, target, link.number)) == Some(link.names) {
            flags |= flag::PREDICTED;
        } else {
            let names = self.names.iter_mut().zip(link.names);
            names.for_each(|(column, name)| column.push(name.into()));
        }
        self.spans.push(rows.id(link.span), segment.process, from.millis);
        self.flags.push(flags);
        self.numbers.push(link.number.into());
        self.keys.push(link.keys.into());
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        let numbers = [&self.flags, &self.numbers, &self.keys].into_iter().chain(&self.names);
        let numbers: usize = numbers.map(Vec::capacity).sum();
        let ids = self.traces.memory() + self.segments.memory() + self.spans.memory();
        numbers * size_of::<i64>() + ids
    }

    /// Writes the columns, and begins anew.
    pub(super) fn flush(&mut self, group: &mut GroupWriter) {
        if self.flags.is_empty() {
            return;
        }
        let [service, instance, endpoint, address] = &mut self.names;
        let columns = [
            (column::LINK_FLAGS, &mut self.flags),
            (column::LINK_NUMBER, &mut self.numbers),
            (column::LINK_KEYS, &mut self.keys),
            (column::LINK_SERVICE, service),
            (column::LINK_INSTANCE, instance),
            (column::LINK_ENDPOINT, endpoint),
            (column::LINK_ADDRESS, address),
        ];
        for (id, numbers) in columns {
            if !numbers.is_empty() {
                group.ints(id, numbers, Access::All);
                numbers.clear();
            }
        }
        self.traces.flush(column::LINK_TRACE, group);
        self.segments.flush(column::LINK_SEGMENT, group);
        self.spans.flush(column::LINK_SPAN, group);
    }
}
