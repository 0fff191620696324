//! Links: where they lead, as rows of the block where it is in it.

use hashbrown::HashTable;
use skytrail_columns::group::{Access, GroupWriter};
use skytrail_model::span::Link;
use skytrail_model::text::NameId;

use super::kept::{HashedId, Kept, hashed};
use super::memo::Memos;
use crate::dictionary::Grow;
use crate::ids::{Id, IdWriter};
use crate::layout::{LOOKED_AT, link as flag, span as column};

/// Rows of the block by the ids of their segments, the first one of each id.
#[derive(Debug)]
pub(super) struct Rows(HashTable<(u64, u32)>);

impl Rows {
    pub(super) fn of(block: &[Kept<'_>]) -> Self {
        let mut rows = HashTable::with_capacity(block.len());
        for (row, kept) in (0..).zip(block) {
            let wanted = &kept.ids.segment;
            if Self::find(&rows, wanted, block).is_none() {
                rows.insert_unique(wanted.hash, (wanted.hash, row), |(hash, _)| *hash);
            }
        }
        Self(rows)
    }

    fn find(
        rows: &HashTable<(u64, u32)>,
        wanted: &HashedId<'_>,
        block: &[Kept<'_>],
    ) -> Option<u32> {
        let is_it = |(hash, row): &(u64, u32)| {
            let of =
                || block.get(*row as usize).is_some_and(|kept| kept.ids.segment.id == wanted.id);
            *hash == wanted.hash && of()
        };
        rows.find(wanted.hash, is_it).map(|(_, row)| *row)
    }

    fn get(&self, wanted: &HashedId<'_>, block: &[Kept<'_>]) -> Option<u32> {
        Self::find(&self.0, wanted, block)
    }
}

/// Columns of links.
#[derive(Debug, Default)]
pub(super) struct Links {
    flags: Vec<i64>,
    numbers: Vec<i64>,
    pub(super) keys: Vec<i64>,
    names: [Vec<i64>; 4],
    traces: IdWriter,
    segments: IdWriter,
    spans: IdWriter,
}

/// A segment that links lead from.
#[derive(Debug, Clone, Copy)]
pub(super) struct From<'k, 'a> {
    pub(super) kept: &'k Kept<'a>,
    pub(super) row: u32,
    pub(super) millis: i64,
}

fn names(link: &Link) -> [NameId; 4] {
    [link.parent_service, link.parent_instance, link.parent_endpoint, link.peer_address]
}

/// The names that a link to a span of a segment has if they are those of the segment: service, instance, the operation
/// of the first span without a parent, and the peer of the span of its number.
fn predicted(to: &Kept<'_>, span_number: i32) -> Option<[NameId; 4]> {
    let looked_at = || to.spans.iter().take(LOOKED_AT);
    let root = looked_at().find(|span| span.parent < 0)?;
    let span = looked_at().find(|span| span.number == span_number)?;
    Some([to.segment.service, to.segment.instance, root.operation, span.peer])
}

impl Links {
    pub(super) fn push(
        &mut self,
        from: &From<'_, '_>,
        link: &Link,
        (block, rows): (&[Kept<'_>], &Rows),
        memos: &mut Memos<'_>,
        grow: &mut Grow,
    ) {
        let kept = from.kept;
        let batch = kept.batch;
        let trace = Id::parse(batch.bytes_at(link.trace_id));
        let mut flags = link.kind as i64;
        if trace == kept.ids.trace.id {
            flags |= flag::OWN_TRACE;
        } else {
            self.traces.push(&trace, kept.process, from.millis, grow);
        }
        let segment = hashed(batch.bytes_at(link.segment_id));
        let row = if segment.id == Id::Empty { None } else { rows.get(&segment, block) };
        match row {
            Some(row) => self.segments.push_row(i64::from(from.row) - i64::from(row)),
            None => self.segments.push(&segment.id, kept.process, from.millis, grow),
        }
        // Codes of names are at hand, their texts are not.
        let own = names(link).map(|name| memos.name(kept.memo, name, grow));
        let target = row.and_then(|row| block.get(row as usize));
        let others = target.and_then(|target| {
            let names = predicted(target, link.span_number)?;
            Some(names.map(|name| memos.name(target.memo, name, grow)))
        });
        if others == Some(own) {
            flags |= flag::PREDICTED;
        } else {
            self.names.iter_mut().zip(own).for_each(|(column, name)| column.push(name.into()));
        }
        self.spans.push(&Id::parse(batch.bytes_at(link.span_id)), kept.process, from.millis, grow);
        self.flags.push(flags);
        self.numbers.push(link.span_number.into());
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
