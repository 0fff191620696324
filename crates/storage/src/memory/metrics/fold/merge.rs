//! Rows of several blocks as one block, column by column.

use std::cmp::Ordering;

use skytrail_model::metric::{
    Column, ColumnData, HistogramColumn, LabelColumn, Merge, MetricBlock, Table, TableId,
};

use skytrail_model::time::Minute;

/// Where a row of the merged block comes from.
#[derive(Debug, Clone, Copy)]
enum Pick {
    Left(usize),
    Right(usize),
    Both(usize, usize),
}

/// All rows of `blocks`, each sorted by entity, as rows of `bucket`.
pub(super) fn merge(
    id: TableId,
    schema: &Table,
    bucket: Minute,
    blocks: &[&MetricBlock],
) -> MetricBlock {
    let empty = MetricBlock::empty(id, schema, bucket);
    let mut smallest_first = blocks.to_vec();
    smallest_first.sort_by_key(|block| block.len());
    smallest_first.into_iter().fold(empty, |merged, block| merge_two(schema, &merged, block))
}

fn merge_two(schema: &Table, left: &MetricBlock, right: &MetricBlock) -> MetricBlock {
    let picks = picks(left, right);
    let entity = |pick: &Pick| match pick {
        Pick::Left(place) | Pick::Both(place, _) => left.entities.get(*place).copied(),
        Pick::Right(place) => right.entities.get(*place).copied(),
    };
    let columns = left.columns.iter().zip(&right.columns).zip(&schema.columns);
    MetricBlock {
        table: left.table,
        bucket: left.bucket,
        entities: picks.iter().filter_map(entity).collect(),
        columns: columns
            .map(|((left, right), column)| merge_column(column, left, right, &picks))
            .collect(),
    }
}

fn picks(left: &MetricBlock, right: &MetricBlock) -> Vec<Pick> {
    let mut picks = Vec::with_capacity(left.len().max(right.len()));
    let (mut i, mut j) = (0, 0);
    loop {
        let order = match (left.entities.get(i), right.entities.get(j)) {
            (None, None) => return picks,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.cmp(right),
        };
        picks.push(match order {
            Ordering::Less => Pick::Left(i),
            Ordering::Greater => Pick::Right(j),
            Ordering::Equal => Pick::Both(i, j),
        });
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
    }
}

fn merge_column(
    column: &Column,
    left: &ColumnData,
    right: &ColumnData,
    picks: &[Pick],
) -> ColumnData {
    match (left, right) {
        (ColumnData::Ints(left), ColumnData::Ints(right)) => {
            ColumnData::Ints(merge_ints(column.merge, left, right, picks))
        }
        (ColumnData::Histograms(left), ColumnData::Histograms(right)) => {
            ColumnData::Histograms(merge_histograms(left, right, picks))
        }
        _ => merge_cells(column.merge, left, right, picks),
    }
}

fn merge_ints(merge: Merge, left: &[i64], right: &[i64], picks: &[Pick]) -> Vec<i64> {
    let at = |values: &[i64], place: usize| values.get(place).copied().unwrap_or(merge.identity());
    let value = |pick: &Pick| match *pick {
        Pick::Left(place) => at(left, place),
        Pick::Right(place) => at(right, place),
        Pick::Both(i, j) => merge.merge_ints(at(left, i), at(right, j)),
    };
    picks.iter().map(value).collect()
}

fn merge_histograms(
    left: &HistogramColumn,
    right: &HistogramColumn,
    picks: &[Pick],
) -> HistogramColumn {
    let mut merged = HistogramColumn::default();
    merged.ends.reserve_exact(picks.len());
    let mut counts: Vec<(u16, u64)> = Vec::new();
    for pick in picks {
        match *pick {
            Pick::Left(place) => merged.push(left.row(place)),
            Pick::Right(place) => merged.push(right.row(place)),
            Pick::Both(i, j) => {
                counts.clear();
                counts.extend(left.row(i).chain(right.row(j)));
                merged.push_joined(&mut counts);
            }
        }
    }
    merged.buckets.shrink_to_fit();
    merged.counts.shrink_to_fit();
    merged
}

/// Any kind of column, by way of single cells.
fn merge_cells(merge: Merge, left: &ColumnData, right: &ColumnData, picks: &[Pick]) -> ColumnData {
    let mut merged = ColumnData::empty(merge);
    for pick in picks {
        match *pick {
            Pick::Left(place) => merged.push(&left.cell(place)),
            Pick::Right(place) => merged.push(&right.cell(place)),
            Pick::Both(i, j) => {
                let mut cell = left.cell(i);
                cell.merge(merge, &right.cell(j));
                merged.push(&cell);
            }
        }
    }
    if let ColumnData::Labels(LabelColumn { rows }) = &mut merged {
        rows.shrink_to_fit();
    }
    merged
}
