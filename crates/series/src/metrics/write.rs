//! Blocks of rows as a part.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::metric::{Catalogue, ColumnData, MAX_LABELS, MetricBlock, Table};
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::Origin;

use super::KIND;
use super::build::{Dictionaries, PartBuilder};
use super::frame::Values;
use super::schema::Schema;
use crate::container::{PartWriter, Sink};
use crate::ids::IdsWriter;
use crate::labels::Labels;
use crate::origins::Origins;
use crate::part::PartInfo;

/// Rows and the append they came with.
type Block = (Option<Origin>, Arc<MetricBlock>);

/// Codes of what rows name.
struct Codes<'r> {
    ids: HashMap<EntityId, u32, RandomState>,
    labels: HashMap<&'r str, u32>,
    origins: Origins,
}

/// A row of a group: entity and origin, which it is sorted by, and where it is.
type Place = (u32, i64, u32, u32);

/// Writes rows of one size of buckets as a part. Blocks come in any order, their rows too; rows
/// that have an origin are read for those that see it, others for all. Of a row with more than
/// [`MAX_LABELS`] labels those stay that sort first, as when rows merge.
///
/// # Errors
/// `Limit` for rows of a table that the catalogue lacks, `Io` when the sink fails.
pub fn write(
    catalogue: &Catalogue,
    downsampling: Downsampling,
    rows: &[(Option<Origin>, Arc<MetricBlock>)],
    sink: Sink<'_>,
) -> Result<PartInfo> {
    let mut part = PartWriter::begin(KIND, sink)?;
    let (schema, groups) = group(catalogue, rows)?;
    let mut codes: HashMap<EntityId, u32, RandomState> = HashMap::default();
    codes.extend(rows.iter().flat_map(|(_, block)| &block.entities).map(|id| (*id, 0)));
    let mut ids: Vec<_> = codes.iter_mut().collect();
    ids.sort_unstable();
    let mut writer = IdsWriter::new();
    for (id, code) in ids {
        *code = writer.push(&mut part, *id)?;
    }
    let labels: BTreeSet<_> = rows.iter().flat_map(|(_, block)| labels(block)).collect();
    let dictionaries = Dictionaries {
        ids: writer.finish(&mut part)?,
        labels: Labels::write(&mut part, labels.iter().copied())?,
    };
    let codes = Codes {
        ids: codes,
        labels: labels.into_iter().zip(0..).collect(),
        origins: Origins::of(rows.iter().map(|(origin, _)| *origin)),
    };
    let origins = Origins::of(rows.iter().map(|(origin, _)| *origin));
    let mut builder = PartBuilder::new(part, schema, origins);
    for ((table, bucket), blocks) in groups {
        builder.turn(table, bucket)?;
        push_group(&mut builder, catalogue, rows, &blocks, &codes)?;
    }
    builder.finish(downsampling, &dictionaries)
}

/// Blocks by place of their table and bucket.
type Groups = BTreeMap<(usize, Minute), Vec<usize>>;

fn group(catalogue: &Catalogue, rows: &[Block]) -> Result<(Schema, Groups)> {
    let held: BTreeSet<_> = rows.iter().map(|(_, block)| block.table).collect();
    let mut schema = Schema::default();
    for id in held {
        let unknown = || Error::limit(format!("rows of table {}, which is not known", id.0));
        let table = catalogue.table(id).ok_or_else(unknown)?;
        if let Some(held) = schema.table(&table.name) {
            table.columns.iter().for_each(|column| {
                held.column(&column.name, column.merge);
            });
        }
    }
    let mut groups = Groups::new();
    for (number, (_, block)) in rows.iter().enumerate() {
        let name = catalogue.table(block.table).map(|table| table.name.as_str());
        if let Some(table) = name.and_then(|name| schema.place_of(name)) {
            groups.entry((table, block.bucket)).or_default().push(number);
        }
    }
    Ok((schema, groups))
}

fn labels(block: &MetricBlock) -> impl Iterator<Item = &str> {
    let columns = block.columns.iter().filter_map(|column| match column {
        ColumnData::Labels(column) => Some(column),
        _ => None,
    });
    columns.flat_map(|column| column.rows.iter().flatten()).map(|(label, _)| label.as_str())
}

fn push_group(
    builder: &mut PartBuilder<'_>,
    catalogue: &Catalogue,
    rows: &[Block],
    blocks: &[usize],
    codes: &Codes<'_>,
) -> Result<()> {
    let mut places: Vec<Place> = Vec::new();
    for number in blocks {
        let Some((origin, block)) = rows.get(*number) else { continue };
        let origin = codes.origins.code(*origin);
        let ids = block.entities.iter().filter_map(|id| codes.ids.get(id));
        places.extend(ids.zip(0..).map(|(code, row)| (*code, origin, *number as u32, row)));
    }
    places.sort_unstable();
    for (code, origin, block, row) in places {
        let Some((_, block)) = rows.get(block as usize) else { continue };
        let Some(table) = catalogue.table(block.table) else { continue };
        builder.push(code, origin, |columns| fill(columns, table, block, row as usize, codes))?;
    }
    Ok(())
}

/// Appends the values of a row; a value that is not there is one of nothing seen.
fn fill(
    columns: &mut [Values],
    table: &Table,
    block: &MetricBlock,
    row: usize,
    codes: &Codes<'_>,
) -> usize {
    let mut entries = 0;
    for ((number, values), column) in columns.iter_mut().enumerate().zip(&table.columns) {
        let from = block.columns.get(number);
        match values {
            Values::Ints(values) => {
                let value = match from {
                    Some(ColumnData::Ints(from)) => from.get(row).copied(),
                    _ => None,
                };
                values.push(value.unwrap_or(column.merge.identity()));
            }
            Values::Histograms(values) => {
                let entry = match from {
                    Some(ColumnData::Histograms(from)) => ascending(from.row(row).collect()),
                    _ => Vec::new(),
                };
                entries += entry.len();
                values.push(entry);
            }
            Values::Labels(values) => {
                let entry = match from {
                    Some(ColumnData::Labels(from)) => coded(from.rows.get(row), codes),
                    _ => Vec::new(),
                };
                entries += entry.len();
                values.push(entry);
            }
        }
    }
    entries
}

/// Entries with each key once, in their order.
fn joined<K: Ord + Copy, V: Copy>(
    mut entries: Vec<(K, V)>,
    add: impl Fn(V, V) -> V,
) -> Vec<(K, V)> {
    if entries.is_sorted_by(|before, after| before.0 < after.0) {
        return entries;
    }
    entries.sort_by_key(|entry| entry.0);
    entries.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            earlier.1 = add(earlier.1, later.1);
        }
        is_same
    });
    entries
}

fn ascending(entries: Vec<(u16, u64)>) -> Vec<(u16, u64)> {
    joined(entries, u64::saturating_add)
}

fn coded(row: Option<&Vec<(String, i64)>>, codes: &Codes<'_>) -> Vec<(u32, i64)> {
    let entries = row.into_iter().flatten();
    let entries =
        entries.filter_map(|(label, value)| Some((*codes.labels.get(label.as_str())?, *value)));
    let mut entries = joined(entries.collect(), i64::saturating_add);
    entries.truncate(MAX_LABELS);
    entries
}
