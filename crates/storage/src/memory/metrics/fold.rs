//! Making room: the oldest minutes become part of their hour, the oldest hours
//! part of their day, and the oldest days go.

use std::collections::BTreeMap;

use skytrail_model::entity::EntityId;
use skytrail_model::metric::{MetricBlock, Row, Table as Schema, TableId};
use skytrail_model::time::{Downsampling, Minute};

use super::{Buckets, FRESH_MINUTES, MemoryMetrics, Stored, Tables};

/// The size of bucket that is to become smaller in number.
#[derive(Debug, Clone, Copy)]
enum Step {
    MinuteToHour,
    HourToDay,
    DropDay,
}

impl MemoryMetrics {
    /// Takes one step that frees memory; false when there is none left.
    pub(super) fn make_room(&self, tables: &mut Tables) -> bool {
        let Some((id, step)) = next_step(tables) else { return false };
        let Some(table) = tables.by_id.get_mut(&id) else { return false };
        let (fine, coarse, size) = match step {
            Step::MinuteToHour => (&mut table.minutes, Some(&mut table.hours), Downsampling::Hour),
            Step::HourToDay => (&mut table.hours, Some(&mut table.days), Downsampling::Day),
            Step::DropDay => (&mut table.days, None, Downsampling::Day),
        };
        let Some((bucket, gone)) = fine.pop_first() else { return false };
        let Some(coarse) = coarse else {
            let rows = tables.forget(&gone);
            tables.evicted += rows;
            return true;
        };
        let Some(schema) = self.catalogue.table(id) else { return false };
        let start = self.zone.bucket(size, bucket);
        let older = coarse.remove(&start).unwrap_or_default();
        let merged = fold(id, schema, start, older.iter().chain(&gone));
        let (bytes, rows) = (merged.memory(), merged.len() as u64);
        coarse.insert(start, vec![Stored { origin: None, block: merged }]);
        tables.forget(&older);
        tables.forget(&gone);
        tables.bytes += bytes;
        tables.rows += rows;
        true
    }
}

/// The oldest minute of any table while there are enough of them, then the
/// oldest hour, then the oldest day; the last bucket of each size stays.
fn next_step(tables: &Tables) -> Option<(TableId, Step)> {
    let oldest = |keep: usize, size: fn(&super::Table) -> &Buckets| {
        let candidates = tables.by_id.iter().filter(|(_, table)| size(table).len() > keep);
        let first = candidates.filter_map(|(id, table)| {
            size(table).first_key_value().map(|(bucket, _)| (*bucket, *id))
        });
        first.min().map(|(_, id)| id)
    };
    let minute = oldest(FRESH_MINUTES, |table| &table.minutes).map(|id| (id, Step::MinuteToHour));
    minute
        .or_else(|| oldest(1, |table| &table.hours).map(|id| (id, Step::HourToDay)))
        .or_else(|| oldest(1, |table| &table.days).map(|id| (id, Step::DropDay)))
}

fn fold<'a>(
    id: TableId,
    schema: &Schema,
    bucket: Minute,
    blocks: impl Iterator<Item = &'a Stored>,
) -> MetricBlock {
    let mut rows: BTreeMap<EntityId, Row> = BTreeMap::new();
    for stored in blocks {
        for (place, entity) in stored.block.entities.iter().enumerate() {
            let row = rows.entry(*entity).or_insert_with(|| Row::empty(schema));
            row.merge(schema, &stored.block.row(place));
        }
    }
    let mut merged = MetricBlock::empty(id, schema, bucket);
    rows.iter().for_each(|(entity, row)| merged.push(*entity, row));
    merged
}
