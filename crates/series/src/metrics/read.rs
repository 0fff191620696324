//! Rows of a part as blocks, bucket by bucket.

use std::collections::HashMap;

use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::metric::{
    ColumnData, ColumnId, HistogramColumn, LabelColumn, Merge, MetricBlock, TableId,
};
use skytrail_model::time::Minute;
use skytrail_storage::{ColumnSelection, EntitySelection, Origin};

use super::accumulate::{Tally, merge_ints, merge_labels};
use super::frame::{FrameReader, Values};
use super::part::Part;
use super::schema::{PartTable, TableMap};
use crate::directory::Entry;
use crate::ids::OpenPage;
use crate::labels::OpenTexts;

/// Ids of the part between two of a table, on average, from which on they are remembered, and how
/// many are.
const SPARSE: u32 = 16;
const MOST_KNOWN: usize = 16 << 10;

/// Codes of selected entities with these.
type Coded = Vec<(u32, EntityId)>;

/// A column of the catalogue's table.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    merge: Merge,
    /// Where it is in the part.
    place: Option<usize>,
    is_wanted: bool,
}

/// The rows of a part that answer a question, to be read bucket by bucket.
#[derive(Debug)]
pub struct Selection<'p> {
    part: &'p Part,
    id: TableId,
    number: u16,
    table: &'p PartTable,
    columns: Vec<Wanted>,
    /// None is all.
    entities: Option<Coded>,
    /// None is all.
    seen: Option<Vec<bool>>,
    ids: OpenPage,
    known: HashMap<u32, EntityId>,
    texts: OpenTexts,
}

impl Part {
    /// The rows of a table of some entities, with values of some columns, that came with appends
    /// which are seen; rows without an origin are seen always. None if the part has no such table
    /// or none of the entities.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn select(
        &self,
        table: TableId,
        entities: &EntitySelection,
        columns: &ColumnSelection,
        sees: &dyn Fn(Origin) -> bool,
    ) -> Result<Option<Selection<'_>>> {
        let Some(map) = self.map(table) else { return Ok(None) };
        let Some(held) = self.table(map.table) else { return Ok(None) };
        let mut ids = OpenPage::default();
        let entities = match entities {
            EntitySelection::All => None,
            EntitySelection::These(wanted) => {
                let mut coded = Vec::new();
                for id in wanted.iter() {
                    let code = self.ids.find(&self.reader, *id, &mut ids)?;
                    let code = code.filter(|code| !self.hidden.contains(*code));
                    coded.extend(code.map(|code| (code, *id)));
                }
                if coded.is_empty() {
                    return Ok(None);
                }
                Some(coded)
            }
        };
        Ok(Some(Selection {
            part: self,
            id: table,
            number: map.table,
            table: held,
            columns: self.wanted(table, map, columns),
            entities,
            seen: self.origins.seen(sees),
            ids,
            known: HashMap::new(),
            texts: OpenTexts::new(),
        }))
    }

    fn wanted(&self, table: TableId, map: &TableMap, columns: &ColumnSelection) -> Vec<Wanted> {
        let all = self.catalogue.table(table).map(|table| table.columns.as_slice());
        let all = (0_u16..).map(ColumnId).zip(all.unwrap_or_default()).zip(&map.columns);
        let wanted = all.map(|((id, column), place)| {
            let is_wanted = columns.contains(id);
            Wanted { merge: column.merge, place: *place, is_wanted }
        });
        wanted.collect()
    }
}

