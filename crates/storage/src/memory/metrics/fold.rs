//! Making room: the oldest minutes become part of their hour, the oldest hours
//! part of their day, and the oldest days go. Sums stay exact on the way.

mod merge;

use std::sync::Arc;

use merge::merge;
use skytrail_model::metric::{Catalogue, MetricBlock, TableId};
use skytrail_model::time::{Downsampling, Minute, Zone};

use super::table::{Buckets, Origins, Stored, Table, Tables};
use crate::spi::Cut;

/// Something that frees memory.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A minute becomes part of its hour.
    FoldMinute(Minute),
    /// The partial rows of a minute become one row an entity.
    MergeMinute(Minute),
    /// The oldest hour becomes part of its day.
    FoldHour,
    DropDay,
    DropHour,
    DropMinute,
}

/// Takes one step that frees memory; false when there is none left.
pub(super) fn make_room(tables: &mut Tables, catalogue: &Catalogue, zone: &Zone) -> bool {
    let Some((id, step)) = next_step(tables) else { return false };
    match step {
        Step::FoldMinute(_) | Step::MergeMinute(_) | Step::FoldHour => {
            fold(tables, catalogue, zone, id, step)
        }
        Step::DropDay => drop_first(tables, id, |table| &mut table.days),
        Step::DropHour => drop_first(tables, id, |table| &mut table.hours),
        Step::DropMinute => drop_first(tables, id, |table| &mut table.minutes),
    }
}

fn drop_first(tables: &mut Tables, id: TableId, size: fn(&mut Table) -> &mut Buckets) -> bool {
    let table = tables.by_id.get_mut(&id);
    let Some((_, gone)) = table.and_then(|table| size(table).pop_first()) else { return false };
    tables.evicted += tables.forget(&gone);
    true
}

fn fold(tables: &mut Tables, catalogue: &Catalogue, zone: &Zone, id: TableId, step: Step) -> bool {
    let Some(schema) = catalogue.table(id) else { return false };
    let Some((start, mut gone)) = take(tables, zone, id, step) else { return false };
    let Some(table) = tables.by_id.get_mut(&id) else { return false };
    let coarse = match step {
        Step::FoldMinute(_) => &mut table.hours,
        Step::FoldHour => &mut table.days,
        _ => &mut table.minutes,
    };
    let held = coarse.entry(start).or_default();
    if !matches!(step, Step::MergeMinute(_)) {
        gone.append(held);
    }
    let mut cut = Cut::default();
    gone.iter().for_each(|stored| stored.origins.widen(&mut cut));
    let blocks: Vec<&MetricBlock> = gone.iter().map(|stored| &*stored.block).collect();
    let block = Arc::new(merge(id, schema, start, &blocks));
    let merged = Stored { origins: Origins::Merged(cut), block };
    held.push(merged.clone());
    tables.count(&merged);
    tables.forget(&gone);
    true
}

/// Takes out what a step merges, with the start of the bucket that it goes to.
fn take(
    tables: &mut Tables,
    zone: &Zone,
    id: TableId,
    step: Step,
) -> Option<(Minute, Vec<Stored>)> {
    let settled = tables.settled();
    let table = tables.by_id.get_mut(&id)?;
    match step {
        Step::FoldMinute(minute) => {
            let blocks = table.minutes.remove(&minute)?;
            Some((zone.bucket(Downsampling::Hour, minute), blocks))
        }
        Step::MergeMinute(minute) => {
            let blocks = table.minutes.get_mut(&minute)?;
            Some((minute, blocks.extract_if(.., |stored| stored.is_settled(&settled)).collect()))
        }
        _ => {
            let (hour, blocks) = table.hours.pop_first()?;
            Some((zone.bucket(Downsampling::Day, hour), blocks))
        }
    }
}

/// The least harmful step. The newest minute of a table always stays.
fn next_step(tables: &Tables) -> Option<(TableId, Step)> {
    let settled = tables.settled();
    let fold = first_to_fold(tables, &settled).map(|(minute, id)| (id, Step::FoldMinute(minute)));
    let merge =
        || first_to_merge(tables, &settled).map(|(minute, id)| (id, Step::MergeMinute(minute)));
    fold.or_else(merge)
        .or_else(|| oldest(tables, 1, |table| &table.hours).map(|id| (id, Step::FoldHour)))
        .or_else(|| oldest(tables, 0, |table| &table.days).map(|id| (id, Step::DropDay)))
        .or_else(|| oldest(tables, 0, |table| &table.hours).map(|id| (id, Step::DropHour)))
        .or_else(|| oldest(tables, 1, |table| &table.minutes).map(|id| (id, Step::DropMinute)))
}

/// The oldest minute that is settled as a whole and not the newest of its table.
fn first_to_fold(tables: &Tables, settled: &Cut) -> Option<(Minute, TableId)> {
    let first_of = |(id, table): (&TableId, &Table)| {
        let (newest, _) = table.minutes.last_key_value()?;
        let mut minutes = table.minutes.range(..newest);
        let is_settled = |held: &[Stored]| held.iter().all(|one| one.is_settled(settled));
        minutes.find(|(_, held)| is_settled(held)).map(|(minute, _)| (*minute, *id))
    };
    tables.by_id.iter().filter_map(first_of).min()
}

/// The oldest minute with several settled blocks.
fn first_to_merge(tables: &Tables, settled: &Cut) -> Option<(Minute, TableId)> {
    let first_of = |(id, table): (&TableId, &Table)| {
        let count = |held: &[Stored]| held.iter().filter(|one| one.is_settled(settled)).count();
        let mut minutes = table.minutes.iter();
        minutes.find(|(_, held)| count(held) > 1).map(|(minute, _)| (*minute, *id))
    };
    tables.by_id.iter().filter_map(first_of).min()
}

/// The table with the oldest bucket among those that have more than `keep`.
fn oldest(tables: &Tables, keep: usize, size: fn(&Table) -> &Buckets) -> Option<TableId> {
    let candidates = tables.by_id.iter().filter(|(_, table)| size(table).len() > keep);
    let first = candidates
        .filter_map(|(id, table)| size(table).first_key_value().map(|(bucket, _)| (*bucket, *id)));
    first.min().map(|(_, id)| id)
}
