//! The first frame of a block: its segments, traces and frames.

use std::sync::Arc;

use hashbrown::HashTable;
use skytrail_columns::group::{Access, GroupWriter};
use skytrail_columns::write::{put_bytes, put_varint};
use skytrail_model::span::{Attribute, Value};

use super::kept::{HashedId, Kept};
use super::memo::Memos;
use crate::dictionary::{Endpoint, Grow, Source, ValueKind};
use crate::ids::{Id, IdWriter};
use crate::layout::{LAYOUT, head as column, head_seed};

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
    /// Adds the ids of segments and traces. Traces are numbered by the hashes of their ids, then the ids.
    pub(super) fn ids(&mut self, kept: &mut [Kept<'_>], grow: &mut Grow) {
        for kept in kept.iter_mut() {
            let id = &kept.ids.segment.id;
            kept.process = match id {
                Id::Java { process, .. } => grow.processes.code(process) + 1,
                _ => 0,
            };
            self.segment_ids.push(id, kept.process, kept.entry.start.div_euclid(1_000_000), grow);
        }
        self.traces(kept, grow);
    }

    fn traces(&mut self, kept: &[Kept<'_>], grow: &mut Grow) {
        let mut numbers: HashTable<(u64, u32)> = HashTable::with_capacity(kept.len() / 2);
        let mut traces: Vec<(HashedId<'_>, u32)> = Vec::new();
        for kept in kept {
            let trace = &kept.ids.trace;
            let is_it = |(hash, number): &(u64, u32)| {
                let of = || traces.get(*number as usize).is_some_and(|(of, _)| of.id == trace.id);
                *hash == trace.hash && of()
            };
            let known = numbers.find(trace.hash, is_it).map(|(_, number)| *number);
            let number = known.unwrap_or_else(|| {
                let number = traces.len() as u32;
                traces.push((*trace, number));
                numbers.insert_unique(trace.hash, (trace.hash, number), |(hash, _)| *hash);
                number
            });
            self.traces.push(number);
        }
        traces.sort_unstable_by(|(one, _), (other, _)| {
            one.hash.cmp(&other.hash).then_with(|| one.id.text().cmp(&other.id.text()))
        });
        let mut places = vec![0; traces.len()];
        for (place, (trace, number)) in (0..).zip(&traces) {
            self.hashes.push(trace.hash);
            self.trace_ids.push(&trace.id, 0, 0, grow);
            if let Some(of) = places.get_mut(*number as usize) {
                *of = place;
            }
        }
        for number in &mut self.traces {
            *number = places.get(*number as usize).copied().unwrap_or_default();
        }
    }

    /// Hashes of the traces, ascending.
    pub(super) fn hashes(self) -> Arc<[u64]> {
        let mut hashes = self.hashes;
        hashes.dedup();
        hashes.into()
    }

    /// Adds the columns of a segment, which come in the order of the block.
    pub(super) fn segment(
        &mut self,
        (kept, row): (&Kept<'_>, u32),
        memos: &mut Memos<'_>,
        grow: &mut Grow,
    ) {
        let trace = self.traces.get(row as usize).copied().unwrap_or_default();
        let numbers = self.numbers_of(kept, trace, memos, grow);
        self.numbers.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
    }

    fn numbers_of(
        &self,
        kept: &Kept<'_>,
        trace: u32,
        memos: &mut Memos<'_>,
        grow: &mut Grow,
    ) -> [i64; NUMBERS.len()] {
        let (batch, memo, entry, segment) = (kept.batch, kept.memo, kept.entry, kept.segment);
        let source = Source {
            service: entry.service,
            instance: entry.instance,
            service_name: memos.name(memo, segment.service, grow),
            instance_name: memos.name(memo, segment.instance, grow),
            process: kept.process,
        };
        let named = i64::from(entry.endpoint_span) - i64::from(segment.spans.start);
        let span = usize::try_from(named).ok().and_then(|place| kept.spans.get(place));
        let operation = span.map(|span| memos.name(memo, span.operation, grow));
        let name = operation.unwrap_or_else(|| grow.names.code(b""));
        let resource = self.resource(kept, memos, grow);
        [
            grow.sources.code(&source).into(),
            grow.endpoints.code(&Endpoint { id: entry.endpoint, name }).into(),
            if span.is_some() { named } else { -1 },
            entry.start,
            entry.duration,
            entry.is_error.into(),
            kept.spans.len() as i64,
            trace.into(),
            resource.into(),
            grow.names.code(batch.bytes_at(segment.scope)).into(),
            segment.is_size_limited.into(),
        ]
    }

    /// The code of the attributes of a resource, all together.
    fn resource(&self, kept: &Kept<'_>, memos: &mut Memos<'_>, grow: &mut Grow) -> u32 {
        let mut bytes = Vec::new();
        for Attribute { key, value } in kept.batch.attributes_of(kept.segment.resource) {
            put_varint(memos.name(kept.memo, *key, grow).into(), &mut bytes);
            let mut put = |kind: ValueKind, value: &[u8]| {
                bytes.push(kind as u8);
                put_bytes(value, &mut bytes);
            };
            match value {
                Value::Text(text) => put(ValueKind::Text, kept.batch.bytes_at(*text)),
                Value::Bool(value) => put(ValueKind::Bool, &[u8::from(*value)]),
                Value::Int(value) => put(ValueKind::Int, &value.get().to_le_bytes()),
                Value::Float(value) => put(ValueKind::Float, &value.get().to_le_bytes()),
                Value::Bytes(text) => put(ValueKind::Bytes, kept.batch.bytes_at(*text)),
                Value::Json(text) => put(ValueKind::Json, kept.batch.bytes_at(*text)),
            }
        }
        grow.resources.code(&bytes)
    }

    /// Appends the frame.
    pub(super) fn write(&mut self, places: &[Place], group: &mut GroupWriter, out: &mut Vec<u8>) {
        for ((id, access), numbers) in NUMBERS.into_iter().zip(&self.numbers) {
            group.ints(id, numbers, access);
        }
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
