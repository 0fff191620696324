//! The first frame of a block: its segments, traces and frames.

use std::sync::Arc;

use hashbrown::HashTable;
use skytrail_columns::group::{Access, GroupWriter};

use crate::ids::IdWriter;
use crate::layout::{LAYOUT, head as column, head_seed};
use crate::open::{Rows, SegmentRow};

/// Columns of segments that are numbers.
const NUMBERS: [(u32, Access); 11] = [
    (column::SOURCE, Access::Random),
    (column::ENDPOINT, Access::Random),
    (column::ENDPOINT_SPAN, Access::Random),
    (column::START, Access::Scan),
    (column::DURATION, Access::Random),
    (column::ERROR, Access::Random),
    (column::SPANS, Access::Random),
    (column::TRACE, Access::Random),
    (column::RESOURCE, Access::Random),
    (column::SCOPE, Access::Random),
    (column::SIZE_LIMITED, Access::Random),
];

/// A frame that is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) rows: usize,
    pub(super) bytes: usize,
    pub(super) checksum: u64,
}

/// Columns of the head.
#[derive(Debug, Default)]
pub(super) struct HeadWriter {
    numbers: [Vec<i64>; NUMBERS.len()],
    segment_ids: IdWriter,
    trace_ids: IdWriter,
    /// Hashes of traces, ascending.
    hashes: Vec<u64>,
    /// Number of the trace of each segment.
    traces: Vec<u32>,
}

impl HeadWriter {
    /// Adds the ids of segments and traces. Traces are numbered by the hashes of their ids.
    pub(super) fn ids(&mut self, rows: &Rows, block: &[&SegmentRow]) {
        for segment in block {
            let millis = segment.start.div_euclid(1_000_000);
            self.segment_ids.push(rows.id(segment.id), segment.process, millis);
        }
        self.traces(rows, block);
    }

    fn traces(&mut self, rows: &Rows, block: &[&SegmentRow]) {
        let mut numbers: HashTable<(u64, u32)> = HashTable::with_capacity(block.len() / 2);
        let mut traces: Vec<(u64, u32, &SegmentRow)> = Vec::new();
        for segment in block {
            let (hash, id) = (segment.trace_hash, rows.id(segment.trace));
            let is_it = |(of, number): &(u64, u32)| {
                let trace = || traces.get(*number as usize);
                *of == hash && trace().is_some_and(|(_, _, first)| rows.id(first.trace) == id)
            };
            let known = numbers.find(hash, is_it).map(|(_, number)| *number);
            let number = known.unwrap_or_else(|| {
                let number = traces.len() as u32;
                traces.push((hash, number, segment));
                numbers.insert_unique(hash, (hash, number), |(hash, _)| *hash);
                number
            });
            self.traces.push(number);
        }
        traces.sort_unstable_by_key(|(hash, number, _)| (*hash, *number));
        let mut places = vec![0; traces.len()];
        for (place, (hash, number, first)) in (0..).zip(&traces) {
            self.hashes.push(*hash);
            self.trace_ids.push(rows.id(first.trace), 0, 0);
            if let Some(of) = places.get_mut(*number as usize) {
                *of = place;
            }
        }
        for number in &mut self.traces {
            *number = places.get(*number as usize).copied().unwrap_or_default();
        }
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        let numbers: usize = self.numbers.iter().map(Vec::capacity).sum();
        (numbers + self.hashes.capacity()) * size_of::<i64>()
            + self.traces.capacity() * size_of::<u32>()
            + self.segment_ids.memory()
            + self.trace_ids.memory()
    }

    /// Hashes of the traces, ascending.
    pub(super) fn hashes(&mut self) -> Arc<[u64]> {
        self.hashes.dedup();
        let hashes = self.hashes.as_slice().into();
        self.hashes.clear();
        hashes
    }

    /// Adds the columns of a segment, which come in the order of the block.
    pub(super) fn segment(&mut self, segment: &SegmentRow, row: u32) {
        let trace = self.traces.get(row as usize).copied().unwrap_or_default();
        let numbers = [
            segment.source.into(),
            segment.endpoint.into(),
            segment.named.into(),
            segment.start,
            segment.duration,
            segment.is_error.into(),
            segment.spans.into(),
            trace.into(),
            segment.resource.into(),
            segment.scope.into(),
            segment.is_size_limited.into(),
        ];
        self.numbers.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
    }

    /// Appends the frame, and begins anew.
    pub(super) fn write(&mut self, places: &[Place], group: &mut GroupWriter, out: &mut Vec<u8>) {
        for ((id, access), numbers) in NUMBERS.into_iter().zip(&mut self.numbers) {
            group.ints(id, numbers, access);
            numbers.clear();
        }
        self.traces.clear();
        self.segment_ids.flush(column::SEGMENT_ID, group);
        self.trace_ids.flush(column::TRACE_ID, group);
        let of = |field: fn(&Place) -> u64| {
            places.iter().map(|place| field(place).cast_signed()).collect::<Vec<_>>()
        };
        group.ints(column::FRAME_ROWS, &of(|place| place.rows as u64), Access::Random);
        group.ints(column::FRAME_BYTES, &of(|place| place.bytes as u64), Access::Random);
        group.ints(column::FRAME_CHECKSUM, &of(|place| place.checksum), Access::Random);
        group.ints(column::LAYOUT, &[LAYOUT], Access::Random);
        group.ints(column::FLAGS, &[0], Access::Random);
        group.finish(head_seed(), out);
    }
}
