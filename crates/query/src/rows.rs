//! Live and stored metric rows as one: partials of an entity and bucket are
//! merged, and complete rows come out bucket by bucket.

use std::collections::BTreeMap;

use skytrail_model::entity::EntityId;
use skytrail_model::metric::{ColumnId, MetricBlock, Row, Table, TableId};
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::{ColumnSelection, EntitySelection, MetricRead, Metrics, Visible};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::query::Query;

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
        let mut merge = Merge {
            ctx,
            table,
            metrics: self.storage.metrics(),
            read,
            max_entities: self.config.max_ranked_entities,
            live: by_bucket(live),
            bucket: None,
            open: Map::default(),
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
        stored?;
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
    table: &'a Table,
    metrics: &'a dyn Metrics,
    read: &'a RowRead,
    max_entities: usize,
    live: BTreeMap<Minute, Vec<MetricBlock>>,
    bucket: Option<Minute>,
    open: Map<EntityId, Row>,
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
        for (entity, row) in self.open.drain() {
            (self.take)(bucket, entity, &row)?;
        }
        Ok(())
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
        for (place, entity) in block.entities.iter().enumerate() {
            let table = self.table;
            let row = self.open.entry(*entity).or_insert_with(|| Row::empty(table));
            for column in &self.read.columns {
                let place_of = column.0 as usize;
                if let (Some(cell), Some(known), Some(data)) = (
                    row.cells.get_mut(place_of),
                    table.columns.get(place_of),
                    block.columns.get(place_of),
                ) {
                    cell.merge(known.merge, &data.cell(place));
                }
            }
        }
        if self.open.len() > self.max_entities {
            return Err(Error::too_large(format!(
                "more than {} entities in one time bucket; name a service",
                self.max_entities
            )));
        }
        Ok(())
    }
}
