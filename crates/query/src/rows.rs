//! Live and stored metric rows as one: partials of an entity and bucket are
//! merged, and complete rows come out bucket by bucket.

use std::collections::BTreeMap;

use skytrail_model::entity::EntityId;
use skytrail_model::metric::{
    Cell, ColumnData, ColumnId, Merge as Merges, MetricBlock, Row, Table, TableId,
};
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::{ColumnSelection, EntitySelection, MetricRead, Metrics, Visible};

use crate::context::{Ctx, Working};
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::query::Query;

/// What an entity of an open bucket takes besides its values: its share of the map.
const ROW_BYTES: usize = 2 * size_of::<(EntityId, Box<[Cell]>)>();

/// Entities that there is room for from one bucket to the next.
const KEPT_ROOM: usize = 1_024;

/// Which rows to read, and what of them.
#[derive(Debug, Clone)]
pub(crate) struct RowRead {
    pub(crate) table: TableId,
    pub(crate) entities: EntitySelection,
    pub(crate) downsampling: Downsampling,
    /// Start of the first bucket.
    pub(crate) from: Minute,
    /// Start of the last bucket.
    pub(crate) to: Minute,
    /// The columns that are looked at; the others stay empty.
    pub(crate) columns: Vec<ColumnId>,
}

/// Takes complete rows, in ascending order of buckets.
pub(crate) type TakeRow<'a> = dyn FnMut(Minute, EntityId, &Row) -> Result<()> + Send + 'a;

impl Query {
    /// Reads rows, stored and live, each once.
    ///
    /// # Errors
    /// What `take` says, `TooLarge` past the budget or when one bucket has more
    /// entities than may be ranked.
    pub(crate) async fn scan_rows(
        &self,
        ctx: &Ctx,
        read: &RowRead,
        take: &mut TakeRow<'_>,
    ) -> Result<()> {
        let Some(table) = self.catalogue.table(read.table) else { return Ok(()) };
        let mut question = MetricRead {
            table: read.table,
            entities: read.entities.clone(),
            columns: ColumnSelection::these(read.columns.clone()),
            downsampling: read.downsampling,
            from: read.from,
            to: read.to,
            visible: Visible::All,
        };
        let (live, visible) = self.live.metrics(&question);
        question.visible = visible;
        let mut of_live = ctx.working();
        of_live.grow(live.iter().map(MetricBlock::memory).sum())?;
        let mut merge = Merge {
            ctx,
            working: ctx.working(),
            table,
            metrics: self.storage.metrics(),
            read,
            max_entities: self.config.max_ranked_entities,
            live: by_bucket(live),
            bucket: None,
            open: Map::default(),
            row: Row::empty(table),
            take,
        };
        let mut failure = None;
        let stored = self
            .storage
            .metrics()
            .read(&question, &mut |block| {
                failure = merge.add_stored(block).err();
                failure.is_none()
            })
            .await;
        if let Some(error) = failure {
            return Err(error);
        }
        ctx.note(stored?);
        merge.finish()
    }
}

fn by_bucket(blocks: Vec<MetricBlock>) -> BTreeMap<Minute, Vec<MetricBlock>> {
    let mut buckets = BTreeMap::<_, Vec<_>>::new();
    for block in blocks {
        buckets.entry(block.bucket).or_default().push(block);
    }
    buckets
}

struct Merge<'a, 'b> {
    ctx: &'a Ctx,
    /// Memory of the open bucket.
    working: Working<'a>,
    table: &'a Table,
    metrics: &'a dyn Metrics,
    read: &'a RowRead,
    max_entities: usize,
    live: BTreeMap<Minute, Vec<MetricBlock>>,
    bucket: Option<Minute>,
    /// Values of the columns that are read, in their order.
    open: Map<EntityId, Box<[Cell]>>,
    /// What they are handed out in.
    row: Row,
    take: &'a mut TakeRow<'b>,
}

impl Merge<'_, '_> {
    fn add_stored(&mut self, block: &MetricBlock) -> Result<()> {
        if self.bucket != Some(block.bucket) {
            self.close()?;
            while self.live.first_key_value().is_some_and(|(first, _)| *first < block.bucket) {
                self.close_live()?;
            }
            self.bucket = Some(block.bucket);
        }
        self.add(block)
    }

    /// Hands out the open bucket together with what is live of it.
    fn close(&mut self) -> Result<()> {
        let Some(bucket) = self.bucket.take() else { return Ok(()) };
        for block in self.live.remove(&bucket).unwrap_or_default() {
            self.add(&block)?;
        }
        for (entity, cells) in self.open.drain() {
            for (column, cell) in self.read.columns.iter().zip(cells) {
                if let Some(place) = self.row.cells.get_mut(column.0 as usize) {
                    *place = cell;
                }
            }
            (self.take)(bucket, entity, &self.row)?;
        }
        self.open.shrink_to(KEPT_ROOM);
        self.working.set(0)
    }

    /// Hands out the first bucket that is live only, unless it is a late part of
    /// one that the store answers no more. Asked only now, because the store may
    /// have let go of it since the live rows were read.
    fn close_live(&mut self) -> Result<()> {
        let whole_from = self.metrics.whole_from(self.read.table, self.read.downsampling);
        let Some(first) = self.live.first_entry() else { return Ok(()) };
        if *first.key() < whole_from {
            first.remove();
            return Ok(());
        }
        self.bucket = Some(*first.key());
        self.close()
    }

    fn finish(mut self) -> Result<()> {
        self.close()?;
        while !self.live.is_empty() {
            self.close_live()?;
        }
        Ok(())
    }

    fn add(&mut self, block: &MetricBlock) -> Result<()> {
        self.ctx.charge(block.len())?;
        // Labels and histograms of a row take no more than those of its partials.
        let (row, known) =
            (ROW_BYTES + self.read.columns.len() * size_of::<Cell>(), self.open.len());
        let columns = &self.read.columns;
        let read = columns.iter().filter_map(|column| block.columns.get(column.0 as usize));
        self.working.grow(read.map(ColumnData::memory).sum())?;
        let table = self.table;
        for (place, entity) in block.entities.iter().enumerate() {
            let cells = self.open.entry(*entity).or_insert_with(|| empty(table, columns));
            for (column, cell) in columns.iter().zip(cells) {
                let place_of = column.0 as usize;
                let found = (table.columns.get(place_of), block.columns.get(place_of));
                if let (Some(known), Some(data)) = found {
                    cell.merge(known.merge, &data.cell(place));
                }
            }
        }
        self.working.grow((self.open.len() - known) * row)?;
        if self.open.len() > self.max_entities {
            return Err(Error::too_large(format!(
                "more than {} entities in one time bucket; name a service",
                self.max_entities
            )));
        }
        Ok(())
    }
}

/// Columns in which nothing was seen.
fn empty(table: &Table, columns: &[ColumnId]) -> Box<[Cell]> {
    let cell = |column: &ColumnId| {
        let merge = table.columns.get(column.0 as usize).map_or(Merges::Sum, |known| known.merge);
        Cell::empty(merge)
    };
    columns.iter().map(cell).collect()
}
