//! Making room: the oldest minutes become part of their hour, the oldest hours
//! part of their day, and the oldest days go. Sums stay exact on the way.

mod merge;

use std::sync::Arc;

use merge::merge;
use skytrail_model::metric::{Catalogue, MetricBlock, TableId};
use skytrail_model::time::{Downsampling, Minute, Zone};

use super::table::{Buckets, Origins, Settled, Side, Stored, Table, Tables};
use crate::spi::Cut;

/// Something that frees memory.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The oldest minute becomes part of its hour.
    FoldMinute,
    /// The partial rows of a bucket become one row an entity.
    Merge(Downsampling, Minute),
    /// The oldest hour becomes part of its day.
    FoldHour,
    DropDay,
    DropHour,
    DropMinute,
}

/// What folding goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) zone: &'a Zone,
}

/// Takes one step that frees memory; false when there is none left.
pub(super) fn make_room(tables: &mut Tables, rules: Rules<'_>) -> bool {
    let Some((id, step)) = next_step(tables) else { return false };
    match step {
        Step::FoldMinute => fold_minute(tables, rules, id),
        Step::FoldHour => fold_hour(tables, rules, id),
        Step::Merge(size, bucket) => put(tables, rules, id, (size, bucket), Vec::new()),
        Step::DropDay => drop_first(tables, id, |table| table.days.pop_first()),
        Step::DropHour => drop_first(tables, id, |table| table.pop_hour(rules.zone)),
        Step::DropMinute => drop_first(tables, id, Table::pop_minute),
    }
}

/// Removes days that ended before `before`. What is as old of a day that goes
/// on becomes part of it, so that the day stays whole.
pub(super) fn expire(tables: &mut Tables, rules: Rules<'_>, before: Minute) {
    let ids: Vec<TableId> = tables.by_id.keys().copied().collect();
    let is_old = |size, held: &Buckets| {
        let first = held.keys().next();
        first.is_some_and(|first| rules.zone.next_bucket(size, *first) <= before)
    };
    for id in ids {
        let gone = tables.by_id.get_mut(&id).map(|table| table.pop_days(rules.zone, before));
        tables.expired += tables.forget(&gone.unwrap_or_default());
        let is_old_of = |tables: &Tables, size, of: fn(&Table) -> &Buckets| {
            tables.by_id.get(&id).is_some_and(|table| is_old(size, of(table)))
        };
        while is_old_of(tables, Downsampling::Minute, |table| &table.minutes)
            && fold_minute(tables, rules, id)
        {}
        while is_old_of(tables, Downsampling::Hour, |table| &table.hours)
            && fold_hour(tables, rules, id)
        {}
    }
}

fn drop_first(
    tables: &mut Tables,
    id: TableId,
    pop: impl FnOnce(&mut Table) -> Option<(Minute, Vec<Stored>)>,
) -> bool {
    let Some((_, gone)) = tables.by_id.get_mut(&id).and_then(pop) else { return false };
    tables.evicted += tables.forget(&gone);
    true
}

fn fold_minute(tables: &mut Tables, rules: Rules<'_>, id: TableId) -> bool {
    let Some(table) = tables.by_id.get_mut(&id) else { return false };
    let Some((minute, blocks)) = table.pop_minute() else { return false };
    let home = table.home(rules.zone, minute);
    put(tables, rules, id, home, blocks)
}

fn fold_hour(tables: &mut Tables, rules: Rules<'_>, id: TableId) -> bool {
    let Some(table) = tables.by_id.get_mut(&id) else { return false };
    let Some((hour, blocks)) = table.pop_hour(rules.zone) else { return false };
    let home = table.home(rules.zone, hour);
    put(tables, rules, id, home, blocks)
}