impl Selection<'_> {
    /// The buckets of `from..=to`, starts ascending, in which the part may have selected rows.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn buckets(&self, from: Minute, to: Minute) -> Result<Vec<Minute>> {
        let mut buckets: Vec<Minute> = Vec::new();
        let mut frames = self.part.frames(self.number, from, to);
        while let Some(entry) = frames.next()? {
            let bucket = Minute(entry.bucket);
            if buckets.last() != Some(&bucket) && self.may_hold(&entry) {
                buckets.push(bucket);
            }
        }
        Ok(buckets)
    }

    fn within(&self, entry: &Entry<0>) -> &[(u32, EntityId)] {
        let coded = self.entities.as_deref().unwrap_or_default();
        let from = coded.partition_point(|(code, _)| *code < entry.first);
        let to = coded.partition_point(|(code, _)| *code <= entry.last);
        coded.get(from..to).unwrap_or_default()
    }

    fn may_hold(&self, entry: &Entry<0>) -> bool {
        self.entities.is_none() || !self.within(entry).is_empty()
    }

    /// Gives the rows of a bucket to `take`, a frame at a time, until it says false; whether it
    /// never did. Blocks are sorted, with each entity once; columns that were not asked for are
    /// without values, and those that the part lacks have nothing seen.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when the part cannot be read.
    pub fn read(
        &mut self,
        bucket: Minute,
        take: &mut dyn FnMut(MetricBlock) -> bool,
    ) -> Result<bool> {
        let mut frames = self.part.frames(self.number, bucket, bucket);
        while let Some(entry) = frames.next()? {
            if !self.may_hold(&entry) {
                continue;
            }
            let block = self.block(&entry)?;
            if !block.is_empty() && !take(block) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn block(&mut self, entry: &Entry<0>) -> Result<MetricBlock> {
        let part = self.part;
        let frame = part.open_frame(self.table, entry)?;
        let (rows, entities) = self.rows(&frame, entry)?;
        let is_distinct = entities.is_sorted_by(|before, after| before < after);
        let (slots, distinct) = if is_distinct { (Vec::new(), entities) } else { slots(entities) };
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in self.columns.clone() {
            let wanted = column.is_wanted;
            columns.push(match column.place {
                _ if !wanted => ColumnData::empty(column.merge),
                None => nothing(column.merge, distinct.len()),
                Some(place) => {
                    let mut values = frame.values(place, column.merge, &rows)?;
                    if !is_distinct {
                        values = merged(values, column.merge, &slots, distinct.len());
                    }
                    self.data(values)?
                }
            });
        }
        Ok(MetricBlock {
            table: self.id,
            bucket: Minute(entry.bucket),
            entities: distinct,
            columns,
        })
    }

    /// The entity of a code. Those of a table that names few of the ids of the part are far apart:
    /// each would take a page of them in every bucket.
    fn entity(&mut self, code: u32, entry: &Entry<0>) -> Result<EntityId> {
        let part = self.part;
        let is_sparse = (entry.last - entry.first) / u32::from(entry.rows).max(1) > SPARSE;
        if !is_sparse {
            return part.ids.get(&part.reader, code, &mut self.ids);
        }
        if let Some(id) = self.known.get(&code) {
            return Ok(*id);
        }
        let id = part.ids.get(&part.reader, code, &mut self.ids)?;
        if self.known.len() < MOST_KNOWN {
            self.known.insert(code, id);
        }
        Ok(id)
    }

    /// Selected rows of a frame that are seen, and their entities.
    fn rows(
        &mut self,
        frame: &FrameReader<'_>,
        entry: &Entry<0>,
    ) -> Result<(Vec<usize>, Vec<EntityId>)> {
        let (mut rows, mut entities) = (Vec::new(), Vec::new());
        if self.entities.is_some() {
            for (code, id) in self.within(entry) {
                for row in frame.rows_of(*code, code.saturating_add(1))? {
                    rows.push(row);
                    entities.push(*id);
                }
            }
        } else {
            let codes = frame.codes()?;
            if codes.len() != frame.len {
                return Err(Error::corrupt("frame of metric rows: other codes than it says"));
            }
            for (row, code) in codes.into_iter().enumerate() {
                if !self.part.hidden.contains(code) {
                    rows.push(row);
                    entities.push(self.entity(code, entry)?);
                }
            }
        }
        if let Some(seen) = &self.seen {
            let is_seen = |code: i64| {
                let seen = usize::try_from(code).ok().and_then(|code| seen.get(code));
                seen.copied().unwrap_or(false)
            };
            let kept: Vec<_> = frame.origins(&rows)?.into_iter().map(is_seen).collect();
            let mut keep = kept.iter();
            rows.retain(|_| keep.next().copied().unwrap_or(false));
            let mut keep = kept.iter();
            entities.retain(|_| keep.next().copied().unwrap_or(false));
        }
        Ok((rows, entities))
    }

    fn data(&mut self, values: Values) -> Result<ColumnData> {
        Ok(match values {
            Values::Ints(values) => ColumnData::Ints(values),
            Values::Histograms(values) => ColumnData::Histograms(values),
            Values::Labels(coded) => {
                let mut column = LabelColumn::default();
                for row in coded {
                    let mut labels = Vec::with_capacity(row.len());
                    for (code, value) in row {
                        let text =
                            self.part.labels.get(&self.part.reader, code, &mut self.texts)?;
                        labels.push((text.to_owned(), value));
                    }
                    column.rows.push(labels);
                }
                ColumnData::Labels(column)
            }
        })
    }
}

/// For each row the place of its entity, and the entities, each once.
fn slots(entities: Vec<EntityId>) -> (Vec<usize>, Vec<EntityId>) {
    let (mut slots, mut distinct) = (Vec::with_capacity(entities.len()), Vec::new());
    for entity in entities {
        if distinct.last() != Some(&entity) {
            distinct.push(entity);
        }
        slots.push(distinct.len() - 1);
    }
    (slots, distinct)
}

/// Rows that ascend by their slots become one for each slot.
fn merged(values: Values, merge: Merge, slots: &[usize], len: usize) -> Values {
    match values {
        Values::Ints(values) => {
            let mut held = vec![merge.identity(); len];
            merge_ints(merge, &mut held, &values, slots);
            Values::Ints(held)
        }
        Values::Labels(rows) => {
            let mut held = vec![Vec::new(); len];
            merge_labels(&mut held, rows, slots);
            Values::Labels(held)
        }
        Values::Histograms(column) => {
            let (mut tally, mut held) = (Tally::new(), HistogramColumn::default());
            let mut rows = slots.iter().enumerate().peekable();
            for slot in 0..len {
                while let Some((row, _)) = rows.next_if(|(_, of)| **of == slot) {
                    column.row(row).for_each(|(bucket, count)| tally.add(bucket, count));
                }
                tally.give(&mut held);
            }
            Values::Histograms(held)
        }
    }
}

/// A column in which nothing was seen.
fn nothing(merge: Merge, rows: usize) -> ColumnData {
    match ColumnData::empty(merge) {
        ColumnData::Ints(_) => ColumnData::Ints(vec![merge.identity(); rows]),
        ColumnData::Histograms(mut column) => {
            column.ends = vec![0; rows];
            ColumnData::Histograms(column)
        }
        ColumnData::Labels(mut column) => {
            column.rows = vec![Vec::new(); rows];
            ColumnData::Labels(column)
        }
    }
}