/// Adds blocks, which the books know, to a bucket. What is settled there
/// becomes one block; the rest may be live, and stays as it came.
fn put(
    tables: &mut Tables,
    rules: Rules<'_>,
    id: TableId,
    (size, start): (Downsampling, Minute),
    blocks: Vec<Stored>,
) -> bool {
    let settled = tables.settled();
    let (Some(schema), Some(table)) = (rules.catalogue.table(id), tables.by_id.get_mut(&id)) else {
        return false;
    };
    let held = table.of_mut(size).entry(start).or_default();
    let mut gone = std::mem::take(held);
    gone.extend(blocks);
    let fresh = gone.iter().filter(|stored| settled.side(stored).is_none()).cloned();
    held.extend(fresh.map(|stored| stored.moved(start)));
    for side in [Side::Durable, Side::Later] {
        let ready = gone.iter().filter(|stored| settled.side(stored) == Some(side));
        let ready: Vec<&Stored> = ready.collect();
        if !ready.is_empty() {
            let mut cut = Cut::default();
            ready.iter().for_each(|stored| stored.origins.widen(&mut cut));
            let blocks: Vec<&MetricBlock> = ready.iter().map(|stored| &*stored.block).collect();
            let block = Arc::new(merge(id, schema, start, &blocks));
            held.push(Stored { origins: Origins::Merged(cut), block });
        }
    }
    let held = held.clone();
    held.iter().for_each(|stored| tables.count(stored));
    tables.forget(&gone);
    true
}

/// The least harmful step. The newest minute of a table always stays.
fn next_step(tables: &Tables) -> Option<(TableId, Step)> {
    let settled = tables.settled();
    let fold = first_to_fold(tables, &settled).map(|id| (id, Step::FoldMinute));
    fold.or_else(|| first_to_merge(tables, &settled))
        .or_else(|| oldest(tables, 1, |table| &table.hours).map(|id| (id, Step::FoldHour)))
        .or_else(|| oldest(tables, 0, |table| &table.days).map(|id| (id, Step::DropDay)))
        .or_else(|| oldest(tables, 0, |table| &table.hours).map(|id| (id, Step::DropHour)))
        .or_else(|| oldest(tables, 1, |table| &table.minutes).map(|id| (id, Step::DropMinute)))
}

/// The table with the oldest minute among those that have one, not their
/// newest, that is settled as a whole. Minutes before it go to their hours
/// first, settled or not: a table that few appends come to waits for nothing.
fn first_to_fold(tables: &Tables, settled: &Settled) -> Option<TableId> {
    let first_of = |(id, table): (&TableId, &Table)| {
        let (newest, _) = table.minutes.last_key_value()?;
        let (first, _) = table.minutes.first_key_value()?;
        let mut minutes = table.minutes.range(..newest);
        let is_settled = |held: &[Stored]| held.iter().all(|one| settled.side(one).is_some());
        minutes.any(|(_, held)| is_settled(held)).then_some((*first, *id))
    };
    tables.by_id.iter().filter_map(first_of).min().map(|(_, id)| id)
}

/// The oldest bucket with several settled blocks.
fn first_to_merge(tables: &Tables, settled: &Settled) -> Option<(TableId, Step)> {
    let is_several = |held: &[Stored]| {
        let of_side = |side: Side| held.iter().filter(|one| settled.side(one) == Some(side)).nth(1);
        of_side(Side::Durable).or_else(|| of_side(Side::Later)).is_some()
    };
    let first =
        |held: &Buckets| held.iter().find(|(_, held)| is_several(held)).map(|(bucket, _)| *bucket);
    let first_of = |(id, table): (&TableId, &Table)| {
        let minutes = first(&table.minutes).map(|bucket| (bucket, *id, Downsampling::Minute));
        let hours = first(&table.hours).map(|bucket| (bucket, *id, Downsampling::Hour));
        let days = first(&table.days).map(|bucket| (bucket, *id, Downsampling::Day));
        [minutes, hours, days].into_iter().flatten().min()
    };
    let (bucket, id, size) = tables.by_id.iter().filter_map(first_of).min()?;
    Some((id, Step::Merge(size, bucket)))
}

/// The table with the oldest bucket among those that have more than `keep`.
fn oldest(tables: &Tables, keep: usize, size: fn(&Table) -> &Buckets) -> Option<TableId> {
    let candidates = tables.by_id.iter().filter(|(_, table)| size(table).len() > keep);
    let first = candidates
        .filter_map(|(id, table)| size(table).first_key_value().map(|(bucket, _)| (*bucket, *id)));
    first.min().map(|(_, id)| id)
}
